// The name under which a file is written, `NAME.part`, and how it comes to its own: so who reads a
// folder sees whole files only. The writer holds a lock on it, which ends with its process: a part
// file without a lock is one that a dead writer has left.

import fs from "node:fs";
import { dirname } from "node:path";
import { errnoCode } from "../../base/errors.ts";
import { type OutputStats, type Steps, step } from "./output-fs.ts";

/** flock(2) for this descriptor, without waiting. @returns 0, or an errno */
export type LockFile = (descriptor: number) => number;

/** EWOULDBLOCK, on every architecture of Linux: another process has the lock. */
const lockedElsewhere = 11;

/** Whether another process writes to this open file. Where no lock can be had, nobody knows: true. */
export function isLockedElsewhere(fd: number, lock: LockFile | undefined): boolean {
  return lock === undefined || lock(fd) !== 0;
}

/**
 * Takes the lock of a new file. Some file systems have no locks: the file is written all the same.
 * @returns false where another process has it already
 */
export function takeLock(fd: number, lock: LockFile | undefined): boolean {
  return lock === undefined || lock(fd) !== lockedElsewhere;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Null where there is nothing. */
export function* lstatOrNull(path: string): Steps<OutputStats | null> {
  try {
    return yield* step.lstat(path);
  } catch (error) {
    const code = errnoCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      return null;
    }
    throw error;
  }
}

/** Makes a part file that was not there, and locks it. Throws system errors. */
export function* makePart(part: string, lock: LockFile | undefined): Steps<number> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  // Appending, so that what follows a block that was taken back leaves no hole.
  const fd = yield* step.open(part, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW);
  // Who looks for what dead writers have left may be quicker: it removes an empty file.
  if (!(takeLock(fd, lock) && (yield* isAt(part, fd)))) {
    yield* step.close(fd);
    throw systemError("EEXIST");
  }
  return fd;
}

/** Whether a name leads to this open file, and not to another one, or a link, or nothing. */
export function* isAt(path: string, fd: number): Steps<boolean> {
  const there = yield* lstatOrNull(path);
  const own = yield* step.fstat(fd);
  return there !== null && there.dev === own.dev && there.ino === own.ino;
}

/** Removes the part file of a dead writer. @returns false where its writer may be alive */
export function* removeDeadPart(part: string, lock: LockFile | undefined): Steps<boolean> {
  const { O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  const fd = yield* step.open(part, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (isLockedElsewhere(fd, lock)) {
      return false;
    }
    yield* step.unlink(part);
    return true;
  } finally {
    yield* step.close(fd);
  }
}

/**
 * Gives a part file its name. Where that name has been taken it is replaced or, where the file
 * `mustBeNew`, EEXIST is thrown, like other system errors; the part file is left as it is then.
 */
export function* publish(part: string, path: string, mustBeNew: boolean): Steps<void> {
  if (!mustBeNew) {
    yield* step.rename(part, path);
    return;
  }
  // rename(2) would replace, link(2) does not.
  try {
    yield* step.link(part, path);
  } catch (error) {
    if (!noLinks.has(errnoCode(error) ?? "")) {
      throw error;
    }
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
    const fd = yield* step.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    yield* step.close(fd);
    yield* step.rename(part, path);
    return;
  }
  yield* step.unlink(part);
}

/** A file system has no second names. There the new name shows an empty file for a moment. */
const noLinks: ReadonlySet<string> = new Set([
  "EPERM",
  "ENOSYS",
  "EOPNOTSUPP",
  "ENOTSUP",
  "EMLINK",
]);

/** Has the folder of a path keep its names over a loss of power, where it can be opened. */
export function* syncFolder(path: string): Steps<void> {
  const { O_RDONLY, O_DIRECTORY } = fs.constants;
  let fd: number;
  try {
    fd = yield* step.open(dirname(path), O_RDONLY | O_DIRECTORY);
  } catch {
    // Files may be made in a folder that may not be read.
    return;
  }
  try {
    yield* step.sync(fd);
  } finally {
    yield* step.close(fd);
  }
}
