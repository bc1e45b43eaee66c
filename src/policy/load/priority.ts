// The priorities that rules can have: upstream's three and Falco's eight, and what they are worth in
// upstream's outputs.

import type { Severity } from "./loaded.ts";

const severityOf: ReadonlyMap<string, Severity> = new Map([
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["emergency", "high"],
  ["alert", "high"],
  ["critical", "high"],
  ["error", "high"],
  ["warning", "medium"],
  ["notice", "low"],
  ["info", "low"],
  ["informational", "low"],
  ["debug", "low"],
]);

export const priorityWords: readonly string[] = [...severityOf.keys()];

export function isPriority(word: string): boolean {
  return severityOf.has(word.toLowerCase());
}

/** Of a word in lower case. Upstream forgot `alert`, which is low there. */
export function severityFor(priority: string, isUpstream: boolean): Severity {
  return isUpstream && priority === "alert" ? "low" : (severityOf.get(priority) ?? "low");
}
