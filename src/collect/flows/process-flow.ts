// Process flows: one for each process. It counts what the process's threads do that makes no event
// of its own. Process flows are exported like data flows; they are in a list of their own, which
// comes after that of data flows.

import { EntryOrder } from "../../base/entry-order.ts";
import { OP_CLONE, OP_EXIT, type OP_TRUNCATE } from "../../sysflow/op-flags.gen.ts";
import { flowHasOperations } from "../../sysflow/op-flags.ts";
import type { RecordSink } from "../../sysflow/record-sink.ts";
import { objectState } from "../../sysflow/values.ts";
import { type ProcessEntry, ProcessFlowState } from "../entries/process-entry.ts";
import { endAt } from "../event-time.ts";
import type { ProcessTable } from "../tables/process-table.ts";
import { type DataFlows, exportIntervalSec, idleLimitSec } from "./data-flows.ts";

export class ProcessFlowProcessor {
  /** Open flows. */
  size = 0;
  readonly #sink: RecordSink;
  readonly #processes: ProcessTable;
  /** For the current second of event time. */
  readonly #dataFlows: DataFlows;
  readonly #exportOrder = new EntryOrder<ProcessFlowState>();

  constructor(sink: RecordSink, processes: ProcessTable, dataFlows: DataFlows) {
    this.#sink = sink;
    this.#processes = processes;
    this.#dataFlows = dataFlows;
  }

  /**
   * A clone that makes no event of its own.
   * @param ret 0 in the new thread, its tid in the thread that made it, else a negative errno.
   */
  clone(process: ProcessEntry, ret: number, tsLo: number, tsHi: number): void {
    const flow = this.#flowOf(process, tsLo, tsHi);
    flow.opFlags |= OP_CLONE;
    if (ret === 0) {
      flow.numThreadsCloned += 1;
    } else if (ret < 0) {
      // Upstream counts errno 1 only (controlflowprocessor.cpp), so never an EAGAIN.
      flow.numCloneErrors += 1;
    }
  }

  /** The end of a thread other than the group leader. */
  threadExit(process: ProcessEntry, tsLo: number, tsHi: number): void {
    const flow = this.#flowOf(process, tsLo, tsHi);
    flow.opFlags |= OP_EXIT;
    flow.numThreadsExited += 1;
  }

  /** Writes and forgets the flow of a process, if it has one. `flags` are added to its own. */
  end(process: ProcessEntry, flags: 0 | typeof OP_TRUNCATE, tsLo: number, tsHi: number): void {
    const flow = process.processFlow;
    if (flow === null) {
      return;
    }
    flow.opFlags |= flags;
    this.#write(flow, tsLo, tsHi);
    this.#forget(flow);
  }

  exportDue(tsLo: number, tsHi: number): void {
    const second = this.#dataFlows.second;
    let flow = this.#exportOrder.first;
    while (flow !== null && second - flow.exportSecond >= exportIntervalSec) {
      this.#write(flow, tsLo, tsHi);
      if (second - flow.updateSecond >= idleLimitSec) {
        this.#forget(flow);
      } else {
        flow.tsLo = tsLo;
        flow.tsHi = tsHi;
        flow.opFlags = 0;
        flow.numThreadsCloned = 0;
        flow.numThreadsExited = 0;
        flow.numCloneErrors = 0;
        flow.exportSecond = second;
        this.#exportOrder.touch(flow);
      }
      flow = this.#exportOrder.first;
    }
  }

  #flowOf(process: ProcessEntry, tsLo: number, tsHi: number): ProcessFlowState {
    this.#processes.use(process, objectState.REUP, tsLo, tsHi);
    let flow = process.processFlow;
    if (flow === null) {
      flow = new ProcessFlowState(process, tsLo, tsHi);
      process.processFlow = flow;
      this.size += 1;
      flow.exportSecond = this.#dataFlows.second;
      this.#exportOrder.append(flow);
    }
    flow.updateSecond = this.#dataFlows.second;
    return flow;
  }

  #write(flow: ProcessFlowState, tsLo: number, tsHi: number): void {
    endAt(flow, tsLo, tsHi);
    if (flowHasOperations(flow.opFlags)) {
      this.#processes.use(flow.process, objectState.REUP, flow.tsLo, flow.tsHi);
      this.#sink.processFlow(flow);
    }
  }

  #forget(flow: ProcessFlowState): void {
    this.#exportOrder.remove(flow);
    flow.process.processFlow = null;
    this.size -= 1;
  }
}
