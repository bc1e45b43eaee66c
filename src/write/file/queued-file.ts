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

export interface QueuedFileEvents {
  /** All that came so far is written. */
  readonly onEmpty: () => void;
  /** All is written and the file is closed: nothing more may come. */
  readonly onEnded: () => void;
  /** It takes nothing more; `giveUp` then says what is lost. */
  readonly onFailed: (error: OperatorError) => void;
}

const retryMs = 5;

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

  /** Writes no more; a write that is under way is not waited for. @returns what was queued */
  giveUp(): Lost {
    this.#isOver = true;
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
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
      this.#isBusy = true;
      file.writeLater(this.#queue.views(), (error, count) => this.#written(file, error, count));
    } else if (this.#isEnding) {
      this.#isBusy = true;
      file.closeLater((error) => this.#closed(error));
    }
  }

  #written(file: OutputFile, error: Error | null, count: number): void {
    this.#isBusy = false;
    if (this.#isOver) {
      closeAfterFailure(file);
      return;
    }
    const code = error === null ? null : errnoCode(error);
    if (error !== null && code !== "EAGAIN" && code !== "EINTR") {
      this.#end(file, error);
      return;
    }
    if (error === null) {
      this.#queue.advance(count);
      file.offset = this.#queue.whole;
    }
    if (code === "EAGAIN" || (error === null && count === 0)) {
      this.#isBusy = true;
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#isBusy = false;
        this.#go();
      }, retryMs);
      return;
    }
    if (this.#queue.bytes === 0) {
      this.#events.onEmpty();
    }
    this.#go();
  }

  #end(file: OutputFile, error: Error): void {
    const failure = file.writeError(error);
    closeAfterFailure(file);
    this.#events.onFailed(failure);
  }

  #closed(error: OperatorError | null): void {
    if (this.#isOver) {
      return;
    }
    if (error !== null) {
      this.#events.onFailed(error);
    } else {
      this.#isOver = true;
      this.#events.onEnded();
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
