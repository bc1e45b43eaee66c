// Patterns with wild parts inside, in the two languages that conditions have for them.

import { SyntaxFault } from "../language/problem.ts";
import { dashes, type Pattern } from "./pattern.ts";

/** `*` and `?` as they are, and a backslash before what has a meaning in a glob and shall have none. */
export function asGlob(pattern: Pattern): string {
  return pattern
    .map((part) => {
      if ("text" in part) return part.text.replace(/[*?[\]\\]/g, "\\$&");
      return part.wild === "any" ? "*" : "?";
    })
    .join("");
}

/** A regular expression that the whole of a text fits, line ends among its characters. */
export function asRegex(pattern: Pattern): string {
  const inner = pattern.map((part) => {
    if ("text" in part) return part.text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    if (part.wild === "dash") return `[${dashes}]`;
    return part.wild === "any" ? ".*" : ".";
  });
  return `(?s:${inner.join("")})`;
}

/**
 * A regular expression that a whole text fits where a part of it fits the rule's. The operator of
 * conditions means whole texts, and line ends among what a dot stands for; Sigma neither.
 * @param flags some of i, m and s
 * @throws SyntaxFault with the offset in `regex`, where it would end the group that it is put in
 */
export function asSearch(regex: string, flags: string): string {
  checkClosed(regex);
  const on = flags.includes("s") ? flags : `${flags}-s`;
  return `(?s:.*)(?${on}:${regex})(?s:.*)`;
}

function checkClosed(regex: string): void {
  let depth = 0;
  let isClass = false;
  for (let at = 0; at < regex.length; at++) {
    const character = regex[at];
    if (character === "\\") at += 1;
    else if (isClass) isClass = character !== "]";
    else if (character === "[") {
      isClass = true;
      // A bracket at the beginning of a class is one of its characters.
      if (regex[at + 1] === "^") at += 1;
      if (regex[at + 1] === "]") at += 1;
    } else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    if (depth < 0) throw new SyntaxFault("a ) of the regular expression closes nothing", at);
  }
}
