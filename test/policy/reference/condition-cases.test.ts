// Upstream's own results for 207 conditions and small policies: to the letter in the mode "sysflow";
// in today's mode each difference with its reason.

import { describe, expect, test } from "bun:test";
import type { LoadedRule, PolicyMode } from "../../../src/policy/load/loaded.ts";
import { hasReference, referencePath } from "../../support/captures/reference.ts";
import { type ConditionCase, readConditionCases } from "../../support/policy/condition-cases.ts";
import { reasonFor } from "../../support/policy/differences.ts";
import { type Counts, compileText, countMatches } from "../../support/policy/run-policies.ts";

const cases = hasReference ? readConditionCases(referencePath("golden/condition-cases.tsv")) : [];

async function resultOf({ countedPolicy }: ConditionCase, mode: PolicyMode): Promise<string> {
  const { engine, errors } = await compileText(countedPolicy, mode);
  if (engine === null) return `error${mode === "default" ? `: ${errors[0]}` : ""}`;
  const counts = await countMatches(engine, referencePath("traces/k8s_small.sf"));
  return engine.filters.length > 0 ? String(counts.dropped) : countsText(counts);
}

function countsText({ kindsOfRules }: Counts): string {
  const rules = kindsOfRules.map((kinds) => {
    const sorted = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.map(([code, count]) => `${code}:${count}`).join(" ");
  });
  return rules.join(" ; ");
}

/** As the table has it, which is how Go prints it. */
function propertiesOf({ severity, isEnabled, tags, prefilter, actions }: LoadedRule): string {
  const quoted = (texts: readonly string[]) => `[${texts.map((each) => `"${each}"`).join(" ")}]`;
  const all = [
    `prio=${severity} enabled=${isEnabled}`,
    `tags=${tags.length === 0 ? "[]" : `[${quoted(tags)}]`}`,
    `prefilter=${quoted(prefilter)} actions=${quoted(actions)}`,
  ];
  return all.join(" ");
}

describe.skipIf(!hasReference)("the mode sysflow", () => {
  test.each(cases.map((each) => [each.source, each] as const))("%j", async (_, each) => {
    expect(await resultOf(each, "sysflow")).toBe(each.expected);
    const { policies } = await compileText(each.policy, "sysflow");
    if (each.properties.length > 0) {
      expect(policies.rules.map(propertiesOf)).toEqual([...each.properties]);
    }
  });
});

describe.skipIf(!hasReference)("today's mode", () => {
  test("differs for a reason alone", async () => {
    const without: string[] = [];
    const needless: string[] = [];
    for (const each of cases) {
      const result = await resultOf(each, "default");
      const isEqual = result.replace(/^error.*/, "error") === each.expected;
      const reason = reasonFor(each.source);
      if (!isEqual && reason === null) {
        without.push(`${each.source}: ${result} in place of ${each.expected}`);
      }
      if (isEqual && reason !== null) needless.push(`${each.source}: ${reason}`);
    }
    expect({ without, needless }).toEqual({ without: [], needless: [] });
  }, 120_000);
});
