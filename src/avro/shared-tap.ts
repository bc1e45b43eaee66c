// Bytes that several container files have in common: a record is encoded once, and each file takes it
// as a stretch of this tap, without a copy as long as its records follow one another here. A block that
// is one stretch is packed once for all files that end it at the same record.

import { deflateRaw } from "../base/deflate.ts";
import { Tap } from "./tap.ts";

export class SharedTap extends Tap {
  /** The stretch that was packed last, and what it became; from 0 to 0 where there is none. */
  #packedStart = 0;
  #packedEnd = 0;
  #packed: Uint8Array = new Uint8Array(0);

  /** What stands from `start` to `end`, deflated. The array is everybody's: nobody writes to it. */
  deflated(start: number, end: number): Uint8Array {
    if (start !== this.#packedStart || end !== this.#packedEnd) {
      // `allocUnsafeSlow`, from which every tap comes, makes no shared memory.
      this.#packed = deflateRaw(this.buffer.subarray(start, end) as Uint8Array<ArrayBuffer>);
      this.#packedStart = start;
      this.#packedEnd = end;
    }
    return this.#packed;
  }

  /** Begins at its first byte again: nobody may hold a stretch of it any more. */
  restart(): void {
    this.pos = 0;
    this.#packedStart = 0;
    this.#packedEnd = 0;
  }
}
