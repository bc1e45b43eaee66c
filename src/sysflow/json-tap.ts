// JSON text, written into a byte buffer at a position: the counterpart of avro/tap.ts for lines that
// programs and people read. As there, nothing checks for room, and the caller asks `ok()` once a
// record. No line holds what another program may take for the end of it: control characters and the
// separators that some count as newlines are escaped. 64-bit numbers are exact, without a BigInt.

import { RecentLists } from "../avro/recent-lists.ts";
import { assert } from "../base/assert.ts";

const billion = 1_000_000_000;
const digits0 = 0x30;
const quote = 0x22;
const backslash = 0x5c;
/** Above this length native code wins over a loop in JavaScript (measured). */
const shortTextMax = 128;
const minus = 0x2d;

/**
 * A text that is written often, in words of eight bytes, of which the last is filled up. A word is held
 * as a double, since that is the longest that JavaScript moves at once. ASCII is never the bits of a
 * NaN, so what is read is what is written.
 */
export class FixedText {
  readonly length: number;
  readonly words: Float64Array;

  /** @param text ASCII, without 0x7f */
  constructor(text: string) {
    assert(/^[ -~\n]*$/.test(text), "what is fixed is plain text");
    this.length = text.length;
    this.words = new Float64Array(Math.ceil(text.length / wordBytes));
    Buffer.from(this.words.buffer).write(text, "latin1");
  }
}

const wordBytes = 8;
/** DataView's other order than the machine's would turn the bytes of a word round. */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export class JsonTap {
  /** Bytes before `pos` are written. Replaced by `grow`: never keep a reference to it. */
  buffer: Buffer;
  pos = 0;
  readonly lists = new RecentLists();
  /** Of the same bytes. */
  #view: DataView;
  /** Where the room ends; behind it the last word of a text may still be filled up. */
  #end: number;

  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafeSlow(capacity + wordBytes);
    this.#view = viewOf(this.buffer);
    this.#end = capacity;
  }

  /** False where a write since the last check ran past the end: the bytes are not all there. */
  ok(): boolean {
    return this.pos <= this.#end;
  }

  /** Begins at its first byte again. */
  restart(): void {
    this.pos = 0;
  }

  /** Doubles the buffer and keeps the first `keep` bytes. */
  grow(keep: number): void {
    this.#end *= 2;
    const larger = Buffer.allocUnsafeSlow(this.#end + wordBytes);
    larger.set(this.buffer.subarray(0, keep));
    this.buffer = larger;
    this.#view = viewOf(larger);
  }

  fixed({ length, words }: FixedText): void {
    const view = this.#view;
    let pos = this.pos;
    this.pos = pos + length;
    if (this.pos > this.#end) {
      return;
    }
    for (let i = 0; i < words.length; i++) {
      view.setFloat64(pos, words[i] as number, isLittleEndian);
      pos += wordBytes;
    }
  }

  /** Text of ASCII as it is. */
  text(text: string): void {
    const buffer = this.buffer;
    const length = text.length;
    let pos = this.pos;
    for (let i = 0; i < length; i++) {
      buffer[pos++] = text.charCodeAt(i);
    }
    this.pos = pos;
  }

  /** Many bytes as they are. */
  block(bytes: Uint8Array): void {
    if (this.pos + bytes.length <= this.#end) {
      this.buffer.set(bytes, this.pos);
    }
    this.pos += bytes.length;
  }

  boolean(value: boolean): void {
    this.text(value ? "true" : "false");
  }

  /** A signed 32-bit value; a larger number is taken modulo 2^32 (0xffffffff is -1). */
  int(value: number): void {
    this.#whole(value | 0);
  }

  /** @param value a safe integer */
  long(value: number): void {
    this.#whole(value);
  }

  /**
   * A signed 64-bit value.
   * @param lo its low 32 bits, @param hi its high 32 bits; each as uint32 or int32.
   */
  halves(lo: number, hi: number): void {
    let low = lo >>> 0;
    let high = hi >>> 0;
    if (high > 0x7fff_ffff) {
      this.buffer[this.pos++] = minus;
      high = ~high >>> 0;
      low = -low >>> 0;
      // The one is carried where the low half is nothing but zeros.
      high = low === 0 ? (high + 1) >>> 0 : high;
    }
    if (high === 0) {
      this.#whole(low);
      return;
    }
    // The quotient may be one too large or too small, which its rest shows: below 2^32 there is room
    // for that, and the low half of a product is enough to know the rest.
    let billions = Math.floor(high * highBillions + low / billion);
    let rest = (low - Math.imul(billions, billion)) >>> 0;
    if (rest >= 2 * billion) {
      billions -= 1;
      rest = (rest + billion) >>> 0;
    } else if (rest >= billion) {
      billions += 1;
      rest -= billion;
    }
    this.#whole(billions);
    this.#nineDigits(rest);
  }

  bigLong(value: bigint): void {
    this.text(value.toString());
  }

  /** With its quotes. A lone surrogate becomes U+FFFD. */
  string(value: string): void {
    const buffer = this.buffer;
    const length = value.length;
    if (length > shortTextMax) {
      this.#long(value);
      return;
    }
    const start = this.pos;
    let pos = start;
    buffer[pos++] = quote;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === quote || code === backslash) {
        this.pos = start;
        this.#long(value);
        return;
      }
      buffer[pos++] = code;
    }
    buffer[pos++] = quote;
    this.pos = pos;
  }

  /** Any text as it is, in UTF-8. A lone surrogate becomes U+FFFD. */
  utf8(text: string): void {
    const bytes = Buffer.byteLength(text, "utf8");
    // The native writer refuses an offset past the end, where our own writes are dropped.
    if (this.pos + bytes <= this.#end) {
      this.buffer.write(text, this.pos, bytes, "utf8");
    }
    this.pos += bytes;
  }

  /** A list of many texts. @returns false where it must be written text by text, and is not written */
  strings(values: readonly string[]): boolean {
    const json = JSON.stringify(values);
    // It would show a lone surrogate by its number, which a text may also hold as it is.
    const isWritten = isPlain(json) && !json.includes("\\ud");
    if (isWritten) {
      this.utf8(json);
    }
    return isWritten;
  }

  /** Two digits for each byte, with quotes. */
  hex(value: Readonly<Uint8Array>): void {
    const view = this.#view;
    const length = value.length;
    let pos = this.pos;
    this.pos = pos + 2 * length + 2;
    if (this.pos > this.#end) {
      return;
    }
    view.setUint8(pos++, quote);
    for (let i = 0; i < length; i++) {
      view.setUint16(pos, hexDigits[value[i] as number] as number);
      pos += 2;
    }
    view.setUint8(pos, quote);
  }

  /** With native code, which takes longer to call, and less for each character. */
  #long(value: string): void {
    const json = JSON.stringify(value.toWellFormed());
    this.utf8(isPlain(json) ? json : json.replace(lineBreakers, asEscape));
  }

  #whole(value: number): void {
    let rest = value;
    if (rest < 0) {
      this.buffer[this.pos++] = minus;
      rest = -rest;
    }
    if (rest < 10) {
      this.buffer[this.pos++] = digits0 + rest;
      return;
    }
    if (rest > 0x7fff_ffff) {
      const billions = Math.floor(rest / billion);
      this.#whole(billions);
      this.#nineDigits(rest - billions * billion);
      return;
    }
    const small = rest | 0;
    this.pos += digitCount(small);
    this.#digitsBefore(this.pos, small);
  }

  /** Writes all of its digits, so that they end before that position. @param value 10 or more */
  #digitsBefore(end: number, value: number): void {
    const buffer = this.buffer;
    let pos = end;
    let rest = value;
    while (rest > 9) {
      const quotient = hundredth(rest);
      const pair = rest - quotient * 100;
      const ten = (pair * 103) >> 10;
      buffer[--pos] = digits0 + pair - ten * 10;
      buffer[--pos] = digits0 + ten;
      rest = quotient;
    }
    if (rest > 0) {
      buffer[--pos] = digits0 + rest;
    }
  }

  #nineDigits(value: number): void {
    const buffer = this.buffer;
    this.pos += 9;
    let pos = this.pos;
    let rest = value | 0;
    for (let i = 0; i < 4; i++) {
      const quotient = hundredth(rest);
      const pair = rest - quotient * 100;
      const ten = (pair * 103) >> 10;
      buffer[--pos] = digits0 + pair - ten * 10;
      buffer[--pos] = digits0 + ten;
      rest = quotient;
    }
    buffer[--pos] = digits0 + rest;
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

/**
 * By a multiplication, which takes a third of the time of a division. The half keeps what is exact
 * from being rounded down.
 * @param value from 0 to 2^31 - 1
 */
function hundredth(value: number): number {
  return ((value + 0.5) * 0.01) | 0;
}

/** 2^32 billionths. */
const highBillions = 4.294967296;

/** The two digits of a byte, the first in the higher half. */
const hexDigits = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, "0");
  return (digits.charCodeAt(0) << 8) | digits.charCodeAt(1);
});

/** ASCII without 0x7f: what JSON itself has escaped is all that is to be. */
function isPlain(json: string): boolean {
  return Buffer.byteLength(json, "utf8") === json.length && !json.includes("\u007f");
}

/** What JSON leaves as it is, and Unicode or a terminal takes for the end of a line or a command. */
const lineBreakers = /[\u007f-\u009f\u2028\u2029]/g;

function asEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** @param value from 0 to 2^31 - 1 */
function digitCount(value: number): number {
  if (value < 100_000) {
    return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : value < 10_000 ? 4 : 5;
  }
  if (value < 10_000_000) {
    return value < 1_000_000 ? 6 : 7;
  }
  return value < 100_000_000 ? 8 : value < billion ? 9 : 10;
}
