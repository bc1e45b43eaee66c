// What differs between the two JavaScript runtimes that sysflow is built for. The import `#runtime`
// is runtime-bun.ts or runtime-node.ts: package.json's `imports` names both, and the bundler (or Bun
// itself, from sources) takes the one of its target, so no executable contains the other's.

/** A function or a class. */
export type Code = (...args: never[]) => unknown;

export interface Runtime {
  /**
   * Raw deflate (no zlib header), as Avro's `deflate` codec wants it. The result is a new array.
   * Synchronous: a block is 80 kB, some 0.2 ms.
   */
  deflateRaw(bytes: Uint8Array<ArrayBuffer>): Uint8Array;

  /** Modules that few runs need, loaded when they are asked for: each takes up to 2 ms in Bun. */
  net(): typeof import("node:net");
  os(): typeof import("node:os");
  zlib(): typeof import("node:zlib");

  /** Keeps functions, and the methods of classes, out of the compiler's last tier. */
  keepFromLastTier(code: readonly Code[]): void;
}
