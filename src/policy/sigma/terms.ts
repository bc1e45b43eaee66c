// The tree of a rule's condition is made of these. Offsets are into the whole file of the rule.

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
import type { SourceFile } from "../language/source-text.ts";
import type { RawText } from "../load/raw-item.ts";
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

/** Where a value stands in the file, with its quotation marks. */
export function spanOf(file: SourceFile, { at, passage, isQuoted }: RawText): Span {
  const mark = file.text[at];
  if (!isQuoted || (mark !== '"' && mark !== "'")) {
    return { start: at, end: at + Math.max(1, passage.text.length) };
  }
  let end = at + 1;
  while (end < file.text.length) {
    const character = file.text[end];
    if (character === "\\" && mark === '"') {
      end += 1;
    } else if (character === mark) {
      if (mark === '"' || file.text[end + 1] !== mark) break;
      end += 1;
    }
    end += 1;
  }
  return { start: at, end: end + 1 };
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
