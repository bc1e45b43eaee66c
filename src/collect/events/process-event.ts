// Process events: clone, exec, exit, setuid. Exec and setuid send the Process record again before
// their event where it was known already, also when the call failed; a new group sends it alone. An exit first ends the flows
// of its thread or process. With process flows on, what threads do goes there instead.

import { assert } from "../../base/assert.ts";
import type { BatchView } from "../../capture/batch-reader.ts";
import {
  CLONE_THREAD,
  MAIN_THREAD,
  NATIVE_CLONE,
  NATIVE_EXEC,
  NATIVE_EXIT,
  NATIVE_SETGID,
  NATIVE_SETUID,
  type NativeOp,
  PROCESS_OP_OP,
  PROCESS_OP_RET,
  PROCESS_OP_TEXT,
  PROCESS_OP_TID,
  PROCESS_OP_TS_HI,
  PROCESS_OP_TS_LO,
} from "../../capture/layout.gen.ts";
import { OP_CLONE, OP_EXEC, OP_EXIT, OP_SETUID } from "../../sysflow/op-flags.gen.ts";
import type { ProcessEvent } from "../../sysflow/record.gen.ts";
import type { RecordSink } from "../../sysflow/record-sink.ts";
import { objectState } from "../../sysflow/values.ts";
import type { CollectorOptions } from "../collector-options.ts";
import type { ProcessEntry } from "../entries/process-entry.ts";
import type { DataFlows } from "../flows/data-flows.ts";
import type { ProcessFlowProcessor } from "../flows/process-flow.ts";
import type { ProcessTable } from "../tables/process-table.ts";

const noArgs: readonly string[] = [];

export class ProcessEventProcessor {
  readonly #options: CollectorOptions;
  readonly #sink: RecordSink;
  readonly #processes: ProcessTable;
  readonly #dataFlows: DataFlows;
  readonly #processFlows: ProcessFlowProcessor;
  /** Filled anew for each event. */
  readonly #record: ProcessEvent = {
    kind: "ProcessEvent",
    procOID: { createLo: 0, createHi: 0, hpid: 0 },
    tsLo: 0,
    tsHi: 0,
    tid: 0,
    opFlags: 0,
    args: noArgs,
    ret: 0,
  };

  constructor(
    options: CollectorOptions,
    sink: RecordSink,
    processes: ProcessTable,
    dataFlows: DataFlows,
    processFlows: ProcessFlowProcessor,
  ) {
    this.#options = options;
    this.#sink = sink;
    this.#processes = processes;
    this.#dataFlows = dataFlows;
    this.#processFlows = processFlows;
  }

  /** A ProcessOp record of a batch. */
  operation(process: ProcessEntry, batch: BatchView, at: number): void {
    const record = this.#record;
    record.procOID = process.record.oid;
    record.tsLo = batch.u32[at + PROCESS_OP_TS_LO] as number;
    record.tsHi = batch.u32[at + PROCESS_OP_TS_HI] as number;
    record.tid = batch.i32[at + PROCESS_OP_TID] as number;
    record.ret = batch.i32[at + PROCESS_OP_RET] as number;
    record.args = noArgs;
    const flags = batch.flags(at);
    const op = batch.u32[at + PROCESS_OP_OP] as unknown as NativeOp;
    switch (op) {
      case NATIVE_CLONE:
        this.#clone(process, flags);
        return;
      case NATIVE_EXEC:
        if (record.ret < 0) {
          const path = batch.string(at + PROCESS_OP_TEXT);
          record.args = path === "" ? noArgs : [path];
        }
        this.#change(process, OP_EXEC);
        return;
      case NATIVE_EXIT:
        this.#exit(process, (flags & MAIN_THREAD) !== 0);
        return;
      case NATIVE_SETUID:
        // "" where the call leaves the id as it is. Upstream keeps one name for all threads and has
        // none for setresuid; ours is the caller's.
        record.args = [batch.string(at + PROCESS_OP_TEXT)];
        this.#change(process, OP_SETUID);
        return;
      case NATIVE_SETGID:
        // No event has a flag for it. A process that nothing refers to yet has its group at once.
        this.#processes.modifyWritten(process, record.tsLo, record.tsHi);
        return;
      default:
        assert(false, `a process operation is one of five, not ${op}`);
    }
  }

  #clone(process: ProcessEntry, flags: number): void {
    const record = this.#record;
    const isOfNewProcess = record.ret === 0 && (flags & MAIN_THREAD) !== 0;
    const isOfParent = record.ret > 0 && (flags & CLONE_THREAD) === 0;
    if (this.#options.processFlows && !isOfNewProcess && !isOfParent) {
      this.#processFlows.clone(process, record.ret, record.tsLo, record.tsHi);
      return;
    }
    this.#processes.use(process, objectState.CREATED, record.tsLo, record.tsHi);
    this.#write(OP_CLONE);
  }

  #change(process: ProcessEntry, flag: typeof OP_EXEC | typeof OP_SETUID): void {
    const { tsLo, tsHi } = this.#record;
    const state = flag === OP_EXEC ? objectState.CREATED : objectState.REUP;
    const isFirst = this.#processes.use(process, state, tsLo, tsHi);
    if (!isFirst) {
      this.#processes.modify(process, tsLo, tsHi);
    }
    this.#write(flag);
  }

  #exit(process: ProcessEntry, isMainThread: boolean): void {
    const { tid, tsLo, tsHi } = this.#record;
    if (isMainThread) {
      this.#processes.use(process, objectState.REUP, tsLo, tsHi);
      this.#processFlows.end(process, 0, tsLo, tsHi);
      this.#dataFlows.endProcess(process, tsLo, tsHi, true);
      this.#write(OP_EXIT);
      return;
    }
    if (this.#options.processFlows) {
      this.#processFlows.threadExit(process, tsLo, tsHi);
      // Upstream leaves the flows of a dead thread to the 30-second export.
      this.#dataFlows.endThread(process, tid, tsLo, tsHi);
      return;
    }
    this.#processes.use(process, objectState.REUP, tsLo, tsHi);
    this.#dataFlows.endThread(process, tid, tsLo, tsHi);
    this.#write(OP_EXIT);
  }

  #write(flag: number): void {
    this.#record.opFlags = flag;
    this.#sink.processEvent(this.#record);
  }
}
