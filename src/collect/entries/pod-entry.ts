// A pod as the collector keeps it.

import type { Pod } from "../../sysflow/record.gen.ts";
import type { PodFacts } from "../lookups.ts";

export class PodEntry {
  /** What the record is made of. */
  facts: PodFacts;
  record: Pod;
  /** The file generation in which the record was last written; 0 is never. */
  writtenGeneration = 0;
  /** The facts are others than those in the record. */
  stale = true;

  constructor(facts: PodFacts) {
    this.facts = facts;
    this.record = podRecord(facts, 0, 0);
  }

  /** Makes the record anew, at this event time. */
  renew(tsLo: number, tsHi: number): void {
    this.record = podRecord(this.facts, tsLo, tsHi);
    this.stale = false;
  }
}

function podRecord(facts: PodFacts, tsLo: number, tsHi: number): Pod {
  return { kind: "Pod", tsLo, tsHi, ...facts };
}
