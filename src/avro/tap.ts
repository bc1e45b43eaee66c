// Avro's primitive encodings, written into a byte buffer at a position. No write checks for room:
// past the end a byte is dropped and the position runs on, so the caller asks `ok()` once a record,
// and where it is false makes room and writes that record again.

import { RecentLists } from "./recent-lists.ts";

/** Above this length Buffer's native writer wins over a loop in JavaScript (measured). */
const shortStringMax = 64;

/** The same for bytes, of which a view must be made first. */
const shortPartMax = 128;

const twoTo32 = 4294967296;

export class Tap {
  /** Bytes before `pos` are written. Replaced by `grow`: never keep a reference to it. */
  buffer: Buffer;
  pos = 0;
  readonly lists = new RecentLists();

  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** False where a write since the last check ran past the end: the bytes are not all there. */
  ok(): boolean {
    return this.pos <= this.buffer.length;
  }

  /** Doubles the buffer and keeps the first `keep` bytes. */
  grow(keep: number): void {
    const larger = Buffer.allocUnsafeSlow(this.buffer.length * 2);
    larger.set(this.buffer.subarray(0, keep));
    this.buffer = larger;
  }

  writeBoolean(value: boolean): void {
    this.buffer[this.pos++] = value ? 1 : 0;
  }

  /** A signed 32-bit value; a larger number is taken modulo 2^32 (0xffffffff is -1). */
  writeInt(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    const buffer = this.buffer;
    let pos = this.pos;
    while (rest > 0x7f) {
      buffer[pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[pos++] = rest;
    this.pos = pos;
  }

  /** @param value a safe integer: what lies beyond 2^53 must come as halves. */
  writeLong(value: number): void {
    if (value === (value | 0)) {
      this.writeInt(value);
    } else {
      this.writeLongHalves(value | 0, Math.floor(value / twoTo32));
    }
  }

  /**
   * A signed 64-bit value.
   * @param lo its low 32 bits, @param hi its high 32 bits; each as uint32 or int32.
   */
  writeLongHalves(lo: number, hi: number): void {
    const sign = hi >> 31;
    let low = ((lo << 1) ^ sign) >>> 0;
    let high = ((hi << 1) | (lo >>> 31)) ^ sign;
    const buffer = this.buffer;
    let pos = this.pos;
    while (high !== 0) {
      buffer[pos++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    while (low > 0x7f) {
      buffer[pos++] = (low & 0x7f) | 0x80;
      low >>>= 7;
    }
    buffer[pos++] = low;
    this.pos = pos;
  }

  /** UTF-8; a lone surrogate becomes U+FFFD, as in every other writer of JavaScript strings. */
  writeString(value: string): void {
    const length = value.length;
    if (length > shortStringMax) {
      this.#writeLongString(value);
      return;
    }
    const start = this.pos;
    const buffer = this.buffer;
    buffer[start] = length << 1;
    let pos = start + 1;
    // One length byte serves up to 63 bytes; at 64 the zig-zag length is 0x80 and takes two.
    if (length === shortStringMax) {
      buffer[pos++] = 0x01;
    }
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.#writeLongString(value);
        return;
      }
      buffer[pos++] = code;
    }
    this.pos = pos;
  }

  /** A length, then the bytes. */
  writeBytes(value: Readonly<Uint8Array>): void {
    this.writeInt(value.length);
    this.writeFixed(value);
  }

  /** The bytes alone: their number stands in the schema. */
  writeFixed(value: Readonly<Uint8Array>): void {
    const buffer = this.buffer;
    const length = value.length;
    let pos = this.pos;
    for (let i = 0; i < length; i++) {
      buffer[pos++] = value[i] as number;
    }
    this.pos = pos;
  }

  /** Many bytes as they are. */
  writeBlock(bytes: Uint8Array): void {
    // As below: a native writer.
    if (this.pos + bytes.length <= this.buffer.length) {
      this.buffer.set(bytes, this.pos);
    }
    this.pos += bytes.length;
  }

  /** What stands in `bytes` from `start` to `end`. */
  writePart(bytes: Uint8Array, start: number, end: number): void {
    if (end - start > shortPartMax) {
      this.writeBlock(bytes.subarray(start, end));
      return;
    }
    const buffer = this.buffer;
    let pos = this.pos;
    for (let i = start; i < end; i++) {
      buffer[pos++] = bytes[i] as number;
    }
    this.pos = pos;
  }

  #writeLongString(value: string): void {
    const byteLength = Buffer.byteLength(value);
    this.writeInt(byteLength);
    // Native writers refuse an offset past the end, where our own writes are dropped.
    if (this.pos + byteLength <= this.buffer.length) {
      this.buffer.write(value, this.pos, byteLength);
    }
    this.pos += byteLength;
  }
}
