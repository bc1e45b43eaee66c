// The project's own checker of .sf files, of schema 5 and 6: every ordering and reference rule of the
// format, and what each record must hold by itself. It shares nothing with the writer but the reader,
// which others judge, and the tables of names. Upstream's files pass too, but for what their test names.

import { createHash } from "node:crypto";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import { readSf, type SfRecord } from "./read-sf.ts";

export interface Violation {
  /** Of the record in the file, from 0. */
  readonly index: number;
  readonly kind: string;
  /** A stable name, such as `flow-empty`. */
  readonly rule: string;
  readonly message: string;
}

interface State {
  readonly violations: Violation[];
  readonly hasPods: boolean;
  /** Which flags there are and which addresses depends on it. */
  readonly isSchema6: boolean;
  readonly pods: Set<string>;
  readonly containers: Map<string, SfRecord>;
  readonly processes: Map<string, SfRecord>;
  readonly files: Map<string, SfRecord>;
  /** Processes whose main thread has ended, by OID. */
  readonly exited: Set<string>;
  /** A MODIFIED process whose EXEC or SETUID has not come yet. */
  modified: SfRecord | null;
  /** Time of the last event or end of a flow: what governs their order. */
  lastTime: bigint;
}

export function checkSf(path: string): readonly Violation[] {
  return checkRecords(readSf(path));
}

export function checkRecords(records: readonly SfRecord[]): readonly Violation[] {
  const state = newState(records);
  if (records[0]?.kind !== "SFHeader") {
    state.violations.push({
      index: 0,
      kind: records[0]?.kind ?? "",
      rule: "header-first",
      message: "the first record is not an SFHeader",
    });
  }
  for (const record of records) {
    checkRecord(state, record);
  }
  if (state.modified !== null) {
    report(state, state.modified, "modified-alone", "no EXEC or SETUID follows");
  }
  return state.violations;
}

function newState(records: readonly SfRecord[]): State {
  return {
    violations: [],
    isSchema6: records[0]?.rec["version"] === 6n,
    hasPods: records.some((record) => record.kind === "Pod"),
    pods: new Set(),
    containers: new Map(),
    processes: new Map(),
    files: new Map(),
    exited: new Set(),
    modified: null,
    lastTime: 0n,
  };
}

function checkRecord(state: State, record: SfRecord): void {
  const check = checks[record.kind];
  if (check === undefined) {
    report(state, record, "kind", "no collector writes this kind");
  } else {
    check(state, record);
  }
}

const checks: Readonly<Record<string, (state: State, record: SfRecord) => void>> = {
  SFHeader: checkHeader,
  Pod: (state, record) => state.pods.add(text(record, "id")),
  Container: checkContainer,
  Process: checkProcess,
  File: checkFile,
  ProcessEvent: checkProcessEvent,
  FileEvent: checkFileEvent,
  NetworkFlow: checkIoFlow,
  FileFlow: checkIoFlow,
  ProcessFlow: checkProcessFlow,
  K8sEvent: () => undefined,
};

function checkHeader(state: State, record: SfRecord): void {
  if (record.index !== 0) {
    report(state, record, "header-once", "a header inside the file");
  }
  if (text(record, "exporter") === "") {
    report(state, record, "header-exporter", "no exporter");
  }
}

function checkContainer(state: State, record: SfRecord): void {
  const id = text(record, "id");
  const podId = record.rec["podId"] ?? null;
  if (state.hasPods && podId !== null && !state.pods.has(String(podId))) {
    report(state, record, "dangling-pod", `podId ${podId}`);
  }
  checkRepeat(state, record, state.containers.get(id), []);
  state.containers.set(id, record);
}

function checkProcess(state: State, record: SfRecord): void {
  const oid = oidKey(record, "oid") ?? "";
  const poid = oidKey(record, "poid");
  if (poid !== null && !state.processes.has(poid)) {
    report(state, record, "dangling-parent", `poid ${poid} of ${oid}`);
  }
  if (poid === oid) {
    report(state, record, "own-parent", `poid ${poid}`);
  }
  checkContainerRef(state, record);
  if (long(record, "ts") < (record.rec["oid"] as { createTS: bigint }).createTS) {
    report(state, record, "ts-before-create", `ts ${long(record, "ts")}`);
  }
  const before = state.processes.get(oid);
  if (record.rec["state"] === "MODIFIED") {
    if (before === undefined) {
      report(state, record, "modified-unknown", `${oid} is not in the file before`);
    }
    if (state.modified !== null) {
      report(state, state.modified, "modified-alone", "no EXEC or SETUID follows");
    }
    // No event has a flag for a new group.
    state.modified = isOfNewGroup(record, before) ? null : record;
  } else {
    checkRepeat(state, record, before, ["state", "ts"]);
    state.exited.delete(oid);
  }
  state.processes.set(oid, record);
}

function checkFile(state: State, record: SfRecord): void {
  const foid = text(record, "oid");
  const containerId = record.rec["containerId"] ?? "";
  const hash = createHash("sha1")
    .update(`${containerId}${text(record, "path")}`)
    .digest("hex");
  if (hash !== foid) {
    report(state, record, "foid", `${foid} is not the SHA-1 of container id and path`);
  }
  if (record.rec["state"] === "MODIFIED") {
    report(state, record, "file-modified", "a file is never MODIFIED");
  }
  if (!"fdup?".includes(String.fromCharCode(number(record, "restype")))) {
    report(state, record, "restype", `restype ${number(record, "restype")}`);
  }
  checkContainerRef(state, record);
  checkRepeat(state, record, state.files.get(foid), ["state", "ts"]);
  state.files.set(foid, record);
}

function isOfNewGroup(record: SfRecord, before: SfRecord | undefined): boolean {
  return before !== undefined && record.rec["gid"] !== before.rec["gid"];
}

function checkProcessEvent(state: State, record: SfRecord): void {
  const flags = checkEvent(state, record, op.opFlagsOf.ProcessEvent);
  const oid = oidKey(record, "procOID") ?? "";
  const args = record.rec["args"] as readonly string[];
  const most = flags === op.OP_SETUID || isFailedExec(record, flags) ? 1 : 0;
  const least = flags === op.OP_SETUID ? 1 : 0;
  if (args.length < least || args.length > most) {
    report(state, record, "args", `${args.length} arguments`);
  }
  const modified = state.modified;
  if (modified !== null) {
    const fits = (flags & (op.OP_EXEC | op.OP_SETUID)) !== 0 && oidKey(modified, "oid") === oid;
    if (!fits) {
      report(state, modified, "modified-alone", "no EXEC or SETUID follows");
    }
    state.modified = null;
  }
  if (flags === op.OP_EXIT && long(record, "tid") === hpid(record)) {
    state.exited.add(oid);
  }
}

/** It has the path that it tried, where that is known. */
function isFailedExec(record: SfRecord, flags: number): boolean {
  return flags === op.OP_EXEC && number(record, "ret") < 0;
}

function checkFileEvent(state: State, record: SfRecord): void {
  const added = state.isSchema6 ? op.fileEventFlagsOf6 : 0;
  const flags = checkEvent(state, record, op.opFlagsOf.FileEvent | added);
  if (state.isSchema6) {
    checkFileArgs(state, record, flags);
  }
  checkFileRef(state, record, "fileOID");
  const second = record.rec["newFileOID"] !== null;
  const needsSecond = (flags & op.twoFileFlags) !== 0;
  if (second !== needsSecond) {
    report(state, record, "second-file", second ? "one file too many" : "no second file");
  }
  if (second) {
    checkFileRef(state, record, "newFileOID");
  }
}

/** What was asked for; the flags of a mount may be unknown. */
function checkFileArgs(state: State, record: SfRecord, flags: number): void {
  const args = (record.rec["args"] ?? []) as readonly string[];
  const known = op.fileEventArgs.find(([bit]) => (flags & bit) !== 0)?.[1] ?? [];
  const needed = known.filter((arg) => !arg.startsWith("["));
  if (args.length < needed.length || args.length > known.length) {
    report(state, record, "args", `${args.length} arguments`);
  }
}

/** What both kinds of event share. @returns the flags. */
function checkEvent(state: State, record: SfRecord, allowed: number): number {
  checkActor(state, record, long(record, "ts"));
  const flags = number(record, "opFlags");
  if (flags === 0 || (flags & (flags - 1)) !== 0) {
    report(state, record, "one-flag", `opFlags 0x${flags.toString(16)}`);
  }
  checkAllowed(state, record, flags, allowed);
  return flags;
}

function checkIoFlow(state: State, record: SfRecord): void {
  const isFile = record.kind === "FileFlow";
  const flags = checkFlow(state, record, isFile ? op.opFlagsOf.FileFlow : op.opFlagsOf.NetworkFlow);
  if ((flags & op.OP_CLOSE) !== 0 && (flags & op.OP_TRUNCATE) !== 0) {
    report(state, record, "close-and-truncate", "a flow ends in one way");
  }
  const [reads, writes] = [long(record, "numRRecvOps"), long(record, "numWSendOps")];
  const [bytesIn, bytesOut] = [long(record, "numRRecvBytes"), long(record, "numWSendBytes")];
  checkCounter(state, record, "numRRecvOps", reads, (flags & op.OP_READ_RECV) !== 0);
  checkCounter(state, record, "numWSendOps", writes, (flags & op.OP_WRITE_SEND) !== 0);
  if (bytesIn < 0n || bytesOut < 0n || (bytesIn > 0n && !reads) || (bytesOut > 0n && !writes)) {
    report(state, record, "bytes", `${bytesIn} bytes in, ${bytesOut} bytes out`);
  }
  if (number(record, "fd") < 0) {
    report(state, record, "fd", `fd ${number(record, "fd")}`);
  }
  if (!isFile) {
    checkAddresses(state, record);
    return;
  }
  checkFileRef(state, record, "fileOID");
  const file = state.files.get(text(record, "fileOID"));
  const type = String.fromCharCode(file === undefined ? 0 : number(file, "restype"));
  const socketFlags = op.OP_ACCEPT | op.OP_CONNECT | op.OP_SHUTDOWN;
  if ((flags & socketFlags) !== 0 && type !== "u" && type !== "?") {
    report(state, record, "socket-flags", `opFlags 0x${flags.toString(16)} on a '${type}'`);
  }
}

/** IPv6 ends come in a pair, in schema 6 alone, in place of IPv4 ones. */
function checkAddresses(state: State, record: SfRecord): void {
  const { sip = 0, dip = 0, sip6 = null, dip6 = null } = record.rec;
  const isOfSchema = "sip6" in record.rec === state.isSchema6;
  const isIpv6 = sip6 !== null;
  if (!isOfSchema || isIpv6 !== (dip6 !== null) || (isIpv6 && (sip !== 0 || dip !== 0))) {
    report(state, record, "addresses", `sip ${sip}, dip ${dip}, sip6 ${sip6}, dip6 ${dip6}`);
  }
}

function checkProcessFlow(state: State, record: SfRecord): void {
  const flags = checkFlow(state, record, op.opFlagsOf.ProcessFlow);
  const [cloned, errors] = [long(record, "numThreadsCloned"), long(record, "numCloneErrors")];
  if ((cloned > 0n || errors > 0n) && (flags & op.OP_CLONE) === 0) {
    report(state, record, "counter", `${cloned} clones, ${errors} errors and no CLONE`);
  }
  const exited = long(record, "numThreadsExited");
  checkCounter(state, record, "numThreadsExited", exited, (flags & op.OP_EXIT) !== 0);
}

/** What all flows share. @returns the flags. */
function checkFlow(state: State, record: SfRecord, allowed: number): number {
  checkActor(state, record, long(record, "endTs"));
  const flags = number(record, "opFlags");
  if ((flags & ~op.OP_TRUNCATE) === 0) {
    report(state, record, "flow-empty", `opFlags 0x${flags.toString(16)}`);
  }
  checkAllowed(state, record, flags, allowed);
  if (long(record, "ts") > long(record, "endTs")) {
    report(state, record, "ends-before-start", `${long(record, "ts")} > ${long(record, "endTs")}`);
  }
  return flags;
}

/** The acting process is known and alive, and time goes forward from record to record. */
function checkActor(state: State, record: SfRecord, time: bigint): void {
  const oid = oidKey(record, "procOID") ?? "";
  if (!state.processes.has(oid)) {
    report(state, record, "dangling-process", `procOID ${oid}`);
  }
  // Other threads can outlive the main one, whose exit this is.
  if (state.exited.has(oid) && "tid" in record.rec && long(record, "tid") === hpid(record)) {
    report(state, record, "after-exit", `procOID ${oid}`);
  }
  if ("tid" in record.rec && long(record, "tid") <= 0n) {
    report(state, record, "tid", `tid ${long(record, "tid")}`);
  }
  if (time < state.lastTime) {
    report(state, record, "time-order", `${state.lastTime - time} ns before the record before`);
  }
  state.lastTime = time;
  if (state.modified !== null && record.kind !== "ProcessEvent") {
    report(state, state.modified, "modified-alone", "no EXEC or SETUID follows");
    state.modified = null;
  }
}

function checkAllowed(state: State, record: SfRecord, flags: number, allowed: number): void {
  if ((flags & ~allowed) !== 0) {
    report(state, record, "foreign-flag", `opFlags 0x${(flags & ~allowed).toString(16)}`);
  }
}

function checkCounter(
  state: State,
  record: SfRecord,
  name: string,
  value: bigint,
  flag: boolean,
): void {
  if (value < 0n || value > 0n !== flag) {
    report(state, record, "counter", `${name} is ${value}, its flag is ${flag ? "set" : "clear"}`);
  }
}

function checkFileRef(state: State, record: SfRecord, field: string): void {
  const foid = text(record, field);
  if (!state.files.has(foid)) {
    report(state, record, "dangling-file", `${field} ${foid}`);
  }
}

function checkContainerRef(state: State, record: SfRecord): void {
  const id = record.rec["containerId"] ?? null;
  if (id !== null && !state.containers.has(String(id))) {
    report(state, record, "dangling-container", `containerId ${id}`);
  }
}

/** An entity stands in a file once, unless something in it has changed. */
function checkRepeat(
  state: State,
  record: SfRecord,
  before: SfRecord | undefined,
  ignored: readonly string[],
): void {
  if (before !== undefined && sameBut(record, before, ignored)) {
    report(state, record, "entity-repeated", `as record ${before.index}`);
  }
}

function sameBut(a: SfRecord, b: SfRecord, ignored: readonly string[]): boolean {
  const fields = Object.keys(a.rec).filter((name) => !ignored.includes(name));
  return fields.every((name) => Bun.deepEquals(a.rec[name], b.rec[name]));
}

function report(state: State, record: SfRecord, rule: string, message: string): void {
  state.violations.push({ index: record.index, kind: record.kind, rule, message });
}

function oidKey(record: SfRecord, field: string): string | null {
  const oid = record.rec[field] as { createTS: bigint; hpid: bigint } | null;
  return oid === null ? null : `${oid.hpid}@${oid.createTS}`;
}

function hpid(record: SfRecord): bigint {
  return (record.rec["procOID"] as { hpid: bigint }).hpid;
}

function long(record: SfRecord, field: string): bigint {
  return record.rec[field] as bigint;
}

function number(record: SfRecord, field: string): number {
  return record.rec[field] as number;
}

function text(record: SfRecord, field: string): string {
  return record.rec[field] as string;
}
