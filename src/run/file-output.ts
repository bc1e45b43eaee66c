// The file output as an output of a run: a live run has a queue before its files and drops what does
// not fit; a replay waits for its reader between batches, where it can be told to end, and for its
// disk in each write, so that its files are the same each time.

import { assert } from "../base/assert.ts";
import { nowSec } from "../base/clock.ts";
import type { OperatorError } from "../base/errors.ts";
import { captureBeginning } from "../capture/savefile-head.ts";
import type { SchemaVersion } from "../sysflow/values.ts";
import type { Branch } from "../write/fan-out.ts";
import { type QueueOptions, queueBytesDefault } from "../write/file/file-queue.ts";
import { FileWriter, hasReader, isFolder, type Reopened } from "../write/file/file-writer.ts";
import { type KnownFile, knownFile } from "../write/known-file.ts";
import type { OutputContext, OutputReport, RunOutput } from "./run-output.ts";

export interface FileOutputOptions {
  /** The file itself, a folder (with "/" at its end or existing), or with rotation a prefix. */
  readonly path: string;
  /** 0: one file to the end. */
  readonly rotateIntervalSec: number;
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
    const { known, onReopened, path, rotateIntervalSec, schema } = this.#options;
    // A replay's files are named by event time, and made of nothing but its events.
    const isNamedByEvents = read !== null && (rotateIntervalSec > 0 || isFolder(path));
    this.#writer = new FileWriter({
      path,
      rotateIntervalSec,
      startSec: isNamedByEvents ? null : nowSec(),
      schema,
      known: [...inputFile(read), ...known()],
      ...(read !== null && { markerSeed: captureBeginning(read) }),
      ...queueOf(path, read === null),
      beforeRotation,
      onReopened,
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
    const { bytesWritten, dropped, failed, files, records } = this.#opened.stats();
    return {
      place: path,
      schema,
      records,
      bytesWritten,
      files,
      losses: [
        { stage: "write", cause: "records not written", count: failed },
        {
          stage: "write",
          cause: "records dropped (the output's queue was full)",
          count: dropped,
        },
      ],
      leftOut: [],
    };
  }

  get #opened(): FileWriter {
    assert(this.#writer !== null, "an output is used once it is open");
    return this.#writer;
  }
}

/** The capture that is read, which no output may write over, by whichever name. */
export function inputFile(read: string | null): readonly KnownFile[] {
  const file = read === null ? null : knownFile(`the capture that is read (${read})`, read);
  return file === null ? [] : [file];
}

function queueOf(path: string, isLive: boolean): { readonly queue?: QueueOptions } {
  if (isLive) {
    return { queue: { bytesMax: queueBytesDefault, whenFull: "drop" } };
  }
  return hasReader(path) ? { queue: { bytesMax: queueBytesDefault, whenFull: "wait" } } : {};
}
