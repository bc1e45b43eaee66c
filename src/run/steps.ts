// A run's life as two lists over one state: START steps in order, the body, then STOP steps, which
// all run whatever failed before and share one deadline. A newcomer's trap: a STOP step must cope
// with a state that START left half made.

import { monotonicMs } from "../base/clock.ts";
import { OperatorError } from "../base/errors.ts";

export interface Step<S> {
  /** Completes "sysflow was to …", for the deadline's message. */
  readonly name: string;
  readonly run: (state: S) => void | Promise<void>;
}

export interface Run<S> {
  readonly state: S;
  readonly start: readonly Step<S>[];
  readonly body: (state: S) => Promise<void>;
  readonly stop: readonly Step<S>[];
  /**
   * For all STOP steps together, asked when they begin; Infinity for none. Bounds what awaits: a
   * step that blocks the thread it cannot end.
   */
  readonly stopDeadlineMs: () => number;
  /** Gets each fault after the first, which is thrown. */
  readonly onFurtherError: (error: unknown) => void;
}

/** @throws the first fault of START, the body or STOP, after every STOP step has had its turn. */
export async function runSteps<S>(run: Run<S>): Promise<void> {
  const faults: unknown[] = [];
  try {
    for (const step of run.start) {
      await step.run(run.state);
    }
    await run.body(run.state);
  } catch (error) {
    faults.push(error);
  }
  const deadline = monotonicMs() + run.stopDeadlineMs();
  for (const step of run.stop) {
    try {
      await withDeadline(step, run.state, deadline);
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) {
    for (const fault of faults.slice(1)) {
      run.onFurtherError(fault);
    }
    throw faults[0];
  }
}

async function withDeadline<S>(step: Step<S>, state: S, deadline: number): Promise<void> {
  const work = step.run(state);
  if (work === undefined) {
    return;
  }
  if (deadline === Number.POSITIVE_INFINITY) {
    return await work;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        const message = `cannot end in time: still waiting to ${step.name}; what it held is lost`;
        reject(new OperatorError("STOP_DEADLINE", message));
      },
      Math.max(0, deadline - monotonicMs()),
    );
  });
  try {
    await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
