// A file being written, by descriptor. It is created for its owner only, never through a symbolic
// link, and each write is whole or undone. `write` waits for the disk. An output that must not wait
// puts a QueuedFile before it, which uses the methods whose names end in `Later`.

import fs from "node:fs";
import { errnoCode, OperatorError, systemCause } from "../../base/errors.ts";
import { type FileIdentity, type KnownFile, refuseKnown } from "../known-file.ts";

/** The file system as used here: the edge that tests replace. */
export interface OutputFs {
  openSync(path: string, flags: number, mode: number): number;
  fstatSync(fd: number, options: { bigint: true }): OutputStats;
  lstatSync(path: string, options: { bigint: true }): OutputStats;
  writeSync(fd: number, bytes: Uint8Array, offset: number, length: number): number;
  ftruncateSync(fd: number, length: number): void;
  closeSync(fd: number): void;
  open(path: string, flags: number, mode: number, done: Done<number>): void;
  writev(fd: number, views: readonly Uint8Array[], done: Done<number>): void;
  close(fd: number, done: Done<void>): void;
}

/** Called on a later turn of the event loop; the thread of the call is the runtime's. */
type Done<T> = (error: Error | null, result: T) => void;

interface OutputStats extends FileIdentity {
  readonly size: bigint;
  isFile(): boolean;
}

export interface OutputFileOptions {
  /** Fail where the path exists. Otherwise an existing regular file is overwritten, as upstream. */
  readonly exclusive: boolean;
  readonly fs?: OutputFs;
  /** Files that it must not be; it is left as it is where it is one of them. */
  readonly known?: readonly KnownFile[];
  /** For how long a non-blocking output may take nothing at all before that is an error. */
  readonly stallMsMax?: number;
  /** No write to a pipe or terminal may wait for its reader: it fails with EAGAIN in place of that. */
  readonly isNonBlocking?: boolean;
}

const ownerOnly = 0o600;
const retryMs = 10;

/** Links that the system itself makes; any other link is not followed (we often run as root). */
const standardStreams = /^\/dev\/(?:stdout|stderr|fd\/\d+)$/;

export class OutputFile {
  readonly path: string;
  /** Bytes written so far. */
  offset = 0;
  readonly #fs: OutputFs;
  readonly #stallMsMax: number;
  readonly #fd: number;
  readonly #isRegular: boolean;
  #closed = false;

  /**
   * Opens a file that must be new, without waiting for the disk. @param done gets it, or an
   * OperatorError OUTPUT_OPEN_FAILED, its cause with the `code` of the system error
   */
  static openLater(
    path: string,
    fileSystem: OutputFs | undefined,
    done: (file: OutputFile | OperatorError) => void,
  ): void {
    const system = fileSystem ?? fs;
    system.open(path, openFlags(path, true), ownerOnly, (error, fd) => {
      const options = { exclusive: true, fs: system };
      done(error === null ? new OutputFile(path, options, fd) : openError(path, error));
    });
  }

  /**
   * @throws OperatorError OUTPUT_OPEN_FAILED, its cause with the `code` of the system error;
   *   OUTPUT_IN_USE.
   * @param fd of a new file that was opened already
   */
  constructor(path: string, options: OutputFileOptions, fd: number | null = null) {
    this.path = path;
    this.#fs = options.fs ?? fs;
    this.#stallMsMax = options.stallMsMax ?? 10_000;
    if (fd !== null) {
      this.#fd = fd;
      this.#isRegular = true;
      return;
    }
    try {
      this.#fd = this.#fs.openSync(path, openFlags(path, options.exclusive), ownerOnly);
    } catch (error) {
      throw openError(path, error);
    }
    const stats = this.#fs.fstatSync(this.#fd, { bigint: true });
    this.#isRegular = stats.isFile();
    if (!this.#isRegular && options.isNonBlocking === true) {
      this.#fd = this.#reopened(this.#fd);
    }
    if (this.#isRegular) {
      this.#refuse(stats, options.known ?? []);
      // Not O_TRUNC: that would act before it is known what has been opened.
      this.#fs.ftruncateSync(this.#fd, 0);
    }
  }

  /**
   * Writes all of `bytes`; where that fails, takes back what part of them reached a regular file,
   * so that it ends with its last whole write.
   * @throws OperatorError OUTPUT_WRITE_FAILED with file, offset and cause.
   */
  write(bytes: Uint8Array): void {
    let done = 0;
    let stalledMs = 0;
    while (done < bytes.length) {
      try {
        const count = this.#fs.writeSync(this.#fd, bytes, done, bytes.length - done);
        done += count;
        stalledMs = count > 0 ? 0 : this.#wait(stalledMs, null);
      } catch (error) {
        const code = errnoCode(error);
        if (code === "EINTR") {
          continue;
        }
        if (code !== "EAGAIN") {
          throw this.writeError(error);
        }
        stalledMs = this.#wait(stalledMs, error);
      }
    }
    this.offset += done;
  }

  /**
   * Writes the first bytes of these without waiting for the disk; one call at a time.
   * @param done gets how many, or the system's error. The views are the callee's until then.
   */
  writeLater(views: readonly Uint8Array[], done: Done<number>): void {
    this.#fs.writev(this.#fd, views, done);
  }

  /** Once, and nothing after it. @param done gets null, or what `close` would throw */
  closeLater(done: (error: OperatorError | null) => void): void {
    this.#closed = true;
    this.#fs.close(this.#fd, (error) => done(error === null ? null : this.writeError(error)));
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
    const left = this.#takeBack();
    const what = `cannot write ${this.path} at offset ${this.offset}`;
    const message = `${what}: ${systemCause(cause)}${left}`;
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
      const own = this.#fs.fstatSync(this.#fd, { bigint: true });
      const there = this.#fs.lstatSync(this.path, { bigint: true });
      if (own.dev !== there.dev || own.ino !== there.ino) {
        return "gone";
      }
      return own.size < BigInt(this.offset) ? "cut" : "here";
    } catch {
      // Nothing is there any more, or nothing that may be looked at.
      return "gone";
    }
  }

  /** Once or more often. @throws OperatorError OUTPUT_WRITE_FAILED: some systems report it here. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    try {
      this.#fs.closeSync(this.#fd);
    } catch (error) {
      throw this.writeError(error);
    }
  }

  #refuse(stats: OutputStats, known: readonly KnownFile[]): void {
    try {
      refuseKnown(this.path, stats, known);
    } catch (error) {
      this.#fs.closeSync(this.#fd);
      throw error;
    }
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
      const own = this.#fs.openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK, ownerOnly);
      this.#fs.closeSync(fd);
      return own;
    } catch {
      // A socket, or no /proc: its writes wait on the runtime's threads.
      return fd;
    }
  }

  /** @returns a clause for the error message where the half-written block stays in the file. */
  #takeBack(): string {
    if (!this.#isRegular || this.#closed) {
      return "";
    }
    try {
      this.#fs.ftruncateSync(this.#fd, this.offset);
      return "";
    } catch (error) {
      return ` (nor cut off the unfinished block there: ${systemCause(error)})`;
    }
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

function openFlags(path: string, exclusive: boolean): number {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  const link = standardStreams.test(path) ? 0 : O_NOFOLLOW;
  return O_WRONLY | O_CREAT | link | (exclusive ? O_EXCL : 0);
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
