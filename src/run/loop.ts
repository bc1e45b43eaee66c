// The loop that every run is: take what batches there are, handle each, part by part, and give the event
// loop a turn as often as the run asks for; where there is none, wait for the source's bell. Nothing here
// blocks.

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

/** What becomes of a batch. */
export interface BatchUse<View> {
  /** Handles it, or its first part. */
  readonly handle: (view: View) => void;
  /** Handles the next part of it. @returns false where there is none */
  readonly goOn?: () => boolean;
}

export interface RunLoop<View> extends BatchUse<View> {
  readonly source: BatchSource<View>;
  /** Whether others have their turn after each part, as long as the run keeps up with its source. */
  readonly givesWay: boolean;
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

/**
 * Signals, timers and sockets wait at most so long beyond the part in hand: each turn of the event loop
 * costs some 0.01 ms.
 */
const busyMs = 4;
/** The same where the run gives way and keeps up. */
const briefMs = 0.1;

/** Returns at the source's end or when told to stop. @throws what `next` and `handle` throw. */
export async function runLoop<View>(loop: RunLoop<View>): Promise<void> {
  const { source } = loop;
  let busySince = monotonicMs();
  let pollEnd = monotonicMs() + pollMs;
  // Since the last wait, which is over with the first.
  let batches = 0;
  for (;;) {
    if (loop.goOn?.() === true) {
      // As long as it takes: the end of the run comes between two batches.
    } else if (source.eof || loop.isStopped()) {
      return;
    } else if (source.next(0)) {
      batches += 1;
      loop.handle(source.view);
    } else {
      const askedMs = monotonicMs();
      batches = 0;
      await source.ready(idleMs);
      // Not after a short wait: a runtime may deliver ring after ring without a look at its sockets.
      if (monotonicMs() - askedMs >= busyMs) {
        busySince = monotonicMs();
      }
    }
    if (monotonicMs() >= pollEnd) {
      const held = loop.afterTurn?.();
      if (held !== undefined) {
        await held;
      }
      pollEnd = monotonicMs() + pollMs;
    }
    const isBrief = loop.givesWay && batches <= 1;
    if (monotonicMs() - busySince >= (isBrief ? briefMs : busyMs)) {
      await eventLoopTurn();
      busySince = monotonicMs();
    }
  }
}

/**
 * After the source was asked to stop: takes what is still on its way, for at most `msMax`.
 * @throws what `next` and `handle` throw
 */
export async function drain<View>(
  source: BatchSource<View>,
  use: BatchUse<View>,
  msMax: number,
): Promise<void> {
  const end = monotonicMs() + msMax;
  for (;;) {
    if (use.goOn?.() === true) {
      // Part of a batch is of no use.
    } else if (source.eof || monotonicMs() >= end) {
      return;
    } else if (source.next(0)) {
      use.handle(source.view);
    } else {
      await source.ready(Math.min(idleMs, end - monotonicMs()));
    }
    await eventLoopTurn();
  }
}
