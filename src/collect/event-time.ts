// Event time in the form in which it crosses from native code: two 32-bit halves of nanoseconds
// since the epoch. A pair is compared as unsigned, since times after 2^31 in the low half are usual.

/** True where a is later than b. */
export function isLater(aLo: number, aHi: number, bLo: number, bHi: number): boolean {
  return aHi >>> 0 === bHi >>> 0 ? aLo >>> 0 > bLo >>> 0 : aHi >>> 0 > bHi >>> 0;
}

interface Span {
  readonly tsLo: number;
  readonly tsHi: number;
  endTsLo: number;
  endTsHi: number;
}

/** Events of several CPUs can come a little out of order: no flow ends before it began. */
export function endAt(flow: Span, tsLo: number, tsHi: number): void {
  const isBefore = isLater(flow.tsLo, flow.tsHi, tsLo, tsHi);
  flow.endTsLo = isBefore ? flow.tsLo : tsLo;
  flow.endTsHi = isBefore ? flow.tsHi : tsHi;
}
