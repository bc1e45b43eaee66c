// Turns single events into batches as the capture thread does: reads and writes are added up in one
// record per (thread, descriptor), sealed by whatever changes the descriptor, by ticks and by the end
// of a batch. Where batches end and object handles become void is the caller's choice.

import * as native from "../../../src/capture/layout.gen.ts";
import type { TestRecord } from "../collect/batch-builder.ts";
import { isSocket, type ModelEvent, type ModelObject } from "./model-event.ts";

/** Where to cut, by event index. */
export interface Cuts {
  /** Each read and write is a record of its own. */
  readonly isUncoalesced: boolean;
  /** A batch ends before these events. */
  readonly batches: ReadonlySet<number>;
  /** All object handles become void before these events. */
  readonly resets: ReadonlySet<number>;
}

/** What there is no test engine for: processes that are only ever seen to act. */
export type SimpleEvent = Exclude<ModelEvent, { readonly type: "exec" | "setuid" | "path" }>;
type DescriptorEvent = Exclude<
  SimpleEvent,
  { readonly type: "clone" | "exit" | "vanish" | "wait" }
>;

export interface TimedEvent {
  readonly event: SimpleEvent;
  readonly ts: bigint;
}

type IoRecord = { -readonly [K in keyof Io]: Io[K] };
type Io = Extract<TestRecord, { readonly kind: "io" }>;

const nativeOpOf = {
  open: native.NATIVE_OPEN,
  close: native.NATIVE_CLOSE,
  accept: native.NATIVE_ACCEPT,
  connect: native.NATIVE_CONNECT,
  shutdown: native.NATIVE_SHUTDOWN,
  mmap: native.NATIVE_MMAP,
  setns: native.NATIVE_SETNS,
  ended: native.NATIVE_ENDED,
} as const;

export class NativeModel {
  readonly batches: TestRecord[][] = [[]];
  readonly #cuts: Cuts;
  #slots = new Map<string, IoRecord>();
  #objectHandles = new Map<string, number>();
  #objectNext = 1;
  #processHandles = new Map<number, number>();
  #incarnations = new Map<number, number>();
  #processNext = 1;
  #second = -1n;

  constructor(cuts: Cuts, events: readonly TimedEvent[]) {
    this.#cuts = cuts;
    events.forEach((timed, index) => {
      this.#event(timed, index);
    });
  }

  #event({ event, ts }: TimedEvent, index: number): void {
    if (this.#cuts.batches.has(index)) {
      this.#slots.clear();
      this.batches.push([]);
    }
    const second = ts / 1_000_000_000n;
    if (second !== this.#second) {
      this.#second = second;
      this.#slots.clear();
      this.#emit({ kind: "tick", ts });
    }
    if (this.#cuts.resets.has(index)) {
      this.#objectHandles.clear();
      this.#emit({ kind: "objectReset" });
    }
    if (event.type === "wait") {
      return;
    }
    if (event.type === "vanish") {
      this.#vanish(event.process);
      return;
    }
    const process = this.#processHandle(event.process);
    const { tid } = event;
    switch (event.type) {
      case "read":
      case "write":
        this.#io(event, process, ts);
        return;
      case "clone": {
        const { ret, isMain: mainThread, isThread: cloneThread } = event;
        const more = { tid, op: native.NATIVE_CLONE, ret, mainThread, cloneThread };
        this.#emit({ kind: "processOp", ts, process, ...more });
        return;
      }
      case "exit": {
        const { ret, isMain: mainThread } = event;
        this.#seal((io) => io.process === process);
        this.#emit({
          kind: "processOp",
          ts,
          process,
          tid,
          op: native.NATIVE_EXIT,
          ret,
          mainThread,
        });
        return;
      }
      default: {
        if (event.type !== "mmap") {
          this.#seal((io) => io.process === process && io.fd === event.fd);
        }
        const object = this.#objectHandle(event.object);
        const op = nativeOpOf[event.type];
        const { type } = event.object;
        const openFlags = event.type === "open" ? event.openFlags : 0;
        const more = { fd: event.fd, object, type, openFlags };
        this.#emit({ kind: "descriptorOp", ts, process, tid, op, ...more });
      }
    }
  }

  #io(
    event: Extract<DescriptorEvent, { readonly type: "read" | "write" }>,
    process: number,
    ts: bigint,
  ): void {
    const key = [event.process, event.tid, event.fd, event.object.name].join();
    let io = this.#slots.get(key);
    if (io === undefined) {
      io = {
        kind: "io",
        ts,
        process,
        tid: event.tid,
        fd: event.fd,
        object: this.#objectHandle(event.object),
        type: event.object.type,
        readOps: 0,
        writeOps: 0,
        readBytes: 0,
        writeBytes: 0,
      };
      this.#emit(io);
      if (!this.#cuts.isUncoalesced) {
        this.#slots.set(key, io);
      }
    }
    io.lastTs = ts;
    const [ops, bytes] =
      event.type === "read"
        ? (["readOps", "readBytes"] as const)
        : (["writeOps", "writeBytes"] as const);
    io[ops] = (io[ops] as number) + 1;
    io[bytes] = (io[bytes] as number) + event.bytes;
  }

  #vanish(process: number): void {
    const handle = this.#processHandle(process);
    this.#seal((io) => io.process === handle);
    this.#emit({ kind: "processGone", process: handle });
    this.#processHandles.delete(process);
    this.#incarnations.set(process, (this.#incarnations.get(process) ?? 0) + 1);
  }

  #processHandle(process: number): number {
    const known = this.#processHandles.get(process);
    if (known !== undefined) {
      return known;
    }
    const handle = this.#processNext++;
    this.#processHandles.set(process, handle);
    const createTs = BigInt(this.#incarnations.get(process) ?? 0);
    this.#emit({ kind: "process", process: handle, pid: process * 100, createTs });
    return handle;
  }

  #objectHandle(object: ModelObject): number {
    const { name } = object;
    const known = this.#objectHandles.get(name);
    if (known !== undefined) {
      return known;
    }
    const handle = this.#objectNext++;
    this.#objectHandles.set(name, handle);
    this.#emit(
      isSocket(object)
        ? { kind: "socket", object: handle, sip: 0, sport: portOf(name), dip: 0, dport: 0 }
        : { kind: "path", object: handle, path: name },
    );
    return handle;
  }

  #seal(wanted: (io: IoRecord) => boolean): void {
    for (const [key, io] of this.#slots) {
      if (wanted(io)) {
        this.#slots.delete(key);
      }
    }
  }

  #emit(record: TestRecord): void {
    this.batches.at(-1)?.push(record);
  }
}

/** The source's, of a name such as `0.0.0.0:80->0.0.0.0:0`. */
function portOf(name: string): number {
  return Number(name.slice(name.indexOf(":") + 1, name.indexOf("-")));
}
