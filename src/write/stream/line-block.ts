// Lines that are made in one buffer and handed to a stream's queue as blocks: when there are enough of
// them, or when the first has waited long enough. Nothing is allocated for a line.

import { JsonTap } from "../../sysflow/json-tap.ts";
import { FlushTimer } from "../flush-timer.ts";
import type { StreamQueue } from "./stream-queue.ts";

/** Lines are handed over once there are so many bytes of them: each write costs some 20 µs beside them. */
export const blockBytes = 256 * 1024;
/** Room behind a block for the line that passes its end; a longer one makes the buffer grow. */
export const slackBytes = 64 * 1024;
/** How long a line may wait for others. */
const flushMs = 100;

/** What became of lines, and of their bytes. */
export interface LineStats {
  /** Left out because the queue was full. */
  readonly dropped: number;
  /** Not written because a write failed. */
  readonly failed: number;
  readonly bytesWritten: number;
  /** Bytes that wait in the queue. */
  readonly queued: number;
}

export class LineBlock {
  /** What a line is written into, with the newline at its end. */
  readonly tap = new JsonTap(blockBytes + slackBytes);
  readonly #queue: StreamQueue;
  /** Where the lines end that are whole. */
  #end = 0;
  /** A tap of several outputs, of which a stretch is to be handed over; then there are no lines here. */
  #shared: JsonTap | null = null;
  #stretchStart = 0;
  #stretchEnd = 0;
  #pending = 0;
  #dropped = 0;
  /** Left out after a failure. */
  #failed = 0;
  readonly #timer = new FlushTimer(flushMs, () => this.flush());

  constructor(queue: StreamQueue) {
    this.#queue = queue;
  }

  stats(): LineStats {
    return {
      dropped: this.#dropped,
      failed: this.#failed + this.#queue.failed,
      bytesWritten: this.#queue.bytesWritten,
      queued: this.#queue.bytes,
    };
  }

  /** Asked before a line is made. @returns false where it is left out, and counted */
  takes(): boolean {
    if (this.#queue.failure !== null) {
      this.#failed += 1;
    } else if (this.#queue.isDropping) {
      this.#dropped += 1;
    } else {
      return true;
    }
    return false;
  }

  /** The line in the tap is whole. @returns false where it must be made again: now there is room */
  endLine(): boolean {
    const tap = this.tap;
    if (!tap.ok()) {
      tap.grow(this.#end);
      tap.pos = this.#end;
      return false;
    }
    this.#end = tap.pos;
    this.#taken(tap.pos);
    return true;
  }

  /** A whole line is in another tap, from `start` to its position, and stays there until `settle`. */
  take(shared: JsonTap, start: number): void {
    if (start !== this.#stretchEnd || shared !== this.#shared || this.#end > 0) {
      this.flush();
      this.#shared = shared;
      this.#stretchStart = start;
    }
    this.#stretchEnd = shared.pos;
    this.#taken(shared.pos - this.#stretchStart);
  }

  /** Whether lines of it are in another tap. */
  get holdsStretch(): boolean {
    return this.#stretchStart < this.#stretchEnd;
  }

  /** Hands over those; to be called before a line is made here. */
  settle(): void {
    if (this.holdsStretch) {
      this.flush();
    }
  }

  /** Hands over all whole lines. */
  flush(): void {
    if (this.#pending > 0) {
      this.#queue.write(this.#lines(), this.#pending);
      this.tap.pos = 0;
      this.#end = 0;
      this.#pending = 0;
      this.#stretchStart = this.#stretchEnd;
    }
  }

  #lines(): Uint8Array {
    return this.#shared !== null && this.holdsStretch
      ? this.#shared.buffer.subarray(this.#stretchStart, this.#stretchEnd)
      : this.tap.buffer.subarray(0, this.#end);
  }

  /** @param bytes of all lines that wait */
  #taken(bytes: number): void {
    this.#pending += 1;
    if (bytes >= blockBytes) {
      this.flush();
    } else {
      this.#timer.start();
    }
  }
}
