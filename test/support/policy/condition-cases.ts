// Upstream's conditions and small policies, with what its program made of them on one trace.

import { readFileSync } from "node:fs";

export interface ConditionCase {
  /** As it stands in the table. */
  readonly source: string;
  /** As a policy file. */
  readonly policy: string;
  /** The same for counting: upstream counted what conditions hold for, whether rules are run or not. */
  readonly countedPolicy: string;
  /** "error" where it was refused, or crashed; else the matches of each rule by kind, as "FF:3 PE:1". */
  readonly expected: string;
  /** What is told of each rule besides: its priority, whether it is enabled, its tags and so on. */
  readonly properties: readonly string[];
}

export function readConditionCases(path: string): readonly ConditionCase[] {
  const [, ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [kind, source = "", result, matches = "", byKind = ""] = line.split("\t");
    const isCondition = kind === "cond";
    const policy = isCondition
      ? `- rule: R\n  desc: d\n  condition: ${source}\n`
      : source.replaceAll("\\n", "\n");
    const countedPolicy = result === "ok" ? countable(policy) : policy;
    const properties = byKind.match(/prio=.*?actions=\[[^\]]*\]/g) ?? [];
    const counts = byKind === "(filter)" ? matches : countsOf(byKind);
    const expected = result === "ok" ? counts : "error";
    return { source, policy, countedPolicy, expected, properties };
  });
}

function countable(policy: string): string {
  const enabled = policy.replace(/^ +(enabled|prefilter):.*\n/gm, "");
  return enabled.includes("- rule:")
    ? enabled.replace(/^- filter: .*\n {2}condition: .*\n/gm, "")
    : enabled;
}

/** Without names of rules and without what stands behind the counts. */
function countsOf(byKind: string): string {
  const rules = byKind.split(" ; ").map((rule) => {
    const counts = rule.replace(/ ?\|.*/, "");
    return counts.replace(/^("quoted name"|R2?): /, "").trim();
  });
  return rules.join(" ; ");
}
