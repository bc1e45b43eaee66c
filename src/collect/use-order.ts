// Entries in the order of their last use, linked through the entries themselves: which one goes when
// a table is full costs nothing to find. A newcomer's trap: an entry can be in one order only.

/** The links of an entry, null while it is in no order. */
export interface Ordered<T> {
  usePrevious: T | null;
  useNext: T | null;
}

export class UseOrder<T extends Ordered<T>> {
  /** The entry whose use is longest ago. */
  first: T | null = null;
  size = 0;
  #last: T | null = null;

  /** Puts an entry that is in no order at the end. */
  append(entry: T): void {
    entry.usePrevious = this.#last;
    entry.useNext = null;
    if (this.#last === null) {
      this.first = entry;
    } else {
      this.#last.useNext = entry;
    }
    this.#last = entry;
    this.size += 1;
  }

  remove(entry: T): void {
    if (entry.usePrevious === null) {
      this.first = entry.useNext;
    } else {
      entry.usePrevious.useNext = entry.useNext;
    }
    if (entry.useNext === null) {
      this.#last = entry.usePrevious;
    } else {
      entry.useNext.usePrevious = entry.usePrevious;
    }
    entry.usePrevious = null;
    entry.useNext = null;
    this.size -= 1;
  }

  /** Notes a use of an entry that is in this order. */
  touch(entry: T): void {
    if (entry !== this.#last) {
      this.remove(entry);
      this.append(entry);
    }
  }
}
