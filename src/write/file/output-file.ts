// A file being written, by descriptor. It is created for its owner only, never through a symbolic
// link, and each write is whole or undone. A regular file has the name of a part file until it is
// closed (part-file.ts); what is none, such as a pipe or a device, is written as it is. `write` waits
// for the disk. An output that must not wait puts a QueuedFile before it, which uses the methods whose
// names end in `Later`.

import fs from "node:fs";
import { basename } from "node:path";
import { partSuffix } from "../../avro/container-file.ts";
import { errnoCode, OperatorError, systemCause } from "../../base/errors.ts";
import { type KnownFile, refuseKnown } from "../known-file.ts";
import {
  bigStats,
  type Done,
  type OutputFs,
  type OutputStats,
  realFs,
  runLater,
  runNow,
  type Steps,
  step,
} from "./output-fs.ts";
import {
  isAt,
  type LockFile,
  lstatOrNull,
  makePart,
  publish,
  removeDeadPart,
  syncFolder,
  systemError,
} from "./part-file.ts";

export interface OutputFileOptions {
  /** Fail where the path exists. Otherwise an existing regular file is replaced at the end. */
  readonly exclusive: boolean;
  readonly fs?: OutputFs | undefined;
  readonly lock?: LockFile | undefined;
  /** Files that it must not be; it is left as it is where it is one of them. */
  readonly known?: readonly KnownFile[] | undefined;
  /** For how long a non-blocking output may take nothing at all before that is an error. */
  readonly stallMsMax?: number;
  /** No write to a pipe or terminal may wait for its reader: it fails with EAGAIN in place of that. */
  readonly isNonBlocking?: boolean;
}

interface Opened {
  readonly fd: number;
  /** The name that it has while it is written; null where that is its own. */
  readonly part: string | null;
  readonly isRegular: boolean;
}

const retryMs = 10;

/** Links that the system itself makes; any other link is not followed (we often run as root). */
const standardStreams = /^\/dev\/(?:stdout|stderr|fd\/\d+)$/;

export class OutputFile {
  /** The name that it has in the end. */
  readonly path: string;
  /** Bytes written so far. */
  offset = 0;
  /** Records in them. A part file without any is removed at its end: it is of no use to a reader. */
  records = 0;
  readonly #fs: OutputFs;
  readonly #stallMsMax: number;
  readonly #exclusive: boolean;
  readonly #fd: number;
  readonly #part: string | null;
  readonly #isRegular: boolean;
  #fate: "named" | "part" | "gone" = "part";
  #closed = false;

  /**
   * Opens a file without waiting for the disk. @param done gets it, or an OperatorError
   * OUTPUT_OPEN_FAILED, its cause with the `code` of the system error, or OUTPUT_IN_USE
   */
  static openLater(
    path: string,
    options: OutputFileOptions,
    done: (file: OutputFile | OperatorError) => void,
  ): void {
    runLater(options.fs ?? realFs, opening(path, options), (error, opened) => {
      if (opened === null) {
        done(error instanceof OperatorError ? error : openError(path, error));
      } else {
        done(new OutputFile(path, options, opened));
      }
    });
  }

  /**
   * @throws OperatorError OUTPUT_OPEN_FAILED, its cause with the `code` of the system error;
   *   OUTPUT_IN_USE.
   * @param opened where it was opened already
   */
  constructor(path: string, options: OutputFileOptions, opened: Opened | null = null) {
    this.path = path;
    this.#fs = options.fs ?? realFs;
    this.#stallMsMax = options.stallMsMax ?? 10_000;
    this.#exclusive = options.exclusive;
    const { fd, part, isRegular } = opened ?? openNow(this.#fs, path, options);
    this.#part = part;
    this.#isRegular = isRegular;
    this.#fd = isRegular || options.isNonBlocking !== true ? fd : this.#reopened(fd);
  }

  /**
   * Writes all of `bytes`; where that fails, takes back what part of them reached a regular file,
   * so that it ends with its last whole write.
   * @param records in them
   * @throws OperatorError OUTPUT_WRITE_FAILED with file, offset and cause.
   */
  write(bytes: Uint8Array, records: number): void {
    let done = 0;
    let stalledMs = 0;
    while (done < bytes.length) {
      let count = 0;
      let refusal: unknown = null;
      try {
        count = this.#fs.writeSync(this.#fd, bytes, done, bytes.length - done);
      } catch (error) {
        const code = errnoCode(error);
        if (code === "EINTR") {
          continue;
        }
        if (code !== "EAGAIN") {
          throw this.writeError(error);
        }
        refusal = error;
      }
      done += count;
      stalledMs = count > 0 ? 0 : this.#wait(stalledMs, refusal);
    }
    this.offset += done;
    this.records += records;
  }

  /**
   * Writes the first bytes of these without waiting for the disk; one call at a time.
   * @param done gets how many, or the system's error. The views are the callee's until then.
   */
  writeLater(views: readonly Uint8Array[], done: Done<number>): void {
    this.#fs.writev(this.#fd, views, done);
  }

  /** A regular file that gets its name at its end. */
  get isPart(): boolean {
    return this.#part !== null;
  }

  /** Without its folder. */
  get name(): string {
    return basename(this.path);
  }

  /** Once it is closed: it has its name, is still a part file, or is not there any more. */
  get fate(): "named" | "part" | "gone" {
    return this.#fate;
  }

  /**
   * After a write that failed, cuts off what is behind `offset`, without waiting.
   * @param done gets what to throw or to tell, and whether what is behind `offset` stays there
   */
  takeBackLater(cause: Error, done: (failure: OperatorError, isTorn: boolean) => void): void {
    if (!this.#isRegular) {
      done(this.#writeError(cause, ""), false);
      return;
    }
    this.#fs.ftruncate(this.#fd, this.offset, (error) => {
      done(this.#writeError(cause, error === null ? "" : tornClause(error)), error !== null);
    });
  }

  /** Once, and nothing after it. @param done gets null, or what `close` would throw */
  closeLater(done: (error: OperatorError | null) => void): void {
    this.#closed = true;
    runLater(this.#fs, this.#finishing(), (error) => {
      done(error === null ? null : this.#closeError(error));
    });
  }

  /** The error to report when it is not waited for any longer; all or part may still be written. */
  get stallError(): OperatorError {
    const message =
      `cannot write ${this.path} at offset ${this.offset}: ` +
      "what was left at the end did not get there in time";
    return new OperatorError("OUTPUT_WRITE_FAILED", message);
  }

  /**
   * What to throw or to tell for a write that failed; what is behind `offset` is taken back.
   * @param cause the system's error
   */
  writeError(cause: unknown): OperatorError {
    return this.#writeError(cause, this.takeBack());
  }

  #writeError(cause: unknown, clause: string): OperatorError {
    const what = `cannot write ${this.path} at offset ${this.offset}`;
    const message = `${what}: ${systemCause(cause)}${clause}`;
    return new OperatorError("OUTPUT_WRITE_FAILED", message, { cause });
  }

  /**
   * Whether its path still leads to this file: `gone` where another program has moved or removed it,
   * `cut` where what was written is there no more. What is no regular file stays `here`.
   */
  get place(): "here" | "gone" | "cut" {
    if (!this.#isRegular) {
      return "here";
    }
    try {
      const own = this.#fs.fstatSync(this.#fd, bigStats);
      const there = this.#fs.lstatSync(this.#part ?? this.path, bigStats);
      if (own.dev !== there.dev || own.ino !== there.ino) {
        return "gone";
      }
      return own.size < BigInt(this.offset) ? "cut" : "here";
    } catch {
      // Nothing is there any more, or nothing that may be looked at.
      return "gone";
    }
  }

  /**
   * Gets its name, once all of it is on the disk. Once or more often.
   * @throws OperatorError OUTPUT_WRITE_FAILED: some systems report here what failed before
   */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    try {
      runNow(this.#fs, this.#finishing());
    } catch (error) {
      throw this.#closeError(error);
    }
  }

  *#finishing(): Steps<void> {
    const part = this.#part;
    try {
      if (part !== null && this.records > 0) {
        yield* step.sync(this.#fd);
        if (!(yield* isAt(part, this.#fd))) {
          this.#fate = "gone";
        } else if ((yield* step.fstat(this.#fd)).size === BigInt(this.offset)) {
          // What could not be taken back, or someone else has cut, is no whole file.
          yield* publish(part, this.path, this.#exclusive);
          this.#fate = "named";
        }
      } else if (part !== null && (yield* isAt(part, this.#fd))) {
        yield* step.unlink(part);
        this.#fate = "gone";
      }
    } catch (error) {
      yield* closeQuietly(this.#fd);
      throw error;
    }
    yield* step.close(this.#fd);
    if (part !== null) {
      yield* syncFolder(this.path);
    }
  }

  /** Makes its name free where what is there has been cut; then it gets none at its end. */
  removePart(): void {
    if (this.#part !== null) {
      this.#fs.unlinkSync(this.#part);
    }
  }

  #closeError(cause: unknown): OperatorError {
    const remains = this.#part === null ? "" : `; it may still be ${this.#part}`;
    const message = `cannot complete ${this.path}: ${systemCause(cause)}${remains}`;
    return new OperatorError("OUTPUT_WRITE_FAILED", message, { cause });
  }

  /** Sleeps before the next try; the whole program waits with it, as with a blocking output. */
  #wait(stalledMs: number, error: unknown): number {
    if (stalledMs >= this.#stallMsMax) {
      throw this.writeError(error ?? new Error("it takes no more bytes"));
    }
    Atomics.wait(sleeper, 0, 0, retryMs);
    return stalledMs + retryMs;
  }

  /** The same pipe or terminal once more: a descriptor of ours alone may be made non-blocking. */
  #reopened(fd: number): number {
    try {
      const { O_WRONLY, O_NONBLOCK } = fs.constants;
      const own = this.#fs.openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK, 0);
      this.#fs.closeSync(fd);
      return own;
    } catch {
      // A socket, or no /proc: its writes wait on the runtime's threads.
      return fd;
    }
  }

  /**
   * Cuts off what is behind `offset`, as `takeBackLater`, but waits for the disk.
   * @returns a clause for the error message where it stays in the file
   */
  takeBack(): string {
    if (!this.#isRegular || this.#closed) {
      return "";
    }
    try {
      this.#fs.ftruncateSync(this.#fd, this.offset);
      return "";
    } catch (error) {
      return tornClause(error);
    }
  }
}

function tornClause(cause: unknown): string {
  return ` (nor cut off the unfinished block there: ${systemCause(cause)})`;
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

function openNow(system: OutputFs, path: string, options: OutputFileOptions): Opened {
  try {
    return runNow(system, opening(path, options));
  } catch (error) {
    throw error instanceof OperatorError ? error : openError(path, error);
  }
}

/** Throws system errors, and OperatorError OUTPUT_IN_USE. */
function* opening(path: string, options: OutputFileOptions): Steps<Opened> {
  const { exclusive, known = [], lock } = options;
  const there = standardStreams.test(path) ? null : yield* lstatOrNull(path);
  if (standardStreams.test(path) || (there !== null && isReader(there))) {
    return yield* openingInPlace(path, known);
  }
  if (there !== null) {
    if (exclusive || !there.isFile()) {
      throw systemError(exclusive ? "EEXIST" : there.isDirectory() ? "EISDIR" : "ELOOP");
    }
    refuseKnown(path, there, known);
  }
  const part = `${path}${partSuffix}`;
  try {
    return { fd: yield* makePart(part, lock), part, isRegular: true };
  } catch (error) {
    if (exclusive || errnoCode(error) !== "EEXIST") {
      throw error;
    }
  }
  if (!(yield* removeDeadPart(part, lock))) {
    const message =
      `cannot write ${path}: another process seems to write it, there is ${part}; ` +
      "write elsewhere, or remove that file where no sysflow runs";
    throw new OperatorError("OUTPUT_IN_USE", message);
  }
  return { fd: yield* makePart(part, lock), part, isRegular: true };
}

function isReader(stats: OutputStats): boolean {
  return !(stats.isFile() || stats.isDirectory() || stats.isSymbolicLink());
}

/** What is no regular file, and whatever a standard stream is. */
function* openingInPlace(path: string, known: readonly KnownFile[]): Steps<Opened> {
  const { O_WRONLY, O_NOFOLLOW } = fs.constants;
  const link = standardStreams.test(path) ? 0 : O_NOFOLLOW;
  const fd = yield* step.open(path, O_WRONLY | link);
  try {
    const stats = yield* step.fstat(fd);
    const isRegular = stats.isFile();
    if (isRegular) {
      refuseKnown(path, stats, known);
      // Not O_TRUNC: that would act before it is known what has been opened.
      yield* step.truncate(fd, 0);
    }
    return { fd, part: null, isRegular };
  } catch (error) {
    yield* closeQuietly(fd);
    throw error;
  }
}

/** After a failure, which is the error to report. */
function* closeQuietly(fd: number): Steps<void> {
  try {
    yield* step.close(fd);
  } catch {
    // This error comes of the first one.
  }
}

function openError(path: string, cause: unknown): OperatorError {
  const code = errnoCode(cause);
  const remedy = code === null ? undefined : openRemedies[code];
  const message = `cannot create the output file ${path}: ${systemCause(cause)}`;
  return new OperatorError(
    "OUTPUT_OPEN_FAILED",
    remedy === undefined ? message : `${message}; ${remedy}`,
    { cause },
  );
}

const openRemedies: Readonly<Record<string, string>> = {
  EACCES: "write elsewhere or change the rights of the folder",
  EISDIR: 'end the path with "/" to write into it',
  ELOOP: "links are not followed, give the path it points to",
  ENOENT: "make its folder first",
  ENOSPC: "free some space or write elsewhere",
  EROFS: "write elsewhere",
};
