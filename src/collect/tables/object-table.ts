// Paths and socket ends by native handle. All handles are void after a reset, and the same path may
// then come again under another handle. So a handle never identifies a path or a socket; only its
// name or its addresses do.

import { assert } from "../../base/assert.ts";
import type { BatchView } from "../../capture/batch-reader.ts";
import { PATH_OBJECT, PATH_PATH, SOCKET_OBJECT } from "../../capture/layout.gen.ts";
import { PathObject } from "../entries/file-entry.ts";
import { SocketObject } from "../entries/socket-object.ts";

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
