// Pods by their id. In each output, a Pod record comes before the first Container record that names
// the pod. When the pod's facts change, the record is sent again in full, before the next use of
// one of its containers or at the next tick. A Pod record has no state: for readers the latest one
// wins.

import { TextMap } from "../../base/text-map.ts";
import type { OutputSet, RecordSink } from "../../sysflow/record-sink.ts";
import { PodEntry } from "../entries/pod-entry.ts";
import type { Generations } from "../generations.ts";
import type { CollectLimits } from "../limits.ts";
import type { PodFacts } from "../lookups.ts";

export class PodTable {
  readonly #sink: RecordSink;
  readonly #limits: CollectLimits;
  readonly #byId = new TextMap<PodEntry>();
  /** Pods forgotten for want of room, since the start. */
  evicted = 0;
  readonly #generations: Generations;
  /** Those whose facts have changed since the last tick. */
  readonly #changed = new Set<PodEntry>();
  /** Event time of the last tick. */
  #tsLo = 0;
  #tsHi = 0;

  constructor(sink: RecordSink, generations: Generations, limits: CollectLimits) {
    this.#sink = sink;
    this.#generations = generations;
    this.#limits = limits;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The entry of the pod that these facts are about. */
  learn(facts: PodFacts): PodEntry {
    let entry = this.#byId.get(facts.id);
    if (entry === undefined) {
      this.#makeRoom();
      entry = new PodEntry(facts, this.#generations.all);
      this.#byId.set(facts.id, entry);
    } else if (entry.facts !== facts) {
      entry.facts = facts;
      entry.stale = this.#generations.all;
      this.#changed.add(entry);
    }
    return entry;
  }

  /** Writes the record to the outputs in `to` that lack it or have an older one. */
  use(entry: PodEntry, to: OutputSet): void {
    const generations = this.#generations;
    const receivers = to & (generations.lacking(entry) | entry.stale);
    if (receivers === 0) {
      return;
    }
    const stale = receivers & entry.stale;
    generations.give(entry, receivers);
    if (stale !== 0) {
      this.#sink.pod(entry.renew(stale, this.#tsLo, this.#tsHi), stale);
    }
    for (let rest = receivers & ~stale; rest !== 0; rest &= rest - 1) {
      const one = rest & -rest;
      this.#sink.pod(entry.recordOf(one), one);
    }
  }

  /** Sets the event time. */
  setTime(tsLo: number, tsHi: number): void {
    this.#tsLo = tsLo;
    this.#tsHi = tsHi;
  }

  /** Sends the records of pods whose facts have changed. */
  amend(): void {
    for (const entry of this.#changed) {
      this.use(entry, entry.stale & this.#generations.having(entry));
    }
    this.#changed.clear();
  }

  /** Forgets the oldest entry. Its containers still refer to it. */
  #makeRoom(): void {
    const { oldest } = this.#byId;
    if (oldest !== null && this.#byId.size >= this.#limits.pods) {
      this.#byId.delete(oldest);
      this.evicted += 1;
    }
  }
}
