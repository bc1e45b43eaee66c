// Paths and socket ends by native handle. Handles are void after a reset and the same path may come
// again under another: nothing may be identified by its handle, only by what it names.

import { assert } from "../base/assert.ts";
import type { BatchView } from "../capture/batch-reader.ts";
import {
  PATH_OBJECT,
  PATH_PATH,
  SOCKET_DIP0,
  SOCKET_DPORT,
  SOCKET_FAMILY,
  SOCKET_OBJECT,
  SOCKET_PROTO,
  SOCKET_SIP0,
  SOCKET_SPORT,
} from "../capture/layout.gen.ts";
import { type NetworkProto, networkProto } from "../sysflow/record.ts";
import type { FileEntry } from "./file-table.ts";

export class PathObject {
  readonly isSocket = false;
  readonly path: string;
  /** The file last found under this path: most paths are used in one container only. */
  file: FileEntry | null = null;

  constructor(path: string) {
    this.path = path;
  }
}

export class SocketObject {
  readonly isSocket = true;
  readonly family: number;
  readonly proto: NetworkProto;
  readonly sip: number;
  readonly sport: number;
  readonly dip: number;
  readonly dport: number;
  /** Of the tuple; equal tuples have equal hashes. */
  readonly hash: number;

  constructor(batch: BatchView, at: number) {
    this.family = batch.u32[at + SOCKET_FAMILY] as number;
    this.proto = wireProto(batch.i32[at + SOCKET_PROTO] as number);
    this.sip = batch.i32[at + SOCKET_SIP0] as number;
    this.sport = batch.u32[at + SOCKET_SPORT] as number;
    this.dip = batch.i32[at + SOCKET_DIP0] as number;
    this.dport = batch.u32[at + SOCKET_DPORT] as number;
    this.hash =
      Math.imul(this.sip, 0x85ebca6b) ^
      Math.imul(this.dip, 0xc2b2ae35) ^
      Math.imul((this.sport << 16) | this.dport, 0x27d4eb2f);
  }
}

export type TrackedObject = PathObject | SocketObject;

export class ObjectTable {
  #byHandle: (TrackedObject | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  definePath(batch: BatchView, at: number): void {
    const path = batch.string(at + PATH_PATH);
    this.#set(batch.u32[at + PATH_OBJECT] as number, new PathObject(path));
  }

  defineSocket(batch: BatchView, at: number): void {
    this.#set(batch.u32[at + SOCKET_OBJECT] as number, new SocketObject(batch, at));
  }

  get(handle: number): TrackedObject {
    const object = this.#byHandle[handle];
    assert(object !== undefined, "an object handle is defined before it is used");
    return object;
  }

  reset(): void {
    this.#byHandle = [];
    this.#size = 0;
  }

  #set(handle: number, object: TrackedObject): void {
    assert(handle > 0, "an object handle is above 0");
    if (this.#byHandle[handle] === undefined) {
      this.#size += 1;
    }
    this.#byHandle[handle] = object;
  }
}

/** The wire knows four protocols (upstream's networkflowprocessor.cpp); any other is unknown. */
function wireProto(proto: number): NetworkProto {
  switch (proto) {
    case networkProto.TCP:
    case networkProto.UDP:
    case networkProto.ICMP:
    case networkProto.RAW:
      return proto;
    default:
      return networkProto.UNKNOWN;
  }
}
