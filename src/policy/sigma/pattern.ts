// The texts of Sigma rules are patterns: `*` stands for any text, `?` for one character, and a
// backslash takes their meaning from them. Before any other character it is a backslash, so that
// paths of Windows need no escapes.

/** `dash`: one of the characters that Windows takes for the dash of an option. */
export type Wild = "any" | "one" | "dash";

/** Texts (never empty, never two in a row) and what is wild between them. */
export type Pattern = readonly PatternPart[];
export type PatternPart = { readonly text: string } | { readonly wild: Wild };

const anyText: PatternPart = { wild: "any" };

export function patternOf(text: string): Pattern {
  const parts: PatternPart[] = [];
  let plain = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    const next = text[at + 1];
    if (character === "\\" && (next === "*" || next === "?" || next === "\\")) {
      plain += next;
      at += 1;
    } else if (character === "*" || character === "?") {
      addText(parts, plain);
      plain = "";
      addWild(parts, character === "*" ? "any" : "one");
    } else {
      plain += character;
    }
  }
  addText(parts, plain);
  return parts;
}

/** A text in which nothing is wild. */
export function plainPattern(text: string): Pattern {
  return text === "" ? [] : [{ text }];
}

/** The text of a pattern without wild parts; null where it has some. */
export function plainText(pattern: Pattern): string | null {
  const [first, second] = pattern;
  if (first === undefined) return "";
  return second === undefined && "text" in first ? first.text : null;
}

/** What the field holds besides may stand before it, behind it, or both. */
export function extended(pattern: Pattern, before: boolean, behind: boolean): Pattern {
  const parts: PatternPart[] = before ? [anyText] : [];
  for (const part of pattern) {
    if ("text" in part) addText(parts, part.text);
    else addWild(parts, part.wild);
  }
  if (behind) addWild(parts, "any");
  return parts;
}

/**
 * Each dash or slash that begins an option, so at the beginning or behind no letter or digit and
 * before one, becomes any of the characters that Windows takes for it.
 */
export function withAnyDash(pattern: Pattern): Pattern {
  const parts: PatternPart[] = [];
  for (const part of pattern) {
    if ("text" in part) addWithDashes(parts, part.text);
    else addWild(parts, part.wild);
  }
  return parts;
}

/** Dash, slash, en dash, em dash, horizontal bar. */
export const dashes = "-/\u2013\u2014\u2015";
const beginsOption = new RegExp(`(?<![\\p{L}\\p{N}_])[${dashes}](?=[\\p{L}\\p{N}_])`, "u");

function addWithDashes(parts: PatternPart[], text: string): void {
  const [first = "", ...others] = text.split(beginsOption);
  addText(parts, first);
  for (const other of others) {
    addWild(parts, "dash");
    addText(parts, other);
  }
}

function addText(parts: PatternPart[], text: string): void {
  if (text !== "") parts.push({ text });
}

function addWild(parts: PatternPart[], wild: Wild): void {
  const last = parts.at(-1);
  const isRepeated = wild === "any" && last !== undefined && "wild" in last && last.wild === "any";
  if (!isRepeated) parts.push({ wild });
}
