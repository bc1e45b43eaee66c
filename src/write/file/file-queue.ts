// The queue before the files of one output, and what applies to all of these files together: how
// many bytes wait, what happens when the queue is full, and in which order files end and begin. The
// next file is opened only when the one before it is complete, because consumers expect that. Until
// then its records wait in its queue. They also wait there while the disk is full.

import type { ByteSink } from "../../avro/container-file.ts";
import { assert } from "../../base/assert.ts";
import { errnoCode, OperatorError } from "../../base/errors.ts";
import type { Lost } from "../byte-queue.ts";
import { Settling } from "../settling.ts";
import type { OutputFile } from "./output-file.ts";
import type { OutputOpener } from "./output-opener.ts";
import { QueuedFile, type Remedy, troubleRetryMs } from "./queued-file.ts";
import type { Retention } from "./retention.ts";

export interface QueueOptions {
  /** No block is accepted beyond it, but the one that passes it; `queueBytesDefault` as a rule. */
  readonly bytesMax: number;
  /**
   * `drop`: records are left out and counted until there is room again. `wait`: all is taken, and
   * who gives it looks at `hasRoom` between batches.
   */
  readonly whenFull: "drop" | "wait";
  /**
   * What a full disk or a failing one is to a regular file. `stop`, also where absent: a failure.
   * `discard`: what comes waits until it can be written, and is dropped when the queue is full.
   * `drop-oldest`: older files of this output make room, as long as there are any.
   */
  readonly onDiskFull?: OnDiskFull;
}

export type OnDiskFull = "discard" | "drop-oldest" | "stop";

/** What must stand before everything that was queued while the file's name was not known. */
export interface Head {
  readonly bytes: Uint8Array;
  readonly records: number;
  readonly bytesRaw: number;
}

export interface FileQueueParts {
  readonly options: QueueOptions;
  readonly opener: OutputOpener;
  /** Null where nothing is kept or removed by rule. */
  readonly retention: Retention | null;
  /** Writing does not go on: told at each attempt; then null once it does. */
  readonly onTrouble: (error: OperatorError | null) => void;
  /**
   * A file has been ended, and what it still had to get is lost.
   * @param isCurrent no other one has been begun
   */
  readonly onLeft: (lost: Lost, isCurrent: boolean) => void;
  /** Records are to be left out from now on, until `takesAgain` is true. */
  readonly onFull: () => void;
  /** Called once; what was queued is lost. */
  readonly onFailed: (error: OperatorError, lost: readonly Lost[]) => void;
}

export class FileQueue {
  readonly #parts: FileQueueParts;
  /** The one that is written to; null before the first, and after `end`. */
  #current: QueuedFile | null = null;
  /** Earlier files that are not complete, the oldest first. */
  readonly #ending: QueuedFile[] = [];
  /** Opens the current file once those before it are complete. */
  #openNext: (() => void) | null = null;
  #isOpening = false;
  /** Files that take nothing more, but are not complete. */
  #leaving = 0;
  #isDropping = false;
  #failure: OperatorError | null = null;
  #isInTrouble = false;
  readonly #settling = new Settling();

  constructor(parts: FileQueueParts) {
    this.#parts = parts;
  }

  /** The files before the current one are complete, and it is open and takes records. */
  get isInOrder(): boolean {
    return this.#isComplete && !this.#isDropping;
  }

  /** Of all files, what is not written yet. */
  get bytes(): number {
    return this.#files().reduce((sum, file) => sum + file.bytes, 0);
  }

  get hasRoom(): boolean {
    return this.bytes < this.#parts.options.bytesMax;
  }

  /** What is written to the result goes into that file. */
  begin(file: OutputFile): ByteSink {
    assert(this.#current === null, "a file begins after the end of the one before it");
    this.#parts.retention?.opened(file.name);
    return this.#sink(file);
  }

  /** The same for a file that is opened when its turn has come. @param head makes its beginning */
  beginLater(timeSec: number, head: (file: OutputFile) => Head): ByteSink {
    assert(this.#current === null, "a file begins after the end of the one before it");
    this.#openNext = () => this.#openLater(timeSec, head);
    const sink = this.#sink(null);
    this.#openWhenDue();
    return sink;
  }

  /** Ends the current file: nothing more comes for it. */
  end(): void {
    const current = this.#current;
    if (current !== null) {
      this.#current = null;
      this.#ending.push(current);
      current.end();
    }
  }

  /** @returns true where records were dropped and there is room for them from now on */
  takesAgain(): boolean {
    if (!this.#isDropping || this.bytes > this.#parts.options.bytesMax / 2) {
      return false;
    }
    this.#isDropping = false;
    return true;
  }

  /** @returns whether all is written, after at most so long */
  drained(ms: number): Promise<boolean> {
    return this.#isSettled() ? Promise.resolve(true) : this.#settling.within(ms);
  }

  /** Stops waiting: what is not written yet is lost. */
  giveUp(): void {
    const [first] = this.#files();
    if (first !== undefined && !this.#isSettled()) {
      this.#fail(first.stallError);
    }
  }

  get #isComplete(): boolean {
    return this.#ending.length === 0 && this.#openNext === null;
  }

  #files(): readonly QueuedFile[] {
    return this.#current === null ? this.#ending : [...this.#ending, this.#current];
  }

  #isSettled(): boolean {
    const isAll = this.#isComplete && this.bytes === 0 && this.#leaving === 0;
    return this.#failure !== null || isAll;
  }

  #sink(file: OutputFile | null): ByteSink {
    const { retention } = this.#parts;
    const queued: QueuedFile = new QueuedFile(file, {
      onEmpty: () => this.#settle(),
      onEnded: (ended, error) => this.#ended(queued, ended, error),
      onFailed: (error, toBeLeft) => (toBeLeft ? this.#leave(queued, error) : this.#fail(error)),
      mayWrite: (bytes, go) => retention?.mayWrite(bytes, go) ?? "yes",
      onSize: (change) => this.#sizeChanged(change),
      onTrouble: (error, then) => this.#remedy(queued, error, then),
    });
    this.#current = queued;
    return {
      write: (bytes, records, bytesRaw) => {
        queued.write(bytes, records, bytesRaw);
        if (!(this.#isDropping || this.hasRoom) && this.#parts.options.whenFull === "drop") {
          this.#isDropping = true;
          this.#parts.onFull();
        }
      },
    };
  }

  #ended(queued: QueuedFile, file: OutputFile, error: OperatorError | null): void {
    if (error !== null && this.#policy === "stop") {
      this.#fail(error);
      return;
    }
    this.#parts.retention?.closed(file);
    if (error !== null) {
      this.#parts.onTrouble(error);
    }
    this.#ending.splice(this.#ending.indexOf(queued), 1);
    this.#openWhenDue();
    this.#settle();
  }

  get #policy(): OnDiskFull {
    return this.#parts.options.onDiskFull ?? "stop";
  }

  #sizeChanged(change: number): void {
    this.#parts.retention?.sizeChanged(change);
    if (change > 0 && this.#isInTrouble) {
      this.#isInTrouble = false;
      this.#parts.onTrouble(null);
    }
  }

  #remedy(queued: QueuedFile, error: OperatorError, then: (remedy: Remedy) => void): void {
    if (this.#policy === "stop" || !queued.isPart) {
      then("fail");
      return;
    }
    this.#isInTrouble = true;
    this.#parts.onTrouble(error);
    const isFull = fullDisk.has(errnoCode(error.cause) ?? "");
    const { retention } = this.#parts;
    if (isFull && this.#policy === "drop-oldest" && retention !== null) {
      retention.removeOldest((isRemoved) => then(isRemoved ? "again" : "wait"));
    } else {
      // A disk that fails may do so at this place alone: another file is tried.
      then(isFull ? "wait" : "leave");
    }
  }

  #leave(queued: QueuedFile, error: OperatorError): void {
    this.#isInTrouble = true;
    this.#parts.onTrouble(error);
    this.#leaving += 1;
    const lost = queued.leave((file) => {
      this.#leaving -= 1;
      this.#parts.retention?.closed(file);
      this.#settle();
    });
    if (queued === this.#current) {
      this.#current = null;
    } else {
      this.#ending.splice(this.#ending.indexOf(queued), 1);
    }
    this.#parts.onLeft(lost, this.#current === null);
    this.#openWhenDue();
  }

  #openWhenDue(): void {
    if (!this.#isOpening && this.#ending.every((file) => !file.isOpen)) {
      this.#openNext?.();
    }
  }

  #openLater(timeSec: number, head: (file: OutputFile) => Head): void {
    this.#isOpening = true;
    const go = () => this.#openLater(timeSec, head);
    if (this.#failure === null && this.#parts.retention?.mayOpen(go) !== false) {
      this.#parts.opener.openLater(timeSec, (file) => {
        if (file instanceof OperatorError && this.#policy !== "stop") {
          this.#isInTrouble = true;
          this.#parts.onTrouble(file);
          setTimeout(go, troubleRetryMs).unref();
        } else {
          this.#opened(file, head);
        }
      });
    }
  }

  #opened(file: OutputFile | OperatorError, head: (file: OutputFile) => Head): void {
    this.#openNext = null;
    this.#isOpening = false;
    if (file instanceof OperatorError) {
      this.#fail(file);
      return;
    }
    this.#parts.retention?.opened(file.name);
    const queued = this.#files().find(({ isOpen }) => !isOpen);
    if (this.#failure !== null || queued === undefined) {
      file.close();
      return;
    }
    const { bytes, records, bytesRaw } = head(file);
    queued.opened(file, bytes, records, bytesRaw);
  }

  #fail(error: OperatorError): void {
    if (this.#failure === null) {
      this.#failure = error;
      const lost = this.#files().map((file) => file.giveUp());
      this.#parts.onFailed(error, lost);
      this.#settle();
    }
  }

  #settle(): void {
    if (this.#isSettled()) {
      this.#settling.settled();
    }
  }
}

/** There may be room again in the same file. */
const fullDisk: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);
