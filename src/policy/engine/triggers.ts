// Which literals must be found in a record before a rule can match it. With many rules only those
// whose literals were found are looked at.

import type { Node } from "../compile/node.ts";
import type { LiteralKind } from "../match/literal-kind.ts";

type TestNode = Node & { op: "test" };

/** More tests than this say little about a record. */
const testsMax = 64;

/** Values that many records have alike: to find their literals tells the least. */
const common: ReadonlySet<string> = new Set([
  ...["sf.opflags", "sf.file.openflags", "sf.file.type", "sf.container.type", "sf.node.id"],
  ...["evt.type", "syscall.type", "evt.category", "evt.arg.flags", "evt.res", "container.id"],
  ...["fd.type", "fd.typechar", "fd.l4proto", "fd.sockfamily", "user.name", "sf.proc.user"],
]);

/** Values that all records have alike. */
const constant: ReadonlySet<string> = new Set(["evt.dir"]);

const weights: Readonly<Record<LiteralKind, number>> = {
  equal: 1,
  suffix: 2,
  prefix: 4,
  contains: 6,
};

interface Choice {
  readonly tests: readonly TestNode[];
  /** The less, the better. */
  readonly weight: number;
}

/** Chooses for many nodes, which share parts. */
export class Triggers {
  readonly #known = new Map<number, Choice | null>();

  /** Tests of which one holds wherever the node does, the most telling choice; null where none is known. */
  of(node: Node): readonly TestNode[] | null {
    return this.#choose(node)?.tests ?? null;
  }

  #choose(node: Node): Choice | null {
    let choice = this.#known.get(node.id);
    if (choice === undefined) {
      choice = this.#make(node);
      this.#known.set(node.id, choice);
    }
    return choice;
  }

  #make(node: Node): Choice | null {
    switch (node.op) {
      case "constant":
      case "not":
        return null;
      case "test":
        return ofTest(node);
      case "and":
        return best(node.terms.map((term) => this.#choose(term)));
      case "or":
        return together(node.terms.map((term) => this.#choose(term)));
    }
  }
}

function best(choices: readonly (Choice | null)[]): Choice | null {
  let found: Choice | null = null;
  for (const choice of choices) {
    if (choice !== null && (found === null || choice.weight < found.weight)) found = choice;
  }
  return found;
}

function together(choices: readonly (Choice | null)[]): Choice | null {
  const tests: TestNode[] = [];
  let weight = 0;
  for (const choice of choices) {
    if (choice === null || tests.length + choice.tests.length > testsMax) return null;
    tests.push(...choice.tests);
    weight += choice.weight;
  }
  return { tests, weight };
}

function ofTest(node: TestNode): Choice | null {
  const { matcher } = node.test;
  if (
    matcher.kind !== "literal" ||
    matcher.literals.includes("") ||
    constant.has(matcher.column.key)
  ) {
    return null;
  }
  const { column, how, literals } = matcher;
  const weight = weights[how] * literals.length * (common.has(column.key) ? 1000 : 1);
  return { tests: [node], weight };
}
