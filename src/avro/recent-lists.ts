// The bytes of long lists of texts that were written last. Most processes have the environment of their
// parent, which is the same array here, so its kilobytes are encoded once and copied for each of them.

/** Shorter lists take no longer to encode than to find. */
export const recentListMin = 16;

/** Of a busy host's processes, 88 % have one of so many environments before them; 8: 85 %, 32: 91 %. */
const listsMax = 16;
/** Longer ones are not kept: with all of them it is 256 KiB. */
const bytesMax = 16 * 1024;

interface Kept {
  /** The array that was written, and what was in it then. */
  values: readonly string[];
  items: readonly string[];
  readonly bytes: Buffer;
  length: number;
}

export class RecentLists {
  readonly #kept: Kept[] = [];
  /** The one to be replaced next. */
  #next = 0;

  /** @returns the bytes of this very array, if it holds what it did; void at the next `keep` */
  find(values: readonly string[]): Uint8Array | null {
    for (let i = 0; i < this.#kept.length; i++) {
      const kept = this.#kept[i] as Kept;
      if (kept.values === values) {
        return isSame(values, kept.items) ? kept.bytes.subarray(0, kept.length) : null;
      }
    }
    return null;
  }

  /** Copies what an array has become: the bytes from `start` to `end`. */
  keep(values: readonly string[], bytes: Uint8Array, start: number, end: number): void {
    if (end - start > bytesMax) {
      return;
    }
    let kept = this.#kept[this.#next];
    if (kept === undefined) {
      kept = { values, items: [], bytes: Buffer.allocUnsafeSlow(bytesMax), length: 0 };
      this.#kept.push(kept);
    }
    kept.values = values;
    kept.items = values.slice();
    kept.length = end - start;
    kept.bytes.set(bytes.subarray(start, end));
    this.#next = (this.#next + 1) % listsMax;
  }
}

/** As a rule each text is the same object, which is seen at once. */
function isSame(values: readonly string[], items: readonly string[]): boolean {
  if (values.length !== items.length) {
    return false;
  }
  for (let i = 0; i < items.length; i++) {
    if (values[i] !== items[i]) {
      return false;
    }
  }
  return true;
}
