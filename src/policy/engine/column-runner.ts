// Looks for all literals of one value at once and notes which tests hold.

import type { FlatContext } from "../../flatten/attribute.ts";
import type { Column, LiteralMatcher } from "../compile/node.ts";
import { LiteralIndex } from "../match/literal-index.ts";
import { type Bank, FALSE, TRUE } from "./banks.ts";
import { HitMemo } from "./hit-memo.ts";

/** Longer texts are not kept for the next time. */
const memoCharsMax = 300;

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
  readonly #texts = new HitMemo<string>(() => new Map());
  readonly #lists = new HitMemo<readonly string[]>(() => new WeakMap());

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
    } else if (!this.#index.isCostly || text.length > memoCharsMax) {
      this.#find(text);
    } else {
      const known = this.#texts.get(text);
      if (known === undefined) {
        this.#find(text);
        this.#texts.put(text, this.hits, this.hitCount);
      } else {
        this.#repeat(known);
      }
    }
  }

  #find(text: string): void {
    if (this.#column.splitsAtCommas === true && text.includes(",")) {
      for (const piece of text.split(",")) this.#index.find(piece, this.#found);
    } else {
      this.#index.find(text, this.#found);
    }
  }

  /** A list that is the same object has the same items: those of flags are made once for all records. */
  #runList(items: readonly string[] | null): void {
    if (items === null || items.length === 0) {
      this.#index.findEqual("", this.#found);
      return;
    }
    const known = this.#lists.get(items);
    if (known !== undefined) {
      this.#repeat(known);
      return;
    }
    for (const item of items) this.#index.find(item, this.#found);
    this.#lists.put(items, this.hits, this.hitCount);
  }

  #repeat(hits: Int32Array): void {
    for (let i = 0; i < hits.length; i++) this.#found(hits[i] as number);
  }

  readonly #found = (slot: number): void => {
    if (this.#bits[slot] !== TRUE) {
      this.#bits[slot] = TRUE;
      this.hits[this.hitCount] = slot;
      this.hitCount += 1;
    }
  };
}
