// Makes functions of nodes, at load time and once for each node. A result that may be asked for again
// is kept in a bank: that of the record, or that of the entity on which it hangs.

import type { AttributeOwner, FlatContext } from "../../flatten/attribute.ts";
import { type Column, commonOwner, type LiteralMatcher, type Node } from "../compile/node.ts";
import { Bank, type BankName, bankOf, FALSE, TRUE, UNKNOWN } from "./banks.ts";
import { ColumnRunner } from "./column-runner.ts";

export type Evaluate = () => boolean;

/** The record that is looked at. */
export interface Machine {
  of: FlatContext;
}

/** A leaf that looks for literals, with the place of its result. */
export interface LiteralTest {
  readonly runner: ColumnRunner;
  readonly slot: number;
}

/** A call that costs no more than this is made again rather than kept. */
const callKeepMin = 2;

export class Evaluators {
  readonly machine: Machine;
  readonly banks: ReadonlyMap<BankName, Bank>;
  readonly #uses = new Map<number, number>();
  readonly #owners = new Map<number, AttributeOwner>();
  readonly #literalTests = new Map<number, LiteralTest>();
  readonly #made = new Map<number, Evaluate>();

  /** @param roots all nodes that will be asked for; their parts are found from them */
  constructor(roots: readonly Node[], machine: Machine) {
    this.machine = machine;
    const names: BankName[] = ["record", "process", "parents", "file", "container", "pod"];
    this.banks = new Map(names.map((name) => [name, new Bank(name)]));
    const literals = new Map<string, { id: number; matcher: LiteralMatcher }[]>();
    for (const root of roots) this.#count(root, literals);
    for (const tests of literals.values()) this.#makeColumn(tests);
    for (const root of roots) this.of(root);
    for (const bank of this.banks.values()) bank.open();
  }

  of(node: Node): Evaluate {
    const known = this.#made.get(node.id);
    if (known !== undefined) {
      return known;
    }
    const made = this.#make(node);
    this.#made.set(node.id, made);
    return made;
  }

  literalTest(node: Node): LiteralTest | null {
    return this.#literalTests.get(node.id) ?? null;
  }

  #count(node: Node, literals: Map<string, { id: number; matcher: LiteralMatcher }[]>): void {
    const uses = this.#uses.get(node.id) ?? 0;
    this.#uses.set(node.id, uses + 1);
    if (uses > 0) {
      return;
    }
    if (node.op === "test" && node.test.matcher.kind === "literal") {
      const { matcher } = node.test;
      const tests = literals.get(matcher.column.key) ?? [];
      literals.set(matcher.column.key, tests);
      tests.push({ id: node.id, matcher });
    }
    for (const part of partsOf(node)) this.#count(part, literals);
  }

  #makeColumn(tests: readonly { id: number; matcher: LiteralMatcher }[]): void {
    const column = (tests[0] as { matcher: LiteralMatcher }).matcher.column as Column;
    const runner = new ColumnRunner(column, this.#bank(bankOf(column.owner)), tests.length);
    for (const { id, matcher } of tests) {
      this.#literalTests.set(id, { runner, slot: runner.add(matcher) });
    }
    runner.build();
  }

  #bank(name: BankName): Bank {
    return this.banks.get(name) as Bank;
  }

  #make(node: Node): Evaluate {
    switch (node.op) {
      case "constant": {
        const { value } = node;
        return () => value;
      }
      case "not":
        return negated(this.of(node.term));
      case "test":
        return this.#test(node);
      case "and":
        return this.#kept(node, allOf(node.terms.map((term) => this.of(term))));
      case "or":
        return this.#kept(node, anyOf(node.terms.map((term) => this.of(term))));
    }
  }

  #test(node: Node & { op: "test" }): Evaluate {
    const { matcher, cost } = node.test;
    const { machine } = this;
    const literal = this.#literalTests.get(node.id);
    if (literal !== undefined) {
      const { runner, slot } = literal;
      const { bank } = runner;
      return () => {
        const known = bank.current.bits[slot];
        if (known !== UNKNOWN) return known === TRUE;
        runner.run(machine.of);
        return bank.current.bits[slot] === TRUE;
      };
    }
    if (matcher.kind === "literal") {
      throw new Error("a literal test has no column");
    }
    const call = () => matcher.test(machine.of);
    return cost < callKeepMin ? call : this.#kept(node, call);
  }

  /** Keeps results that hang on an entity, and those of the record that are used more than once. */
  #kept(node: Node, evaluate: Evaluate): Evaluate {
    const bank = this.#bank(bankOf(this.#ownerOf(node)));
    if (bank.name === "record" && this.#uses.get(node.id) === 1) {
      return evaluate;
    }
    const slot = bank.allot(1);
    return () => {
      const { bits } = bank.current;
      const known = bits[slot];
      if (known !== UNKNOWN) return known === TRUE;
      const result = evaluate();
      bits[slot] = result ? TRUE : FALSE;
      return result;
    };
  }

  #ownerOf(node: Node): AttributeOwner {
    if (node.op === "test") {
      return node.test.owner;
    }
    let owner = this.#owners.get(node.id);
    if (owner === undefined) {
      const owners = partsOf(node).map((part) => this.#ownerOf(part));
      owner = owners.reduce(commonOwner, owners[0] ?? "record");
      this.#owners.set(node.id, owner);
    }
    return owner;
  }
}

function partsOf(node: Node): readonly Node[] {
  switch (node.op) {
    case "and":
    case "or":
      return node.terms;
    case "not":
      return [node.term];
    case "constant":
    case "test":
      return [];
  }
}

function negated(term: Evaluate): Evaluate {
  return () => !term();
}

function allOf(terms: readonly Evaluate[]): Evaluate {
  const [first, second] = terms;
  if (terms.length === 2 && first !== undefined && second !== undefined) {
    return () => first() && second();
  }
  return () => {
    for (const term of terms) {
      if (!term()) return false;
    }
    return true;
  };
}

function anyOf(terms: readonly Evaluate[]): Evaluate {
  const [first, second] = terms;
  if (terms.length === 2 && first !== undefined && second !== undefined) {
    return () => first() || second();
  }
  return () => {
    for (const term of terms) {
      if (term()) return true;
    }
    return false;
  };
}
