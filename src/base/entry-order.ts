// Keeps entries in the order in which they were last used, exported or ended. The links are in the
// entries themselves, so the oldest entry is always at hand, and removing any entry takes the same
// short time however many there are. A newcomer's trap: an entry can be in one order only.

/** The links of an entry, null while it is in no order. */
export interface Linked<T> {
  orderPrevious: T | null;
  orderNext: T | null;
}

export class EntryOrder<T extends Linked<T>> {
  /** The entry that was put there first. */
  first: T | null = null;
  size = 0;
  #last: T | null = null;

  /** Puts an entry that is in no order at the end. */
  append(entry: T): void {
    entry.orderPrevious = this.#last;
    entry.orderNext = null;
    if (this.#last === null) {
      this.first = entry;
    } else {
      this.#last.orderNext = entry;
    }
    this.#last = entry;
    this.size += 1;
  }

  remove(entry: T): void {
    if (entry.orderPrevious === null) {
      this.first = entry.orderNext;
    } else {
      entry.orderPrevious.orderNext = entry.orderNext;
    }
    if (entry.orderNext === null) {
      this.#last = entry.orderPrevious;
    } else {
      entry.orderNext.orderPrevious = entry.orderPrevious;
    }
    entry.orderPrevious = null;
    entry.orderNext = null;
    this.size -= 1;
  }

  /** Puts an entry that is in this order at the end. */
  touch(entry: T): void {
    if (entry !== this.#last) {
      this.remove(entry);
      this.append(entry);
    }
  }
}
