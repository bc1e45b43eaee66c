// Cuts a condition into tokens. White space has no meaning outside quotation marks. A bare word is
// wide, as in Falco: `/usr/bin/*`, `-2`, `mitre:T1059`. Brackets right behind a word are its path.
// A newcomer's trap: line ends may stand inside quotation marks, since a condition is read as it
// stands in the file; they count as one space, as when YAML folds them.

import { limits } from "./limits.ts";
import { SyntaxFault } from "./problem.ts";

export type TokenKind = "word" | "text" | "symbol" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** The word, the text without its quotation marks, or the symbol. */
  readonly text: string;
  /** What stands in brackets right behind a word; null where nothing does. */
  readonly path: string | null;
  readonly start: number;
  readonly end: number;
}

/** Where reading of something ended, and what was read. */
interface Read {
  readonly text: string;
  readonly end: number;
}

/** @throws SyntaxFault at a quotation or a bracket without an end, and at too many tokens. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = skipBlanks(text, 0);
  while (at < text.length) {
    if (tokens.length >= limits.conditionTokens) {
      throw new SyntaxFault(
        `the condition has more than ${limits.conditionTokens} words and signs`,
        at,
        "POLICY_LIMIT",
      );
    }
    const token = tokenAt(text, at);
    tokens.push(token);
    at = skipBlanks(text, token.end);
  }
  tokens.push({ kind: "end", text: "", path: null, start: text.length, end: text.length });
  return tokens;
}

function tokenAt(text: string, start: number): Token {
  const first = text[start] as string;
  if (first === '"' || first === "'" || (first === "\\" && text[start + 1] === '"')) {
    const { text: inside, end } = quoted(text, start);
    return { kind: "text", text: inside, path: null, start, end };
  }
  const two = text.slice(start, start + 2);
  if (two === "<=" || two === ">=" || two === "!=" || two === "==") {
    return symbol(two, start);
  }
  if ("()[],=<>".includes(first)) {
    return symbol(first, start);
  }
  let end = start;
  while (end < text.length && !endsWord(text, end)) end += 1;
  const word = text.slice(start, end);
  if (text[end] === "[" && !takesNoPath.has(word)) {
    const path = pathBehind(text, end, word);
    return { kind: "word", text: word, path: path.text, start, end: path.end };
  }
  return { kind: "word", text: word, path: null, start, end };
}

function symbol(text: string, start: number): Token {
  return { kind: "symbol", text, path: null, start, end: start + text.length };
}

/** Behind these, brackets are a list. */
const takesNoPath: ReadonlySet<string> = new Set([
  "in",
  "pmatch",
  "intersects",
  "and",
  "or",
  "not",
]);

function endsWord(text: string, at: number): boolean {
  const character = text[at] as string;
  return (
    isBlank(character) ||
    "()[],=<>\"'#".includes(character) ||
    (character === "!" && text[at + 1] === "=")
  );
}

/** White space, and comments to the end of their lines. */
function skipBlanks(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    if (isBlank(text[at] as string)) {
      at += 1;
    } else if (text[at] === "#") {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    } else {
      break;
    }
  }
  return at;
}

function isBlank(character: string): boolean {
  return character <= " " || character === "\u00a0" || character === "\ufeff";
}

/**
 * `"…"` or `'…'`, in which `\\` and an escaped mark stand for themselves; also upstream's `\"…\"` and
 * `''…''`. A backslash before the last mark of a line is no escape: `"C:\"` ends there.
 */
function quoted(text: string, start: number): Read {
  const mark = text[start] as string;
  const long = mark === "\\" ? '\\"' : mark + mark;
  if (mark === "\\" || isLongMark(text, start, long)) {
    const end = text.indexOf(long, start + 2);
    if (end < 0) throw new SyntaxFault("the quotation that begins here has no end", start);
    return { text: unfolded(text.slice(start + 2, end)), end: end + 2 };
  }
  let inside = "";
  let at = start + 1;
  while (at < text.length) {
    const character = text[at] as string;
    if (character === mark) {
      return { text: unfolded(inside), end: at + 1 };
    }
    const next = text[at + 1];
    if (character === "\\" && (next === "\\" || (next === mark && hasMark(text, at + 2, mark)))) {
      inside += next;
      at += 2;
    } else {
      inside += character;
      at += 1;
    }
  }
  throw new SyntaxFault("the quotation that begins here has no end", start);
}

/** Two marks and then text without a gap: not an empty text, if the two marks come again. */
function isLongMark(text: string, start: number, long: string): boolean {
  const next = text[start + 2];
  if (!text.startsWith(long, start) || next === undefined || endsWord(text, start + 2)) {
    return false;
  }
  return hasMark(text, start + 2, long);
}

/** Whether the mark comes again before the line ends. */
function hasMark(text: string, start: number, mark: string): boolean {
  const found = text.indexOf(mark, start);
  const lineEnd = text.indexOf("\n", start);
  return found >= 0 && (lineEnd < 0 || found < lineEnd);
}

/** A line end with the indentation around it is one space. */
function unfolded(text: string): string {
  return text.includes("\n") ? text.replace(/[ \t\r]*\n[ \t\r\n]*/g, " ") : text;
}

/** `[0.name]`, `["odd characters"]`, or odd characters as long as brackets and quotations match. */
function pathBehind(text: string, open: number, word: string): Read {
  const first = text[open + 1];
  if (first === '"' || first === "'") {
    const inside = quoted(text, open + 1);
    if (text[inside.end] === "]") {
      return { text: inside.text, end: closedPath(text, inside.end, word) };
    }
  }
  let depth = 0;
  let mark = "";
  for (let at = open; at < text.length; at++) {
    const character = text[at] as string;
    if (character === "\n") break;
    if (character === "\\") {
      at += 1;
    } else if (mark !== "") {
      if (character === mark) mark = "";
    } else if (character === '"') {
      mark = character;
    } else if ("[({".includes(character)) {
      depth += 1;
    } else if ("])}".includes(character)) {
      depth -= 1;
      if (depth === 0) {
        return { text: text.slice(open + 1, at), end: closedPath(text, at, word) };
      }
    }
  }
  throw new SyntaxFault(`the path behind ${word} has no closing bracket`, open);
}

function closedPath(text: string, close: number, word: string): number {
  if (text[close + 1] === "[") {
    throw new SyntaxFault(
      `a second path behind ${word}: write both as one, such as [items.0]`,
      close + 1,
    );
  }
  return close + 1;
}
