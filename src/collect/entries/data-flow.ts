// What file flows and network flows share while they are open: the record's fields, of which the
// flow is itself the record that is written, and the links by which the flow table finds it.

import type { BatchView } from "../../capture/batch-reader.ts";
import {
  IO_LAST_TS_HI,
  IO_LAST_TS_LO,
  IO_READ_BYTES,
  IO_READ_OPS,
  IO_WRITE_BYTES,
  IO_WRITE_OPS,
} from "../../capture/layout.gen.ts";
import { OP_READ_RECV, OP_WRITE_SEND } from "../../sysflow/op-flags.ts";
import type { Oid } from "../../sysflow/record.gen.ts";
import { isLater } from "../event-time.ts";
import type { FileEntry } from "../tables/file-table.ts";
import type { FlowGroup, ThreadFlows } from "../tables/flow-table.ts";
import type { SocketObject } from "../tables/object-table.ts";
import type { ProcessEntry } from "../tables/process-table.ts";

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

  /** Something happened on the flow at this time. */
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
