// The outputs of one run, all treated alike: opened in order, given room between batches, and ended
// together, so that the time that one needs at the end is not taken from another.

import { monotonicMs } from "../../base/clock.ts";
import { OperatorError } from "../../base/errors.ts";
import { type Branch, FanOut } from "../../write/fan-out.ts";
import type { StopFlag } from "../stop-flag.ts";
import type { OutputContext, OutputReport, RunOutput } from "./run-output.ts";

const drainPollMs = 100;
/** What an output that has stopped gets at the end, once the run was told to end. */
const graceMs = 500;

export class Outputs {
  readonly #all: readonly RunOutput[];
  readonly #flag: StopFlag;
  /** Those that did open. */
  readonly #opened: RunOutput[] = [];
  /** Why those that failed take nothing more. */
  readonly #failures = new Map<RunOutput, string>();
  #fanOut: FanOut | null = null;

  /** @param flag ends every wait for an output, and is set where all of them are over */
  constructor(all: readonly RunOutput[], flag: StopFlag) {
    this.#all = all;
    this.#flag = flag;
  }

  /** @returns what takes the records of all. @throws OperatorError OUTPUT_MISSING, or an output's */
  open(context: OutputContext): FanOut {
    if (this.#all.length === 0) {
      throw new OperatorError("OUTPUT_MISSING", "there is nowhere for the records to go");
    }
    const branches = this.#all.map((output) => {
      const branch = output.open(context);
      this.#opened.push(output);
      return this.#noting(branch, output);
    });
    this.#fanOut = new FanOut(branches);
    return this.#fanOut;
  }

  /**
   * Looks at all of them between two batches.
   * @param waits whether those without room are waited for
   * @returns a promise where there is one to wait for
   * @throws OperatorError the failure of one that ends the run
   */
  afterTurn(waits: boolean): Promise<unknown> | undefined {
    this.#fanOut?.check();
    for (const output of this.#opened) {
      output.afterTurn();
    }
    const first = this.#opened[0]?.over ?? null;
    if (first !== null && this.#opened.every(({ over }) => over !== null)) {
      this.#flag.request(first);
    }
    const full = waits ? this.#opened.filter(({ hasRoom }) => !hasRoom) : [];
    return full.length === 0
      ? undefined
      : Promise.all(full.map((output) => this.#drained(output, 0)));
  }

  /**
   * Ends each: all that was given gets its time, but little where the run was told to end.
   * @param isOver nobody will tell the run to end any more: then each gets little, too
   * @param onFault gets every fault in turn
   */
  async close(isOver: boolean, onFault: (fault: unknown) => void): Promise<void> {
    const attempt = (work: () => void) => {
      try {
        work();
      } catch (error) {
        onFault(error);
      }
    };
    for (const output of this.#opened) {
      attempt(() => output.close());
    }
    const ends = this.#opened.map(async (output) => {
      const isDrained = isOver
        ? await output.drained(graceMs)
        : await this.#drained(output, graceMs);
      if (!isDrained) {
        output.giveUp();
      }
    });
    for (const end of await Promise.allSettled(ends)) {
      if (end.status === "rejected") {
        onFault(end.reason);
      }
    }
    attempt(() => this.#fanOut?.check());
    for (const output of this.#opened) {
      attempt(() => output.closed());
    }
  }

  reports(): readonly OutputReport[] {
    return this.#opened.map((output) => output.report());
  }

  /** Why each takes nothing more, in the order of `reports`; null for those that do, or can again. */
  stopped(): readonly (string | null)[] {
    return this.#opened.map((output) => this.#failures.get(output) ?? output.over);
  }

  #noting(branch: Branch, output: RunOutput): Branch {
    return {
      ...branch,
      onFailed: (failure) => {
        this.#failures.set(output, failure.message);
        branch.onFailed?.(failure);
      },
    };
  }

  /** Waits as long as the output needs, but not when told to end. @returns false where given up */
  async #drained(output: RunOutput, afterAskedMs: number): Promise<boolean> {
    let askedMs: number | null = null;
    while (!(await output.drained(drainPollMs))) {
      if (this.#flag.requested) {
        askedMs ??= monotonicMs();
        if (monotonicMs() - askedMs >= afterAskedMs) {
          return false;
        }
      }
    }
    return true;
  }
}
