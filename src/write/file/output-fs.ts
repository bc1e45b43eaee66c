// The file system as the file output uses it: the edge that tests replace. What takes several calls,
// such as opening or finishing a file, is written once, as a generator of steps. It is then run
// either at once, or later, with each call on a thread of the runtime.

import fs from "node:fs";
import type { FileIdentity } from "../known-file.ts";

export interface OutputFs {
  openSync(path: string, flags: number, mode: number): number;
  fstatSync(fd: number, options: BigStats): OutputStats;
  lstatSync(path: string, options: BigStats): OutputStats;
  writeSync(fd: number, bytes: Uint8Array, offset: number, length: number): number;
  ftruncateSync(fd: number, length: number): void;
  fsyncSync(fd: number): void;
  closeSync(fd: number): void;
  linkSync(from: string, to: string): void;
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
  open(path: string, flags: number, mode: number, done: Done<number>): void;
  fstat(fd: number, options: BigStats, done: Done<OutputStats>): void;
  lstat(path: string, options: BigStats, done: Done<OutputStats>): void;
  writev(fd: number, views: readonly Uint8Array[], done: Done<number>): void;
  ftruncate(fd: number, length: number, done: Done<void>): void;
  fsync(fd: number, done: Done<void>): void;
  close(fd: number, done: Done<void>): void;
  link(from: string, to: string, done: Done<void>): void;
  rename(from: string, to: string, done: Done<void>): void;
  unlink(path: string, done: Done<void>): void;
}

interface BigStats {
  readonly bigint: true;
}

export interface OutputStats extends FileIdentity {
  readonly size: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** Called on a later turn of the event loop; the thread of the call is the runtime's. */
export type Done<T> = (error: Error | null, result: T) => void;

/** One call, in its two forms. */
interface Step {
  now(system: OutputFs): unknown;
  later(system: OutputFs, done: Done<unknown>): void;
}

/** Asks for one call after another, gets the result of each or its error thrown, and returns T. */
export type Steps<T> = Generator<Step, T, unknown>;

/** @throws what `steps` throws */
export function runNow<T>(system: OutputFs, steps: Steps<T>): T {
  let turn = steps.next();
  while (turn.done !== true) {
    let result: unknown;
    try {
      result = turn.value.now(system);
    } catch (error) {
      turn = steps.throw(error);
      continue;
    }
    turn = steps.next(result);
  }
  return turn.value;
}

/** @param done gets what `steps` returns, or the error that it throws; never before this is back */
export function runLater<T>(
  system: OutputFs,
  steps: Steps<T>,
  done: (error: unknown, result: T | null) => void,
): void {
  const go = (turn: () => IteratorResult<Step, T>): void => {
    let next: IteratorResult<Step, T>;
    try {
      next = turn();
    } catch (error) {
      done(error, null);
      return;
    }
    if (next.done === true) {
      done(null, next.value);
    } else {
      next.value.later(system, (error, result) => {
        go(() => (error === null ? steps.next(result) : steps.throw(error)));
      });
    }
  };
  go(() => steps.next());
}

function* ask<T>(
  now: (system: OutputFs) => T,
  later: (system: OutputFs, done: Done<T>) => void,
): Steps<T> {
  return (yield { now, later: later as Step["later"] }) as T;
}

/** Device and inode numbers may need all of 64 bits. */
export const bigStats = { bigint: true } as const;
const ownerOnly = 0o600;

/** Each is one call, for `yield*`. A file that is made belongs to its owner alone. */
export const step = {
  open: (path: string, flags: number): Steps<number> =>
    ask(
      (system) => system.openSync(path, flags, ownerOnly),
      (system, done) => system.open(path, flags, ownerOnly, done),
    ),
  fstat: (fd: number): Steps<OutputStats> =>
    ask(
      (system) => system.fstatSync(fd, bigStats),
      (system, done) => system.fstat(fd, bigStats, done),
    ),
  lstat: (path: string): Steps<OutputStats> =>
    ask(
      (system) => system.lstatSync(path, bigStats),
      (system, done) => system.lstat(path, bigStats, done),
    ),
  truncate: (fd: number, length: number): Steps<void> =>
    ask(
      (system) => system.ftruncateSync(fd, length),
      (system, done) => system.ftruncate(fd, length, done),
    ),
  sync: (fd: number): Steps<void> =>
    ask(
      (system) => system.fsyncSync(fd),
      (system, done) => system.fsync(fd, done),
    ),
  close: (fd: number): Steps<void> =>
    ask(
      (system) => system.closeSync(fd),
      (system, done) => system.close(fd, done),
    ),
  link: (from: string, to: string): Steps<void> =>
    ask(
      (system) => system.linkSync(from, to),
      (system, done) => system.link(from, to, done),
    ),
  rename: (from: string, to: string): Steps<void> =>
    ask(
      (system) => system.renameSync(from, to),
      (system, done) => system.rename(from, to, done),
    ),
  unlink: (path: string): Steps<void> =>
    ask(
      (system) => system.unlinkSync(path),
      (system, done) => system.unlink(path, done),
    ),
} as const;

export const realFs: OutputFs = fs;
