// The flow rules, one event at a time, by linear search over plain arrays: slow, and small enough to
// be checked by reading. The property test holds the collector to it. Entities are left out.

import * as op from "../../src/sysflow/op-flags.ts";

/** One event. `object` indexes `modelObjects`, `process` a process, `tid` 0 is its leader. */
export type ModelEvent = {
  readonly process: number;
  readonly tid: number;
  readonly fd: number;
  readonly object: number;
  readonly bytes: number;
} & (
  | { readonly type: "read" | "write" }
  | { readonly type: "open" | "close" | "accept" | "connect" | "shutdown" | "mmap" }
  | { readonly type: "threadStart" | "threadExit" | "exit" | "vanish" }
  | { readonly type: "wait"; readonly seconds: number }
);

export const modelObjects = [
  { isSocket: false, name: "/a" },
  { isSocket: false, name: "/b" },
  { isSocket: true, name: "40000" },
  { isSocket: true, name: "40001" },
] as const;

const flagOf = {
  read: op.OP_READ_RECV,
  write: op.OP_WRITE_SEND,
  open: op.OP_OPEN,
  close: op.OP_CLOSE,
  accept: op.OP_ACCEPT,
  connect: op.OP_CONNECT,
  shutdown: op.OP_SHUTDOWN,
  mmap: op.OP_MMAP,
} as const;

/** What the model says of a written flow or event; times in nanoseconds. */
export interface ModelRecord {
  readonly kind: string;
  readonly process: string;
  readonly tid: number;
  readonly opFlags: number;
  readonly ts: bigint;
  readonly endTs: bigint;
  readonly what: string;
}

interface ModelFlow {
  process: number;
  processName: string;
  tid: number;
  fd: number;
  object: number;
  ts: bigint;
  last: bigint;
  flags: number;
  counts: [reads: number, readBytes: number, writes: number, writeBytes: number];
  exportSecond: number;
  updateSecond: number;
}

interface ModelProcessFlow {
  process: number;
  processName: string;
  ts: bigint;
  flags: number;
  counts: [cloned: number, exited: number];
  exportSecond: number;
  updateSecond: number;
}

export class FlowModel {
  readonly written: ModelRecord[] = [];
  readonly #processFlowsOn: boolean;
  readonly #nameOf: (process: number) => string;
  #flows: ModelFlow[] = [];
  /** The same flows, the one whose export is longest ago first. */
  #exports: ModelFlow[] = [];
  #processFlows: ModelProcessFlow[] = [];
  #second = 0;
  /** Of the last event that was neither read nor write. */
  #lastSingle = 0n;

  constructor(processFlowsOn: boolean, nameOf: (process: number) => string) {
    this.#processFlowsOn = processFlowsOn;
    this.#nameOf = nameOf;
  }

  /** Event time entered a new second. */
  tick(second: number, ts: bigint): void {
    this.#second = second;
    this.#lastSingle = ts;
    for (const flow of [...this.#exports]) {
      if (second - flow.exportSecond >= 30) {
        this.#write(flow, 0, ts);
        if (second - flow.updateSecond >= 60) {
          this.#drop(flow);
        } else {
          Object.assign(flow, { ts, flags: 0, counts: [0, 0, 0, 0], exportSecond: second });
          this.#exports = [...this.#exports.filter((f) => f !== flow), flow];
        }
      }
    }
    for (const flow of [...this.#processFlows]) {
      if (second - flow.exportSecond >= 30) {
        this.#writeProcessFlow(flow, 0, ts);
        this.#processFlows = this.#processFlows.filter((f) => f !== flow);
        if (second - flow.updateSecond < 60) {
          Object.assign(flow, { ts, flags: 0, counts: [0, 0], exportSecond: second });
          this.#processFlows.push(flow);
        }
      }
    }
  }

  event(event: ModelEvent, ts: bigint): void {
    if (event.type !== "read" && event.type !== "write") {
      this.#lastSingle = event.type === "vanish" ? this.#lastSingle : ts;
    }
    switch (event.type) {
      case "wait":
        return;
      case "threadStart":
        this.#thread(event, ts, 0, op.OP_CLONE);
        return;
      case "threadExit":
        this.#thread(event, ts, 1, op.OP_EXIT);
        for (const flow of this.#filesFirst((f) => sameThread(f, event))) {
          this.#endOthers(flow, ts);
          this.#end(flow, op.OP_TRUNCATE, ts);
        }
        if (!this.#processFlowsOn) {
          this.#writeEvent(event, op.OP_EXIT, ts);
        }
        return;
      case "exit":
        this.#endProcessFlow(event.process, 0, ts);
        for (const flow of this.#filesFirst((f) => f.process === event.process)) {
          this.#end(flow, op.OP_TRUNCATE, ts);
        }
        this.#writeEvent(event, op.OP_EXIT, ts);
        return;
      case "vanish":
        for (const flow of this.#flows.filter((f) => f.process === event.process)) {
          this.#end(flow, op.OP_TRUNCATE, later(flow.last, this.#lastSingle));
        }
        this.#endProcessFlow(event.process, op.OP_TRUNCATE, this.#lastSingle);
        return;
      default:
        this.#operation(event, flagOf[event.type], ts);
        return;
    }
  }

  finish(processes: readonly number[], ts: bigint): void {
    for (const process of processes) {
      for (const flow of this.#filesFirst((f) => f.process === process, true)) {
        this.#end(flow, op.OP_TRUNCATE, ts);
      }
      this.#endProcessFlow(process, op.OP_TRUNCATE, ts);
    }
  }

  #operation(event: ModelEvent, flag: number, ts: bigint): void {
    let flow = this.#flows.find((f) => sameThread(f, event) && sameDescriptor(f, event));
    if (flow === undefined) {
      flow = {
        process: event.process,
        processName: this.#nameOf(event.process),
        tid: event.tid,
        fd: event.fd,
        object: event.object,
        ts,
        last: ts,
        flags: 0,
        counts: [0, 0, 0, 0],
        exportSecond: this.#second,
        updateSecond: this.#second,
      };
      this.#flows.push(flow);
      this.#exports.push(flow);
    }
    if (flag === op.OP_CLOSE) {
      this.#endOthers(flow, ts);
      this.#end(flow, flag, ts);
      return;
    }
    flow.flags |= flag;
    flow.updateSecond = this.#second;
    flow.last = ts;
    if (event.type === "read" || event.type === "write") {
      const at = event.type === "read" ? 0 : 2;
      flow.counts[at] += 1;
      flow.counts[at + 1] = (flow.counts[at + 1] as number) + event.bytes;
    }
  }

  #thread(event: ModelEvent, ts: bigint, count: 0 | 1, flag: number): void {
    if (!this.#processFlowsOn) {
      if (count === 0) {
        this.#writeEvent(event, flag, ts);
      }
      return;
    }
    let flow = this.#processFlows.find((f) => f.process === event.process);
    if (flow === undefined) {
      flow = {
        process: event.process,
        processName: this.#nameOf(event.process),
        ts,
        flags: 0,
        counts: [0, 0],
        exportSecond: this.#second,
        updateSecond: this.#second,
      };
      this.#processFlows.push(flow);
    }
    flow.flags |= flag;
    flow.counts[count] += 1;
    flow.updateSecond = this.#second;
  }

  #endOthers(own: ModelFlow, ts: bigint): void {
    const others = this.#flows.filter((f) => f.tid !== own.tid && sameDescriptor(f, own));
    const isSocket = modelObjects[own.object]?.isSocket;
    const leading = isSocket ? op.OP_ACCEPT | op.OP_CONNECT : op.OP_OPEN;
    const front = others.filter((f) => (f.flags & leading) !== 0);
    const rest = others.filter((f) => (f.flags & leading) === 0);
    for (const flow of [...front, ...rest]) {
      this.#end(flow, op.OP_TRUNCATE, ts);
    }
  }

  #end(flow: ModelFlow, flag: number, ts: bigint): void {
    this.#write(flow, flag, ts);
    this.#drop(flow);
  }

  #drop(flow: ModelFlow): void {
    this.#flows = this.#flows.filter((f) => f !== flow);
    this.#exports = this.#exports.filter((f) => f !== flow);
  }

  #filesFirst(wanted: (flow: ModelFlow) => boolean, networkFirst = false): ModelFlow[] {
    const flows = this.#flows.filter(wanted);
    const files = flows.filter((f) => modelObjects[f.object]?.isSocket === false);
    const network = flows.filter((f) => modelObjects[f.object]?.isSocket === true);
    return networkFirst ? [...network, ...files] : [...files, ...network];
  }

  #write(flow: ModelFlow, flag: number, endTs: bigint): void {
    const opFlags = flow.flags | flag;
    if ((opFlags & ~op.OP_TRUNCATE) !== 0) {
      const object = modelObjects[flow.object];
      this.written.push({
        kind: object?.isSocket ? "NetworkFlow" : "FileFlow",
        process: flow.processName,
        tid: flow.tid,
        opFlags,
        ts: flow.ts,
        endTs,
        what: [flow.fd, object?.name, ...flow.counts].join(),
      });
    }
  }

  #endProcessFlow(process: number, flag: number, ts: bigint): void {
    for (const flow of this.#processFlows.filter((f) => f.process === process)) {
      this.#writeProcessFlow(flow, flag, ts);
    }
    this.#processFlows = this.#processFlows.filter((f) => f.process !== process);
  }

  #writeProcessFlow(flow: ModelProcessFlow, flag: number, endTs: bigint): void {
    const opFlags = flow.flags | flag;
    if ((opFlags & ~op.OP_TRUNCATE) !== 0) {
      this.written.push({
        kind: "ProcessFlow",
        process: flow.processName,
        tid: 0,
        opFlags,
        ts: flow.ts,
        endTs,
        what: flow.counts.join(),
      });
    }
  }

  #writeEvent(event: ModelEvent, opFlags: number, ts: bigint): void {
    this.written.push({
      kind: "ProcessEvent",
      process: this.#nameOf(event.process),
      tid: event.tid,
      opFlags,
      ts,
      endTs: ts,
      what: "",
    });
  }
}

interface Descriptor {
  readonly process: number;
  readonly fd: number;
  readonly object: number;
}

function sameThread(a: { process: number; tid: number }, b: { process: number; tid: number }) {
  return a.process === b.process && a.tid === b.tid;
}

function sameDescriptor(a: Descriptor, b: Descriptor): boolean {
  return a.process === b.process && a.fd === b.fd && a.object === b.object;
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
