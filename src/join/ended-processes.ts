// Processes that have ended, in the order in which they did: the store removes the oldest of them once
// there are too many. Some stay for a while, since flows of theirs may still come, and children whose
// first record comes late. Without this, a run of months would fill the store with processes that
// nothing refers to any more, and its memory would grow until then.

/** Of the ring's array, before what was taken from its front is cut off. */
const frontMax = 1024;

export class EndedProcesses<E extends object> {
  readonly #max: number;
  #items: (E | null)[] = [];
  #front = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#items.length - this.#front;
  }

  get isOverfull(): boolean {
    return this.size > this.#max;
  }

  add(entity: E): void {
    this.#items.push(entity);
  }

  /** Takes the one that ended first. There must be one. */
  take(): E {
    const entity = this.#items[this.#front] as E;
    this.#items[this.#front] = null;
    this.#front += 1;
    if (this.#front >= frontMax && this.#front * 2 >= this.#items.length) {
      this.#items.splice(0, this.#front);
      this.#front = 0;
    }
    return entity;
  }

  clear(): void {
    this.#items = [];
    this.#front = 0;
  }
}
