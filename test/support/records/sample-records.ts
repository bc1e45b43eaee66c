// A small, right sequence of records in the order the format wants, made new for each test: one
// container, two processes, two files, and one of each event and flow.

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import type {
  Container,
  File,
  FileEvent,
  FileFlow,
  NetworkFlow,
  Oid,
  Process,
  ProcessEvent,
  ProcessFlow,
  SFHeader,
} from "../../../src/sysflow/record.gen.ts";
import type { RecordReceiver } from "../../../src/sysflow/record-sink.ts";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { readSf, type SfRecord } from "./read-sf.ts";

/** Nanoseconds: this high half is in the year 2023, and the low ones below count from there. */
export const sampleSecondsHi = 395_800_000;
const containerId = "c010f5a08549";

const parentOid: Oid = { createLo: 1, createHi: sampleSecondsHi, hpid: 1000 };
const childOid: Oid = { createLo: 2, createHi: sampleSecondsHi, hpid: 1001 };

export const sampleHeader: SFHeader = {
  kind: "SFHeader",
  version: 5,
  exporter: "tests",
  ip: "",
  filename: "",
};

export function sampleContainer(): Container {
  return {
    kind: "Container",
    id: containerId,
    name: "web",
    image: "alpine:latest",
    imageid: "sha",
    type: 0,
    privileged: false,
    podId: null,
  };
}

export function sampleParent(): Process {
  return {
    kind: "Process",
    state: 2,
    oid: parentOid,
    poid: null,
    tsLo: 10,
    tsHi: sampleSecondsHi,
    exe: "/bin/sh",
    exeArgs: "-c true",
    uid: 0,
    userName: "root",
    gid: 0,
    groupName: "root",
    tty: false,
    containerId,
    entry: true,
    cwd: "/",
    env: ["PATH=/bin"],
    loginuid: -1,
  };
}

export function sampleChild(): Process {
  return { ...sampleParent(), state: 0, oid: childOid, poid: parentOid, entry: false };
}

export function sampleFile(path: string): File {
  const foid = createHash("sha1").update(`${containerId}${path}`).digest();
  return {
    kind: "File",
    state: 2,
    foid,
    tsLo: 20,
    tsHi: sampleSecondsHi,
    restype: 102,
    path,
    containerId,
  };
}

export function sampleProcessEvent(opFlags: number, tsLo: number): ProcessEvent {
  const args = opFlags === op.OP_SETUID ? ["root"] : [];
  return { kind: "ProcessEvent", ...actor(tsLo), opFlags, args, ret: 0 };
}

export function sampleFileEvent(opFlags: number, tsLo: number): FileEvent {
  const needsSecond = (opFlags & (op.OP_LINK | op.OP_SYMLINK | op.OP_RENAME)) !== 0;
  const newFileOID = needsSecond ? sampleFile("/new").foid : null;
  const fileOID = sampleFile("/old").foid;
  return { kind: "FileEvent", ...actor(tsLo), opFlags, fileOID, ret: 0, newFileOID, args: [] };
}

export function sampleFileFlow(tsLo: number): FileFlow {
  return {
    kind: "FileFlow",
    ...actor(tsLo),
    opFlags: op.OP_OPEN | op.OP_READ_RECV | op.OP_CLOSE,
    openFlags: 1,
    endTsLo: tsLo + 5,
    endTsHi: sampleSecondsHi,
    fileOID: sampleFile("/old").foid,
    fd: 3,
    numRRecvOps: 2,
    numWSendOps: 0,
    numRRecvBytes: 8192,
    numWSendBytes: 0,
  };
}

export function sampleNetworkFlow(tsLo: number): NetworkFlow {
  return {
    kind: "NetworkFlow",
    ...actor(tsLo),
    opFlags: op.OP_CONNECT | op.OP_WRITE_SEND | op.OP_TRUNCATE,
    endTsLo: tsLo + 5,
    endTsHi: sampleSecondsHi,
    sip: 16777343,
    sport: 40000,
    dip: 16777343,
    dport: 80,
    proto: 6,
    fd: 4,
    numRRecvOps: 0,
    numWSendOps: 1,
    numRRecvBytes: 0,
    numWSendBytes: 5_000_000_000,
    sip6: null,
    dip6: null,
  };
}

export function sampleProcessFlow(tsLo: number): ProcessFlow {
  return {
    kind: "ProcessFlow",
    procOID: childOid,
    tsLo,
    tsHi: sampleSecondsHi,
    numThreadsCloned: 2,
    opFlags: op.OP_CLONE | op.OP_EXIT,
    endTsLo: tsLo + 5,
    endTsHi: sampleSecondsHi,
    numThreadsExited: 1,
    numCloneErrors: 0,
  };
}

/** All of the above, in a right order and with growing times; the header is not among them. */
export function writeSample(sink: RecordReceiver): void {
  sink.container(sampleContainer());
  sink.process(sampleParent());
  sink.process(sampleChild());
  sink.processEvent(sampleProcessEvent(op.OP_CLONE, 100));
  sink.file(sampleFile("/old"));
  sink.file(sampleFile("/new"));
  sink.fileEvent(sampleFileEvent(op.OP_RENAME, 110));
  sink.fileFlow(sampleFileFlow(120));
  sink.networkFlow(sampleNetworkFlow(130));
  sink.processFlow(sampleProcessFlow(140));
  sink.processEvent(sampleProcessEvent(op.OP_EXIT, 150));
}

/** The sample written by us and read back, header first. */
export function sampleSfRecords(): readonly SfRecord[] {
  const folder = mkdtempSync(join(tmpdir(), "sysflow-sample-"));
  try {
    const path = join(folder, "sample.sf");
    const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: 0 });
    writer.header(sampleHeader);
    writeSample(writer);
    writer.close();
    return readSf(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What `writeSample` writes. */
export const sampleCount = 11;

function actor(tsLo: number) {
  return { procOID: childOid, tsLo, tsHi: sampleSecondsHi, tid: 1001 };
}
