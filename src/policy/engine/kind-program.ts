// Filters and rules as they are in records of one kind. Where rules are many, those that need some
// literal are looked at only when it was found: at once for the record, and for an entity when it is
// first met, since the same rules come into question at all its records.

import type { FlatContext } from "../../flatten/attribute.ts";
import type { Node } from "../compile/node.ts";
import type { Bank } from "./banks.ts";
import type { ColumnRunner } from "./column-runner.ts";
import type { Evaluate, Evaluators, LiteralTest } from "./evaluators.ts";
import { Triggers } from "./triggers.ts";

export interface KindRule {
  /** Into the engine's rules. */
  readonly index: number;
  readonly node: Node;
}

export interface KindFilter {
  readonly index: number;
  readonly evaluate: Evaluate;
}

/** Fewer rules than this are asked one by one. */
const indexMin = 24;

/** Rules by the tests of one bank that let them come into question. */
class TriggerGroup {
  readonly bank: Bank;
  readonly runners = new Set<ColumnRunner>();
  /** By slot; positions in the kind's rules. */
  readonly rulesOf: (number[] | undefined)[] = [];
  readonly #tests: LiteralTest[] = [];

  constructor(bank: Bank) {
    this.bank = bank;
  }

  add(test: LiteralTest, rule: number): void {
    this.runners.add(test.runner);
    const rules = this.rulesOf[test.slot];
    if (rules === undefined) {
      this.rulesOf[test.slot] = [rule];
      this.#tests.push(test);
    } else if (!rules.includes(rule)) {
      rules.push(rule);
    }
  }

  /** All rules that the current entity's literals let come into question. */
  candidates(of: FlatContext): Int32Array {
    for (const runner of this.runners) {
      if (!runner.hasRun) runner.run(of);
    }
    const found = new Set<number>();
    for (const { runner, slot } of this.#tests) {
      if (!runner.holds(slot)) continue;
      for (const rule of this.rulesOf[slot] ?? []) found.add(rule);
    }
    return Int32Array.from(found);
  }
}

export class KindProgram {
  readonly #bit: number;
  readonly #filters: readonly KindFilter[];
  readonly #indexes: Int32Array;
  readonly #evaluates: readonly Evaluate[];
  /** Positions of rules that are asked at each record. */
  readonly #always: Int32Array;
  readonly #recordGroup: TriggerGroup | null;
  readonly #entityGroups: readonly TriggerGroup[];
  /** The turn at which a rule was asked last, so that it is asked once. */
  readonly #askedAt: Int32Array;
  #turn = 0;
  #count = 0;

  /** @param bit the number of the kind's bit */
  constructor(
    bit: number,
    filters: readonly KindFilter[],
    rules: readonly KindRule[],
    evaluators: Evaluators,
  ) {
    this.#bit = bit;
    this.#filters = filters;
    this.#indexes = Int32Array.from(rules, ({ index }) => index);
    this.#evaluates = rules.map(({ node }) => evaluators.of(node));
    this.#askedAt = new Int32Array(rules.length);
    const groups = new Map<Bank, TriggerGroup>();
    const triggers = new Triggers();
    const always: number[] = [];
    for (const [position, { node }] of rules.entries()) {
      const tests = rules.length < indexMin ? null : literalTests(triggers.of(node), evaluators);
      if (tests === null) always.push(position);
      for (const test of tests ?? []) {
        const { bank } = test.runner;
        const group = groups.get(bank) ?? new TriggerGroup(bank);
        groups.set(bank, group);
        group.add(test, position);
      }
    }
    this.#always = Int32Array.from(always);
    const all = [...groups.values()];
    this.#recordGroup = all.find(({ bank }) => bank.name === "record") ?? null;
    this.#entityGroups = all.filter((group) => group !== this.#recordGroup);
  }

  /** The index of the filter that drops the record; -1 where none does. */
  droppedBy(): number {
    for (const { index, evaluate } of this.#filters) {
      if (evaluate()) return index;
    }
    return -1;
  }

  /** Puts the indexes of matching rules into `into`, ascending. @returns how many */
  match(of: FlatContext, into: Int32Array): number {
    this.#count = 0;
    this.#turn = (this.#turn + 1) | 0;
    const always = this.#always;
    for (let i = 0; i < always.length; i++) this.#ask(always[i] as number, into);
    for (const group of this.#entityGroups) {
      const { current } = group.bank;
      let candidates = current.candidates[this.#bit];
      if (candidates === null || candidates === undefined) {
        candidates = group.candidates(of);
        current.candidates[this.#bit] = candidates;
      }
      for (let i = 0; i < candidates.length; i++) this.#ask(candidates[i] as number, into);
    }
    if (this.#recordGroup !== null) this.#askTriggered(this.#recordGroup, of, into);
    return this.#count;
  }

  #askTriggered(group: TriggerGroup, of: FlatContext, into: Int32Array): void {
    for (const runner of group.runners) {
      if (!runner.hasRun) runner.run(of);
      for (let i = 0; i < runner.hitCount; i++) {
        const rules = group.rulesOf[runner.hits[i] as number];
        if (rules === undefined) continue;
        for (const rule of rules) this.#ask(rule, into);
      }
    }
  }

  #ask(rule: number, into: Int32Array): void {
    if (this.#askedAt[rule] === this.#turn) {
      return;
    }
    this.#askedAt[rule] = this.#turn;
    if ((this.#evaluates[rule] as Evaluate)()) {
      this.#insert(this.#indexes[rule] as number, into);
    }
  }

  #insert(index: number, into: Int32Array): void {
    let at = this.#count;
    while (at > 0 && (into[at - 1] as number) > index) {
      into[at] = into[at - 1] as number;
      at -= 1;
    }
    into[at] = index;
    this.#count += 1;
  }
}

function literalTests(
  tests: readonly Node[] | null,
  evaluators: Evaluators,
): readonly LiteralTest[] | null {
  return tests?.map((test) => evaluators.literalTest(test)).filter((test) => test !== null) ?? null;
}
