// The file output as an output of a run: a live run has a queue before its files and drops what does
// not fit; a replay waits for its reader between batches, where it can be told to end, and for its
// disk in each write, so that its files are the same each time.

import { dirname } from "node:path";
import { nowSec } from "../../base/clock.ts";
import { loadBinding } from "../../capture/binding.ts";
import { captureBeginning } from "../../capture/savefile-head.ts";
import type { SchemaVersion } from "../../sysflow/values.ts";
import { queueBytesDefault } from "../../write/byte-queue.ts";
import type { Branch } from "../../write/fan-out.ts";
import type { OnDiskFull, QueueOptions } from "../../write/file/file-queue.ts";
import { FileWriter } from "../../write/file/file-writer.ts";
import type { FileWriterOptions, Reopened } from "../../write/file/file-writer-options.ts";
import { folderRisk, hasReader, isFolder } from "../../write/file/output-place.ts";
import type { KeepOptions } from "../../write/file/retention.ts";
import { inputFile, type KnownFile } from "../../write/known-file.ts";
import { type OutputContext, type OutputReport, QueuedOutput, type Tally } from "./run-output.ts";

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

export class FileOutput extends QueuedOutput<FileWriter> {
  readonly over = null;
  readonly #options: FileOutputOptions;

  constructor(options: FileOutputOptions) {
    super();
    this.#options = options;
  }

  open({ beforeRotation, log, read }: OutputContext): Branch {
    const { known, path, rotateBytes, rotateIntervalSec, ...options } = this.#options;
    const rotates = rotateIntervalSec > 0 || rotateBytes !== null;
    // A replay's files are named by event time, and made of nothing but its events.
    const isNamedByEvents = read !== null && (rotates || isFolder(path));
    const onNotice = (message: string) => log.warning("output", message);
    this.#warn(onNotice);
    const writer = new FileWriter({
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
    return this.opened(writer, writer, log);
  }

  /** Asks for a new file, as programs that rotate logs do; nothing before it is open. */
  wantReopen(): void {
    if (this.isOpen) {
      this.writer.wantReopen();
    }
  }

  report(): OutputReport {
    const { path, schema } = this.#options;
    const { bytesWritten, discarded, dropped, failed, files, ...stats } = this.writer.stats();
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
}
