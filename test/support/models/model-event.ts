// What the models of the records take and give: events without batches, handles or coalescing, and
// the records in a form in which the model's and the collector's are compared.

import type { CollectorOptions } from "../../../src/collect/collector-options.ts";

/** What a descriptor stands for. `type` is libsinsp's character; a name is all that tells two apart. */
export interface ModelObject {
  readonly type: string;
  /** A path, or the ends of a socket: `10.0.0.1:80->10.0.0.2:90`. */
  readonly name: string;
}

/** A process is a number that none shares, not even a later one of the same pid. */
export interface Descriptor {
  readonly process: number;
  readonly fd: number;
  readonly object: ModelObject;
}

interface Actor {
  readonly process: number;
  readonly tid: number;
}

export type ModelEvent = Actor &
  (
    | ({ readonly type: "read" | "write"; readonly bytes: number } & Descriptor)
    | ({ readonly type: "open"; readonly openFlags: number } & Descriptor)
    | ({
        readonly type: "close" | "accept" | "connect" | "shutdown";
      } & Descriptor)
    | ({ readonly type: "mmap" | "setns" } & Descriptor)
    /** It is gone without a close: its number stands for something else now. */
    | ({ readonly type: "ended" } & Descriptor)
    | {
        readonly type: "clone";
        /** 0 in the child, the child's id or a negative errno in the parent. */
        readonly ret: number;
        /** The acting thread leads its process. */
        readonly isMain: boolean;
        /** A thread was asked for, not a process. */
        readonly isThread: boolean;
      }
    | {
        readonly type: "exec";
        readonly ret: number;
        /** The path, where it failed and that is known. */
        readonly tried?: string;
      }
    | { readonly type: "setuid"; readonly ret: number; readonly user: string }
    | { readonly type: "exit"; readonly ret: number; readonly isMain: boolean }
    | {
        readonly type: "path";
        readonly ret: number;
        readonly flag: number;
        /** One, or the old and the new. */
        readonly paths: readonly string[];
      }
    /** No exit of the process was seen, but it is gone. */
    | { readonly type: "vanish" }
    | { readonly type: "wait"; readonly seconds: number }
  );

export interface ModelOptions
  extends Pick<
    CollectorOptions,
    "mode" | "processFlows" | "fileOnly" | "fileReadMode" | "containersOnly"
  > {
  /** Seconds at which a new output file begins. */
  readonly rotateAt?: ReadonlySet<number>;
}

/** What the model says of a written record; times in nanoseconds. */
export interface ModelRecord {
  readonly kind: string;
  readonly process: string;
  readonly tid: number;
  readonly opFlags: number;
  readonly ts: bigint;
  readonly endTs: bigint;
  readonly what: string;
}

export function isSocket(object: ModelObject): boolean {
  return object.type === "4" || object.type === "6";
}

/** Whether a descriptor of this kind can have flows beside this one. */
export function mayHavePeers(object: ModelObject): boolean {
  return isSocket(object) || object.type === "u";
}

export function sameObject(a: ModelObject, b: ModelObject): boolean {
  return isSocket(a) === isSocket(b) && a.name === b.name;
}

export function later(a: bigint, b: bigint): bigint {
  if (a > b) {
    return a;
  }
  return b;
}
