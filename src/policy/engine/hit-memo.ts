// What was found in values before: many records have the same path or the same flags. It gives itself up
// where values hardly ever come again, since keeping them costs time too.

interface Table<K> {
  get(key: K): Int32Array | undefined;
  set(key: K, hits: Int32Array): unknown;
}

/** Values kept; beyond, they are all forgotten. */
const keptMax = 1024;
/** After so many questions it is seen whether it is of use. */
const trial = 4096;

export class HitMemo<K> {
  readonly #make: () => Table<K>;
  /** Null once it has given up. */
  #table: Table<K> | null;
  #kept = 0;
  #asked = 0;
  #known = 0;

  constructor(make: () => Table<K>) {
    this.#make = make;
    this.#table = make();
  }

  get(key: K): Int32Array | undefined {
    if (this.#table === null) {
      return undefined;
    }
    const hits = this.#table.get(key);
    this.#asked += 1;
    if (hits !== undefined) this.#known += 1;
    if (this.#asked === trial) {
      if (this.#known < trial / 2) this.#table = null;
      this.#asked = 0;
      this.#known = 0;
    }
    return hits;
  }

  /** @param hits the first `count` of them are copied */
  put(key: K, hits: Int32Array, count: number): void {
    if (this.#table === null) {
      return;
    }
    if (this.#kept === keptMax) {
      this.#table = this.#make();
      this.#kept = 0;
    }
    this.#kept += 1;
    this.#table.set(key, hits.slice(0, count));
  }
}
