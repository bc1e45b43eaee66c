// A turn of the event loop, for code that works in long stretches.

/** Lets signals, timers and finished writes be served. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
