// The tree of a rule's condition is made of these. Offsets are into the whole file of the rule, and
// the beginning alone is of use: writtenCondition() makes a text that the tree is of.

import type {
  Comparison,
  ComparisonExpression,
  Expression,
  NameOperand,
  Operand,
  OperandList,
  Span,
} from "../language/ast.ts";
import { limits } from "../language/limits.ts";
import { SyntaxFault } from "../language/problem.ts";
import type { Target } from "./field-map.ts";

export function nameOperand({ name, path }: Target, span: Span): NameOperand {
  return { kind: "name", name, path, span };
}

/** The operand in lower case, as Sigma compares where nothing else is said. */
export function lower(argument: Operand, span: Span): Operand {
  return { kind: "call", transformer: "tolower", argument, span };
}

export function textOperand(text: string, span: Span): Operand {
  return { kind: "text", text, span };
}

export function compare(
  left: Operand,
  comparison: Comparison,
  right: Operand | OperandList,
  span: Span,
): ComparisonExpression {
  return { kind: "compare", left, comparison, right, span };
}

export function anyOf(terms: readonly Expression[], span: Span): Expression {
  return joined("or", terms, span);
}

export function allOf(terms: readonly Expression[], span: Span): Expression {
  return joined("and", terms, span);
}

function joined(kind: "or" | "and", terms: readonly Expression[], span: Span): Expression {
  const [only, more] = terms;
  if (only !== undefined && more === undefined) {
    return only;
  }
  return { kind, terms: terms.flatMap((each) => (each.kind === kind ? each.terms : [each])), span };
}

export function negated(term: Expression, span: Span): Expression {
  return term.kind === "not" ? term.term : { kind: "not", term, span };
}

/** Of what stands there in the file; where it ends is told by nothing. */
export function standingAt(offset: number): Span {
  return { start: offset, end: offset };
}

/**
 * How many comparisons the rules of one load may have together. Documents that repeat others, and
 * conditions that name a search again and again, make many out of a few lines.
 */
export class Budget {
  #left: number = limits.sigmaComparisons;

  /** How many were taken so far. */
  get taken(): number {
    return limits.sigmaComparisons - this.#left;
  }

  /** @throws SyntaxFault */
  take(terms: number, at: number): void {
    this.#left -= terms;
    if (this.#left < 0) {
      const message = `the rules have more than ${limits.sigmaComparisons} comparisons together`;
      throw new SyntaxFault(message, at, "POLICY_LIMIT");
    }
  }
}
