// The bytes of a stream that are not written yet, and what becomes of records where they cannot be:
// left out while the queue is full, and counted as failed once a write has failed. Bytes come as
// blocks of whole records. The runtime's threads write them, so nobody waits for a reader or a disk.

import fs from "node:fs";
import { errnoCode, OperatorError, systemCause } from "../../base/errors.ts";
import { ByteQueue } from "../byte-queue.ts";
import { Settling } from "../settling.ts";
import { closeStream, type OpenStream } from "./open-stream.ts";

export interface StreamQueueOptions {
  /** No block is taken beyond it, but the one that passes it. */
  readonly bytesMax: number;
  /**
   * `drop`: records are left out until there is room. `wait`: all is taken, and who gives it looks at
   * `hasRoom` between batches.
   */
  readonly whenFull: "drop" | "wait";
}

const retryMs = 5;

export class StreamQueue {
  readonly #stream: OpenStream;
  readonly #options: StreamQueueOptions;
  readonly #queue = new ByteQueue();
  /** A write is under way, or a timer runs until the next. */
  #isBusy = false;
  #isEnding = false;
  #isClosed = false;
  #failure: OperatorError | null = null;
  #untold: OperatorError | null = null;
  readonly #settling = new Settling();

  /** Records are to be left out, until `takesAgain`. */
  isDropping = false;
  /** Records that were taken and could not be written. */
  failed = 0;
  bytesWritten = 0;

  /** @param stream becomes this object's, which closes it */
  constructor(stream: OpenStream, options: StreamQueueOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** After which nothing is written any more. */
  get failure(): OperatorError | null {
    return this.#failure;
  }

  /** The reader has closed, as it may: no fault of anybody's. */
  get isReaderGone(): boolean {
    return this.#failure !== null && errnoCode(this.#failure.cause) === "EPIPE";
  }

  /** That wait to be written. */
  get bytes(): number {
    return this.#queue.bytes;
  }

  get hasRoom(): boolean {
    return this.#failure !== null || this.#queue.bytes < this.#options.bytesMax;
  }

  /** Copies a block of so many records. */
  write(bytes: Uint8Array, records: number): void {
    if (this.#failure !== null) {
      this.failed += records;
      return;
    }
    this.#queue.push(bytes, records, bytes.length);
    this.#go();
    if (!this.hasRoom && this.#options.whenFull === "drop") {
      this.isDropping = true;
    }
  }

  /** @returns true where records were left out and there is room for them from now on */
  takesAgain(): boolean {
    if (!this.isDropping || this.#queue.bytes > this.#options.bytesMax / 2) {
      return false;
    }
    this.isDropping = false;
    return true;
  }

  /** The failure, once; none where the reader has closed, which `isReaderGone` tells. */
  untoldFailure(): OperatorError | null {
    const untold = this.#untold;
    this.#untold = null;
    return this.isReaderGone ? null : untold;
  }

  /** Nothing more comes: it is closed when all is written. */
  end(): void {
    this.#isEnding = true;
    this.#go();
  }

  /** @returns whether all is written, or nothing will be, after at most so long */
  drained(ms: number): Promise<boolean> {
    return this.#isSettled ? Promise.resolve(true) : this.#settling.within(ms);
  }

  /** What is not written by now is lost. */
  giveUp(): void {
    if (!this.#isSettled) {
      const message = `cannot write to ${this.#stream.name}: what was left at the end did not get there in time`;
      this.#fail(new OperatorError("OUTPUT_WRITE_FAILED", message));
    }
  }

  get #isSettled(): boolean {
    return this.#failure !== null || this.#queue.bytes === 0;
  }

  #go(): void {
    if (this.#isBusy || this.#failure !== null) {
      return;
    }
    if (this.#queue.bytes > 0) {
      this.#isBusy = true;
      fs.writev(this.#stream.descriptor, this.#queue.views(), (error, count) =>
        this.#written(error, count),
      );
    } else if (this.#isEnding) {
      this.#close();
    }
  }

  #written(error: Error | null, count: number): void {
    this.#isBusy = false;
    if (this.#failure !== null) {
      // It was given up while this write was under way.
      this.#close();
      return;
    }
    const code = errnoCode(error);
    if (error !== null && code !== "EAGAIN" && code !== "EINTR") {
      const message = `cannot write to ${this.#stream.name}: ${systemCause(error)}`;
      this.#fail(new OperatorError("OUTPUT_WRITE_FAILED", message, { cause: error }));
      return;
    }
    if (error === null) {
      this.#queue.advance(count);
      this.bytesWritten += count;
    }
    if (code === "EAGAIN" || (error === null && count === 0)) {
      this.#isBusy = true;
      setTimeout(() => {
        this.#isBusy = false;
        if (this.#failure !== null) {
          this.#close();
        }
        this.#go();
      }, retryMs);
      return;
    }
    if (this.#queue.bytes === 0) {
      this.#settling.settled();
    }
    this.#go();
  }

  #fail(failure: OperatorError): void {
    this.#failure = failure;
    this.#untold = failure;
    const { whole } = this.#queue;
    this.failed += this.#queue.lose().records;
    if (this.#stream.isOwnFile && !this.#isBusy) {
      // So that it ends with its last whole block.
      try {
        fs.ftruncateSync(this.#stream.descriptor, whole);
      } catch {
        // The failure itself is what is told.
      }
    }
    if (!this.#isBusy) {
      this.#close();
    }
    this.#settling.settled();
  }

  #close(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      closeStream(this.#stream);
    }
  }
}
