// Avro's primitive encodings, read from a byte buffer at a position: the counterpart of tap.ts, for
// bytes that may be hostile. A number read past the end is 0 and the position runs on, so the
// caller asks `check()` once a record. A length or a count is compared with what is left before
// memory is taken for it. 64-bit values come as two halves, without a BigInt.

import { AvroError } from "./avro-error.ts";

const twoTo32 = 4294967296;

export class ReadTap {
  pos = 0;
  /** The halves of the long that `readHalves` read: the low one a uint32, the high one an int32. */
  lo = 0;
  hi = 0;
  #buffer: Buffer;
  /** The same bytes. A Buffer's own `slice` makes no copy. */
  #bytes: Uint8Array;

  constructor(buffer: Buffer = Buffer.alloc(0)) {
    this.#buffer = buffer;
    this.#bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  }

  /** Begins anew with other bytes, which nobody may change while they are read. */
  reset(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    this.pos = 0;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** @throws AvroError "cut" where a read went past the end: what it gave is not in the data. */
  check(): void {
    if (this.pos > this.#bytes.length) {
      throw new AvroError("it ends there", { fault: "cut" });
    }
  }

  /** @throws AvroError where the byte is neither 0 nor 1 */
  readBoolean(): boolean {
    const byte = this.#bytes[this.pos++] as number;
    if (byte > 1) {
      throw new AvroError(`a boolean is ${byte}`);
    }
    return byte === 1;
  }

  /** @throws AvroError where the number has more than 32 bits */
  readInt(): number {
    const bytes = this.#bytes;
    let pos = this.pos;
    let byte = bytes[pos++] as number;
    let rest = byte & 0x7f;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[pos++] as number;
      if (shift === 28 && byte > 0x0f) {
        throw new AvroError("an int has more than 32 bits");
      }
      rest |= (byte & 0x7f) << shift;
    }
    this.pos = pos;
    return (rest >>> 1) ^ -(rest & 1);
  }

  /** Reads a long into `lo` and `hi`. @throws AvroError where it has more than 64 bits */
  readHalves(): void {
    const bytes = this.#bytes;
    let pos = this.pos;
    let byte = bytes[pos++] as number;
    let low = byte & 0x7f;
    let middle = 0;
    let high = 0;
    for (let shift = 7; byte > 0x7f && shift < 28; shift += 7) {
      byte = bytes[pos++] as number;
      low |= (byte & 0x7f) << shift;
    }
    for (let shift = 0; byte > 0x7f && shift < 28; shift += 7) {
      byte = bytes[pos++] as number;
      middle |= (byte & 0x7f) << shift;
    }
    if (byte > 0x7f) {
      byte = bytes[pos++] as number;
      high = byte & 0x7f;
      if (byte > 0x7f) {
        byte = bytes[pos++] as number;
        if (byte > 1) {
          throw new AvroError("a long has more than 64 bits");
        }
        high |= byte << 7;
      }
    }
    this.pos = pos;
    const lo = low | (middle << 28);
    const hi = (middle >>> 4) | (high << 24);
    const sign = -(lo & 1);
    this.lo = (((lo >>> 1) | (hi << 31)) ^ sign) >>> 0;
    this.hi = (hi >>> 1) ^ sign;
  }

  /** Rounds what lies beyond 2^53, as numbers do: one such count must not make a file unreadable. */
  readLong(): number {
    const byte = this.#bytes[this.pos] as number;
    if (byte < 0x80) {
      this.pos += 1;
      return (byte >>> 1) ^ -(byte & 1);
    }
    this.readHalves();
    return this.hi * twoTo32 + this.lo;
  }

  readBigLong(): bigint {
    this.readHalves();
    return (BigInt(this.hi) << 32n) | BigInt(this.lo);
  }

  /** A length, and so many bytes as `text` gives them. @throws AvroError */
  readString(): string {
    return this.text(this.readLength());
  }

  /** So many bytes. Those that are not UTF-8 become U+FFFD, as in every reader of ours. */
  text(length: number): string {
    const start = this.pass(length);
    return length === 0 ? "" : this.#buffer.toString("utf8", start, this.pos);
  }

  /** A copy of so many bytes. @throws AvroError where there are fewer. */
  readFixed(size: number): Uint8Array {
    const start = this.pass(size);
    return this.#bytes.slice(start, this.pos);
  }

  /** @throws AvroError where it is negative */
  readLength(): number {
    const length = this.readLong();
    if (length < 0) {
      throw new AvroError(`a length is ${length}`);
    }
    return length;
  }

  /** Passes over so many bytes. @returns where they begin. @throws AvroError where there are fewer */
  pass(length: number): number {
    const start = this.pos;
    this.pos += length;
    this.check();
    return start;
  }

  /**
   * The number of items in the next block of an array or a map; 0 where that was the last one. A
   * caller whose items take at least one byte each may read as many without a check of its own.
   * @throws AvroError where there are fewer bytes left than items
   */
  readItemCount(): number {
    let count = this.readLong();
    if (count < 0) {
      // The block's length in bytes follows, which is for readers that skip the block.
      count = -count;
      this.readLong();
    }
    if (count > this.#bytes.length - this.pos) {
      throw new AvroError(`${count} items stand in fewer bytes`);
    }
    return count;
  }
}
