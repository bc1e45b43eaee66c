// Which outputs have which entities. An output that begins anew (a new file, a new connection, a
// gap after records that were dropped) lacks all entities that it was given before. To note that
// takes one number, the generation in which the output began, however many entities there are.
// Outputs begin at different times and do not affect each other: each gets what it would get if it
// were alone.

import { assert } from "../base/assert.ts";
import { type OutputSet, outputsMax } from "../sysflow/record-sink.ts";

/** The number of an output that is alone in its set. */
export function outputIndex(one: OutputSet): number {
  return 31 - Math.clz32(one);
}

/** What tables note at each entity. No base class: objects of derived ones are slower (measured). */
export interface Given {
  /** The newest generation in which every output had it; 0 is never. */
  writtenGeneration: number;
  /** The outputs that had it in `givenGeneration`, which is 0 where none ever had it. */
  given: OutputSet;
  givenGeneration: number;
}

export class Generations {
  readonly all: OutputSet;
  /** Counts up whenever an output begins anew. */
  newest = 1;
  /** By output. */
  readonly #begun: number[] = [];

  constructor(all: OutputSet) {
    assert(all > 0 && (all & (all + 1)) === 0, "outputs are numbered from 0");
    this.all = all;
    for (let i = 0; i < outputsMax && all >> i !== 0; i++) {
      this.#begun.push(this.newest);
    }
  }

  /** Notes that these outputs begin anew. */
  begin(outputs: OutputSet): void {
    this.newest += 1;
    for (let i = 0; i < this.#begun.length; i++) {
      if ((outputs & (1 << i)) !== 0) {
        this.#begun[i] = this.newest;
      }
    }
  }

  /** The outputs that have begun anew after that generation. */
  begunSince(generation: number): OutputSet {
    let since = 0;
    for (let i = 0; i < this.#begun.length; i++) {
      if ((this.#begun[i] as number) > generation) {
        since |= 1 << i;
      }
    }
    return since;
  }

  having(entity: Given): OutputSet {
    return entity.given & ~this.begunSince(entity.givenGeneration);
  }

  lacking(entity: Given): OutputSet {
    return this.all & ~this.having(entity);
  }

  /** Notes that these outputs are given the entity now. */
  give(entity: Given, to: OutputSet): void {
    entity.given = this.having(entity) | to;
    entity.givenGeneration = this.newest;
    if (entity.given === this.all) {
      entity.writtenGeneration = this.newest;
    }
  }
}
