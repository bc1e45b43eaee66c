// A rule's condition as text of the engine's own language, for people who ask why a record did or did
// not match: in the file stand fields and values, far from each other. Offsets in it lead to the file.

import type { Condition, Expression, Operand, OperandList, Span } from "../language/ast.ts";
import { Passage, type SourceFile } from "../language/source-text.ts";

/** @param expression with offsets in the file @returns the same, with offsets in its text */
export function writtenCondition(expression: Expression, file: SourceFile): Condition {
  const writer = new Writer(file);
  const written = writer.expression(expression, false);
  return { expression: written, passage: writer.passage() };
}

class Writer {
  readonly #file: SourceFile;
  readonly #pieces: Passage[] = [];
  /** What stands at the place of the last piece, which is not yet one. */
  #text = "";
  #at = 0;
  #length = 0;

  constructor(file: SourceFile) {
    this.#file = file;
  }

  passage(): Passage {
    this.#finishPiece();
    return Passage.joined(this.#pieces);
  }

  /** @param isInner a part of another: what joins others is then put in parentheses */
  expression(expression: Expression, isInner: boolean): Expression {
    const { kind } = expression;
    const at = expression.span.start;
    const start = this.#length;
    switch (kind) {
      case "or":
      case "and": {
        if (isInner) this.#put("(", at);
        const terms = expression.terms.map((term, index) => {
          if (index > 0) this.#put(` ${kind} `, at);
          return this.expression(term, true);
        });
        if (isInner) this.#put(")", at);
        return { kind, terms, span: this.#from(start) };
      }
      case "not": {
        this.#put("not ", at);
        return { kind, term: this.expression(expression.term, true), span: this.#from(start) };
      }
      case "exists": {
        this.#put("exists ", at);
        const operand = this.#operand(expression.operand);
        return { kind, operand, span: this.#from(start) };
      }
      case "compare": {
        const { comparison } = expression;
        const left = this.#operand(expression.left);
        this.#put(` ${comparison} `, at);
        const right =
          expression.right.kind === "list"
            ? this.#list(expression.right)
            : this.#operand(expression.right);
        return { kind, left, comparison, right, span: this.#from(start) };
      }
      case "macro":
        // Sigma has none.
        return expression;
    }
  }

  #operand(operand: Operand): Operand {
    const at = operand.span.start;
    const start = this.#length;
    switch (operand.kind) {
      case "text":
        this.#put(quoted(operand.text), at);
        return { ...operand, span: this.#from(start) };
      case "name":
        this.#put(operand.path === null ? operand.name : `${operand.name}[${operand.path}]`, at);
        return { ...operand, span: this.#from(start) };
      case "call": {
        this.#put(`${operand.transformer}(`, at);
        const argument = this.#operand(operand.argument);
        this.#put(")", at);
        return { ...operand, argument, span: this.#from(start) };
      }
    }
  }

  #list(list: OperandList): OperandList {
    const at = list.span.start;
    const start = this.#length;
    this.#put("(", at);
    const items = list.items.map((item, index) => {
      if (index > 0) this.#put(", ", at);
      return this.#operand(item);
    });
    this.#put(")", at);
    return { ...list, items, span: this.#from(start) };
  }

  #put(text: string, at: number): void {
    if (at !== this.#at) {
      this.#finishPiece();
      this.#at = at;
    }
    this.#text += text;
    this.#length += text.length;
  }

  #finishPiece(): void {
    this.#pieces.push(Passage.decoded(this.#file, this.#at, this.#at, this.#text));
    this.#text = "";
  }

  #from(start: number): Span {
    return { start, end: this.#length };
  }
}

/** The language has no escapes, but two marks to choose from. */
function quoted(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}
