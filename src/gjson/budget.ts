// What one evaluation of a path may cost. Documents come from outsiders, and a short path can ask for
// much of them: each `@tostr` doubles what is escaped, a multipath multiplies its document.

/**
 * Steps of one evaluation. A step is a character looked at or produced; what holds memory is charged
 * more. Some tens of milliseconds, or two on a slow machine.
 */
export const STEPS_MAX = 32 * 1024 * 1024;
/** Levels of a document and of nested paths that one evaluation goes down. */
export const DEPTH_MAX = 500;
/** Characters of a path. */
export const PATH_LENGTH_MAX = 16_384;

/** What a value kept in a list is charged, for it needs some 100 bytes. */
const VALUE_STEPS = 32;

/** Ends an evaluation from within, saying by which bound; it never leaves this folder. */
export class OverBudget extends Error {}

/** One evaluation's account. */
export class Budget {
  #steps = STEPS_MAX;
  #depth = 0;

  /** Begins anew, for the next evaluation. */
  reset(): void {
    this.#steps = STEPS_MAX;
    this.#depth = 0;
  }

  get stepsSpent(): number {
    return STEPS_MAX - this.#steps;
  }

  /** @throws OverBudget when nothing is left */
  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) {
      throw new OverBudget(`it takes more than ${STEPS_MAX} steps`);
    }
  }

  /** Pays for a value that is kept. @throws OverBudget */
  spendOnValue(): void {
    this.spend(VALUE_STEPS);
  }

  /** Goes one level down; `ascend` goes back. @throws OverBudget below DEPTH_MAX */
  descend(): void {
    this.#depth++;
    if (this.#depth > DEPTH_MAX) {
      throw new OverBudget(`it goes down more than ${DEPTH_MAX} levels`);
    }
  }

  ascend(): void {
    this.#depth--;
  }
}
