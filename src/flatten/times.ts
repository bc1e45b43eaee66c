// Times in attributes: 64-bit nanoseconds as two halves, and what people read of them. Always UTC.

const billion = 1_000_000_000;
/** 2^32 is 4 billion and this. */
const beyondFour = 294_967_296;
const twoTo16 = 65_536;

/** What `divide` made last of halves that are not negative. */
let seconds = 0;
let nanos = 0;

/** Into seconds and nanoseconds, with numbers that a double holds exactly. */
function divide(hi: number, lo: number): void {
  const upper = Math.floor(hi / twoTo16);
  const product = upper * beyondFour;
  const wholes = Math.floor(product / billion);
  const rest = (product - wholes * billion) * twoTo16 + (hi % twoTo16) * beyondFour + (lo >>> 0);
  const more = Math.floor(rest / billion);
  seconds = hi * 4 + wholes * twoTo16 + more;
  nanos = rest - more * billion;
}

/** A signed 64-bit number in decimal. */
export function halvesText(hi: number, lo: number): string {
  const high = hi | 0;
  if (high < 0) {
    // No honest record has such a time.
    return String((BigInt(high) << 32n) | BigInt(lo >>> 0));
  }
  divide(high, lo);
  return seconds === 0 ? String(nanos) : `${seconds}${nineDigits(nanos)}`;
}

function nineDigits(value: number): string {
  return String(value).padStart(9, "0");
}

/** Whole seconds; before 1970 the ones that the time is in, too. */
export function secondsOf(hi: number, lo: number): number {
  split(hi, lo);
  return seconds;
}

/** The nanoseconds in the second. */
export function nanosOf(hi: number, lo: number): number {
  split(hi, lo);
  return nanos;
}

function split(hi: number, lo: number): void {
  const high = hi | 0;
  if (high >= 0) {
    divide(high, lo);
    return;
  }
  // What is missing to 1970 is divided, less one so that the halves are not negative.
  divide(~high, ~lo);
  seconds = -1 - seconds;
  nanos = billion - 1 - nanos;
}

/** With their fraction, to a quarter of a microsecond: enough to tell which of two is long before. */
export function aboutSeconds(hi: number, lo: number): number {
  return ((hi | 0) * 2 ** 32 + (lo >>> 0)) / 1e9;
}

/** `YYYY-MM-DD`; years that a Date has no room for do not occur in 64 bits of nanoseconds. */
export function dateText(hi: number, lo: number): string {
  return isoText(hi, lo).slice(0, 10);
}

/** `HH:MM:SS`. */
export function clockText(hi: number, lo: number): string {
  return isoText(hi, lo).slice(11, 19);
}

/** `HH:MM:SS.nnnnnnnnn`. */
export function exactClockText(hi: number, lo: number): string {
  return `${clockText(hi, lo)}.${nineDigits(nanosOf(hi, lo))}`;
}

/** Many records are of the second of the one before. */
let isoSeconds = Number.NaN;
let iso = "";

function isoText(hi: number, lo: number): string {
  const of = secondsOf(hi, lo);
  if (of !== isoSeconds) {
    isoSeconds = of;
    iso = new Date(of * 1000).toISOString();
  }
  return iso;
}
