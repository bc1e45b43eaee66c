// Runs cases: each has its records read, joined and tested by the same rules, and what they find is
// compared with what was expected.

import { monotonicMs } from "../../base/clock.ts";
import { nearest } from "../../base/suggest.ts";
import { Joiner } from "../../join/joiner.ts";
import type { Place } from "../../policy/language/source-text.ts";
import { readRecords } from "../../read/read-records.ts";
import { SnippetReader } from "../../read/snippet/snippet-reader.ts";
import { SnippetFault } from "../../read/snippet/snippet-value.ts";
import { PolicyStage } from "../policy-stage.ts";
import type { Rules } from "../rules.ts";
import type { RuleCase } from "./case-file.ts";

/** What became of a case. */
export interface CaseResult {
  readonly name: string;
  readonly place: Place;
  /** What is wrong, a line each; none where it passed. */
  readonly failures: readonly string[];
  readonly elapsedMs: number;
  /** How often each rule matched. */
  readonly alerts: ReadonlyMap<string, number>;
}

/** @param known names of all rules, to tell a wrong name from a rule that is silent */
export async function runCase(
  one: RuleCase,
  rules: Rules,
  known: readonly string[],
): Promise<CaseResult> {
  const startMs = monotonicMs();
  const stage = new PolicyStage({
    rules,
    mode: "alert",
    suppression: null,
    onRecord: () => undefined,
  });
  const faults = await feed(one, new Joiner(stage));
  const alerts = new Map(stage.stats().byRule.map(({ count, rule }) => [rule, count] as const));
  return {
    name: one.name,
    place: one.place,
    failures: [...faults, ...(faults.length === 0 ? differences(one, alerts, known) : [])],
    elapsedMs: monotonicMs() - startMs,
    alerts,
  };
}

/** @returns why records are missing; none where all came */
async function feed(one: RuleCase, joiner: Joiner): Promise<readonly string[]> {
  const faults: string[] = [];
  if (one.trace !== null) {
    await readRecords(one.trace, joiner, { onFault: (fault) => faults.push(fault.message) });
    return faults;
  }
  const reader = new SnippetReader(joiner);
  try {
    for (const record of one.records) {
      reader.give(record);
    }
  } catch (error) {
    if (!(error instanceof SnippetFault)) {
      throw error;
    }
    const { column, file, line } = one.file.place(error.at);
    faults.push(`${file}:${line}:${column}: ${error.message}`);
  }
  return faults;
}

function differences(
  one: RuleCase,
  alerts: ReadonlyMap<string, number>,
  known: readonly string[],
): readonly string[] {
  const wanted = new Set(one.expected.map(({ rule }) => rule));
  const wrong = one.expected.flatMap(({ count, rule }) => {
    if (!known.includes(rule)) {
      const guess = nearest(rule, known);
      return [`there is no rule ${rule}${guess === null ? "" : `; did you mean ${guess}?`}`];
    }
    const seen = alerts.get(rule) ?? 0;
    const isRight = count === null ? seen > 0 : seen === count;
    const should = count === null ? "must match" : `must match ${times(count)}`;
    return isRight ? [] : [`${rule} ${should}, and matched ${times(seen)}`];
  });
  const others = one.allowsOthers ? [] : [...alerts].filter(([rule]) => !wanted.has(rule));
  return [
    ...wrong,
    ...others.map(([rule, count]) => `${rule} is not expected, and matched ${times(count)}`),
  ];
}

function times(count: number): string {
  switch (count) {
    case 0:
      return "no record";
    case 1:
      return "1 record";
    default:
      return `${count} records`;
  }
}
