// The output that writes .sf files: an Avro container file, and a new one at each interval. It
// either waits for its disk, or has a queue before it, for runs that must not wait. When the queue
// is full, records are dropped until a tick at which there is room; then all entities are given
// again. After a failed write it writes nothing more: every further record is counted as failed, so
// that a clean stop neither throws again nor loses count.

import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { type ByteSink, ContainerFile, newTap, syncBytes } from "../../avro/container-file.ts";
import { Tap } from "../../avro/tap.ts";
import { assert } from "../../base/assert.ts";
import { nowSec } from "../../base/clock.ts";
import { OperatorError } from "../../base/errors.ts";
import { encodeHeader } from "../../sysflow/encoder.gen.ts";
import { type RecordKind, type SFHeader, unionIndex } from "../../sysflow/record.gen.ts";
import type { RecordOutput } from "../../sysflow/record-sink.ts";
import { sysFlowSchemaJson } from "../../sysflow/schema.ts";
import { type SchemaVersion, schemaVersionDefault } from "../../sysflow/values.ts";
import type { KnownFile } from "../known-file.ts";
import { RecordEncoder } from "../record-encoder.ts";
import { FileQueue, type QueueOptions } from "./file-queue.ts";
import type { OutputFile, OutputFs } from "./output-file.ts";
import { OutputOpener } from "./output-opener.ts";
import { closeAfterFailure } from "./queued-file.ts";
import { Rotation } from "./rotation.ts";

export interface FileWriterOptions {
  /** The file itself, a folder (with "/" at its end or existing), or with rotation a prefix. */
  readonly path: string;
  /** Seconds between rotations, 0 for one file to the end. */
  readonly rotateIntervalSec: number;
  /**
   * Seconds since the epoch at which the first file begins; it is opened at once. Null where event
   * time governs and is not known yet: then the first `rotateDue` opens it, and must come before
   * the first record other than the header.
   */
  readonly startSec: number | null;
  /** 5 where absent. What it has no room for must not come, or is left out of its record. */
  readonly schema?: SchemaVersion;
  /** Called when a rotation is due, while the counts and tables are still those of the old file. */
  readonly beforeRotation?: () => void;
  /** Called once for each request to re-open, when it was dealt with. */
  readonly onReopened?: (reopened: Reopened) => void;
  /** Files that must not be used as an output. */
  readonly known?: readonly KnownFile[];
  /**
   * What the sync markers follow from, so that one run of the same input gives the same bytes.
   * Random markers where absent.
   */
  readonly markerSeed?: Uint8Array;
  readonly fs?: OutputFs;
  readonly blockBytesMax?: number;
  /** Where the run may not wait for the disk or a reader; without it, each write waits. */
  readonly queue?: QueueOptions;
}

/** The result of a request to re-open the output. */
export type Reopened =
  | { readonly outcome: "new"; readonly path: string }
  /** The file is where it was, and goes on; what was pending is in it now. */
  | { readonly outcome: "same"; readonly path: string }
  /** A new one could not be opened, so that the old one goes on. */
  | { readonly outcome: "kept"; readonly path: string; readonly cause: string };

/** Counts since the start, over all files. */
export interface WriteStats {
  /** Records handed to the writer, by kind. */
  readonly records: Readonly<Record<RecordKind, number>>;
  readonly recordsTotal: number;
  /** Those of them that could not be written. */
  readonly failed: number;
  /** Those left out because the queue was full. */
  readonly dropped: number;
  /** Bytes of whole blocks before compression. */
  readonly bytesRaw: number;
  /** Bytes passed to the file system, headers and framing included. */
  readonly bytesWritten: number;
  readonly blocks: number;
  readonly files: number;
}

export class FileWriter extends RecordEncoder implements RecordOutput {
  readonly #options: FileWriterOptions;
  readonly #rotation: Rotation;
  readonly #opener: OutputOpener;
  /** Null where each write waits. */
  readonly #queue: FileQueue | null;
  readonly #tap: Tap;
  #failed = 0;
  #dropped = 0;
  /** Counts of the files already finished. */
  #bytesRaw = 0;
  #bytesWritten = 0;
  #blocks = 0;
  #files = 0;
  #header: SFHeader | null = null;
  /** Both null before the first file, between two, and after the last. */
  #output: OutputFile | null = null;
  #file: ContainerFile | null = null;
  #failure: OperatorError | null = null;
  /** The queue is full: records are left out, and those that follow need their entities anew. */
  #isDropping = false;
  /** The failure, until it is thrown or asked for. */
  #untold: OperatorError | null = null;
  #closed = false;
  #isReopenWanted = false;

  /** @throws OperatorError OUTPUT_OPEN_FAILED, OUTPUT_IN_USE or OUTPUT_WRITE_FAILED */
  constructor(options: FileWriterOptions) {
    const tap = newTap(options.blockBytesMax);
    super(options.schema ?? schemaVersionDefault, tap);
    const { fs, known, queue } = options;
    this.#options = options;
    this.#tap = tap;
    this.#rotation = new Rotation({
      path: options.path,
      isDirectory: isFolder(options.path),
      intervalSec: options.rotateIntervalSec,
    });
    const isNonBlocking = queue !== undefined;
    this.#opener = new OutputOpener({ rotation: this.#rotation, known, fs, isNonBlocking });
    this.#queue = queue === undefined ? null : this.#newQueue(queue);
    if (options.startSec !== null) {
      this.#rotation.start(options.startSec);
      this.#open(options.startSec);
    }
  }

  /** Path of the file being written, or "" where there is none at the moment. */
  get path(): string {
    return this.#output?.path ?? "";
  }

  /** The error after which nothing more was written, or null. */
  get failure(): OperatorError | null {
    return this.#failure;
  }

  untoldFailure(): OperatorError | null {
    const failure = this.#untold;
    this.#untold = null;
    return failure;
  }

  /** Where the queue waits: false asks to give nothing more before it has `drained`. */
  get hasRoom(): boolean {
    return this.#queue?.hasRoom ?? true;
  }

  stats(): WriteStats {
    return {
      ...this.counted(),
      failed: this.#failed,
      dropped: this.#dropped,
      bytesRaw: this.#bytesRaw + (this.#file?.bytesRaw ?? 0),
      bytesWritten: this.#bytesWritten + (this.#file?.bytesWritten ?? 0),
      blocks: this.#blocks + (this.#file?.blocks ?? 0),
      files: this.#files,
    };
  }

  header(record: SFHeader): void {
    assert(this.#header === null, "one header is given; rotation repeats it by itself");
    assert(record.version === this.schema, "the header names the schema of its file");
    this.#header = record;
    if (this.#file !== null) {
      this.#writeHeader(record);
    }
  }

  /** @throws OperatorError where the old file cannot be finished or the new one not opened. */
  rotateDue(timeSec: number): boolean {
    if (this.#failure !== null || this.#closed) {
      return false;
    }
    if (this.#file === null) {
      this.#rotation.start(timeSec);
      this.#open(timeSec);
      return false;
    }
    const takesAgain = this.#queue?.takesAgain() ?? false;
    if (takesAgain) {
      this.#isDropping = false;
    }
    if (this.#queue?.isInOrder === false) {
      // Whatever is due waits for the file before: a stalled disk has no more than two of them.
      return takesAgain;
    }
    if (!this.#rotation.due(timeSec)) {
      return (this.#isReopenWanted && this.#reopen(timeSec)) || takesAgain;
    }
    this.#options.beforeRotation?.();
    // The old file is complete before the new name appears: consumers go by that.
    this.#finish();
    if (this.#queue === null) {
      this.#open(timeSec);
      this.#endWish({ outcome: "new", path: this.path });
    } else {
      this.#beginLater(timeSec, this.#queue);
    }
    return true;
  }

  /**
   * Asks for a new output file at the next `rotateDue`, as programs that rotate logs do. A file with
   * a time in its name gets a successor; any other is opened again by its name, unless that still
   * leads to it.
   */
  wantReopen(): void {
    this.#isReopenWanted = true;
  }

  /**
   * Ends the open block, so that a reader of the file sees every record so far.
   * @throws OperatorError OUTPUT_WRITE_FAILED
   */
  flush(): void {
    if (this.#failure !== null) {
      return;
    }
    try {
      this.#file?.flush();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /**
   * Writes what is pending and closes; a second call does nothing. Where there is a queue, all is on
   * its way then, and there once it has `drained`.
   * @throws OperatorError
   */
  close(): void {
    if (this.#closed) {
      return;
    }
    if (this.#file === null && this.#header !== null && this.#failure === null) {
      // Not one event came, so event time never named the file.
      this.#open(nowSec());
    }
    this.#finish();
    this.#closed = true;
  }

  /** @returns whether all that was handed over has been written, after at most so long */
  drained(ms: number): Promise<boolean> {
    return this.#queue?.drained(ms) ?? Promise.resolve(true);
  }

  /** What has not been written by now is lost, and counted as failed. */
  giveUp(): void {
    this.#queue?.giveUp();
  }

  protected override endRecord(index: number): boolean {
    assert(this.#header !== null, "the header comes before any other record");
    const file = this.#file;
    if (file === null) {
      assert(this.#failure !== null, "a record comes after the file is open and before close");
      this.#tap.pos = 0;
      this.#failed += 1;
    } else if (this.#isDropping && index !== unionIndex.SFHeader) {
      file.leaveOut();
      this.#dropped += 1;
    } else {
      try {
        if (!file.endRecord()) {
          return false;
        }
      } catch (error) {
        this.count(index);
        throw this.#fail(error);
      }
    }
    this.count(index);
    return true;
  }

  #writeHeader(header: SFHeader): void {
    this.encodeHeader({ ...header, filename: this.path });
  }

  /** @returns true where a new file was begun */
  #reopen(timeSec: number): boolean {
    const path = this.path;
    const place = this.#rotation.stamped ? "gone" : this.#output?.place;
    // What is pending goes into the old file, whatever becomes of the new one; but not behind a hole.
    const hasBlocks = (this.#file?.blocks ?? 0) > 0;
    const held = place === "cut" ? this.#file?.takePending() : undefined;
    this.flush();
    if (place === "here") {
      this.#endWish({ outcome: "same", path });
      return false;
    }
    let output: OutputFile;
    try {
      output = this.#opener.open(timeSec);
    } catch (error) {
      if (!(error instanceof OperatorError)) {
        throw error;
      }
      if (held !== undefined) {
        this.#file?.addPending(held);
      }
      this.#endWish({ outcome: "kept", path, cause: error.message });
      return false;
    }
    this.#options.beforeRotation?.();
    this.#finish();
    // Held back before the first block, the header is among what is held.
    this.#begin(output, held === undefined || hasBlocks);
    if (held !== undefined) {
      this.#file?.addPending(held);
    }
    this.#endWish({ outcome: "new", path: this.path });
    return true;
  }

  #endWish(reopened: Reopened): void {
    if (this.#isReopenWanted) {
      this.#isReopenWanted = false;
      this.#options.onReopened?.(reopened);
    }
  }

  #open(timeSec: number): void {
    let output: OutputFile;
    try {
      output = this.#opener.open(timeSec);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#begin(output);
  }

  #begin(output: OutputFile, hasHeader = true): void {
    this.#output = output;
    try {
      this.#file = this.#newFile(this.#queue?.begin(output) ?? output);
    } catch (error) {
      throw this.#fail(error);
    }
    if (this.#header !== null && hasHeader) {
      this.#writeHeader(this.#header);
    }
  }

  /** The same for a file that the queue opens: its first block is its header alone. */
  #beginLater(timeSec: number, queue: FileQueue): void {
    const header = this.#header;
    assert(header !== null, "the header comes before the first rotation");
    let file: ContainerFile | null = null;
    const head = (output: OutputFile) => {
      const raw = headerBytes({ ...header, filename: output.path });
      const bytes = (file as ContainerFile).head(raw, 1);
      this.count(unionIndex.SFHeader);
      this.#endWish({ outcome: "new", path: output.path });
      if (file === this.#file) {
        this.#output = output;
      } else {
        // It was left before it was open, and what it had counted by then was taken over.
        this.#blocks += 1;
        this.#bytesWritten += bytes.length;
        this.#bytesRaw += raw.length;
      }
      return { bytes, records: 1, bytesRaw: raw.length };
    };
    file = this.#newFile(queue.beginLater(timeSec, head), true);
    this.#file = file;
  }

  #newFile(sink: ByteSink, isHeadless = false): ContainerFile {
    this.#files += 1;
    const { blockBytesMax } = this.#options;
    return new ContainerFile({
      sink,
      schemaJson: sysFlowSchemaJson(this.schema),
      tap: this.#tap,
      isHeadless,
      ...this.#syncMarker(),
      ...(blockBytesMax && { blockBytesMax }),
    });
  }

  #newQueue(options: QueueOptions): FileQueue {
    return new FileQueue({
      options,
      opener: this.#opener,
      onFull: () => {
        this.#isDropping = true;
      },
      onFailed: (error, lost) => {
        this.#untold = error;
        this.#fail(error);
        for (const { records, blocks, bytes, bytesRaw } of lost) {
          this.#failed += records;
          this.#blocks -= blocks;
          this.#bytesWritten -= bytes;
          this.#bytesRaw -= bytesRaw;
        }
      },
    });
  }

  /** Follows from the input and the number of the file: others cannot put it into their data. */
  #syncMarker(): { readonly syncMarker?: Uint8Array } {
    const { markerSeed } = this.#options;
    if (markerSeed === undefined) {
      return {};
    }
    const digest = createHash("sha256")
      .update(`sysflow ${this.#files}\0`)
      .update(markerSeed)
      .digest();
    return { syncMarker: digest.subarray(0, syncBytes) };
  }

  /** Ends the current file, if there is one. */
  #finish(): void {
    try {
      this.#file?.flush();
      if (this.#queue === null) {
        this.#output?.close();
      } else {
        this.#queue.end();
      }
    } catch (error) {
      throw this.#fail(error);
    }
    this.#leaveFile();
  }

  /** Notes the failure, counts what is lost with it, and closes the file as far as it goes. */
  #fail(error: unknown): unknown {
    if (!(error instanceof OperatorError)) {
      return error;
    }
    this.#failure = error;
    this.#failed += this.#file?.discard() ?? 0;
    if (this.#queue === null && this.#output !== null) {
      closeAfterFailure(this.#output);
    }
    this.#leaveFile();
    return error;
  }

  #leaveFile(): void {
    this.#bytesRaw += this.#file?.bytesRaw ?? 0;
    this.#bytesWritten += this.#file?.bytesWritten ?? 0;
    this.#blocks += this.#file?.blocks ?? 0;
    this.#file = null;
    this.#output = null;
  }
}

/** The header, encoded. */
function headerBytes(record: SFHeader): Uint8Array<ArrayBuffer> {
  const tap = new Tap(1024);
  do {
    if (!tap.ok()) tap.grow(0);
    tap.pos = 0;
    encodeHeader(tap, record);
  } while (!tap.ok());
  return Uint8Array.from(tap.buffer.subarray(0, tap.pos));
}

/** Whether what is written to the path goes to a reader or a device, and into no file. */
export function hasReader(path: string): boolean {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats !== undefined && !stats.isFile() && !stats.isDirectory();
  } catch {
    // Not ours to look at: opening the file then says why.
    return false;
  }
}

/** Whether files go into this path, under names of their own. */
export function isFolder(path: string): boolean {
  if (path.endsWith("/")) {
    return true;
  }
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    // Not ours to look at: opening the file then says why, with its remedy.
    return false;
  }
}
