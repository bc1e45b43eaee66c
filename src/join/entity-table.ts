// Entities of one kind, found by a hash of their id, and limited in number and in characters. The
// ids come from a file that may be hostile, so the hash is keyed (base/keyed-hash.ts). The order in
// which entities are removed never depends on the hash, so the same records give the same joins in
// every run. They are removed in the order in which they came, but an entity that was used since it
// was last considered goes to the end instead. So a use only sets a flag.

import { EntryOrder, type Linked } from "../base/entry-order.ts";
import type { KindLimit } from "./limits.ts";

/** What the table needs of an entity. */
export interface Entity<E> extends Linked<E> {
  /** A keyed hash of its id. */
  readonly hash: number;
  bucketNext: E | null;
  /** How much it counts in the limit of characters. */
  chars: number;
  /** False once the table has removed it: code that still has a link to it must not use it. */
  isStored: boolean;
  /** Whether it was used since it came, or since it was last considered for removal. */
  isUsed: boolean;
}

const bucketsAtStart = 16;
/** How many entities that others need are passed over, at most, to make room for one. */
const chancesMax = 8;

export class EntityTable<E extends Entity<E>> {
  readonly #limit: KindLimit;
  /** Whether it should rather stay. Asked when it is considered for removal. */
  readonly #isNeeded: (entity: E) => boolean;
  readonly #onRemoved: (entity: E) => void;
  #order = new EntryOrder<E>();
  #buckets: (E | null)[] = emptyBuckets();
  #chars = 0;
  /** Entities given up for want of room, since the start. */
  evicted = 0;

  constructor(
    limit: KindLimit,
    isNeeded: (entity: E) => boolean = isNotNeeded,
    onRemoved: (entity: E) => void = leaveAsIs,
  ) {
    this.#limit = limit;
    this.#isNeeded = isNeeded;
    this.#onRemoved = onRemoved;
  }

  get size(): number {
    return this.#order.size;
  }

  /** The first entity in the bucket of this hash; the others follow by `bucketNext`. */
  bucket(hash: number): E | null {
    return this.#buckets[hash & (this.#buckets.length - 1)] as E | null;
  }

  /** Takes a new one, whose `chars` are set. */
  add(entity: E): void {
    if (this.#order.size >= this.#buckets.length) {
      this.#grow();
    }
    const index = entity.hash & (this.#buckets.length - 1);
    entity.bucketNext = this.#buckets[index] as E | null;
    this.#buckets[index] = entity;
    this.#order.append(entity);
    this.#chars += entity.chars;
    this.#makeRoom(entity);
  }

  /** Notes that it came again, with texts of this length. */
  resize(entity: E, chars: number): void {
    this.#chars += chars - entity.chars;
    entity.chars = chars;
    this.#order.touch(entity);
    this.#makeRoom(entity);
  }

  /** Forgets all; this does not count as eviction. Links between entities are void then. */
  clear(): void {
    this.#order = new EntryOrder();
    this.#buckets = emptyBuckets();
    this.#chars = 0;
  }

  /** @param newest stays, however large it is */
  #makeRoom(newest: E): void {
    // No more than there are others, so that none but the oldest goes where all are needed.
    let chances = Math.min(chancesMax, this.#order.size - 1);
    while (this.#order.size > this.#limit.entries || this.#chars > this.#limit.chars) {
      const oldest = this.#order.first;
      if (oldest === null || oldest === newest) {
        return;
      }
      if (oldest.isUsed) {
        oldest.isUsed = false;
        this.#putBefore(oldest, newest);
      } else if (chances > 0 && this.#isNeeded(oldest)) {
        chances -= 1;
        this.#putBefore(oldest, newest);
      } else {
        this.evicted += 1;
        this.remove(oldest);
      }
    }
  }

  /** The newest keeps the last place, so that those before it are all that can go. */
  #putBefore(entity: E, newest: E): void {
    this.#order.touch(entity);
    this.#order.touch(newest);
  }

  /** Removes one that is not needed any more; this does not count as eviction. */
  remove(entity: E): void {
    const index = entity.hash & (this.#buckets.length - 1);
    let at = this.#buckets[index] as E;
    if (at === entity) {
      this.#buckets[index] = entity.bucketNext;
    } else {
      while (at.bucketNext !== entity) {
        at = at.bucketNext as E;
      }
      at.bucketNext = entity.bucketNext;
    }
    entity.bucketNext = null;
    entity.isStored = false;
    this.#order.remove(entity);
    this.#chars -= entity.chars;
    this.#onRemoved(entity);
  }

  #grow(): void {
    const grown: (E | null)[] = new Array(this.#buckets.length * 2).fill(null);
    for (let entity = this.#order.first; entity !== null; entity = entity.orderNext) {
      const index = entity.hash & (grown.length - 1);
      entity.bucketNext = grown[index] as E | null;
      grown[index] = entity;
    }
    this.#buckets = grown;
  }
}

function isNotNeeded(): boolean {
  return false;
}

function leaveAsIs(): void {
  // No other entity has a link to it.
}

function emptyBuckets<E>(): (E | null)[] {
  return new Array(bucketsAtStart).fill(null);
}
