// File flows: what a thread does through one descriptor on a file, directory, pipe or Unix socket,
// from the first operation to the close or another ending. The File record is written at the first
// use even where a filter then drops the flow: upstream does so, and readers count on nothing else.

import type { BatchView } from "../../capture/batch-reader.ts";
import { CLOSE_OWN, IO_TS_HI, IO_TS_LO } from "../../capture/layout.gen.ts";
import { OP_CLOSE, OP_OPEN } from "../../sysflow/op-flags.gen.ts";
import { flowHasOperations } from "../../sysflow/op-flags.ts";
import type { FileFlow } from "../../sysflow/record.gen.ts";
import type { RecordSink } from "../../sysflow/record-sink.ts";
import { type Foid, objectState, type Restype, restype } from "../../sysflow/values.ts";
import type { CollectorOptions } from "../collector-options.ts";
import type { FileEntry, PathObject } from "../entries/file-entry.ts";
import type { ProcessEntry } from "../entries/process-entry.ts";
import { DataFlow, type FlowProcessor } from "../entries/process-entry.ts";
import type { FileTable } from "../tables/file-table.ts";
import type { ProcessTable } from "../tables/process-table.ts";
import type { DataFlows } from "./data-flows.ts";
import { isFilteredRead } from "./file-read-filter.ts";

export class FileFlowState extends DataFlow implements FileFlow {
  readonly kind = "FileFlow";
  readonly isOfSocket: boolean;
  openFlags = 0;
  readonly file: FileEntry;
  readonly fileOID: Foid;

  constructor(
    processor: FlowProcessor,
    process: ProcessEntry,
    file: FileEntry,
    type: number,
    tid: number,
    fd: number,
    tsLo: number,
    tsHi: number,
  ) {
    super(processor, process, file, tid, fd, tsLo, tsHi);
    this.isOfSocket = type === restype.UNIX;
    this.file = file;
    this.fileOID = file.record.foid;
  }
}

export class FileFlowProcessor implements FlowProcessor {
  readonly leadingFlags = OP_OPEN;
  /** Open flows. */
  size = 0;
  /** Flows that FILE_READ_MODE left out, since the start. */
  filtered = 0;
  readonly #options: CollectorOptions;
  readonly #sink: RecordSink;
  readonly #processes: ProcessTable;
  readonly #files: FileTable;
  readonly #flows: DataFlows;

  constructor(
    options: CollectorOptions,
    sink: RecordSink,
    processes: ProcessTable,
    files: FileTable,
    flows: DataFlows,
  ) {
    this.#options = options;
    this.#sink = sink;
    this.#processes = processes;
    this.#files = files;
    this.#flows = flows;
  }

  /**
   * One operation other than reading and writing.
   * @param type libsinsp's type character of the descriptor.
   * @param flag the operation's bit of opFlags.
   * @param openFlags of an open; of a close CLOSE_OWN where other threads have the descriptor still.
   */
  operation(
    process: ProcessEntry,
    tid: number,
    fd: number,
    path: PathObject,
    type: number,
    flag: number,
    openFlags: number,
    tsLo: number,
    tsHi: number,
  ): void {
    const file = this.#useFile(process, path, type, tsLo, tsHi);
    if (file === null) {
      return;
    }
    if (this.#options.mode === "consume") {
      if (flag === OP_OPEN) {
        this.#writeOpen(process, file, tid, fd, openFlags, tsLo, tsHi);
      }
      return;
    }
    let flow = this.#flows.find(process, tid, fd, file) as FileFlowState | null;
    if (flow === null) {
      flow = new FileFlowState(this, process, file, type, tid, fd, tsLo, tsHi);
      if (flag !== OP_CLOSE) {
        this.#add(flow);
      }
    }
    if (flag === OP_CLOSE) {
      this.#flows.close(flow, tsLo, tsHi, openFlags !== CLOSE_OWN);
      return;
    }
    flow.opFlags |= flag;
    if (flag === OP_OPEN) {
      flow.openFlags = openFlags;
    }
    flow.updateSecond = this.#flows.second;
    flow.touch(tsLo, tsHi);
  }

  /** The reads and writes of an Io record of a batch. */
  io(
    process: ProcessEntry,
    tid: number,
    fd: number,
    path: PathObject,
    type: number,
    batch: BatchView,
    at: number,
  ): void {
    const tsLo = batch.u32[at + IO_TS_LO] as number;
    const tsHi = batch.u32[at + IO_TS_HI] as number;
    const file = this.#useFile(process, path, type, tsLo, tsHi);
    if (file === null || this.#options.mode === "consume") {
      return;
    }
    let flow = this.#flows.find(process, tid, fd, file);
    if (flow === null) {
      flow = new FileFlowState(this, process, file, type, tid, fd, tsLo, tsHi);
      this.#add(flow as FileFlowState);
    }
    flow.addIo(batch, at);
    flow.updateSecond = this.#flows.second;
  }

  write(flow: FileFlowState): void {
    if (!flowHasOperations(flow.opFlags)) {
      return;
    }
    this.#processes.use(flow.process, objectState.REUP, flow.tsLo, flow.tsHi);
    this.#files.useAgain(flow.file);
    const { fileReadMode } = this.#options;
    if (isFilteredRead(fileReadMode, flow.file.record.path, flow.opFlags, flow.openFlags)) {
      this.filtered += 1;
      return;
    }
    this.#sink.fileFlow(flow);
  }

  ended(flow: FileFlowState): void {
    this.#files.release(flow.file);
    this.size -= 1;
  }

  #add(flow: FileFlowState): void {
    this.#files.hold(flow.file);
    this.size += 1;
    this.#flows.add(flow);
  }

  /** Writes process and file where needed; null where this type of descriptor makes no flow. */
  #useFile(
    process: ProcessEntry,
    path: PathObject,
    type: number,
    tsLo: number,
    tsHi: number,
  ): FileEntry | null {
    if (!isFlowType(type) || (this.#options.fileOnly && type !== restype.FILE)) {
      return null;
    }
    this.#processes.use(process, objectState.REUP, tsLo, tsHi);
    return this.#files.use(path, process.container, type as Restype, objectState.REUP, tsLo, tsHi);
  }

  /** In consume mode each open is a flow of its own. As in upstream, no filter looks at its path. */
  #writeOpen(
    process: ProcessEntry,
    file: FileEntry,
    tid: number,
    fd: number,
    openFlags: number,
    tsLo: number,
    tsHi: number,
  ): void {
    if (isFilteredRead(this.#options.fileReadMode, "", OP_OPEN, openFlags)) {
      this.filtered += 1;
      return;
    }
    const flow = new FileFlowState(this, process, file, restype.FILE, tid, fd, tsLo, tsHi);
    flow.opFlags = OP_OPEN;
    flow.openFlags = openFlags;
    this.#sink.fileFlow(flow);
  }
}

function isFlowType(type: number): boolean {
  return (
    type === restype.FILE ||
    type === restype.DIRECTORY ||
    type === restype.UNIX ||
    type === restype.PIPE
  );
}
