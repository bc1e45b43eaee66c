// Hands over a block that has waited for long enough, though it is not full.

export class FlushTimer {
  readonly #ms: number;
  readonly #flush: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(ms: number, flush: () => void) {
    this.#ms = ms;
    this.#flush = flush;
  }

  /** Runs from the first record of a block; called for each. */
  start(): void {
    if (this.#timer !== null) {
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#flush();
    }, this.#ms);
    // It alone must not keep the program alive: whoever ends an output flushes before.
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
  }
}
