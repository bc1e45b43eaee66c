// Files that must not be used as an output: what is read, and what something else writes to at the
// same time. They are compared by device and inode, so that another name of the same file is
// recognised: links of both kinds, another spelling, a mount of the same folder elsewhere, a
// descriptor.

import fs from "node:fs";
import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";

export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

export interface KnownFile extends FileIdentity {
  /** Completes "it is …". */
  readonly what: string;
}

/**
 * @param place a path, whose links are followed, or a descriptor
 * @returns null where there is no regular file: of others several may write to one
 */
export function knownFile(what: string, place: string | number): KnownFile | null {
  try {
    const options = { bigint: true } as const;
    const stats =
      typeof place === "number" ? fs.fstatSync(place, options) : fs.statSync(place, options);
    return stats.isFile() ? { what, dev: stats.dev, ino: stats.ino } : null;
  } catch {
    // Not there, or not ours to look at: then nothing can be read or written there either.
    return null;
  }
}

/** The capture that is read, which no output may write over, by whichever name. */
export function inputFile(read: string | null): readonly KnownFile[] {
  const file = read === null ? null : knownFile(`the capture that is read (${read})`, read);
  return file === null ? [] : [file];
}

/**
 * What the operator has sent to a file that is none of the outputs.
 * @param writesOutput whether anything goes to standard output; to standard error it always may
 */
export function standardStreams(writesOutput: boolean): readonly KnownFile[] {
  const output = writesOutput ? knownFile("standard output", 1) : null;
  return [output, knownFile("standard error", 2)].filter((file) => file !== null);
}

/** @throws OperatorError OUTPUT_IN_USE where the file at `path` is one of those known */
export function refuseKnown(path: string, file: FileIdentity, known: readonly KnownFile[]): void {
  const same = known.find(({ dev, ino }) => dev === file.dev && ino === file.ino);
  if (same !== undefined) {
    const message =
      `cannot write ${path}: it is ${same.what}, by this name or another; nothing was written; ` +
      "write elsewhere";
    throw new OperatorError("OUTPUT_IN_USE", message, { exitStatus: exitStatus.USAGE });
  }
}
