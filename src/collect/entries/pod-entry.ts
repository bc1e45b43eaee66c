// A pod as the collector keeps it.

import { assert } from "../../base/assert.ts";
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
  /** By output, since each is given it at a time of its own. */
  readonly #records: (Pod | undefined)[] = [];

  /** @param all outputs */
  constructor(facts: PodFacts, all: OutputSet) {
    this.facts = facts;
    this.stale = all;
  }

  /** The record of an output that is alone in its set, and was given it before. */
  recordOf(one: OutputSet): Pod {
    const record = this.#records[outputIndex(one)];
    assert(
      record !== undefined,
      "an output has the newest record of a pod before it gets it again",
    );
    return record;
  }

  /** Makes a new record for these outputs, with this event time. */
  renew(outputs: OutputSet, tsLo: number, tsHi: number): Pod {
    const record = podRecord(this.facts, tsLo, tsHi);
    this.stale &= ~outputs;
    for (let rest = outputs; rest !== 0; rest &= rest - 1) {
      this.#records[outputIndex(rest & -rest)] = record;
    }
    return record;
  }
}

function podRecord(facts: PodFacts, tsLo: number, tsHi: number): Pod {
  return { kind: "Pod", tsLo, tsHi, ...facts };
}
