// The loop that every run is: take what batches there are, handle each, and give the event loop a turn
// after a few milliseconds of that; where there is none, wait for the source's bell. Nothing here blocks.

import { monotonicMs } from "../base/clock.ts";
import { eventLoopTurn } from "../base/event-loop.ts";

/** What is needed of a capture; `capture/capture.ts` fits it. */
export interface BatchSource<View> {
  /** True where a batch is in `view`; false where none came in time, or none follows. */
  next(timeoutMs: number): boolean;
  /** Resolves when `next` has something to give, and after `timeoutMs` at the latest. */
  ready(timeoutMs: number): Promise<void>;
  readonly view: View;
  readonly eof: boolean;
}

export interface RunLoop<View> {
  readonly source: BatchSource<View>;
  readonly handle: (view: View) => void;
  readonly isStopped: () => boolean;
  /** Every 20 ms, or 35 where nothing comes, between batches; a promise holds the loop up. */
  readonly afterTurn?: () => Promise<unknown> | undefined;
}

/** How often `afterTurn` is called while batches come. */
const pollMs = 20;
/**
 * After how long it is asked again whether the run is over where nothing comes. Each time costs some
 * 0.1 ms of CPU: with 20 an idle run took a quarter more than when it waited in native code.
 */
const idleMs = 35;
/** Signals, timers and sockets wait at most this long beyond the batch in hand. */
const busyMs = 4;

/** Returns at the source's end or when told to stop. @throws what `next` and `handle` throw. */
export async function runLoop<View>(loop: RunLoop<View>): Promise<void> {
  const { source } = loop;
  let busyEnd = monotonicMs() + busyMs;
  let pollEnd = monotonicMs() + pollMs;
  while (!(source.eof || loop.isStopped())) {
    if (source.next(0)) {
      loop.handle(source.view);
    } else {
      const askedMs = monotonicMs();
      await source.ready(idleMs);
      // Not after a short wait: a runtime may deliver ring after ring without a look at its sockets.
      if (monotonicMs() - askedMs >= busyMs) {
        busyEnd = monotonicMs() + busyMs;
      }
    }
    if (monotonicMs() >= pollEnd) {
      const held = loop.afterTurn?.();
      if (held !== undefined) {
        await held;
      }
      pollEnd = monotonicMs() + pollMs;
    }
    if (monotonicMs() >= busyEnd) {
      await eventLoopTurn();
      busyEnd = monotonicMs() + busyMs;
    }
  }
}

/**
 * After the source was asked to stop: takes what is still on its way, for at most `msMax`.
 * @throws what `next` and `handle` throw
 */
export async function drain<View>(
  source: BatchSource<View>,
  handle: (view: View) => void,
  msMax: number,
): Promise<void> {
  const end = monotonicMs() + msMax;
  while (!source.eof && monotonicMs() < end) {
    if (source.next(0)) {
      handle(source.view);
    } else {
      await source.ready(Math.min(idleMs, end - monotonicMs()));
    }
    await eventLoopTurn();
  }
}
