// Whether a run is to end, and why. Whoever may end one (a signal, its duration, a program that uses the
// library) sets it; the loop reads it between batches.

export class StopFlag {
  #reason: string | null = null;

  get requested(): boolean {
    return this.#reason !== null;
  }

  /** Why the run is to end, or null while it goes on. */
  get reason(): string | null {
    return this.#reason;
  }

  /** Asks for a clean end; the first reason stays. */
  request(reason: string): void {
    this.#reason ??= reason;
  }
}
