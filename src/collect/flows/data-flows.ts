// How data flows end and are exported, the same for files and sockets: by their own close, by
// another thread's close, with their thread or process, by time, and at the end of the run. A flow
// that ends other than by its own close carries OP_TRUNCATE. Where upstream's order among several
// flows is that of a hash table, ours is the order in which they started.

import { OP_CLOSE, OP_TRUNCATE } from "../../sysflow/op-flags.gen.ts";
import type { DataFlow, FlowObject, ProcessEntry } from "../entries/process-entry.ts";
import { endAt } from "../event-time.ts";
import { type CollectLimits, collectLimits } from "../limits.ts";
import { FlowTable } from "../tables/flow-table.ts";

/** Seconds of event time after which a flow is written though it goes on (upstream's constant). */
export const exportIntervalSec = 30;
/** Seconds without an operation after which a flow is given up at its next export. */
export const idleLimitSec = 60;

export class DataFlows {
  readonly table: FlowTable;
  /** Flows ended for want of room, since the start. */
  evicted = 0;
  /** The current whole second of event time, from the last tick. */
  second = 0;
  /** Reused lists of flows about to end. A close within an ending needs a second one. */
  readonly #ending: DataFlow[] = [];
  readonly #others: DataFlow[] = [];
  readonly #flowsMax: number;

  constructor(limits: CollectLimits = collectLimits) {
    this.table = new FlowTable(limits);
    this.#flowsMax = limits.flows;
  }

  find(process: ProcessEntry, tid: number, fd: number, object: FlowObject): DataFlow | null {
    return this.table.find(process, tid, fd, object);
  }

  /** When the table is full, the flow that was not exported for the longest time ends for this one. */
  add(flow: DataFlow): void {
    const oldest = this.table.longestUnexported;
    if (oldest !== null && this.table.size >= this.#flowsMax) {
      this.evicted += 1;
      this.#endUnseen(oldest, flow.tsLo, flow.tsHi);
    }
    this.table.add(flow, this.second);
  }

  /**
   * Ends a flow, in the table or not, by its own thread's close; and a socket's flows with other
   * peers: their own thread's by the same close. Other threads' go on where these have it still.
   */
  close(flow: DataFlow, tsLo: number, tsHi: number, isOthersToo: boolean): void {
    if (isOthersToo) {
      this.#endOthers(flow, tsLo, tsHi);
    }
    this.#end(flow, OP_CLOSE, tsLo, tsHi);
    const { socketFlows } = flow.process;
    if (flow.isOfSocket && socketFlows !== null) {
      const others = this.#others;
      socketFlows.of(flow.fd, others);
      for (const other of others) {
        if (other.tid === flow.tid) {
          this.#end(other, OP_CLOSE, tsLo, tsHi);
        } else if (isOthersToo) {
          this.#end(other, OP_TRUNCATE, tsLo, tsHi);
        }
      }
      others.length = 0;
    }
  }

  /**
   * The descriptor ended without a call of its own: its flows end as by a close, but where there are
   * none nothing is written. Other threads' flows go on where these have it still.
   * @param object null where no flow can be on it: a Unix socket may have some by other names.
   */
  endDescriptor(
    process: ProcessEntry,
    tid: number,
    fd: number,
    object: FlowObject | null,
    isOfSocket: boolean,
    tsLo: number,
    tsHi: number,
    isOthersToo: boolean,
  ): void {
    const flow = object === null ? null : this.table.find(process, tid, fd, object);
    if (flow !== null && isOthersToo) {
      this.close(flow, tsLo, tsHi, true);
      return;
    }
    const ending = this.#others;
    if (isOfSocket) {
      process.socketFlows?.of(fd, ending);
    } else if (flow !== null) {
      ending.push(flow);
    } else if (object !== null && isOthersToo) {
      this.table.ofOtherThreads(process, tid, fd, object, ending);
    }
    for (const each of ending) {
      if (each.tid === tid) {
        this.#end(each, OP_CLOSE, tsLo, tsHi);
      } else if (isOthersToo) {
        this.#end(each, OP_TRUNCATE, tsLo, tsHi);
      }
    }
    ending.length = 0;
  }

  /** Ends a thread's flows, files first, and other threads' flows on the same descriptors. */
  endThread(process: ProcessEntry, tid: number, tsLo: number, tsHi: number): void {
    const ending = this.#ending;
    this.table.ofThread(process, tid, ending);
    for (const isNetwork of kindsFilesFirst) {
      for (const flow of ending) {
        if (flow.object.isSocket === isNetwork) {
          this.#endOthers(flow, tsLo, tsHi);
          this.#end(flow, OP_TRUNCATE, tsLo, tsHi);
        }
      }
    }
    ending.length = 0;
    this.table.forgetThread(process, tid);
  }

  /** Ends all flows of a process: files first at its exit, network first at the run's end. */
  endProcess(process: ProcessEntry, tsLo: number, tsHi: number, isExit: boolean): void {
    const ending = this.#ending;
    this.table.ofProcess(process, ending);
    for (const isNetwork of isExit ? kindsFilesFirst : kindsNetworkFirst) {
      for (const flow of ending) {
        if (flow.object.isSocket === isNetwork) {
          this.#end(flow, OP_TRUNCATE, tsLo, tsHi);
        }
      }
    }
    ending.length = 0;
  }

  /** Ends what a process that vanished without an exit has left, not before its last operation. */
  endVanished(process: ProcessEntry, tsLo: number, tsHi: number): void {
    const ending = this.#ending;
    this.table.ofProcess(process, ending);
    for (const flow of ending) {
      this.#endUnseen(flow, tsLo, tsHi);
    }
    ending.length = 0;
  }

  /** Writes or gives up the flows whose last export is long ago; `second` is set before. */
  exportDue(tsLo: number, tsHi: number): void {
    let flow = this.table.longestUnexported;
    while (flow !== null && this.second - flow.exportSecond >= exportIntervalSec) {
      endAt(flow, tsLo, tsHi);
      // A gap in a capture can make a flow idle before its first export: upstream loses it.
      flow.processor.write(flow);
      if (this.second - flow.updateSecond >= idleLimitSec) {
        this.table.remove(flow);
        flow.processor.ended(flow);
      } else {
        flow.restart(tsLo, tsHi);
        this.table.markExported(flow, this.second);
      }
      flow = this.table.longestUnexported;
    }
  }

  #endOthers(flow: DataFlow, tsLo: number, tsHi: number): void {
    const others = this.#others;
    this.table.ofOtherThreads(flow.process, flow.tid, flow.fd, flow.object, others);
    if (others.length === 0) {
      return;
    }
    const leading = flow.processor.leadingFlags;
    for (const other of others) {
      if ((other.opFlags & leading) !== 0) {
        this.#end(other, OP_TRUNCATE, tsLo, tsHi);
      }
    }
    for (const other of others) {
      if (other.thread !== null) {
        this.#end(other, OP_TRUNCATE, tsLo, tsHi);
      }
    }
    others.length = 0;
  }

  /** Ends a flow at this time, but not before its last operation. */
  #endUnseen(flow: DataFlow, tsLo: number, tsHi: number): void {
    flow.touch(tsLo, tsHi);
    this.#end(flow, OP_TRUNCATE, flow.endTsLo, flow.endTsHi);
  }

  #end(flow: DataFlow, flag: number, tsLo: number, tsHi: number): void {
    flow.opFlags |= flag;
    endAt(flow, tsLo, tsHi);
    flow.processor.write(flow);
    if (flow.thread !== null) {
      this.table.remove(flow);
      flow.processor.ended(flow);
    }
  }
}

const kindsFilesFirst = [false, true] as const;
const kindsNetworkFirst = [true, false] as const;
