// The flow rules, one event at a time, by linear search over plain arrays: slow, and small enough to
// be checked by reading. Property tests hold the collector to it. Process events and entities are in
// the models beside it; this one calls them in the order in which records have to come.

import * as op from "../../../src/sysflow/op-flags.gen.ts";
import { objectState } from "../../../src/sysflow/values.ts";
import { EntityModel, type ProcessFacts } from "./entity-model.ts";
import {
  type Descriptor,
  isSocket,
  later,
  type ModelEvent,
  type ModelOptions,
  type ModelRecord,
  mayHavePeers,
  sameObject,
} from "./model-event.ts";
import { ProcessModel } from "./process-model.ts";

const flagOf = {
  read: op.OP_READ_RECV,
  write: op.OP_WRITE_SEND,
  open: op.OP_OPEN,
  close: op.OP_CLOSE,
  accept: op.OP_ACCEPT,
  connect: op.OP_CONNECT,
  shutdown: op.OP_SHUTDOWN,
  mmap: op.OP_MMAP,
  setns: op.OP_SETNS,
} as const;

type DataEvent = Extract<ModelEvent, { readonly type: keyof typeof flagOf }>;

interface ModelFlow extends Descriptor {
  readonly tid: number;
  ts: bigint;
  last: bigint;
  flags: number;
  openFlags: number;
  counts: [reads: number, readBytes: number, writes: number, writeBytes: number];
  exportSecond: number;
  updateSecond: number;
}

export class FlowModel {
  readonly written: ModelRecord[] = [];
  readonly #options: ModelOptions;
  readonly #entities: EntityModel;
  readonly #processes: ProcessModel;
  #flows: ModelFlow[] = [];
  /** The same flows, the one whose export is longest ago first. */
  #exports: ModelFlow[] = [];
  #second = 0;
  /** Of the last event that was neither read nor write. */
  #lastSingle = 0n;

  constructor(options: ModelOptions, factsOf: (process: number) => ProcessFacts) {
    this.#options = options;
    this.#entities = new EntityModel(this.written, factsOf);
    this.#processes = new ProcessModel(options, this.written, this.#entities);
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
          Object.assign(flow, {
            ts,
            flags: 0,
            counts: [0, 0, 0, 0],
            exportSecond: second,
          });
          this.#exports = [...this.#exports.filter((f) => f !== flow), flow];
        }
      }
    }
    this.#processes.tick(second, ts);
    if (this.#options.rotateAt?.has(second)) {
      this.#entities.nextFile(this.#flows);
    }
  }

  event(event: ModelEvent, ts: bigint): void {
    if (event.type === "vanish") {
      this.#vanish(event.process);
      return;
    }
    if (event.type !== "read" && event.type !== "write") {
      this.#lastSingle = ts;
    }
    if (event.type === "wait" || !this.#isWanted(event.process)) {
      return;
    }
    switch (event.type) {
      case "clone":
      case "exec":
      case "setuid":
        this.#processes.event(event, ts, this.#second);
        return;
      case "exit":
        this.#exit(event, ts);
        return;
      case "path":
        this.#path(event, ts);
        return;
      case "ended":
        this.#ended(event, ts);
        return;
      default:
        this.#data(event, flagOf[event.type], ts);
        return;
    }
  }

  /** The run is over; processes in the order in which they were met. */
  finish(processes: readonly number[], ts: bigint): void {
    for (const process of processes) {
      for (const flow of this.#filesFirst((f) => f.process === process, true)) {
        this.#end(flow, op.OP_TRUNCATE, ts);
      }
      this.#processes.endFlow(process, op.OP_TRUNCATE, ts);
    }
  }

  #isWanted(process: number): boolean {
    return !this.#options.containersOnly || this.#entities.factsOf(process).container !== null;
  }

  #exit(event: Extract<ModelEvent, { readonly type: "exit" }>, ts: bigint): void {
    this.#processes.exitBegins(event, ts, this.#second);
    const isOfAll = event.isMain;
    const isEnding = (f: ModelFlow) =>
      f.process === event.process && (isOfAll || f.tid === event.tid);
    for (const flow of this.#filesFirst(isEnding)) {
      if (!isOfAll) {
        this.#endOthers(flow, ts);
      }
      this.#end(flow, op.OP_TRUNCATE, ts);
    }
    this.#processes.exitEnds(event, ts);
  }

  /** A process is gone without an exit. */
  #vanish(process: number): void {
    for (const flow of this.#flows.filter((f) => f.process === process)) {
      this.#end(flow, op.OP_TRUNCATE, later(flow.last, this.#lastSingle));
    }
    this.#processes.endFlow(process, op.OP_TRUNCATE, this.#lastSingle);
  }

  #path(event: Extract<ModelEvent, { readonly type: "path" }>, ts: bigint): void {
    if (this.#options.mode === "nofiles") {
      return;
    }
    this.#entities.useProcess(event.process, objectState.REUP, ts);
    const names: string[] = [];
    event.paths.forEach((path, at) => {
      const isOld = event.paths.length === 2 && at === 0;
      const state = isOld ? objectState.REUP : objectState.CREATED;
      const type = (event.flag & (op.OP_MKDIR | op.OP_RMDIR)) !== 0 ? "d" : "?";
      names.push(this.#entities.useFile(event.process, { type, name: path }, state, ts));
    });
    this.written.push({
      kind: "FileEvent",
      process: this.#entities.factsOf(event.process).name,
      tid: event.tid,
      opFlags: event.flag,
      ts,
      endTs: ts,
      what: [event.ret, ...names].join(),
    });
  }

  #data(event: DataEvent, flag: number, ts: bigint): void {
    if (!this.#makesFlows(event)) {
      return;
    }
    this.#entities.useProcess(event.process, objectState.REUP, ts);
    if (!isSocket(event.object)) {
      this.#entities.useFile(event.process, event.object, objectState.REUP, ts);
      if (this.#options.mode === "consume") {
        this.#consume(event, ts);
        return;
      }
    }
    const flow = this.#flows.find((f) => sameThread(f, event) && sameDescriptor(f, event));
    this.#operation(flow ?? this.#begin(event, ts), event, flag, ts);
  }

  /** As a close, but where there is no flow none begins. */
  #ended(event: Extract<ModelEvent, { readonly type: "ended" }>, ts: bigint): void {
    const own = this.#flows.find((f) => sameThread(f, event) && sameDescriptor(f, event));
    if (own !== undefined) {
      this.#endOthers(own, ts);
      this.#end(own, op.OP_CLOSE, ts);
    }
    const rest = this.#flows.filter((f) =>
      mayHavePeers(event.object)
        ? mayHavePeers(f.object) && f.process === event.process && f.fd === event.fd
        : sameDescriptor(f, event),
    );
    for (const flow of rest) {
      this.#end(flow, flow.tid === event.tid ? op.OP_CLOSE : op.OP_TRUNCATE, ts);
    }
  }

  #makesFlows({ object }: DataEvent): boolean {
    if (isSocket(object)) {
      return object.type === "4";
    }
    const types = this.#options.fileOnly ? "f" : "fdup";
    return this.#options.mode !== "nofiles" && types.includes(object.type);
  }

  /** Consume mode: an open is a flow, and nothing else of a file is. */
  #consume(event: DataEvent, ts: bigint): void {
    if (event.type === "open") {
      const flow = newFlow(event, ts, 0);
      flow.flags = op.OP_OPEN;
      flow.openFlags = event.openFlags;
      this.#write(flow, 0, ts);
    }
  }

  #begin(event: DataEvent, ts: bigint): ModelFlow {
    const flow = newFlow(event, ts, this.#second);
    this.#flows.push(flow);
    this.#exports.push(flow);
    return flow;
  }

  #operation(flow: ModelFlow, event: DataEvent, flag: number, ts: bigint): void {
    if (flag === op.OP_CLOSE) {
      this.#endOthers(flow, ts);
      this.#end(flow, flag, ts);
      this.#endOtherPeers(flow, ts);
      return;
    }
    flow.flags |= flag;
    flow.updateSecond = this.#second;
    flow.last = later(flow.last, ts);
    if (event.type === "open" && !isSocket(event.object)) {
      flow.openFlags = event.openFlags;
    }
    if (event.type === "read" || event.type === "write") {
      const at = event.type === "read" ? 0 : 2;
      flow.counts[at] += 1;
      flow.counts[at + 1] = (flow.counts[at + 1] as number) + event.bytes;
    }
  }

  #endOthers(own: ModelFlow, ts: bigint): void {
    const others = this.#flows.filter((f) => f.tid !== own.tid && sameDescriptor(f, own));
    const leading = isSocket(own.object) ? op.OP_ACCEPT | op.OP_CONNECT : op.OP_OPEN;
    const front = others.filter((f) => (f.flags & leading) !== 0);
    const rest = others.filter((f) => (f.flags & leading) === 0);
    for (const flow of [...front, ...rest]) {
      this.#end(flow, op.OP_TRUNCATE, ts);
    }
  }

  /** A socket that is closed has no flow left, with whomever. */
  #endOtherPeers(own: ModelFlow, ts: bigint): void {
    const isOfSocket = (f: ModelFlow) =>
      mayHavePeers(f.object) && f.process === own.process && f.fd === own.fd;
    for (const flow of mayHavePeers(own.object) ? this.#flows.filter(isOfSocket) : []) {
      this.#end(flow, flow.tid === own.tid ? op.OP_CLOSE : op.OP_TRUNCATE, ts);
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
    const files = flows.filter((f) => !isSocket(f.object));
    const network = flows.filter((f) => isSocket(f.object));
    return networkFirst ? [...network, ...files] : [...files, ...network];
  }

  #write(flow: ModelFlow, flag: number, endTs: bigint): void {
    const opFlags = flow.flags | flag;
    if ((opFlags & ~op.OP_TRUNCATE) === 0) {
      return;
    }
    const { process, object } = flow;
    this.#entities.useProcess(process, objectState.REUP, flow.ts);
    let name = object.name;
    if (!isSocket(object)) {
      name = this.#entities.useFile(process, object, objectState.REUP, flow.ts);
      if (this.#isFiltered(opFlags, flow.openFlags, object.name)) {
        return;
      }
    }
    this.written.push({
      kind: isSocket(object) ? "NetworkFlow" : "FileFlow",
      process: this.#entities.factsOf(process).name,
      tid: flow.tid,
      opFlags,
      ts: flow.ts,
      // Events of several CPUs can come a little out of order; no flow ends before it began.
      endTs: later(flow.ts, endTs),
      what: [flow.fd, name, flow.openFlags, ...flow.counts].join(),
    });
  }

  /** FILE_READ_MODE; consume mode has no paths to filter by. */
  #isFiltered(opFlags: number, openFlags: number, path: string): boolean {
    const isOpenedToRead = (openFlags & 3) === 1;
    const reads = (opFlags & op.OP_READ_RECV) !== 0;
    const doesMore = (opFlags & (op.OP_WRITE_SEND | op.OP_MMAP)) !== 0;
    const entersNamespace = (opFlags & op.OP_SETNS) !== 0;
    const isSystem = /^(\/proc|\/dev|\/?\/sys|(\/usr)?\/lib(64)?)\//.test(path);
    const { fileReadMode, mode } = this.#options;
    const isOfMode = fileReadMode === 1 || (fileReadMode === 2 && mode === "flow" && isSystem);
    return isOfMode && !entersNamespace && (isOpenedToRead || (reads && !doesMore));
  }
}

function newFlow(event: DataEvent, ts: bigint, second: number): ModelFlow {
  const { process, tid, fd, object } = event;
  const counts: ModelFlow["counts"] = [0, 0, 0, 0];
  const times = { ts, last: ts, exportSecond: second, updateSecond: second };
  return { process, tid, fd, object, flags: 0, openFlags: 0, counts, ...times };
}

function sameThread(a: { process: number; tid: number }, b: { process: number; tid: number }) {
  return a.process === b.process && a.tid === b.tid;
}

function sameDescriptor(a: Descriptor, b: Descriptor): boolean {
  return a.process === b.process && a.fd === b.fd && sameObject(a.object, b.object);
}
