// The times of records as a program wants them. A record has each as two 32-bit halves, since a
// bigint for every event would cost more than all else; these make one where it is asked for.

export interface Timed {
  readonly tsLo: number;
  readonly tsHi: number;
}

export interface Ended {
  readonly endTsLo: number;
  readonly endTsHi: number;
}

const halfRange = 2 ** 32;

/** Nanoseconds since the epoch: when it happened, a flow began, or an entity was last changed. */
export function nanosecondsOf({ tsLo, tsHi }: Timed): bigint {
  return joined(tsLo, tsHi);
}

/** The same in milliseconds, as `Date` has them; exact to a fraction of a microsecond. */
export function millisecondsOf({ tsLo, tsHi }: Timed): number {
  return milliseconds(tsLo, tsHi);
}

/** When a flow ended. */
export function endNanosecondsOf({ endTsLo, endTsHi }: Ended): bigint {
  return joined(endTsLo, endTsHi);
}

export function endMillisecondsOf({ endTsLo, endTsHi }: Ended): number {
  return milliseconds(endTsLo, endTsHi);
}

function joined(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
}

function milliseconds(lo: number, hi: number): number {
  return (hi * halfRange + (lo >>> 0)) / 1e6;
}
