// The loop that every run is: ask for a batch, handle all of it, and let the event loop have a turn
// often enough for signals and timers. `next` blocks this thread, on purpose and never for long.

import { monotonicMs } from "../base/clock.ts";
import { eventLoopTurn } from "../base/event-loop.ts";

/** What is needed of a capture; `capture/capture.ts` fits it. */
export interface BatchSource<View> {
  /** True where a batch is in `view`; false where none came in time, or none follows. */
  next(timeoutMs: number): boolean;
  readonly view: View;
  readonly eof: boolean;
}

export interface RunLoop<View> {
  readonly source: BatchSource<View>;
  /** How long `next` may block where nothing comes. */
  readonly timeoutMs: number;
  readonly handle: (view: View) => void;
  readonly isStopped: () => boolean;
  /** Once each turn, after the batches of the turn; a promise holds the loop up. */
  readonly afterTurn?: () => Promise<unknown> | undefined;
}

/** Signals and timers wait at most this long beyond the batch in hand. */
const turnMs = 20;

/** Returns at the source's end or when told to stop. @throws what `next` and `handle` throw. */
export async function runLoop<View>(loop: RunLoop<View>): Promise<void> {
  const { source } = loop;
  let turnEnd = monotonicMs() + turnMs;
  while (!(source.eof || loop.isStopped())) {
    if (source.next(loop.timeoutMs)) {
      loop.handle(source.view);
    }
    if (monotonicMs() >= turnEnd) {
      const held = loop.afterTurn?.();
      if (held !== undefined) {
        await held;
      }
      await eventLoopTurn();
      turnEnd = monotonicMs() + turnMs;
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
    if (source.next(turnMs)) {
      handle(source.view);
    }
    await eventLoopTurn();
  }
}
