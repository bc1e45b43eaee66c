// What comparisons mean is decided by a mode: today's meaning or upstream's to the letter.

import type { FlatContext } from "../../flatten/attribute.ts";
import type { Comparison, Operand, Span } from "../language/ast.ts";
import type { Passage } from "../language/source-text.ts";
import type { Node } from "./node.ts";

/** Where the parts of a comparison stand. */
export interface Context {
  readonly passage: Passage;
  readonly span: Span;
}

/** Reads what an operand is in a record; null where it has no value there. */
export type ReadOperand = (of: FlatContext) => string | null;

export interface Semantics {
  /** For people: what stands in a record for an operand. @throws SyntaxFault */
  reader(operand: Operand, context: Context): ReadOperand;
  /** @throws SyntaxFault */
  exists(operand: Operand, context: Context): Node;
  /** @throws SyntaxFault */
  compare(left: Operand, comparison: Comparison, right: Operand, context: Context): Node;
  /** @param members the texts of a list, other lists expanded. @throws SyntaxFault */
  compareAny(
    left: Operand,
    comparison: Comparison,
    members: readonly string[],
    context: Context,
  ): Node;
}
