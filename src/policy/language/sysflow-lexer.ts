// Upstream's tokens. Its grammar is one for whole files: keys, texts and conditions are made of the
// same tokens, white space and line ends mean nothing, and `#` begins a comment wherever a token may
// begin. The longest token wins, and of two equally long ones a keyword.

export type SysflowTokenKind =
  | "keyword"
  | "severity"
  | "id"
  | "path"
  | "tag"
  | "string"
  | "symbol"
  | "define"
  | "other"
  | "end";

export interface SysflowToken {
  readonly kind: SysflowTokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const keywords: ReadonlySet<string> = new Set([
  ...["rule", "filter", "drop", "macro", "list", "name", "items", "condition", "desc", "actions"],
  ...["output", "priority", "tags", "prefilter", "enabled", "warn_evttypes"],
  ...["skip-if-unknown-filter", "append", "required_engine_version", "and", "or", "not", "in"],
  ...["contains", "icontains", "startswith", "endswith", "pmatch", "exists"],
]);

const severities: ReadonlySet<string> = new Set([
  ...["high", "medium", "low", "emergency", "alert", "critical", "error", "warning", "notice"],
  ...["info", "informational", "debug"],
]);

/** Tokens of the whole text, the last one of kind "end". Never fails: what fits nothing is "other". */
export function sysflowTokens(text: string): SysflowToken[] {
  const tokens: SysflowToken[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] as string;
    if (" \t\r\n\f".includes(character)) {
      at += 1;
    } else if (character === "#") {
      while (at < text.length && text[at] !== "\n" && text[at] !== "\r") at += 1;
    } else {
      const token = tokenAt(text, at);
      tokens.push(token);
      at = token.end;
    }
  }
  tokens.push({ kind: "end", text: "", start: text.length, end: text.length });
  return tokens;
}

function tokenAt(text: string, start: number): SysflowToken {
  const token = (kind: SysflowTokenKind, end: number): SysflowToken => {
    return { kind, text: text.slice(start, end), start, end };
  };
  const id = idEnd(text, start);
  const path = pathEnd(text, start);
  if (id > start || path > start) {
    const tag = id > start && text[id] === ":" ? idEnd(text, id + 1) : -1;
    if (tag > id + 1 && tag > path) return token("tag", tag);
    if (path > id) return token("path", path);
    const word = text.slice(start, id);
    if (keywords.has(word)) return token("keyword", id);
    return token(severities.has(word.toLowerCase()) ? "severity" : "id", id);
  }
  const string = stringEnd(text, start);
  if (string > start) return token("string", string);
  if (text[start] === ":") {
    let end = start + 1;
    while (text[end] === " ") end += 1;
    return token("define", text[end] === ">" ? end + 1 : start + 1);
  }
  const two = text.slice(start, start + 2);
  if (two === "<=" || two === ">=" || two === "!=") return token("symbol", start + 2);
  return token("[](),-<>=".includes(text[start] as string) ? "symbol" : "other", start + 1);
}

function isLetterOrDigit(character: string | undefined): boolean {
  return (
    character !== undefined &&
    ((character >= "a" && character <= "z") ||
      (character >= "A" && character <= "Z") ||
      (character >= "0" && character <= "9"))
  );
}

/** The end of an ID at `start`; `start` where there is none. */
function idEnd(text: string, start: number): number {
  if (!isLetterOrDigit(text[start]) && text[start] !== "_") {
    return start;
  }
  let at = start + 1;
  while (at < text.length) {
    const character = text[at] as string;
    if (isLetterOrDigit(character) || "_-.*".includes(character)) {
      at += 1;
      continue;
    }
    const group = groupEnd(text, character === ":" ? at + 1 : at);
    if (group < 0) break;
    at = group;
  }
  return at;
}

/** The end of `[path]` or `[path:path]` at `open`; -1 where there is none. */
function groupEnd(text: string, open: number): number {
  if (text[open] !== "[") {
    return -1;
  }
  let at = open;
  do {
    const end = pathEnd(text, at + 1);
    if (end === at + 1) return -1;
    at = end;
  } while (text[at] === ":");
  return text[at] === "]" ? at + 1 : -1;
}

function pathEnd(text: string, start: number): number {
  const first = text[start];
  if (!isLetterOrDigit(first) && first !== "/" && first !== ".") {
    return start;
  }
  let at = start + 1;
  while (at < text.length) {
    const character = text[at] as string;
    if (!isLetterOrDigit(character) && !"_-./*".includes(character)) break;
    at += 1;
  }
  return at;
}

const marks = ['"', "'", '\\"', "''"] as const;

/**
 * The end of the longest string at `start`; `start` where there is none. A string is a mark, then
 * anything of the line up to the next such mark, or another string, then the mark. Upstream's lexer
 * takes what is longer: in `a = "" and b = ""` all from the first mark to the last is one string.
 */
function stringEnd(text: string, start: number): number {
  let longest = start;
  for (const mark of marks) {
    if (!text.startsWith(mark, start)) continue;
    const inside = start + mark.length;
    longest = Math.max(longest, closeBehind(text, inside, mark));
    for (const inner of marks) {
      if (text.startsWith(inner, inside)) {
        longest = Math.max(longest, closeBehind(text, inside + inner.length, inner + mark));
      }
    }
  }
  return longest;
}

/** Behind the next `close` of the same line; -1 where there is none. */
function closeBehind(text: string, from: number, close: string): number {
  for (let at = from; at < text.length && text[at] !== "\n" && text[at] !== "\r"; at++) {
    if (text.startsWith(close, at)) return at + close.length;
  }
  return -1;
}
