// A condition in the form that `sysflow policy fmt` gives it: on one line where that has room, else a
// term a line, and what stands in parentheses two columns to the right. Operands stay as they were
// written.

import type { Condition, Expression, Operand, OperandList } from "../../policy/language/ast.ts";

export class ConditionPrinter {
  readonly #text: string;
  readonly #width: number;

  /** @param width how long a line may be, where terms can be parted at all */
  constructor({ passage }: Condition, width: number) {
    this.#text = passage.text;
    this.#width = width;
  }

  /** All on one line. */
  flat(expression: Expression): string {
    switch (expression.kind) {
      case "or":
      case "and": {
        const { kind, terms } = expression;
        return terms.map((term) => this.#term(term)).join(` ${kind} `);
      }
      case "not":
        return `not ${this.#term(expression.term)}`;
      case "macro":
        return expression.name;
      case "exists": {
        const { operand, span } = expression;
        const text = this.#operand(operand);
        return operand.span.start === span.start ? `${text} exists` : `exists ${text}`;
      }
      case "compare": {
        const { comparison, left, right } = expression;
        return `${this.#operand(left)} ${comparison} ${this.#right(right)}`;
      }
    }
  }

  lines(expression: Expression, indent = ""): readonly string[] {
    const flat = indent + this.flat(expression);
    if (flat.length <= this.#width) {
      return [flat];
    }
    switch (expression.kind) {
      case "or":
      case "and": {
        const { kind, terms } = expression;
        return terms.flatMap((term, i) => {
          const [first = "", ...more] = this.#termLines(term, kind, indent);
          return i === 0 ? [first, ...more] : [`${indent}${kind} ${first.trimStart()}`, ...more];
        });
      }
      case "not": {
        const [first = "", ...more] = this.#termLines(expression.term, "not", indent);
        return [`${indent}not ${first.trimStart()}`, ...more];
      }
      case "compare":
        return this.#comparisonLines(expression, indent);
      default:
        return [flat];
    }
  }

  #comparisonLines(
    { comparison, left, right }: Expression & { kind: "compare" },
    indent: string,
  ): readonly string[] {
    const head = `${indent}${this.#operand(left)} ${comparison}`;
    if (right.kind !== "list" || right.isReference) {
      return [`${head} ${this.#right(right)}`];
    }
    const lines: string[] = [];
    let line = `${indent}  `;
    right.items.forEach((item, i) => {
      const text = this.#operand(item) + (i + 1 < right.items.length ? "," : "");
      if (line.trim() !== "" && line.length + 1 + text.length > this.#width) {
        lines.push(line);
        line = `${indent}  `;
      }
      line += line.trim() === "" ? text : ` ${text}`;
    });
    return [`${head} (`, ...lines, line, `${indent})`];
  }

  #term(term: Expression): string {
    return hasTerms(term) ? `(${this.flat(term)})` : this.flat(term);
  }

  #termLines(term: Expression, within: "and" | "or" | "not", indent: string): readonly string[] {
    if (!hasTerms(term)) {
      return this.lines(term, indent);
    }
    const flat = `${indent}${within} (${this.flat(term)})`;
    return flat.length <= this.#width
      ? [`${indent}(${this.flat(term)})`]
      : [`${indent}(`, ...this.lines(term, `${indent}  `), `${indent})`];
  }

  #operand({ span }: Operand): string {
    return this.#text.slice(span.start, span.end);
  }

  #right(right: Operand | OperandList): string {
    if (right.kind !== "list") {
      return this.#operand(right);
    }
    const items = right.items.map((item) => this.#operand(item)).join(", ");
    return right.isReference ? items : `(${items})`;
  }
}

/** More than the grammar needs: who reads `a or b and c` has to think, and `a or (b and c)` does not. */
function hasTerms({ kind }: Expression): boolean {
  return kind === "and" || kind === "or";
}
