// Pieces of objects that are the same in many records, such as all that is told of a process: encoded
// once and copied from then on. A piece is kept for as long as what it was made of is.

import type { JsonTap } from "../../sysflow/json-tap.ts";

interface Piece {
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** All pieces of one kind; where they are more, all are forgotten and made anew. */
const bytesMax = 16 * 1024 * 1024;

export class KeptBytes {
  #pieces = new WeakMap<object, Piece>();
  #bytes = 0;

  /**
   * Writes the piece, if it is known.
   * @param owner what it is made of: never changed, but replaced
   * @param version of what it is made of besides
   * @returns false where it is not: then it is to be written, and given to `keep`
   */
  write(tap: JsonTap, owner: object, version: number): boolean {
    const known = this.#pieces.get(owner);
    if (known === undefined || known.version !== version) {
      return false;
    }
    tap.block(known.bytes);
    return true;
  }

  /** Keeps what was written from `start` on. */
  keep(tap: JsonTap, owner: object, version: number, start: number): void {
    if (!tap.ok()) {
      // Not all of it is there: it is written again where there is room.
      return;
    }
    const bytes = Uint8Array.prototype.slice.call(tap.buffer, start, tap.pos);
    this.#bytes += bytes.length;
    if (this.#bytes > bytesMax) {
      this.#pieces = new WeakMap();
      this.#bytes = bytes.length;
    }
    this.#pieces.set(owner, { version, bytes });
  }
}
