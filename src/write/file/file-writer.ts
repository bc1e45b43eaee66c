// The output that writes .sf files: an Avro container file, and a new one at each interval. It
// either waits for its disk, or has a queue before it, for runs that must not wait. When the queue
// is full, records are dropped until a tick at which there is room; then all entities are given
// again. After a failure it writes nothing more: every further record is counted as failed, so that a
// clean stop neither throws again nor loses count. A live run can outlive a full disk, though: then
// records are discarded, and counted, until there is room again.

import { type ByteSink, ContainerFile, newTap } from "../../avro/container-file.ts";
import type { SharedTap } from "../../avro/shared-tap.ts";
import type { Tap } from "../../avro/tap.ts";
import { assert } from "../../base/assert.ts";
import { monotonicMs, nowSec } from "../../base/clock.ts";
import { OperatorError } from "../../base/errors.ts";
import { type SFHeader, unionIndex } from "../../sysflow/record.gen.ts";
import { sysFlowSchemaJson } from "../../sysflow/schema.ts";
import { schemaVersionDefault } from "../../sysflow/values.ts";
import type { Lost } from "../byte-queue.ts";
import { EncodedOutput } from "../encoded-output.ts";
import { headerBytes, syncMarkerOf } from "./file-beginning.ts";
import { FileQueue, type QueueOptions } from "./file-queue.ts";
import type { FileWriterOptions, Reopened, WriteStats } from "./file-writer-options.ts";
import type { OutputFile } from "./output-file.ts";
import { OutputOpener } from "./output-opener.ts";
import { closeAfterFailure, troubleRetryMs } from "./queued-file.ts";
import type { Rotation } from "./rotation.ts";
import { rotationOf } from "./rotation-choice.ts";
import { Trouble } from "./trouble.ts";
import { keepAll, newestStamp, Upkeep } from "./upkeep.ts";

export class FileWriter extends EncodedOutput {
  readonly #options: FileWriterOptions;
  readonly #rotation: Rotation;
  readonly #opener: OutputOpener;
  /** Null where each write waits. */
  readonly #queue: FileQueue | null;
  readonly #tap: Tap;
  /** Null where this is not live. */
  readonly #upkeep: Upkeep | null;
  readonly #trouble: Trouble;
  #failed = 0;
  #dropped = 0;
  readonly #discarded = { diskFull: 0, diskFailed: 0, overBound: 0 };
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
  /** The last file could not be gone on with. A new one is begun at a tick after this time. */
  #beginsAnewMs: number | null = null;

  /** @throws OperatorError OUTPUT_OPEN_FAILED, OUTPUT_IN_USE or OUTPUT_WRITE_FAILED */
  constructor(options: FileWriterOptions) {
    const tap = newTap(options.blockBytesMax);
    super(options.schema ?? schemaVersionDefault, tap);
    const { fs, known, lock, queue } = options;
    this.#options = options;
    this.#tap = tap;
    this.#trouble = new Trouble(options.onNotice ?? (() => undefined));
    this.#rotation = rotationOf(options);
    const isNonBlocking = queue !== undefined;
    this.#opener = new OutputOpener({ rotation: this.#rotation, known, fs, lock, isNonBlocking });
    this.#upkeep = queue?.whenFull === "drop" ? this.#newUpkeep() : null;
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
      discarded: { ...this.#discarded },
      bytesRaw: this.#bytesRaw + (this.#file?.bytesRaw ?? 0),
      bytesWritten: this.#bytesWritten + (this.#file?.bytesWritten ?? 0),
      blocks: this.#blocks + (this.#file?.blocks ?? 0),
      files: this.#files,
      queued: this.#queue?.bytes ?? null,
      removed: this.#upkeep?.retention?.removed ?? 0,
      recovered: this.#upkeep?.recovered ?? 0,
      recoveredCut: this.#upkeep?.recoveredCut ?? 0,
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
    if (this.#beginsAnewMs !== null) {
      return this.#beginAnew(timeSec, this.#beginsAnewMs);
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
    if (!this.#rotation.due(timeSec, this.#file.bytesWritten)) {
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
    const isUnnamed = this.#files === 0 && this.#header !== null;
    if (this.#file === null && isUnnamed && this.#failure === null) {
      // Not one event came, so event time never named the file.
      this.#open(nowSec());
    }
    this.#upkeep?.stop();
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

  override takeEncoded(shared: SharedTap, start: number, index: number): boolean {
    const file = this.#fileFor(index);
    this.count(index);
    try {
      file?.take(shared, start);
    } catch (error) {
      throw this.#fail(error);
    }
    return true;
  }

  override get holdsShared(): boolean {
    return this.#file?.holdsStretch ?? false;
  }

  override settle(): void {
    this.#file?.settle();
  }

  protected override endRecord(index: number): boolean {
    const file = this.#fileFor(index);
    if (file === null) {
      this.#tap.pos = 0;
      this.#file?.leaveOut();
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

  /** Where a record goes; null where it is left out, which is counted here. */
  #fileFor(index: number): ContainerFile | null {
    assert(this.#header !== null, "the header comes before any other record");
    if (this.#file === null) {
      if (this.#beginsAnewMs === null) {
        assert(this.#failure !== null, "a record comes after the file is open and before close");
        this.#failed += 1;
      } else {
        this.#discard(1);
      }
    } else if (this.#isDropping && index !== unionIndex.SFHeader) {
      this.#discard(1);
      return null;
    }
    return this.#file;
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
    if (place === "cut") {
      this.#output?.removePart();
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
    const { blockBytesMax, codec, markerSeed } = this.#options;
    return new ContainerFile({
      sink,
      schemaJson: sysFlowSchemaJson(this.schema),
      tap: this.#tap,
      isHeadless,
      ...(codec && { codec }),
      ...(markerSeed && { syncMarker: syncMarkerOf(markerSeed, this.#files) }),
      ...(blockBytesMax && { blockBytesMax }),
    });
  }

  #newQueue(options: QueueOptions): FileQueue {
    return new FileQueue({
      options,
      opener: this.#opener,
      retention: this.#upkeep?.retention ?? null,
      onTrouble: (error) => this.#trouble.note(error),
      onFull: () => {
        this.#isDropping = true;
      },
      onLeft: (lost, isCurrent) => {
        this.#discard(lost.records);
        if (isCurrent && this.#file !== null) {
          this.#discard(this.#file.discard());
          this.#leaveFile();
          this.#beginsAnewMs = monotonicMs() + troubleRetryMs;
        }
        this.#takeBack(lost);
      },
      onFailed: (error, lost) => {
        this.#untold = error;
        this.#fail(error);
        for (const each of lost) {
          this.#failed += each.records;
          this.#takeBack(each);
        }
      },
    });
  }

  #newUpkeep(): Upkeep {
    const { flushMs = 1000, keep = keepAll, lock, onNotice = () => undefined } = this.#options;
    const { form } = this.#rotation;
    const newest = form === null ? null : newestStamp(form);
    if (newest !== null) {
      this.#rotation.startAfter(newest);
    }
    const flush = () => (this.#isDropping ? undefined : this.flush());
    return new Upkeep({ form, keep, lock, everyMs: flushMs, flush, onNotice });
  }

  /** @returns true where a new file was begun */
  #beginAnew(timeSec: number, atMs: number): boolean {
    if (this.#queue?.takesAgain() === true) {
      this.#isDropping = false;
    }
    if (monotonicMs() < atMs || this.#queue?.isInOrder !== true) {
      return false;
    }
    this.#beginsAnewMs = null;
    this.#beginLater(timeSec, this.#queue);
    return true;
  }

  #discard(records: number): void {
    const { cause } = this.#trouble;
    if (cause === null) {
      this.#dropped += records;
    } else {
      this.#discarded[cause] += records;
    }
  }

  /** What was counted as written is not. */
  #takeBack({ blocks, bytes, bytesRaw }: Lost): void {
    this.#blocks -= blocks;
    this.#bytesWritten -= bytes;
    this.#bytesRaw -= bytesRaw;
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
    this.#upkeep?.stop();
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
