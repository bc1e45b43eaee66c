// The queue before the files of one output, and what applies to all of these files together: how
// many bytes wait, what happens when the queue is full, and in which order files end and begin. The
// next file is opened only when the one before it is complete, because consumers expect that. Until
// then its records wait in its queue.

import type { ByteSink } from "../../avro/container-file.ts";
import { assert } from "../../base/assert.ts";
import { OperatorError } from "../../base/errors.ts";
import type { Lost } from "../byte-queue.ts";
import type { OutputFile } from "./output-file.ts";
import type { OutputOpener } from "./output-opener.ts";
import { QueuedFile } from "./queued-file.ts";

export interface QueueOptions {
  /** No block is accepted beyond it, but the one that passes it; `queueBytesDefault` as a rule. */
  readonly bytesMax: number;
  /**
   * `drop`: records are left out and counted until there is room again. `wait`: all is taken, and
   * who gives it looks at `hasRoom` between batches.
   */
  readonly whenFull: "drop" | "wait";
}

/** A minute of a busy host: 1 MB/s after compression is some 60,000 records a second. */
export const queueBytesDefault = 64 * 1024 * 1024;

/** What must stand before everything that was queued while the file's name was not known. */
export interface Head {
  readonly bytes: Uint8Array;
  readonly records: number;
  readonly bytesRaw: number;
}

export interface FileQueueParts {
  readonly options: QueueOptions;
  readonly opener: OutputOpener;
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
  #isDropping = false;
  #failure: OperatorError | null = null;
  #whenSettled: (() => void) | null = null;

  constructor(parts: FileQueueParts) {
    this.#parts = parts;
  }

  /** The files before the current one are complete, and it is open and takes records. */
  get isInOrder(): boolean {
    return this.#isComplete && !this.#isDropping;
  }

  get hasRoom(): boolean {
    return this.#bytes < this.#parts.options.bytesMax;
  }

  /** What is written to the result goes into that file. */
  begin(file: OutputFile): ByteSink {
    assert(this.#current === null, "a file begins after the end of the one before it");
    return this.#sink(file);
  }

  /** The same for a file that is opened when its turn has come. @param head makes its beginning */
  beginLater(timeSec: number, head: (file: OutputFile) => Head): ByteSink {
    assert(this.#current === null, "a file begins after the end of the one before it");
    this.#openNext = () => {
      this.#parts.opener.openLater(timeSec, (file) => this.#opened(file, head));
    };
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
    if (!this.#isDropping || this.#bytes > this.#parts.options.bytesMax / 2) {
      return false;
    }
    this.#isDropping = false;
    return true;
  }

  /** @returns whether all is written, after at most so long */
  drained(ms: number): Promise<boolean> {
    if (this.#isSettled()) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#whenSettled = null;
        resolve(false);
      }, ms);
      this.#whenSettled = () => {
        clearTimeout(timer);
        this.#whenSettled = null;
        resolve(true);
      };
    });
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

  get #bytes(): number {
    return this.#files().reduce((sum, file) => sum + file.bytes, 0);
  }

  #files(): readonly QueuedFile[] {
    return this.#current === null ? this.#ending : [...this.#ending, this.#current];
  }

  #isSettled(): boolean {
    return this.#failure !== null || (this.#isComplete && this.#bytes === 0);
  }

  #sink(file: OutputFile | null): ByteSink {
    const queued: QueuedFile = new QueuedFile(file, {
      onEmpty: () => this.#settle(),
      onEnded: () => this.#ended(queued),
      onFailed: (error) => this.#fail(error),
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

  #ended(file: QueuedFile): void {
    this.#ending.splice(this.#ending.indexOf(file), 1);
    this.#openWhenDue();
    this.#settle();
  }

  #openWhenDue(): void {
    if (this.#ending.every((file) => !file.isOpen)) {
      this.#openNext?.();
    }
  }

  #opened(file: OutputFile | OperatorError, head: (file: OutputFile) => Head): void {
    this.#openNext = null;
    if (file instanceof OperatorError) {
      this.#fail(file);
      return;
    }
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
    if (this.#whenSettled !== null && this.#isSettled()) {
      this.#whenSettled();
    }
  }
}
