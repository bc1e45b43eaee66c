// The parts of a rule's condition, each of which can be asked whether it holds in a record: what `and`
// and `or` stand between, what a macro stands for, and the comparisons themselves.

import type { FlatContext } from "../../flatten/attribute.ts";
import type { ReadOperand } from "../../policy/compile/semantics.ts";
import type { PartTester } from "../../policy/engine/part-tester.ts";
import type { Condition, Expression, Operand } from "../../policy/language/ast.ts";
import type { LoadedRule } from "../../policy/load/loaded.ts";

export interface Clause {
  /** `rule`: the whole, with its exceptions. */
  readonly kind: Expression["kind"] | "rule";
  /** As it was written. */
  readonly text: string;
  readonly holds: (of: FlatContext) => boolean;
  /** What it compares: names as they were written, and what reads their values. */
  readonly operands: readonly ClauseOperand[];
  /** What it is made of; none of a comparison. */
  readonly parts: readonly Clause[];
}

export interface ClauseOperand {
  readonly name: string;
  readonly read: ReadOperand;
}

/** More than these a person does not read; a condition may be far longer, its macros written out. */
const clausesMax = 5000;

export function clausesOf(rule: LoadedRule, tester: PartTester): Clause {
  return new ClauseMaker(rule, tester).whole();
}

class ClauseMaker {
  readonly #rule: LoadedRule;
  readonly #tester: PartTester;
  #count = 0;

  constructor(rule: LoadedRule, tester: PartTester) {
    this.#rule = rule;
    this.#tester = tester;
  }

  whole(): Clause {
    const { condition, name, unless } = this.#rule;
    const first = this.#clause(condition);
    if (unless.length === 0) {
      return first;
    }
    const parts = [first, ...unless.map((each) => this.#exception(each))];
    const holds = (of: FlatContext) => parts.every((part) => part.holds(of));
    return { kind: "rule", text: name, holds, operands: [], parts };
  }

  #exception(condition: Condition): Clause {
    const part = this.#clause(condition);
    const holds = (of: FlatContext) => !part.holds(of);
    return { kind: "not", text: `not ${part.text}`, holds, operands: [], parts: [part] };
  }

  #clause(condition: Condition): Clause {
    const { expression, passage } = condition;
    const { end, start } = expression.span;
    this.#count += 1;
    return {
      kind: expression.kind,
      text: passage.text.slice(start, end).replace(/\s+/g, " "),
      holds: this.#tester.test(condition, this.#rule.scope) ?? never,
      operands: operandsOf(expression).flatMap(
        (operand) => this.#operand(operand, condition) ?? [],
      ),
      parts: this.#count < clausesMax ? this.#parts(condition) : [],
    };
  }

  #parts({ expression, passage }: Condition): readonly Clause[] {
    switch (expression.kind) {
      case "and":
      case "or":
        return expression.terms.map((term) => this.#clause({ expression: term, passage }));
      case "not":
        return [this.#clause({ expression: expression.term, passage })];
      case "macro": {
        const macro = this.#rule.scope.macros.get(expression.name);
        return macro === undefined ? [] : [this.#clause(macro.condition)];
      }
      case "compare":
      case "exists":
        return [];
      default:
        return expression satisfies never;
    }
  }

  /** Null for a text, which says by itself what it is. */
  #operand(operand: Operand, condition: Condition): ClauseOperand | null {
    if (operand.kind === "text") {
      return null;
    }
    const read = this.#tester.reader(operand, condition);
    const { end, start } = operand.span;
    return read === null ? null : { name: condition.passage.text.slice(start, end), read };
  }
}

function operandsOf(expression: Expression): readonly Operand[] {
  switch (expression.kind) {
    case "compare": {
      const { left, right } = expression;
      return right.kind === "list" ? [left] : [left, right];
    }
    case "exists":
      return [expression.operand];
    default:
      return [];
  }
}

/** Of a part with faults, which a rule that is run has not. */
function never(): boolean {
  return false;
}
