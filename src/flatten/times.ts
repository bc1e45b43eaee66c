// Times in attributes: 64-bit nanoseconds as two halves, and what people read of them. Always UTC.

const billion = 1_000_000_000;

/** A signed 64-bit number in decimal. For people and encoders alone, so BigInt is good enough. */
export function halvesText(hi: number, lo: number): string {
  return String(asBigInt(hi, lo));
}

function asBigInt(hi: number, lo: number): bigint {
  return (BigInt(hi | 0) << 32n) | BigInt(lo >>> 0);
}

/** Whole seconds; before 1970 the ones that the time is in, too. */
export function secondsOf(hi: number, lo: number): number {
  return Number((asBigInt(hi, lo) - BigInt(nanosOf(hi, lo))) / BigInt(billion));
}

/** The nanoseconds in the second. */
export function nanosOf(hi: number, lo: number): number {
  const rest = Number(asBigInt(hi, lo) % BigInt(billion));
  return rest < 0 ? rest + billion : rest;
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
  return `${clockText(hi, lo)}.${String(nanosOf(hi, lo)).padStart(9, "0")}`;
}

function isoText(hi: number, lo: number): string {
  return new Date(secondsOf(hi, lo) * 1000).toISOString();
}
