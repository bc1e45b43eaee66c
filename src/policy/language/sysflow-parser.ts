// Upstream's grammar to the letter, over the tokens of a whole file: the condition part of it.
// load/sysflow-reader.ts has the items around it. Operands keep their quotation marks in the passage, since
// upstream strips them at different times; who compiles for upstream's mode reads them there.

import { type Comparison, type Expression, joinedTerms, type Operand, type Span } from "./ast.ts";
import { limits } from "./limits.ts";
import { SyntaxFault } from "./problem.ts";
import type { SysflowToken } from "./sysflow-lexer.ts";

const symbolComparisons: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "=", "!="]);
const wordComparisons: ReadonlySet<string> = new Set([
  ...["contains", "icontains", "startswith", "endswith"],
]);

export class SysflowParser {
  readonly tokens: readonly SysflowToken[];
  at = 0;
  #depth = 0;

  constructor(tokens: readonly SysflowToken[]) {
    this.tokens = tokens;
  }

  next(ahead = 0): SysflowToken {
    return (this.tokens[this.at + ahead] ?? this.tokens[this.tokens.length - 1]) as SysflowToken;
  }

  is(text: string): boolean {
    const token = this.next();
    return token.text === text && (token.kind === "symbol" || token.kind === "keyword");
  }

  take(text: string): boolean {
    const is = this.is(text);
    if (is) this.at += 1;
    return is;
  }

  /** @throws SyntaxFault with the offset in the file */
  expect(text: string): void {
    if (!this.take(text)) throw this.fault(text);
  }

  fault(wanted: string): SyntaxFault {
    const token = this.next();
    const found = token.kind === "end" ? "the end" : token.text.slice(0, 40);
    return new SyntaxFault(`${wanted} must stand here, not ${found}`, token.start);
  }

  // or_expression := and_expression ("or" and_expression)*
  expression(): Expression {
    const first = this.#and();
    const terms = [first];
    while (this.take("or")) terms.push(this.#and());
    return joinedTerms("or", terms, this.#spanFrom(first.span.start));
  }

  // and_expression := term ("and" term)*
  #and(): Expression {
    const first = this.#term();
    const terms = [first];
    while (this.take("and")) terms.push(this.#term());
    return joinedTerms("and", terms, this.#spanFrom(first.span.start));
  }

  // term := variable | "not" term | atom "exists" | atom binary_operator atom
  //       | atom ("in" | "pmatch") "(" (atom | items) ("," (atom | items))* ")" | "(" expression ")"
  #term(): Expression {
    const token = this.next();
    this.#depth += 1;
    if (this.#depth > limits.conditionDepth) {
      const message = `the condition nests deeper than ${limits.conditionDepth}`;
      throw new SyntaxFault(message, token.start, "POLICY_LIMIT");
    }
    const term = this.#termOf(token);
    this.#depth -= 1;
    return term;
  }

  #termOf(token: SysflowToken): Expression {
    if (this.take("(")) {
      const inner = this.expression();
      this.expect(")");
      return inner;
    }
    if (this.take("not")) {
      const term = this.#term();
      return { kind: "not", term, span: this.#spanFrom(token.start) };
    }
    const left = this.atom();
    if (this.take("exists")) {
      return { kind: "exists", operand: left, span: this.#spanFrom(token.start) };
    }
    if (this.is("in") || this.is("pmatch")) {
      const comparison = this.next().text as Comparison;
      this.at += 1;
      const open = this.next().start;
      this.expect("(");
      const items: Operand[] = [];
      do {
        // Upstream takes a list in brackets here and then ignores it.
        if (this.is("[")) this.items();
        else items.push(this.atom());
      } while (this.take(","));
      this.expect(")");
      const right = {
        kind: "list" as const,
        items,
        isReference: false,
        span: this.#spanFrom(open),
      };
      return { kind: "compare", left, comparison, right, span: this.#spanFrom(token.start) };
    }
    const operator = this.next();
    if (
      (operator.kind === "symbol" && symbolComparisons.has(operator.text)) ||
      (operator.kind === "keyword" && wordComparisons.has(operator.text))
    ) {
      this.at += 1;
      const right = this.atom();
      const comparison = operator.text as Comparison;
      return { kind: "compare", left, comparison, right, span: this.#spanFrom(token.start) };
    }
    if (token.kind === "id" && left.kind === "name") {
      return { kind: "macro", name: left.name, span: left.span };
    }
    throw this.fault("an operator");
  }

  // atom := ID | PATH | NUMBER | TAG | STRING | "<" | ">"
  atom(): Operand {
    const token = this.next();
    const span: Span = { start: token.start, end: token.end };
    switch (token.kind) {
      case "id":
      case "path":
      case "tag":
        this.at += 1;
        return { kind: "name", name: token.text, path: null, span };
      case "string":
        this.at += 1;
        return { kind: "text", text: trimQuotes(token.text), span };
      default:
        if (this.take("<") || this.take(">")) {
          return { kind: "text", text: token.text, span };
        }
        throw this.fault("a name or a value");
    }
  }

  /**
   * items := "[" (atom ("," atom)*)? ","? "]"
   * Upstream joins the tokens again and cuts at all commas, those in quotation marks too.
   */
  items(): string[] {
    this.expect("[");
    let joined = "";
    while (!this.is("]")) {
      if (!this.is(",")) {
        this.atom();
        joined += this.tokens[this.at - 1]?.text ?? "";
      }
      if (!this.is(",")) break;
      this.at += 1;
      joined += ",";
      if (this.is(",")) throw this.fault("a name or a value");
    }
    this.expect("]");
    return joined.split(",").map(trimQuotes);
  }

  #spanFrom(start: number): Span {
    return { start, end: this.tokens[this.at - 1]?.end ?? start };
  }
}

/** Takes at most one mark from each end, whichever they are. */
export function trimQuotes(text: string): string {
  const isMark = (character: string | undefined) => character === '"' || character === "'";
  const start = isMark(text[0]) ? 1 : 0;
  const end = text.length > start && isMark(text[text.length - 1]) ? text.length - 1 : text.length;
  return text.slice(start, end);
}
