// The tree of a condition. The condition parsers (of today's language and of upstream's) and the
// Sigma compiler make it; the compiler, `explain` and `fmt` read it. Offsets are into the passage
// that the condition was parsed from.

import type { Passage } from "./source-text.ts";

export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Comparison =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "contains"
  | "icontains"
  | "startswith"
  | "endswith"
  | "bcontains"
  | "bstartswith"
  | "glob"
  | "iglob"
  | "regex"
  | "in"
  | "pmatch"
  | "intersects";

export type Transformer = "tolower" | "toupper" | "b64" | "basename" | "len";

/** A bare word: an attribute, or text where no attribute has that name (right side and lists only). */
export interface NameOperand {
  readonly kind: "name";
  readonly name: string;
  /** What stands in brackets behind it: a JSON path or an index; null where there are none. */
  readonly path: string | null;
  readonly span: Span;
}

/** Text and nothing else: it was quoted. */
export interface TextOperand {
  readonly kind: "text";
  readonly text: string;
  readonly span: Span;
}

/** `tolower(proc.name)`; `val(proc.name)` says that an attribute is meant, and changes nothing. */
export interface CallOperand {
  readonly kind: "call";
  readonly transformer: Transformer | "val";
  readonly argument: Operand;
  readonly span: Span;
}

export type Operand = NameOperand | TextOperand | CallOperand;

/** Operands of one list in parentheses, or the bare name of a list behind `in`. */
export interface OperandList {
  readonly kind: "list";
  readonly items: readonly Operand[];
  /** `in names`, without parentheses: what stands there must be a list. */
  readonly isReference: boolean;
  readonly span: Span;
}

export type Expression =
  | { readonly kind: "or"; readonly terms: readonly Expression[]; readonly span: Span }
  | { readonly kind: "and"; readonly terms: readonly Expression[]; readonly span: Span }
  | { readonly kind: "not"; readonly term: Expression; readonly span: Span }
  | { readonly kind: "macro"; readonly name: string; readonly span: Span }
  | { readonly kind: "exists"; readonly operand: Operand; readonly span: Span }
  | ComparisonExpression;

/** Of several terms; one stands for itself. There must be one. */
export function joinedTerms(
  kind: "or" | "and",
  terms: readonly Expression[],
  span: Span,
): Expression {
  const [only, more] = terms;
  return only !== undefined && more === undefined ? only : { kind, terms, span };
}

export interface ComparisonExpression {
  readonly kind: "compare";
  readonly left: Operand;
  readonly comparison: Comparison;
  readonly right: Operand | OperandList;
  readonly span: Span;
}

/** A parsed condition with the passage that its offsets are of. */
export interface Condition {
  readonly expression: Expression;
  readonly passage: Passage;
}
