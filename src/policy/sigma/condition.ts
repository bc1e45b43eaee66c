// The condition of a Sigma rule: names of searches joined by and, or and not, and `1 of` and `all of`
// for searches by a pattern of names. One function for each production, which stands above it.

import type { Expression, Span } from "../language/ast.ts";
import { limits } from "../language/limits.ts";
import { type Problems, SyntaxFault } from "../language/problem.ts";
import { shown } from "./scalar.ts";
import { allOf, anyOf, type Budget, negated } from "./terms.ts";

export interface Search {
  readonly expression: Expression;
  /** How many comparisons it has. */
  readonly size: number;
}

/** Of a detection, by their names. */
export type Searches = ReadonlyMap<string, Search>;

interface Token {
  readonly text: string;
  readonly start: number;
}

/**
 * @param span what the terms that join others are said to stand at
 * @throws SyntaxFault with the offset in `text`
 */
export function conditionOf(
  text: string,
  searches: Searches,
  span: Span,
  budget: Budget,
  problems: Problems,
): Expression {
  return new Parser(text, searches, span, budget, problems).whole();
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(/[()|]|[^()|\s]+/g)) {
    tokens.push({ text: match[0], start: match.index });
    if (tokens.length > limits.conditionTokens) {
      const message = `the condition has more than ${limits.conditionTokens} words`;
      throw new SyntaxFault(message, match.index, "POLICY_LIMIT");
    }
  }
  tokens.push({ text: "", start: text.length });
  return tokens;
}

const words: ReadonlySet<string> = new Set(["and", "or"]);

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #searches: Searches;
  readonly #span: Span;
  readonly #budget: Budget;
  readonly #problems: Problems;
  /** What was counted when it was made is counted anew where it is used again. */
  readonly #used = new Set<Search>();
  #at = 0;
  #depth = 0;

  constructor(text: string, searches: Searches, span: Span, budget: Budget, problems: Problems) {
    this.#text = text;
    this.#tokens = tokensOf(text);
    this.#searches = searches;
    this.#span = span;
    this.#budget = budget;
    this.#problems = problems;
  }

  // condition := or
  whole(): Expression {
    const expression = this.#or();
    const rest = this.#next();
    if (rest.text === "|") {
      const name = shown(this.#text.slice(rest.start).trim());
      const message = `aggregations are not supported: this one is ${name}`;
      throw new SyntaxFault(message, rest.start, "POLICY_UNSUPPORTED_FIELD");
    }
    if (rest.text === ")") throw new SyntaxFault("this ) closes nothing", rest.start);
    if (rest.text !== "") {
      throw new SyntaxFault(`and or or must stand before ${shown(rest.text)}`, rest.start);
    }
    return expression;
  }

  // or := and ("or" and)*
  #or(): Expression {
    const terms = [this.#and()];
    while (this.#takes("or")) terms.push(this.#and());
    return anyOf(terms, this.#span);
  }

  // and := not ("and" not)*
  #and(): Expression {
    const terms = [this.#not()];
    while (this.#takes("and")) terms.push(this.#not());
    return allOf(terms, this.#span);
  }

  // not := "not" not | "(" or ")" | ("1" | "any" | "all") "of" pattern | name
  #not(): Expression {
    const token = this.#next();
    if (this.#takes("not")) {
      const term = this.#deeper(token, () => this.#not());
      return negated(term, this.#span);
    }
    if (this.#takes("(")) {
      const term = this.#deeper(token, () => this.#or());
      if (this.#takes(")")) return term;
      const next = this.#next();
      if (next.text === "") throw new SyntaxFault("this ( is never closed", token.start);
      throw new SyntaxFault(`) must stand here, not ${shown(next.text)}`, next.start);
    }
    this.#at += 1;
    if (this.#takes("of")) {
      return this.#selected(token);
    }
    return this.#search(token);
  }

  #selected(quantity: Token): Expression {
    const count = quantity.text.toLowerCase();
    if (count !== "1" && count !== "any" && count !== "all") {
      const message = `1 of or all of must stand here, not ${shown(quantity.text)} of`;
      throw new SyntaxFault(message, quantity.start);
    }
    const pattern = this.#next();
    if ("()|".includes(pattern.text)) {
      throw new SyntaxFault("them or a pattern of names must stand behind of", pattern.start);
    }
    this.#at += 1;
    const names = this.#namesLike(pattern.text);
    if (names.length === 0) {
      throw new SyntaxFault(`no search is named like ${shown(pattern.text)}`, pattern.start);
    }
    const terms = names.map((name) => this.#use(this.#searches.get(name) as Search, pattern));
    return count === "all" ? allOf(terms, this.#span) : anyOf(terms, this.#span);
  }

  /** Names that begin with _ are left out, unless the pattern begins so too. */
  #namesLike(pattern: string): readonly string[] {
    const isThem = pattern.toLowerCase() === "them";
    const names = [...this.#searches.keys()].filter(
      (name) => pattern.startsWith("_") || !name.startsWith("_"),
    );
    return isThem ? names : names.filter((name) => isLike(name, pattern));
  }

  #search({ text, start }: Token): Expression {
    const search = this.#searches.get(text);
    if (search !== undefined) {
      return this.#use(search, { text, start });
    }
    if ("()|".includes(text) || words.has(text.toLowerCase())) {
      const found = text === "" ? "the end" : text;
      throw new SyntaxFault(`a search must stand here, not ${found}`, start);
    }
    const near = this.#problems.hint(text, [...this.#searches.keys()]);
    throw new SyntaxFault(`there is no search ${shown(text)}${near}`, start, "POLICY_UNKNOWN_NAME");
  }

  #use(search: Search, { start }: Token): Expression {
    if (this.#used.has(search)) this.#budget.take(search.size, start);
    this.#used.add(search);
    return search.expression;
  }

  #deeper(token: Token, parse: () => Expression): Expression {
    this.#depth += 1;
    if (this.#depth > limits.conditionDepth) {
      const message = `the condition nests deeper than ${limits.conditionDepth}`;
      throw new SyntaxFault(message, token.start, "POLICY_LIMIT");
    }
    const expression = parse();
    this.#depth -= 1;
    return expression;
  }

  #next(): Token {
    return this.#tokens[this.#at] ?? (this.#tokens.at(-1) as Token);
  }

  /** A search may have the name of a word that joins others only where no such word can stand. */
  #takes(word: string): boolean {
    const is = this.#next().text.toLowerCase() === word;
    if (is) this.#at += 1;
    return is;
  }
}

/** Whether a name fits a pattern with `*` and `?`: from left to right, each `*` as short as possible. */
function isLike(name: string, pattern: string): boolean {
  let at = 0;
  let star = -1;
  let from = 0;
  let inPattern = 0;
  while (at < name.length) {
    const wanted = pattern[inPattern];
    if (wanted === "*") {
      star = inPattern;
      from = at;
      inPattern += 1;
    } else if (wanted === "?" || wanted === name[at]) {
      inPattern += 1;
      at += 1;
    } else if (star >= 0) {
      inPattern = star + 1;
      from += 1;
      at = from;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === "*") inPattern += 1;
  return inPattern === pattern.length;
}
