// A process and what it has open: its data flows, by thread and by descriptor, and its process
// flow. These classes refer to each other, so that one is found from another at no cost, and for
// that reason they are in one file. A data flow object is itself the record that is written; beside
// the record's fields it has the links by which the flow table finds it.

import type { BatchView } from "../../capture/batch-reader.ts";
import {
  IO_LAST_TS_HI,
  IO_LAST_TS_LO,
  IO_READ_BYTES,
  IO_READ_OPS,
  IO_WRITE_BYTES,
  IO_WRITE_OPS,
} from "../../capture/layout.gen.ts";
import { emptyProcess } from "../../sysflow/empty-process.ts";
import { OP_READ_RECV, OP_WRITE_SEND } from "../../sysflow/op-flags.gen.ts";
import type { Oid, Process, ProcessFlow } from "../../sysflow/record.gen.ts";
import type { OutputSet } from "../../sysflow/record-sink.ts";
import { isLater } from "../event-time.ts";
import type { Given } from "../generations.ts";
import type { ContainerEntry } from "./container-entry.ts";
import type { Environment } from "./environment.ts";
import type { FileEntry } from "./file-entry.ts";
import type { SocketFlows } from "./socket-flows.ts";
import type { SocketObject } from "./socket-object.ts";

/** The time of a record's last change. */
interface RecordTime {
  readonly tsLo: number;
  readonly tsHi: number;
}

export class ProcessEntry implements Given {
  /** Counts processes in the order of their first definition; no two entries share it. */
  readonly id: number;
  readonly record: Process;
  /** Kept after the parent's end, so that it can be sent again in a later file. */
  parent: ProcessEntry | null = null;
  firstChild: ProcessEntry | null = null;
  siblingPrevious: ProcessEntry | null = null;
  siblingNext: ProcessEntry | null = null;
  isEnded = false;
  orderPrevious: ProcessEntry | null = null;
  orderNext: ProcessEntry | null = null;
  container: ContainerEntry | null = null;
  environment: Environment | null = null;
  /** The environment of its child that was defined last: its children often have the same. */
  childEnvironment: Environment | null = null;
  writtenGeneration = 0;
  given: OutputSet = 0;
  givenGeneration = 0;
  /** Outputs that got it without its parent, because that was forgotten: they never get the parent. */
  orphanIn: OutputSet = 0;
  /** The record's time by output, for outputs that lacked it at its last change. Mostly null. */
  earlier: (RecordTime | undefined)[] | null = null;
  /** Open data flows: the group leader's, and those of the other threads once there are any. */
  leaderFlows: ThreadFlows | null = null;
  longTextBytes = 0;
  /** By tid, scrambled: a program can have threads of chosen numbers. */
  threadFlows: Map<number, ThreadFlows> | null = null;
  /** The first thread that had flows, -1 before; and whether others had some too. */
  soleTid = -1;
  isShared = false;
  /** The process flow, for all threads; null until there is one. */
  socketFlows: SocketFlows<DataFlow> | null = null;
  processFlow: ProcessFlowState | null = null;

  constructor(id: number, createLo: number, createHi: number, pid: number) {
    this.id = id;
    this.record = emptyProcess(createLo, createHi, pid);
  }
}

export type FlowObject = FileEntry | SocketObject;

/** What makes and writes the flows of one kind. */
export interface FlowProcessor {
  /** Writes the flow and what it refers to, unless nothing happened or a filter drops it. */
  write(flow: DataFlow): void;
  /** The flow has left the flow table. */
  ended(flow: DataFlow): void;
  /** A flow with one of these flags goes first where another thread's close ends several. */
  readonly leadingFlags: number;
}

export abstract class DataFlow {
  readonly procOID: Oid;
  tsLo: number;
  tsHi: number;
  readonly tid: number;
  opFlags = 0;
  /** While the flow is open: its last operation's time. */
  endTsLo: number;
  endTsHi: number;
  readonly fd: number;
  numRRecvOps = 0;
  numWSendOps = 0;
  numRRecvBytes = 0;
  numWSendBytes = 0;

  readonly processor: FlowProcessor;
  readonly process: ProcessEntry;
  readonly object: FlowObject;
  /** Whether its descriptor may have flows with other peers beside it. */
  abstract readonly isOfSocket: boolean;
  /** Counts flows in the order of their start. */
  sequence = 0;
  /** Whole seconds of event time; starting counts as exporting. */
  exportSecond = 0;
  updateSecond = 0;

  // Links of the flow table, null while the flow is not in it.
  hash = 0;
  bucketNext: DataFlow | null = null;
  thread: ThreadFlows | null = null;
  threadPrevious: DataFlow | null = null;
  threadNext: DataFlow | null = null;
  group: FlowGroup | null = null;
  groupPrevious: DataFlow | null = null;
  groupNext: DataFlow | null = null;
  orderPrevious: DataFlow | null = null;
  orderNext: DataFlow | null = null;

  constructor(
    processor: FlowProcessor,
    process: ProcessEntry,
    object: FlowObject,
    tid: number,
    fd: number,
    tsLo: number,
    tsHi: number,
  ) {
    this.processor = processor;
    this.process = process;
    this.object = object;
    this.procOID = process.record.oid;
    this.tid = tid;
    this.fd = fd;
    this.tsLo = tsLo;
    this.tsHi = tsHi;
    this.endTsLo = tsLo;
    this.endTsHi = tsHi;
  }

  /** Adds the reads and writes of an Io record of a batch. */
  addIo(batch: BatchView, at: number): void {
    const readOps = batch.u32[at + IO_READ_OPS] as number;
    const writeOps = batch.u32[at + IO_WRITE_OPS] as number;
    if (readOps > 0) {
      this.opFlags |= OP_READ_RECV;
      this.numRRecvOps += readOps;
      this.numRRecvBytes += batch.f64[(at >> 1) + IO_READ_BYTES] as number;
    }
    if (writeOps > 0) {
      this.opFlags |= OP_WRITE_SEND;
      this.numWSendOps += writeOps;
      this.numWSendBytes += batch.f64[(at >> 1) + IO_WRITE_BYTES] as number;
    }
    this.touch(batch.u32[at + IO_LAST_TS_LO] as number, batch.u32[at + IO_LAST_TS_HI] as number);
  }

  /** Notes that something happened on the flow at this time. */
  touch(tsLo: number, tsHi: number): void {
    if (isLater(tsLo, tsHi, this.endTsLo, this.endTsHi)) {
      this.endTsLo = tsLo;
      this.endTsHi = tsHi;
    }
  }

  /** Begins the next part of a flow that goes on after its export. */
  restart(tsLo: number, tsHi: number): void {
    this.tsLo = tsLo;
    this.tsHi = tsHi;
    this.opFlags = 0;
    this.numRRecvOps = 0;
    this.numWSendOps = 0;
    this.numRRecvBytes = 0;
    this.numWSendBytes = 0;
  }
}

/** The open flows of one thread, in the order of their start. */
export class ThreadFlows {
  first: DataFlow | null = null;
  last: DataFlow | null = null;
}

/** The open flows of a process's threads on one descriptor and object, in the same order. */
export class FlowGroup {
  readonly process: ProcessEntry;
  readonly fd: number;
  readonly object: FlowObject;
  readonly hash: number;
  bucketNext: FlowGroup | null = null;
  first: DataFlow | null = null;
  last: DataFlow | null = null;

  constructor(process: ProcessEntry, fd: number, object: FlowObject, hash: number) {
    this.process = process;
    this.fd = fd;
    this.object = object;
    this.hash = hash;
  }
}

export class ProcessFlowState implements ProcessFlow {
  readonly kind = "ProcessFlow";
  readonly procOID: Oid;
  tsLo: number;
  tsHi: number;
  numThreadsCloned = 0;
  opFlags = 0;
  endTsLo: number;
  endTsHi: number;
  numThreadsExited = 0;
  numCloneErrors = 0;

  readonly process: ProcessEntry;
  exportSecond = 0;
  updateSecond = 0;
  orderPrevious: ProcessFlowState | null = null;
  orderNext: ProcessFlowState | null = null;

  constructor(process: ProcessEntry, tsLo: number, tsHi: number) {
    this.process = process;
    this.procOID = process.record.oid;
    this.tsLo = tsLo;
    this.tsHi = tsHi;
    this.endTsLo = tsLo;
    this.endTsHi = tsHi;
  }
}
