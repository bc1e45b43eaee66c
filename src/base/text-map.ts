// A map from text, for keys that an attacker can choose (see keyed-hash.ts). It keeps the order in
// which keys were set, so that the oldest can be removed when the map is full.

import { type HashKey, hashKeyOfRun, hashText } from "./keyed-hash.ts";

interface Node<V> {
  readonly key: string;
  readonly hash: number;
  value: V;
  bucketNext: Node<V> | null;
  previous: Node<V> | null;
  next: Node<V> | null;
}

const bucketsAtStart = 16;

export class TextMap<V> {
  readonly #key: HashKey;
  #buckets: (Node<V> | null)[] = new Array(bucketsAtStart).fill(null);
  #first: Node<V> | null = null;
  #last: Node<V> | null = null;
  #size = 0;

  constructor(key: HashKey = hashKeyOfRun) {
    this.#key = key;
  }

  get size(): number {
    return this.#size;
  }

  /** The key that was set before all others, or null where there is none. */
  get oldest(): string | null {
    return this.#first?.key ?? null;
  }

  /** What finding a key costs at most, for tests. */
  get longestChain(): number {
    let longest = 0;
    for (const head of this.#buckets) {
      let length = 0;
      for (let node = head; node !== null; node = node.bucketNext) {
        length += 1;
      }
      longest = Math.max(longest, length);
    }
    return longest;
  }

  get(key: string): V | undefined {
    return this.#find(key, hashText(key, this.#key))?.value;
  }

  /** A key that is there keeps its place in the order. */
  set(key: string, value: V): void {
    const hash = hashText(key, this.#key);
    const found = this.#find(key, hash);
    if (found !== null) {
      found.value = value;
      return;
    }
    if (this.#size >= this.#buckets.length) {
      this.#grow();
    }
    const index = hash & (this.#buckets.length - 1);
    const bucketNext = this.#buckets[index] as Node<V> | null;
    const node: Node<V> = { key, hash, value, bucketNext, previous: this.#last, next: null };
    this.#buckets[index] = node;
    if (this.#last === null) {
      this.#first = node;
    } else {
      this.#last.next = node;
    }
    this.#last = node;
    this.#size += 1;
  }

  /** @returns false where it was not there */
  delete(key: string): boolean {
    const hash = hashText(key, this.#key);
    const node = this.#find(key, hash);
    if (node === null) {
      return false;
    }
    this.#unlinkFromBucket(node);
    if (node.previous === null) {
      this.#first = node.next;
    } else {
      node.previous.next = node.next;
    }
    if (node.next === null) {
      this.#last = node.previous;
    } else {
      node.next.previous = node.previous;
    }
    this.#size -= 1;
    return true;
  }

  clear(): void {
    this.#buckets = new Array(bucketsAtStart).fill(null);
    this.#first = null;
    this.#last = null;
    this.#size = 0;
  }

  #find(key: string, hash: number): Node<V> | null {
    let node = this.#buckets[hash & (this.#buckets.length - 1)] as Node<V> | null;
    while (node !== null && (node.hash !== hash || node.key !== key)) {
      node = node.bucketNext;
    }
    return node;
  }

  #unlinkFromBucket(node: Node<V>): void {
    const index = node.hash & (this.#buckets.length - 1);
    let at = this.#buckets[index] as Node<V>;
    if (at === node) {
      this.#buckets[index] = node.bucketNext;
      return;
    }
    while (at.bucketNext !== node) {
      at = at.bucketNext as Node<V>;
    }
    at.bucketNext = node.bucketNext;
  }

  #grow(): void {
    const grown: (Node<V> | null)[] = new Array(this.#buckets.length * 2).fill(null);
    for (let node = this.#first; node !== null; node = node.next) {
      const index = node.hash & (grown.length - 1);
      node.bucketNext = grown[index] as Node<V> | null;
      grown[index] = node;
    }
    this.#buckets = grown;
  }
}
