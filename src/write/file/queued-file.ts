// An output file that is never waited for. Bytes are copied into a queue, and the runtime's threads
// write them in order, all that is there at a time. Measured for blocks of 12 kB: 7 µs for each
// with a write that waits, 16 µs one at a time through a thread, 5 µs when ten go together. A
// newcomer's trap: there are few of those threads (two on two processors), and a disk that stalls
// keeps one of them. Pipes and terminals keep none, because they are opened non-blocking.

import type { ByteSink } from "../../avro/container-file.ts";
import { assert } from "../../base/assert.ts";
import { errnoCode, OperatorError } from "../../base/errors.ts";
import { ByteQueue, type Lost } from "../byte-queue.ts";
import type { OutputFile } from "./output-file.ts";

/** What is to be done about a write that failed, once what it left of a block has been taken back. */
export type Remedy = "fail" | "leave" | "wait" | "again";

export interface QueuedFileEvents {
  /** All that came so far is written. */
  readonly onEmpty: () => void;
  /**
   * All is written and the file is closed: nothing more may come.
   * @param error why it could not be completed, or null
   */
  readonly onEnded: (file: OutputFile, error: OperatorError | null) => void;
  /** It takes nothing more; `giveUp` or, where it is to be left, `leave` then says what is lost. */
  readonly onFailed: (error: OperatorError, toBeLeft: boolean) => void;
  /**
   * Asked before bytes are written.
   * @param go to be called once they may be, where the answer is `later`
   */
  readonly mayWrite: (bytes: number, go: () => void) => "yes" | "later" | "never";
  /** So many bytes were written, or taken back where it is negative. */
  readonly onSize: (change: number) => void;
  /** A write failed. @param then gets the remedy */
  readonly onTrouble: (error: OperatorError, then: (remedy: Remedy) => void) => void;
}

const retryMs = 5;
/** A full disk is looked at again after this time. */
export const troubleRetryMs = 1000;

export class QueuedFile implements ByteSink {
  readonly #events: QueuedFileEvents;
  readonly #queue = new ByteQueue();
  /** Null until it is open. */
  #file: OutputFile | null;
  /** A call is under way, or a timer runs until the next. */
  #isBusy = false;
  #isEnding = false;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(file: OutputFile | null, events: QueuedFileEvents) {
    this.#file = file;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#file !== null;
  }

  get isPart(): boolean {
    return this.#file?.isPart === true;
  }

  /** The error to report when it is not waited for any longer. */
  get stallError(): OperatorError {
    return this.#file === null ? unopenedError() : this.#file.stallError;
  }

  /** Not written yet. */
  get bytes(): number {
    return this.#queue.bytes;
  }

  write(bytes: Uint8Array, records: number, bytesRaw: number): void {
    assert(!this.#isEnding, "nothing comes after the end");
    if (!this.#isOver) {
      this.#queue.push(bytes, records, bytesRaw);
      this.#go();
    }
  }

  /** It is open now. @param head goes before all that was written to it so far */
  opened(file: OutputFile, head: Uint8Array, records: number, bytesRaw: number): void {
    assert(this.#file === null, "a file is opened once");
    if (this.#isOver) {
      file.close();
      return;
    }
    this.#file = file;
    this.#queue.pushFirst(head, records, bytesRaw);
    this.#go();
  }

  /** Closes it once all is written. */
  end(): void {
    this.#isEnding = true;
    this.#go();
  }

  /** Ends it with what is written, without waiting. @param done told then. @returns what was queued */
  leave(done: (file: OutputFile) => void): Lost {
    const file = this.#file;
    this.#isOver = true;
    // What else goes wrong comes of the error that is the reason for it.
    file?.closeLater(() => done(file));
    return this.#queue.lose();
  }

  /** Writes no more; a write that is under way is not waited for. @returns what was queued */
  giveUp(): Lost {
    this.#isOver = true;
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
      this.#isBusy = false;
    }
    if (!this.#isBusy && this.#file !== null) {
      closeAfterFailure(this.#file);
    }
    return this.#queue.lose();
  }

  #go(): void {
    const file = this.#file;
    if (this.#isBusy || this.#isOver || file === null) {
      return;
    }
    if (this.#queue.bytes > 0) {
      this.#write(file);
    } else if (this.#isEnding) {
      this.#isBusy = true;
      file.closeLater((error) => this.#closed(file, error));
    }
  }

  #write(file: OutputFile): void {
    const views = this.#queue.views();
    const bytes = views.reduce((sum, view) => sum + view.length, 0);
    this.#isBusy = true;
    const answer = this.#events.mayWrite(bytes, () => this.#again(file));
    if (answer === "yes") {
      file.writeLater(views, (error, count) => this.#written(file, error, count));
    } else if (answer === "never") {
      this.#takeBack(file, new Error("it would be more than --keep-bytes allows"), "leave");
    }
  }

  /** Goes on after something else than a write. */
  #again(file: OutputFile): void {
    this.#isBusy = false;
    if (this.#isOver) {
      closeAfterFailure(file);
    } else {
      this.#go();
    }
  }

  #againAfter(file: OutputFile, ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#again(file);
    }, ms);
  }

  #written(file: OutputFile, error: Error | null, count: number): void {
    const code = errnoCode(error);
    if (error === null) {
      this.#events.onSize(count);
    }
    if (this.#isOver) {
      // It was given up, and counted as lost.
      file.takeBack();
      this.#again(file);
      return;
    }
    if (error !== null && code !== "EAGAIN" && code !== "EINTR") {
      this.#takeBack(file, error);
      return;
    }
    if (error === null) {
      this.#queue.advance(count);
      file.offset = this.#queue.whole;
      file.records = this.#queue.wholeRecords;
    }
    if (code === "EAGAIN" || (error === null && count === 0)) {
      this.#againAfter(file, retryMs);
      return;
    }
    this.#isBusy = false;
    if (this.#queue.bytes === 0) {
      this.#events.onEmpty();
    }
    this.#go();
  }

  /** The file ends with its last whole block before anything else is tried. */
  #takeBack(file: OutputFile, error: Error, only: Remedy | null = null): void {
    file.takeBackLater(error, (failure, isTorn) => {
      if (this.#isOver) {
        this.#again(file);
        return;
      }
      if (!isTorn) {
        const before = this.#queue.bytes;
        this.#queue.rewind();
        this.#events.onSize(before - this.#queue.bytes);
      }
      if (only !== null) {
        this.#mend(file, failure, only);
        return;
      }
      this.#events.onTrouble(failure, (remedy) => {
        this.#mend(file, failure, isTorn && remedy !== "fail" ? "leave" : remedy);
      });
    });
  }

  #mend(file: OutputFile, failure: OperatorError, remedy: Remedy): void {
    if (remedy === "wait") {
      this.#againAfter(file, troubleRetryMs);
    } else if (this.#isOver || remedy === "again") {
      this.#again(file);
    } else {
      this.#isBusy = false;
      this.#events.onFailed(failure, remedy === "leave");
    }
  }

  #closed(file: OutputFile, error: OperatorError | null): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#events.onEnded(file, error);
    }
  }
}

export function closeAfterFailure(file: OutputFile): void {
  try {
    file.close();
  } catch (error) {
    // The first error is the one to report; this one comes of it.
    assert(error instanceof OperatorError, "closing fails as an operator error");
  }
}

function unopenedError(): OperatorError {
  const message = "cannot open the next output file: the one before it was not complete in time";
  return new OperatorError("OUTPUT_WRITE_FAILED", message);
}
