// Rules that an operator does not want, by name or by tag, are taken out of what was loaded.

import type { Problems } from "../language/problem.ts";
import type { LoadedPolicies, LoadedRule } from "./loaded.ts";

export interface Unwanted {
  readonly rules: readonly string[];
  readonly tags: readonly string[];
}

/** Without the unwanted rules. A name or tag that no rule has is an error, since it would go unseen. */
export function withoutRules(
  policies: LoadedPolicies,
  { rules, tags }: Unwanted,
  problems: Problems,
): LoadedPolicies {
  const names = policies.rules.map(({ name }) => name);
  const knownTags = [...new Set(policies.rules.flatMap((rule) => rule.tags))];
  refuseUnknown("rule", rules, names, problems);
  refuseUnknown("tag", tags, knownTags, problems);
  const isWanted = (rule: LoadedRule) =>
    !rules.includes(rule.name) && !rule.tags.some((tag) => tags.includes(tag));
  return { ...policies, rules: policies.rules.filter(isWanted) };
}

function refuseUnknown(
  what: string,
  words: readonly string[],
  known: readonly string[],
  problems: Problems,
): void {
  for (const word of words.filter((one) => !known.includes(one))) {
    const message = `no rule to switch off has the ${what === "rule" ? "name" : what} ${word}`;
    problems.error("POLICY_UNKNOWN_NAME", message + problems.hint(word, known), null);
  }
}
