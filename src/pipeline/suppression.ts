// Holds back alerts that repeat: of one rule and one key, so many in a span of the records' own time
// are told, and the others are counted. So a trace gives the same alerts each time it is read. The
// table is bounded: whoever makes new keys all the time makes room for them only.

import type { Attribute, FlatContext } from "../flatten/attribute.ts";

export interface SuppressionOptions {
  /** Told of one rule and key in one window. */
  readonly alerts: number;
  readonly windowSec: number;
  /** What makes the key, beside the rule. */
  readonly key: readonly Attribute[];
  readonly entriesMax?: number;
}

interface Window {
  /** Event time of its first alert. */
  startSec: number;
  told: number;
}

const entriesMaxDefault = 20_000;
/** Longer texts count as equal where they begin alike: a key is no place to keep long texts. */
const textMax = 256;

export class Suppression {
  readonly #options: SuppressionOptions;
  readonly #entriesMax: number;
  /** In the order in which their windows began. */
  readonly #windows = new Map<string, Window>();
  /** Alerts that were held back. */
  held = 0;
  /** Windows that ended early for want of room. */
  evicted = 0;

  constructor(options: SuppressionOptions) {
    this.#options = options;
    this.#entriesMax = options.entriesMax ?? entriesMaxDefault;
  }

  /** Whether this alert is to be told; notes it. @param nowSec event time */
  takes(rule: string, of: FlatContext, nowSec: number): boolean {
    const { alerts, windowSec } = this.#options;
    const key = this.#keyOf(rule, of);
    const window = this.#windows.get(key);
    // Records may be out of order by a little: an earlier time is of the same window.
    if (window === undefined || nowSec - window.startSec >= windowSec) {
      this.#begin(key, nowSec);
      return true;
    }
    if (window.told < alerts) {
      window.told += 1;
      return true;
    }
    this.held += 1;
    return false;
  }

  #begin(key: string, startSec: number): void {
    this.#windows.delete(key);
    if (this.#windows.size >= this.#entriesMax) {
      this.#makeRoom(startSec);
    }
    this.#windows.set(key, { startSec, told: 1 });
  }

  /** The first began first, so it is over first. */
  #makeRoom(nowSec: number): void {
    for (const [key, { startSec }] of this.#windows) {
      this.#windows.delete(key);
      if (nowSec - startSec < this.#options.windowSec) {
        this.evicted += 1;
      }
      return;
    }
  }

  #keyOf(rule: string, of: FlatContext): string {
    let key = rule;
    for (const attribute of this.#options.key) {
      const text = attribute.text(of);
      // A separator that no text can bring with it, since the length stands before each.
      key += text === null ? "|" : `|${text.length}:${text.slice(0, textMax)}`;
    }
    return key;
  }
}
