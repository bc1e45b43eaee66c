// A pod as the collector keeps it.

import type { Pod } from "../../sysflow/record.gen.ts";
import type { OutputSet } from "../../sysflow/record-sink.ts";
import { type Given, outputIndex } from "../generations.ts";
import type { PodFacts } from "../lookups.ts";

export class PodEntry implements Given {
  /** What the record is made of. */
  facts: PodFacts;
  writtenGeneration = 0;
  given: OutputSet = 0;
  givenGeneration = 0;
  /** Outputs whose record has older facts. */
  stale: OutputSet;
  #record: Pod;
  /** Records by output, where the output's was made at another time than the rest's. Mostly null. */
  #own: (Pod | undefined)[] | null = null;

  /** @param all outputs */
  constructor(facts: PodFacts, all: OutputSet) {
    this.facts = facts;
    this.stale = all;
    this.#record = podRecord(facts, 0, 0);
  }

  /** The record of an output that is alone in its set. */
  recordOf(one: OutputSet): Pod {
    return this.#own?.[outputIndex(one)] ?? this.#record;
  }

  /** Makes a new record for these outputs, with this event time. */
  renew(outputs: OutputSet, all: OutputSet, tsLo: number, tsHi: number): Pod {
    const record = podRecord(this.facts, tsLo, tsHi);
    this.stale &= ~outputs;
    if (outputs === all) {
      this.#record = record;
      this.#own = null;
      return record;
    }
    this.#own ??= [];
    for (let rest = outputs; rest !== 0; rest &= rest - 1) {
      this.#own[outputIndex(rest & -rest)] = record;
    }
    return record;
  }
}

function podRecord(facts: PodFacts, tsLo: number, tsHi: number): Pod {
  return { kind: "Pod", tsLo, tsHi, ...facts };
}
