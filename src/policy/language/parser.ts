// The condition language of today: what upstream's grammar accepts, and Falco's. One parser function
// for each production; the production stands above it.

import {
  type Comparison,
  type Condition,
  type Expression,
  joinedTerms,
  type Operand,
  type OperandList,
  type Transformer,
} from "./ast.ts";
import { type Token, tokensOf } from "./lexer.ts";
import { limits } from "./limits.ts";
import { SyntaxFault } from "./problem.ts";
import type { Passage } from "./source-text.ts";

/** @throws SyntaxFault with the offset in the passage. */
export function parseCondition(passage: Passage): Condition {
  const parser = new Parser(tokensOf(passage.text));
  return { expression: parser.whole(), passage };
}

/** Whether it is an attribute or text is not known yet. @throws SyntaxFault */
export function parseOperand(passage: Passage): Operand {
  return new Parser(tokensOf(passage.text)).operandAlone();
}

export const comparisons: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ["==", "="],
  ...(
    [
      ["=", "!=", "<", "<=", ">", ">=", "contains", "icontains", "startswith", "endswith"],
      ["bcontains", "bstartswith", "glob", "iglob", "regex", "in", "pmatch", "intersects"],
    ] as const
  )
    .flat()
    .map((name) => [name, name] as const),
]);

export const listComparisons: ReadonlySet<Comparison> = new Set<Comparison>([
  "in",
  "pmatch",
  "intersects",
]);

const transformers: ReadonlyMap<string, Transformer | "val"> = new Map(
  (["tolower", "toupper", "b64", "basename", "len", "val"] as const).map((name) => [name, name]),
);

const connectives: ReadonlySet<string> = new Set(["and", "or", "not"]);

/** What people write for `and` and the like. */
const otherConnectives: ReadonlyMap<string, string> = new Map([
  ["&&", "and"],
  ["||", "or"],
  ["!", "not"],
]);

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  // condition := or
  whole(): Expression {
    if (this.#next().kind === "end") {
      throw new SyntaxFault("the condition is empty", this.#next().start);
    }
    const expression = this.#or();
    const rest = this.#next();
    if (rest.kind !== "end") {
      throw this.#unexpectedBehindTerm(rest);
    }
    return expression;
  }

  operandAlone(): Operand {
    const operand = this.#operand("an attribute");
    const rest = this.#next();
    if (rest.kind !== "end") {
      throw new SyntaxFault(`one attribute must stand here, and then the end`, rest.start);
    }
    return operand;
  }

  // or := and ("or" and)*
  #or(): Expression {
    const first = this.#and();
    const terms = [first];
    while (this.#takeWord("or")) terms.push(this.#and());
    return joinedTerms("or", terms, this.#spanFrom(first.span.start));
  }

  // and := term ("and" term)*
  #and(): Expression {
    const first = this.#term();
    const terms = [first];
    while (this.#takeWord("and")) terms.push(this.#term());
    return joinedTerms("and", terms, this.#spanFrom(first.span.start));
  }

  // term := "(" or ")" | "not" term | "exists" operand | operand "exists"
  //       | operand comparison (operand | list) | macro
  #term(): Expression {
    const token = this.#next();
    if (this.#takeSymbol("(")) {
      this.#deeper(token);
      const inner = this.#or();
      this.#expect(")", token);
      this.#depth -= 1;
      return inner;
    }
    if (this.#takeWord("not")) {
      this.#deeper(token);
      const term = this.#term();
      this.#depth -= 1;
      return { kind: "not", term, span: this.#spanFrom(token.start) };
    }
    if (isBare(token, "exists") && this.#startsOperand(this.#next(1))) {
      this.#at += 1;
      const operand = this.#operand("an attribute");
      return { kind: "exists", operand, span: this.#spanFrom(token.start) };
    }
    return this.#comparison();
  }

  #comparison(): Expression {
    const token = this.#next();
    const left = this.#operand("a comparison or a macro");
    if (this.#takeWord("exists")) {
      return { kind: "exists", operand: left, span: this.#spanFrom(token.start) };
    }
    const operator = this.#next();
    const comparison =
      operator.kind === "text" || operator.path !== null
        ? undefined
        : comparisons.get(operator.text);
    if (comparison === undefined) {
      if (left.kind === "name" && left.path === null && this.#isMacro(left.name)) {
        return { kind: "macro", name: left.name, span: left.span };
      }
      const found = operator.kind === "end" ? "the end" : shown(operator);
      throw new SyntaxFault(
        `an operator such as = must stand behind ${shown(token)}, not ${found}`,
        operator.start,
      );
    }
    this.#at += 1;
    const right = this.#right(comparison, operator);
    return { kind: "compare", left, comparison, right, span: this.#spanFrom(token.start) };
  }

  // right := operand | "(" items? ")" | "[" items? ","? "]" | list name (behind `in` and its like)
  #right(comparison: Comparison, operator: Token): Operand | OperandList {
    const token = this.#next();
    if (this.#isSymbol(token, "(") || this.#isSymbol(token, "[")) {
      return this.#list();
    }
    const operand = this.#operand(`a value behind ${operator.text}`);
    if (listComparisons.has(comparison) && operand.kind !== "call") {
      if (operand.kind === "text") {
        throw new SyntaxFault(
          `${operator.text} needs a list in parentheses, such as (${shown(token)})`,
          token.start,
        );
      }
      return { kind: "list", items: [operand], isReference: true, span: operand.span };
    }
    return operand;
  }

  // items := item ("," item)*   item := operand | list
  #list(): OperandList {
    const open = this.#take();
    this.#deeper(open);
    const isRound = open.text === "(";
    const close = isRound ? ")" : "]";
    const items: Operand[] = [];
    while (!this.#takeSymbol(close)) {
      const token = this.#next();
      if (this.#isSymbol(token, "(") || this.#isSymbol(token, "[")) {
        for (const item of this.#list().items) items.push(item);
      } else {
        items.push(this.#operand(`a value or ${close}`));
      }
      if (this.#takeSymbol(",")) {
        if (isRound && this.#isSymbol(this.#next(), ")")) {
          throw new SyntaxFault("a value is missing behind the comma", this.#next().start);
        }
      } else if (!this.#isSymbol(this.#next(), close)) {
        throw new SyntaxFault(
          `a comma or ${close} must stand here, not ${shown(this.#next())}`,
          this.#next().start,
        );
      }
    }
    this.#depth -= 1;
    return { kind: "list", items, isReference: false, span: this.#spanFrom(open.start) };
  }

  // operand := word path? | text | "<" | ">" | transformer "(" operand ")"
  #operand(wanted: string): Operand {
    const token = this.#next();
    const span = { start: token.start, end: token.end };
    if (token.kind === "text" || this.#isSymbol(token, "<") || this.#isSymbol(token, ">")) {
      this.#at += 1;
      return { kind: "text", text: token.text, span };
    }
    if (token.kind !== "word" || (token.path === null && connectives.has(token.text))) {
      throw new SyntaxFault(`${wanted} is missing before ${shown(token)}`, token.start);
    }
    const other = otherConnectives.get(token.text);
    if (other !== undefined) {
      throw new SyntaxFault(`write ${other} for ${token.text}`, token.start);
    }
    this.#at += 1;
    const transformer = token.path === null ? transformers.get(token.text) : undefined;
    if (transformer !== undefined && this.#isSymbol(this.#next(), "(")) {
      const open = this.#take();
      this.#deeper(open);
      const argument = this.#operand(`an attribute for ${token.text}()`);
      this.#expect(")", open);
      this.#depth -= 1;
      return { kind: "call", transformer, argument, span: this.#spanFrom(token.start) };
    }
    return { kind: "name", name: token.text, path: token.path, span };
  }

  #unexpectedBehindTerm(token: Token): SyntaxFault {
    const lower = token.text.toLowerCase();
    const other = otherConnectives.get(token.text) ?? (connectives.has(lower) ? lower : undefined);
    if (token.kind === "word" && other !== undefined) {
      return new SyntaxFault(`write ${other} for ${token.text}`, token.start);
    }
    if (this.#isSymbol(token, ")")) {
      return new SyntaxFault("this ) closes nothing", token.start);
    }
    return new SyntaxFault(`and or or must stand before ${shown(token)}`, token.start);
  }

  /** Attributes have dots in their names; nothing may stand behind a macro but what joins it. */
  #isMacro(name: string): boolean {
    const next = this.#next();
    const isJoined = next.kind === "end" || this.#isSymbol(next, ")") || connectives.has(next.text);
    return !comparisons.has(name) && (isJoined || !name.includes("."));
  }

  #startsOperand(token: Token): boolean {
    return token.kind === "word" && !connectives.has(token.text) && !comparisons.has(token.text);
  }

  #next(ahead = 0): Token {
    return (this.#tokens[this.#at + ahead] ?? this.#tokens[this.#tokens.length - 1]) as Token;
  }

  #take(): Token {
    const token = this.#next();
    this.#at += 1;
    return token;
  }

  #takeWord(word: string): boolean {
    const is = isBare(this.#next(), word);
    if (is) this.#at += 1;
    return is;
  }

  #isSymbol(token: Token, text: string): boolean {
    return token.kind === "symbol" && token.text === text;
  }

  #takeSymbol(text: string): boolean {
    const is = this.#isSymbol(this.#next(), text);
    if (is) this.#at += 1;
    return is;
  }

  #expect(close: string, open: Token): void {
    const token = this.#next();
    if (this.#takeSymbol(close)) {
      return;
    }
    if (token.kind === "end") {
      throw new SyntaxFault(`this ${open.text} is never closed`, open.start);
    }
    throw close === ")" && token.kind === "word" && this.#depth > 0
      ? this.#unexpectedBehindTerm(token)
      : new SyntaxFault(`${close} must stand here, not ${shown(token)}`, token.start);
  }

  #deeper(token: Token): void {
    this.#depth += 1;
    if (this.#depth > limits.conditionDepth) {
      throw new SyntaxFault(
        `the condition nests deeper than ${limits.conditionDepth}`,
        token.start,
        "POLICY_LIMIT",
      );
    }
  }

  #spanFrom(start: number): { start: number; end: number } {
    const last = this.#tokens[this.#at - 1];
    return { start, end: last?.end ?? start };
  }
}

function isBare(token: Token, word: string): boolean {
  return token.kind === "word" && token.path === null && token.text === word;
}

/** How a token is named in a message, cut where it is long. */
function shown(token: Token): string {
  if (token.kind === "end") {
    return "the end";
  }
  const text = token.path === null ? token.text : `${token.text}[${token.path}]`;
  const cut = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return token.kind === "text" ? `"${cut}"` : cut;
}
