// How often each rule matches in traces, and which never do.

import { OperatorError } from "../base/errors.ts";
import { Joiner } from "../join/joiner.ts";
import { readRecords } from "../read/read-records.ts";
import { type OpenedRules, openRules } from "./load-rules.ts";
import type { RuleSettings } from "./policies.ts";
import { PolicyStage } from "./policy-stage.ts";
import type { ToolAnswer } from "./tool-answer.ts";

export interface RuleCoverage {
  readonly rule: string;
  readonly records: number;
}

/** @throws OperatorError where policies or traces cannot be read */
export async function coverageTool(
  places: readonly string[],
  settings: RuleSettings & { readonly json: boolean },
): Promise<ToolAnswer> {
  const opened = await openRules(settings);
  const stage = new PolicyStage({
    rules: opened.rules,
    mode: "alert",
    suppression: null,
    onRecord: () => undefined,
  });
  const joiner = new Joiner(stage);
  for (const place of places) {
    await readRecords(place, joiner, {
      onFault: ({ code, exitStatus, message }) => {
        throw new OperatorError(code, message, { exitStatus });
      },
    });
  }
  const { byRule, records } = stage.stats();
  const counts = new Map(byRule.map(({ count, rule }) => [rule, count] as const));
  const coverage = coverageOf(opened, counts);
  const text = settings.json
    ? `${JSON.stringify({ records, rules: coverage }, null, 2)}\n`
    : coverageText(coverage);
  return { text, isGood: true };
}

/** Of each name once: rules that share one are counted together. */
export function coverageOf(
  { policies }: OpenedRules,
  counts: ReadonlyMap<string, number>,
): readonly RuleCoverage[] {
  const names = new Set(policies.program.rules.map(({ rule }) => rule.name));
  return [...names].map((rule) => ({ rule, records: counts.get(rule) ?? 0 }));
}

export function coverageText(coverage: readonly RuleCoverage[]): string {
  const matched = coverage.filter(({ records }) => records > 0);
  const width = Math.max(0, ...coverage.map(({ records }) => String(records).length));
  const lines = coverage
    .toSorted((a, b) => b.records - a.records)
    .map(({ records, rule }) => `${String(records).padStart(width)}  ${rule}`);
  return [...lines, `${matched.length} of ${coverage.length} rules matched`, ""].join("\n");
}
