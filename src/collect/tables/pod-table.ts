// Pods by their id. A Pod record precedes the first Container record that names it in each file; when
// its facts change, it is sent again in full, before the next use of one of its containers or at the
// next tick. It has no state: for readers the latest record wins.

import { TextMap } from "../../base/text-map.ts";
import type { RecordSink } from "../../sysflow/record-sink.ts";
import { PodEntry } from "../entries/pod-entry.ts";
import type { CollectLimits } from "../limits.ts";
import type { PodFacts } from "../lookups.ts";

export class PodTable {
  readonly #sink: RecordSink;
  readonly #limits: CollectLimits;
  readonly #byId = new TextMap<PodEntry>();
  /** Pods forgotten for want of room, since the start. */
  evicted = 0;
  #changed: PodEntry[] = [];
  #generation = 1;
  /** Of the last tick. */
  #tsLo = 0;
  #tsHi = 0;

  constructor(sink: RecordSink, limits: CollectLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The pod of these facts. */
  learn(facts: PodFacts): PodEntry {
    let entry = this.#byId.get(facts.id);
    if (entry === undefined) {
      this.#makeRoom();
      entry = new PodEntry(facts);
      this.#byId.set(facts.id, entry);
    } else if (entry.facts !== facts) {
      entry.facts = facts;
      if (!entry.stale) {
        entry.stale = true;
        this.#changed.push(entry);
      }
    }
    return entry;
  }

  /** Writes the record where this file lacks it. */
  use(entry: PodEntry): void {
    if (entry.writtenGeneration === this.#generation && !entry.stale) {
      return;
    }
    entry.writtenGeneration = this.#generation;
    if (entry.stale) {
      entry.renew(this.#tsLo, this.#tsHi);
    }
    this.#sink.pod(entry.record);
  }

  /** Event time goes on. */
  setTime(tsLo: number, tsHi: number): void {
    this.#tsLo = tsLo;
    this.#tsHi = tsHi;
  }

  /** Amends what this file holds of pods whose facts have changed since. */
  amend(): void {
    if (this.#changed.length === 0) {
      return;
    }
    for (const entry of this.#changed) {
      if (entry.writtenGeneration === this.#generation) {
        this.use(entry);
      }
    }
    this.#changed = [];
  }

  /** A new file was begun. */
  nextGeneration(): void {
    this.#generation += 1;
  }

  /** What is forgotten here lives on in its containers. */
  #makeRoom(): void {
    const { oldest } = this.#byId;
    if (oldest !== null && this.#byId.size >= this.#limits.pods) {
      this.#byId.delete(oldest);
      this.evicted += 1;
    }
  }
}
