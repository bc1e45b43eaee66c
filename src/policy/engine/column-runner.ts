// Looks for all literals of one value at once and notes which tests hold.

import type { FlatContext } from "../../flatten/attribute.ts";
import type { Column, LiteralMatcher } from "../compile/node.ts";
import { LiteralIndex } from "../match/literal-index.ts";
import { type Bank, FALSE, TRUE } from "./banks.ts";

export class ColumnRunner {
  readonly bank: Bank;
  readonly #column: Column;
  readonly #index = new LiteralIndex();
  readonly #first: number;
  #end: number;
  #bits: Uint8Array = new Uint8Array(0);
  /** Slots of the tests that held when it ran last, each once. */
  readonly hits: Int32Array;
  hitCount = 0;

  /** @param tests how many there will be */
  constructor(column: Column, bank: Bank, tests: number) {
    this.#column = column;
    this.bank = bank;
    this.#first = bank.allot(tests);
    this.#end = this.#first;
    this.hits = new Int32Array(tests);
  }

  /** @returns the slot of the test's result */
  add({ how, literals }: LiteralMatcher): number {
    const slot = this.#end;
    this.#end += 1;
    for (const literal of literals) this.#index.add(how, literal, slot);
    return slot;
  }

  build(): void {
    this.#index.build();
  }

  /** Whether the results of the current record or entity are there. */
  get hasRun(): boolean {
    return this.bank.current.bits[this.#first] !== 0;
  }

  holds(slot: number): boolean {
    return this.bank.current.bits[slot] === TRUE;
  }

  run(of: FlatContext): void {
    const column = this.#column;
    this.#bits = this.bank.current.bits;
    this.#bits.fill(FALSE, this.#first, this.#end);
    this.hitCount = 0;
    if (column.items !== undefined) {
      this.#runList(column.items(of));
      return;
    }
    const text = column.read(of);
    if (text === null) {
      this.#index.findEqual("", this.#found);
    } else if (column.splitsAtCommas === true && text.includes(",")) {
      for (const piece of text.split(",")) this.#index.find(piece, this.#found);
    } else {
      this.#index.find(text, this.#found);
    }
  }

  #runList(items: readonly string[] | null): void {
    if (items === null || items.length === 0) {
      this.#index.findEqual("", this.#found);
      return;
    }
    for (const item of items) this.#index.find(item, this.#found);
  }

  readonly #found = (slot: number): void => {
    if (this.#bits[slot] !== TRUE) {
      this.#bits[slot] = TRUE;
      this.hits[this.hitCount] = slot;
      this.hitCount += 1;
    }
  };
}
