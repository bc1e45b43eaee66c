// What comparisons mean is decided by a mode: today's meaning or upstream's to the letter.

import type { Comparison, Operand, Span } from "../language/ast.ts";
import type { Passage } from "../language/source-text.ts";
import type { Node } from "./node.ts";

/** Where the parts of a comparison stand. */
export interface Context {
  readonly passage: Passage;
  readonly span: Span;
}

export interface Semantics {
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
