// The only home of wall-clock time. `collect` must not use it: it knows event time only, so that a
// replay gives the same bytes every time.

/** Milliseconds since the epoch. Can jump, forwards and backwards. */
export function nowMs(): number {
  return Date.now();
}

/** Whole seconds since the epoch. */
export function nowSec(): number {
  return Math.floor(Date.now() / 1000);
}

/** Milliseconds since an arbitrary start; never goes back. For durations and rate limits. */
export function monotonicMs(): number {
  return performance.now();
}
