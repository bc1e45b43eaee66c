// A wait of bounded length for a queue to settle: for all that it holds to be out, or lost and told.

export class Settling {
  #whenSettled: (() => void) | null = null;

  /** @returns whether `settled` was called within so many milliseconds */
  within(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#whenSettled = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  settled(): void {
    this.#whenSettled?.();
  }
}
