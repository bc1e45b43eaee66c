// SysFlow's own attributes that records of all kinds have, that flows have, and those of the header.

import { OP_ACCEPT, OP_CONNECT } from "../../sysflow/op-flags.gen.ts";
import type { K8sEvent, SysFlowRecord } from "../../sysflow/record.gen.ts";
import { k8sAction, k8sComponent } from "../../sysflow/values.ts";
import type { Attribute, FlatContext } from "../attribute.ts";
import { Definer, NONE } from "../define.ts";
import {
  KIND_FE,
  KIND_FF,
  KIND_KE,
  KIND_NE,
  KIND_NF,
  KIND_PE,
  KIND_PF,
  KINDS_ALL,
  KINDS_OF_NET,
  KINDS_OF_PROCESS,
  kindCode,
} from "../record-kinds.ts";
import {
  destinationText,
  isIpv6,
  type NetworkRecord,
  networkOf,
  sourceText,
} from "../texts/address-texts.ts";
import { type Names, opNames } from "../texts/flag-names.ts";
import { baseName } from "../texts/paths.ts";

const all = new Definer("record", KINDS_ALL);
const withProcess = new Definer("record", KINDS_OF_PROCESS);
const events = new Definer("record", KIND_PE | KIND_FE | KIND_NE);
const ended = new Definer("record", KIND_FF | KIND_NF | KIND_PF | KIND_KE);
const flows = new Definer("record", KIND_FF | KIND_NF);
const processFlows = new Definer("record", KIND_PF);
const net = new Definer("record", KINDS_OF_NET);
const k8s = new Definer("record", KIND_KE);
const header = new Definer("header", KINDS_ALL);

export function opFlagsOf(record: SysFlowRecord): number {
  return "opFlags" in record ? record.opFlags : 0;
}

function operations({ record }: FlatContext): Names {
  return opNames(opFlagsOf(record), networkOf(record) !== null);
}

/** Nanoseconds since the epoch. */
export function tsHi({ record }: FlatContext): number {
  return "tsHi" in record ? record.tsHi : NONE;
}

export function tsLo({ record }: FlatContext): number {
  return "tsLo" in record ? record.tsLo : NONE;
}

/** An event of Kubernetes ends when it begins. */
export function endHi(of: FlatContext): number {
  return "endTsHi" in of.record ? of.record.endTsHi : tsHi(of);
}

export function endLo(of: FlatContext): number {
  return "endTsLo" in of.record ? of.record.endTsLo : tsLo(of);
}

export function retOf({ record }: FlatContext): number {
  return "ret" in record ? record.ret : NONE;
}

/** Thread that did it; flows of a process have none. */
export function tidOf({ record }: FlatContext): number {
  return "tid" in record ? record.tid : NONE;
}

function flowCount(name: "numRRecvBytes" | "numRRecvOps" | "numWSendBytes" | "numWSendOps") {
  return ({ record }: FlatContext) =>
    record.kind === "FileFlow" || record.kind === "NetworkFlow" ? record[name] : NONE;
}

function threadCount(name: "numThreadsCloned" | "numThreadsExited" | "numCloneErrors") {
  return ({ record }: FlatContext) => (record.kind === "ProcessFlow" ? record[name] : NONE);
}

export function numberOfNet(read: (record: NetworkRecord) => number) {
  return ({ record }: FlatContext) => {
    const network = networkOf(record);
    return network === null ? NONE : read(network);
  };
}

export function textOfNet<T>(read: (record: NetworkRecord) => T) {
  return ({ record }: FlatContext) => {
    const network = networkOf(record);
    return network === null ? null : read(network);
  };
}

function argumentsOf({ record }: FlatContext): readonly string[] | null {
  return record.kind === "ProcessEvent" || record.kind === "FileEvent" ? record.args : null;
}

export const recordAttributes: readonly Attribute[] = [
  all.text("sf.type", "kind of the record: PE, FE, FF, NF, NE, PF or KE", ({ record }) =>
    kindCode(record.kind),
  ),
  withProcess.list(
    "sf.opflags",
    "operations, such as OPEN, READ and WRITE, or SEND and RECV in records of the network",
    (of) => operations(of).items,
    (of) => operations(of).text,
  ),
  events.integer("sf.ret", "result of the call; negative where it failed", retOf),
  new Definer("record", KIND_PE | KIND_FE).list(
    "sf.args",
    "what the call was asked for: of SETUID the user; with schema 6 of FE what README tells",
    argumentsOf,
  ),
  all.time("sf.ts", "when it happened or began", tsHi, tsLo),
  ended.time("sf.endts", "when it ended, or was told of", endHi, endLo),
];

export const netAttributes: readonly Attribute[] = [
  net.integer("sf.net.proto", "protocol as IANA numbers it: 6 TCP, 17 UDP", numberOfNet(protoOf)),
  net.integer("sf.net.sport", "port of who began the connection", numberOfNet(sportOf)),
  net.integer("sf.net.dport", "port of who accepted it", numberOfNet(dportOf)),
  net.list("sf.net.port", "both ports", textOfNet(portTexts)),
  net.text("sf.net.sip", "address of who began the connection", textOfNet(sourceText)),
  net.text("sf.net.dip", "address of who accepted it", textOfNet(destinationText)),
  net.list("sf.net.ip", "both addresses", textOfNet(addressTexts)),
  net.text("sf.net.family", "ipv4, or with schema 6 ipv6", textOfNet(familyOf)),
  flows.integer("sf.flow.rbytes", "bytes read or received", flowCount("numRRecvBytes")),
  flows.integer("sf.flow.rops", "calls that read or received", flowCount("numRRecvOps")),
  flows.integer("sf.flow.wbytes", "bytes written or sent", flowCount("numWSendBytes")),
  flows.integer("sf.flow.wops", "calls that wrote or sent", flowCount("numWSendOps")),
  processFlows.integer("sf.flow.cloned", "threads begun", threadCount("numThreadsCloned")),
  processFlows.integer("sf.flow.exited", "threads ended", threadCount("numThreadsExited")),
  processFlows.integer("sf.flow.cloneerrors", "clones that failed", threadCount("numCloneErrors")),
];

export function protoOf({ proto }: NetworkRecord): number {
  return proto;
}

export function sportOf({ sport }: NetworkRecord): number {
  return sport;
}

export function dportOf({ dport }: NetworkRecord): number {
  return dport;
}

export function portTexts({ sport, dport }: NetworkRecord): readonly string[] {
  return [String(sport), String(dport)];
}

export function addressTexts(record: NetworkRecord): readonly string[] {
  return [sourceText(record), destinationText(record)];
}

function familyOf(record: NetworkRecord): string {
  return isIpv6(record) ? "ipv6" : "ipv4";
}

const actionNames = namesByValue(k8sAction);
const componentNames = namesByValue(k8sComponent);

/** Names of a table of values.ts, by their values. */
export function namesByValue(table: Readonly<Record<string, number>>): readonly string[] {
  const names: string[] = [];
  for (const [name, value] of Object.entries(table)) {
    names[value] = name;
  }
  return names;
}

/** The capture library leaves the end of its line and of its text behind it. */
export function messageOf({ message }: K8sEvent): string {
  let end = message.length;
  while (end > 0 && message.charCodeAt(end - 1) <= 0x20) {
    end -= 1;
  }
  return message.slice(0, end);
}

export const k8sAttributes: readonly Attribute[] = [
  k8s.text("sf.ke.action", "what happened, such as K8S_COMPONENT_ADDED", ({ record }) =>
    record.kind === "K8sEvent" ? (actionNames[record.action] ?? null) : null,
  ),
  k8s.text("sf.ke.kind", "to what, such as K8S_PODS", ({ record }) =>
    record.kind === "K8sEvent" ? (componentNames[record.component] ?? null) : null,
  ),
  k8s.json("sf.ke.message", "what Kubernetes told", ({ record }) =>
    record.kind === "K8sEvent" ? messageOf(record) : null,
  ),
];

export const headerAttributes: readonly Attribute[] = [
  header.text("sf.node.id", "who wrote the records", ({ header }) => header?.exporter ?? null),
  header.text("sf.node.ip", "the address given for that", ({ header }) => header?.ip ?? null),
  header.integer("sf.meta.schema", "version of the schema", ({ header }) => {
    return header === null ? NONE : header.version;
  }),
  header.text("sf.meta.tracename", "name of the file that was written", ({ header }) =>
    header === null ? null : baseName(header.filename),
  ),
];

/** Whether the process began the connection: 1 yes, 0 it accepted it, NONE not known. */
export function isClient({ record }: FlatContext): number {
  const flags = opFlagsOf(record);
  const isEither = (flags & (OP_CONNECT | OP_ACCEPT)) !== 0;
  return networkOf(record) === null || !isEither ? NONE : (flags & OP_CONNECT) === 0 ? 0 : 1;
}
