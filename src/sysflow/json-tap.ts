// JSON text, written into a byte buffer at a position: the counterpart of avro/tap.ts for lines that
// programs and people read. As there, nothing checks for room, and the caller asks `ok()` once a
// record. No line holds what another program may take for the end of it: control characters and the
// separators that some count as newlines are escaped. 64-bit numbers are exact, without a BigInt.

const twoTo16 = 65536;
const billion = 1_000_000_000;
const digits0 = 0x30;
const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;

export class JsonTap {
  /** Bytes before `pos` are written. Replaced by `grow`: never keep a reference to it. */
  buffer: Buffer;
  pos = 0;
  /** The last high half, which is the same for some four seconds, and that times 2^32, divided. */
  #high = 0;
  #highSeconds = 0;
  #highRest = 0;
  /** Whole seconds whose digits are known: times come in their order, more or less. */
  #second = -1;
  readonly #secondDigits = new Uint8Array(20);
  #secondLength = 0;

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
    if (high !== this.#high) {
      this.#divideHigh(high);
    }
    const sum = this.#highRest + low;
    const more = Math.floor(sum / billion);
    const rest = sum - more * billion;
    const seconds = this.#highSeconds + more;
    if (seconds === 0) {
      this.#whole(rest);
    } else {
      this.#seconds(seconds);
      this.#nineDigits(rest);
    }
  }

  bigLong(value: bigint): void {
    this.text(value.toString());
  }

  /** With its quotes. A lone surrogate becomes U+FFFD. */
  string(value: string): void {
    const buffer = this.buffer;
    const length = value.length;
    const start = this.pos;
    let pos = start;
    buffer[pos++] = quote;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === quote || code === backslash) {
        this.pos = start;
        this.#escaped(value);
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
    if (this.pos + bytes <= this.buffer.length) {
      this.buffer.write(text, this.pos, bytes, "utf8");
    }
    this.pos += bytes;
  }

  /** Two digits for each byte, with quotes. */
  hex(value: Readonly<Uint8Array>): void {
    const buffer = this.buffer;
    const length = value.length;
    let pos = this.pos;
    buffer[pos++] = quote;
    for (let i = 0; i < length; i++) {
      const byte = value[i] as number;
      buffer[pos++] = hexDigits[byte >> 4] as number;
      buffer[pos++] = hexDigits[byte & 15] as number;
    }
    buffer[pos++] = quote;
    this.pos = pos;
  }

  #escaped(value: string): void {
    this.utf8(JSON.stringify(value.toWellFormed()).replace(lineBreakers, asEscape));
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

  /** Writes all of its digits, so that they end before that position. */
  #digitsBefore(end: number, value: number): void {
    const buffer = this.buffer;
    let pos = end;
    let rest = value;
    while (rest > 9) {
      const quotient = (rest / 10) | 0;
      buffer[--pos] = digits0 + (rest - quotient * 10);
      rest = quotient;
    }
    buffer[--pos] = digits0 + rest;
  }

  /** By a billion, in parts of 16 bits, so that nothing passes 2^53. */
  #divideHigh(high: number): void {
    const first = high % billion;
    const upper = first * twoTo16;
    const lower = (upper % billion) * twoTo16;
    this.#high = high;
    this.#highRest = lower % billion;
    this.#highSeconds =
      (Math.floor(high / billion) * twoTo16 + Math.floor(upper / billion)) * twoTo16 +
      Math.floor(lower / billion);
  }

  #seconds(seconds: number): void {
    const known = this.#secondDigits;
    if (seconds !== this.#second) {
      this.#second = seconds;
      const text = String(seconds);
      this.#secondLength = text.length;
      for (let i = 0; i < text.length; i++) {
        known[i] = text.charCodeAt(i);
      }
    }
    const buffer = this.buffer;
    let pos = this.pos;
    for (let i = 0; i < this.#secondLength; i++) {
      buffer[pos++] = known[i] as number;
    }
    this.pos = pos;
  }

  #nineDigits(value: number): void {
    const buffer = this.buffer;
    this.pos += 9;
    let pos = this.pos;
    let rest = value | 0;
    for (let i = 0; i < 9; i++) {
      const quotient = (rest / 10) | 0;
      buffer[--pos] = digits0 + (rest - quotient * 10);
      rest = quotient;
    }
  }
}

const hexDigits = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

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
