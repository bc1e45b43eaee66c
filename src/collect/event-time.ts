// Event time in the form in which it crosses from native code: two 32-bit halves of nanoseconds
// since the epoch. A pair is compared as unsigned, since times after 2^31 in the low half are usual.

/** True where a is later than b. */
export function isLater(aLo: number, aHi: number, bLo: number, bHi: number): boolean {
  return aHi >>> 0 === bHi >>> 0 ? aLo >>> 0 > bLo >>> 0 : aHi >>> 0 > bHi >>> 0;
}
