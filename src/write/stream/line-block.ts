// Lines that are made in one buffer and handed to a stream's queue as blocks: when there are enough of
// them, or when the first has waited long enough. Nothing is allocated for a line.

import { JsonTap } from "../../sysflow/json-tap.ts";
import type { StreamQueue } from "./stream-queue.ts";

const blockBytes = 64 * 1024;
/** Room behind a block for the line that passes its end; a longer one makes the buffer grow. */
const slackBytes = 64 * 1024;
/** How long a line may wait for others. */
const flushMs = 100;

export class LineBlock {
  /** What a line is written into, with the newline at its end. */
  readonly tap = new JsonTap(blockBytes + slackBytes);
  readonly #queue: StreamQueue;
  /** Where the lines end that are whole. */
  #end = 0;
  #pending = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(queue: StreamQueue) {
    this.#queue = queue;
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
    this.#pending += 1;
    if (tap.pos >= blockBytes) {
      this.flush();
    } else if (this.#timer === null) {
      this.#flushSoon();
    }
    return true;
  }

  /** Hands over all whole lines. */
  flush(): void {
    if (this.#pending > 0) {
      this.#queue.write(this.tap.buffer.subarray(0, this.#end), this.#pending);
      this.tap.pos = 0;
      this.#end = 0;
      this.#pending = 0;
    }
  }

  #flushSoon(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.flush();
    }, flushMs);
    // It alone must not keep the program alive: who ends the stream flushes before.
    this.#timer.unref();
  }
}
