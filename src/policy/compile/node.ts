// What conditions become: a graph in which equal parts are one node, whichever rules they stand in,
// so that each is evaluated once a record at most. A leaf is a test of one value.

import type { AttributeOwner, FlatContext } from "../../flatten/attribute.ts";
import type { LiteralKind } from "../match/literal-kind.ts";

/** A value of records that literals are looked for in, all of them in one pass. */
export interface Column {
  /** Equal keys are equal columns. */
  readonly key: string;
  readonly owner: AttributeOwner;
  /** Null where there is no value, which equals "" and has no other relation to any literal. */
  read(of: FlatContext): string | null;
  /** Of lists: a literal is found where it is found in one of them. Null or empty as for texts. */
  items?(of: FlatContext): readonly string[] | null;
  /** Upstream's mode: each piece between commas is looked at by itself. */
  readonly splitsAtCommas?: boolean;
}

/** Whether one of `literals` is found. */
export interface LiteralMatcher {
  readonly kind: "literal";
  readonly column: Column;
  readonly how: LiteralKind;
  readonly literals: readonly string[];
}

export interface CallMatcher {
  readonly kind: "call";
  test(of: FlatContext): boolean;
}

export interface Test {
  /** Equal keys are equal tests. */
  readonly key: string;
  readonly owner: AttributeOwner;
  /** 1 is a comparison of two numbers. Cheap tests are made first. */
  readonly cost: number;
  /** The result in all records of a kind (a bit of record-kinds.ts), or null where it differs. */
  onKind(kind: number): boolean | null;
  readonly matcher: LiteralMatcher | CallMatcher;
}

export type Node =
  | { readonly op: "constant"; readonly id: number; readonly value: boolean }
  | { readonly op: "and" | "or"; readonly id: number; readonly terms: readonly Node[] }
  | { readonly op: "not"; readonly id: number; readonly term: Node }
  | { readonly op: "test"; readonly id: number; readonly test: Test };

/** Makes nodes, each only once. */
export class NodePool {
  readonly constantTrue: Node;
  readonly constantFalse: Node;
  readonly #byKey = new Map<string, Node>();
  readonly #costs: number[] = [];
  /** UTF-16 units of literals that a pass over texts looks for. */
  patternCharacters = 0;

  constructor() {
    this.constantTrue = this.#make("true", (id) => ({ op: "constant", id, value: true }), 0);
    this.constantFalse = this.#make("false", (id) => ({ op: "constant", id, value: false }), 0);
  }

  /** Ids are below this. */
  get size(): number {
    return this.#costs.length;
  }

  constant(value: boolean): Node {
    return value ? this.constantTrue : this.constantFalse;
  }

  test(test: Test): Node {
    const { matcher } = test;
    if (
      matcher.kind === "literal" &&
      matcher.how !== "equal" &&
      !this.#byKey.has(`t:${test.key}`)
    ) {
      for (const literal of matcher.literals) this.patternCharacters += literal.length;
    }
    return this.#make(`t:${test.key}`, (id) => ({ op: "test", id, test }), test.cost);
  }

  not(term: Node): Node {
    if (term.op === "constant") {
      return this.constant(!term.value);
    }
    if (term.op === "not") {
      return term.term;
    }
    return this.#make(`n:${term.id}`, (id) => ({ op: "not", id, term }), this.costOf(term));
  }

  and(terms: readonly Node[]): Node {
    return this.#join("and", terms);
  }

  or(terms: readonly Node[]): Node {
    return this.#join("or", terms);
  }

  costOf(node: Node): number {
    return this.#costs[node.id] as number;
  }

  /** The node as it is in records of one kind: what is the same in all of them is a constant. */
  onKind(node: Node, kind: number, known: Map<number, Node>): Node {
    const done = known.get(node.id);
    if (done !== undefined) {
      return done;
    }
    const result = this.#onKind(node, kind, known);
    known.set(node.id, result);
    return result;
  }

  #onKind(node: Node, kind: number, known: Map<number, Node>): Node {
    switch (node.op) {
      case "constant":
        return node;
      case "test": {
        const value = node.test.onKind(kind);
        return value === null ? node : this.constant(value);
      }
      case "not":
        return this.not(this.onKind(node.term, kind, known));
      case "and":
      case "or": {
        const terms = node.terms.map((term) => this.onKind(term, kind, known));
        return this.#join(node.op, terms);
      }
    }
  }

  /** Terms that decide nothing are left out; cheap ones come first. Nothing depends on their order. */
  #join(op: "and" | "or", terms: readonly Node[]): Node {
    const decides = op === "or";
    const kept = new Set<Node>();
    for (const term of terms) {
      if (term.op !== "constant") kept.add(term);
      else if (term.value === decides) return term;
    }
    const [first, second] = kept;
    if (first === undefined) return this.constant(!decides);
    if (second === undefined) return first;
    const sorted = [...kept].sort((a, b) => this.costOf(a) - this.costOf(b) || a.id - b.id);
    const key = `${op}:${sorted.map(({ id }) => id).join(",")}`;
    const cost = sorted.reduce((sum, term) => sum + this.costOf(term), 1);
    return this.#make(key, (id) => ({ op, id, terms: sorted }), cost);
  }

  #make(key: string, make: (id: number) => Node, cost: number): Node {
    let node = this.#byKey.get(key);
    if (node === undefined) {
      node = make(this.#costs.length);
      this.#costs.push(cost);
      this.#byKey.set(key, node);
    }
    return node;
  }
}

/** What a value hangs on that is made of two. */
export function commonOwner(a: AttributeOwner, b: AttributeOwner): AttributeOwner {
  if (a === b) {
    return a;
  }
  const isChain = (owner: AttributeOwner) => owner === "process" || owner === "parents";
  return isChain(a) && isChain(b) ? "parents" : "record";
}
