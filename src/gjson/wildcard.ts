// Patterns with `*` for any run of characters, `?` for exactly one, and `\` before one that is meant
// itself. Only the last `*` is ever tried again, so the cost is at most the product of both lengths,
// and it is charged.

import type { Budget } from "./budget.ts";

/** @throws OverBudget */
export function matchesPattern(text: string, pattern: string, budget: Budget): boolean {
  let at = 0;
  let inPattern = 0;
  let afterStar: number | null = null;
  let starFrom = 0;
  while (at < text.length) {
    budget.spend(1);
    const wanted = pattern[inPattern];
    if (wanted === "*") {
      inPattern++;
      afterStar = inPattern;
      starFrom = at;
      continue;
    }
    const isEscape = wanted === "\\" && inPattern + 1 < pattern.length;
    if (wanted === "?") {
      at = afterCharacter(text, at);
      inPattern++;
    } else if (wanted !== undefined && text[at] === (isEscape ? pattern[inPattern + 1] : wanted)) {
      at++;
      inPattern += isEscape ? 2 : 1;
    } else if (afterStar !== null) {
      starFrom = afterCharacter(text, starFrom);
      at = starFrom;
      inPattern = afterStar;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === "*") {
    inPattern++;
  }
  return inPattern === pattern.length;
}

/** A character outside the basic plane is two units. */
function afterCharacter(text: string, at: number): number {
  return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
}
