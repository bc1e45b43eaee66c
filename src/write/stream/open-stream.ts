// Opens what records go to in one stream: standard output, or a path that is a file, a pipe or a
// device. A file belongs to its owner alone and is never reached through a symbolic link. What a
// reader is behind gets a description of our own where that can be had, because only that may be made
// non-blocking: the one of standard output is shared with other programs.

import fs from "node:fs";
import { isatty } from "node:tty";
import { errnoCode, OperatorError, systemCause } from "../../base/errors.ts";
import { type KnownFile, refuseKnown } from "../known-file.ts";
import { standardOutput } from "../standard-output.ts";

/** An open descriptor, which its owner closes unless it is standard output itself. */
export interface OpenStream {
  /** For messages. */
  readonly name: string;
  readonly descriptor: number;
  readonly isTerminal: boolean;
  /** A file of ours: what is half-written can be taken back. */
  readonly isOwnFile: boolean;
}

const ownerOnly = 0o600;
const standardDescriptor = 1;

/**
 * @param known files that it must not be; not looked at for standard output, which the shell opened
 * @throws OperatorError OUTPUT_OPEN_FAILED or OUTPUT_IN_USE
 */
export function openStream(path: string, known: readonly KnownFile[]): OpenStream {
  try {
    return path === standardOutput ? openStandard() : openPath(path, known);
  } catch (cause) {
    throw cause instanceof OperatorError ? cause : openError(path, cause);
  }
}

/** Closes it, whatever was written. Errors are of no use: what was written was told before. */
export function closeStream({ descriptor }: OpenStream): void {
  if (descriptor !== standardDescriptor) {
    fs.close(descriptor, () => undefined);
  }
}

function openStandard(): OpenStream {
  const stats = fs.fstatSync(standardDescriptor);
  const isTerminal = isatty(standardDescriptor);
  const descriptor = stats.isFIFO() || isTerminal ? reopened(standardDescriptor) : null;
  return {
    name: nameOf(standardOutput),
    descriptor: descriptor ?? standardDescriptor,
    isTerminal,
    isOwnFile: false,
  };
}

function openPath(path: string, known: readonly KnownFile[]): OpenStream {
  const { O_WRONLY, O_CREAT, O_NOFOLLOW } = fs.constants;
  const first = fs.openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW, ownerOnly);
  const stats = fs.fstatSync(first, { bigint: true });
  const stream = { name: path, descriptor: first, isTerminal: false, isOwnFile: stats.isFile() };
  if (!stream.isOwnFile) {
    const own = reopened(first);
    if (own !== null) {
      fs.closeSync(first);
    }
    return { ...stream, descriptor: own ?? first };
  }
  try {
    refuseKnown(path, stats, known);
  } catch (error) {
    fs.closeSync(first);
    throw error;
  }
  // Not O_TRUNC: that would act before it is known what has been opened.
  fs.ftruncateSync(first, 0);
  return stream;
}

/** Null for a socket, or without a /proc: writes then wait, on the runtime's threads. */
function reopened(descriptor: number): number | null {
  try {
    const { O_WRONLY, O_NONBLOCK } = fs.constants;
    return fs.openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK);
  } catch {
    return null;
  }
}

function openError(path: string, cause: unknown): OperatorError {
  const remedy = remedies[errnoCode(cause) ?? ""];
  const why = `cannot write to ${nameOf(path)}: ${systemCause(cause)}`;
  const message = remedy === undefined ? why : `${why}; ${remedy}`;
  return new OperatorError("OUTPUT_OPEN_FAILED", message, { cause });
}

function nameOf(path: string): string {
  return path === standardOutput ? "standard output" : path;
}

const remedies: Readonly<Record<string, string>> = {
  EACCES: "write elsewhere or change the rights of the folder",
  EBADF: "the program was started with it closed",
  EISDIR: "name a file in it",
  ELOOP: "links are not followed, give the path it points to",
  ENOENT: "make its folder first",
  ENOSPC: "free some space or write elsewhere",
  EROFS: "write elsewhere",
};
