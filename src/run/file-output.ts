// The file output as an output of a run: a live run has a queue before its files and drops what does
// not fit; a replay waits for its reader between batches, where it can be told to end, and for its
// disk in each write, so that its files are the same each time.

import { dirname } from "node:path";
import { assert } from "../base/assert.ts";
import { nowSec } from "../base/clock.ts";
import type { OperatorError } from "../base/errors.ts";
import { loadBinding } from "../capture/binding.ts";
import { captureBeginning } from "../capture/savefile-head.ts";
import type { SchemaVersion } from "../sysflow/values.ts";
import { queueBytesDefault } from "../write/byte-queue.ts";
import type { Branch } from "../write/fan-out.ts";
import type { OnDiskFull, QueueOptions } from "../write/file/file-queue.ts";
import { FileWriter } from "../write/file/file-writer.ts";
import type { FileWriterOptions, Reopened } from "../write/file/file-writer-options.ts";
import { folderRisk, hasReader, isFolder } from "../write/file/output-place.ts";
import type { KeepOptions } from "../write/file/retention.ts";
import { inputFile, type KnownFile } from "../write/known-file.ts";
import type { OutputContext, OutputReport, RunOutput, Tally } from "./run-output.ts";

export interface FileOutputOptions {
  /** The file itself, a folder (with "/" at its end or existing), or with rotation a prefix. */
  readonly path: string;
  /** 0: one file to the end, but for its size. */
  readonly rotateIntervalSec: number;
  /** Null: by time alone. */
  readonly rotateBytes: number | null;
  /** Stands behind the time in a name. */
  readonly suffix: string;
  readonly codec: NonNullable<FileWriterOptions["codec"]>;
  /** Live. */
  readonly keep: KeepOptions;
  readonly onDiskFull: OnDiskFull;
  readonly schema: SchemaVersion;
  /** What must not be written over besides the capture that is read; asked when it is opened. */
  readonly known: () => readonly KnownFile[];
  /** Called once for each `wantReopen`, when it was dealt with. */
  readonly onReopened: (reopened: Reopened) => void;
}

export class FileOutput implements RunOutput {
  readonly over = null;
  readonly #options: FileOutputOptions;
  #writer: FileWriter | null = null;
  /** With which the others went on. */
  #failure: OperatorError | null = null;

  constructor(options: FileOutputOptions) {
    this.#options = options;
  }

  open({ beforeRotation, log, read }: OutputContext): Branch {
    const { known, path, rotateBytes, rotateIntervalSec, ...options } = this.#options;
    const rotates = rotateIntervalSec > 0 || rotateBytes !== null;
    // A replay's files are named by event time, and made of nothing but its events.
    const isNamedByEvents = read !== null && (rotates || isFolder(path));
    const onNotice = (message: string) => log.warning("output", message);
    this.#warn(onNotice);
    this.#writer = new FileWriter({
      ...options,
      path,
      rotateIntervalSec,
      rotateBytes: rotateBytes ?? undefined,
      startSec: isNamedByEvents ? null : nowSec(),
      lock: loadBinding().lockFile,
      onNotice,
      known: [...inputFile(read), ...known()],
      ...(read !== null && { markerSeed: captureBeginning(read) }),
      ...this.#queueOf(read === null),
      beforeRotation,
    });
    return {
      output: this.#writer,
      onFailure: "goOn",
      onFailed: (failure) => {
        this.#failure = failure;
        log.error("output", `${failure.message}; the other outputs go on`);
      },
    };
  }

  /** Asks for a new file, as programs that rotate logs do; nothing before it is open. */
  wantReopen(): void {
    this.#writer?.wantReopen();
  }

  afterTurn(): void {
    // Its queue empties by itself.
  }

  get hasRoom(): boolean {
    return this.#opened.hasRoom;
  }

  close(): void {
    this.#opened.close();
  }

  drained(ms: number): Promise<boolean> {
    return this.#opened.drained(ms);
  }

  giveUp(): void {
    this.#opened.giveUp();
  }

  closed(): void {
    // Any other failure was thrown by a call, or is the fan-out's to find.
    if (this.#failure !== null) {
      throw this.#failure;
    }
  }

  report(): OutputReport {
    const { path, schema } = this.#options;
    const { bytesWritten, discarded, dropped, failed, files, ...stats } = this.#opened.stats();
    const { queued, records, recoveredCut, removed } = stats;
    const loss = (cause: string, count: number): Tally => ({ stage: "write", cause, count });
    return {
      place: path,
      schema,
      records,
      bytesWritten,
      files,
      ...(queued !== null && { queue: { bytes: queued, bytesMax: queueBytesDefault } }),
      losses: [
        loss("records not written", failed),
        loss("records dropped (the output's queue was full)", dropped),
        loss("records discarded (the disk was full)", discarded.diskFull),
        loss("records discarded (the disk failed)", discarded.diskFailed),
        loss("records discarded (more than --keep-bytes at once)", discarded.overBound),
        loss("bytes cut off from files of writers that died", recoveredCut),
      ],
      leftOut: [{ stage: "write", cause: "old files removed", count: removed }],
    };
  }

  #queueOf(isLive: boolean): { readonly queue?: QueueOptions } {
    const { onDiskFull, path } = this.#options;
    if (isLive) {
      return { queue: { bytesMax: queueBytesDefault, whenFull: "drop", onDiskFull } };
    }
    return hasReader(path) ? { queue: { bytesMax: queueBytesDefault, whenFull: "wait" } } : {};
  }

  #warn(warn: (message: string) => void): void {
    const { path } = this.#options;
    const risk = hasReader(path) ? null : folderRisk(isFolder(path) ? path : dirname(path));
    if (risk !== null) {
      warn(risk);
    }
  }

  get #opened(): FileWriter {
    assert(this.#writer !== null, "an output is used once it is open");
    return this.#writer;
  }
}
