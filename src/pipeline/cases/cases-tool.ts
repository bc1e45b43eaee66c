// `sysflow policy test`: files of cases, run one after another.

import { OperatorError } from "../../base/errors.ts";
import { Problems } from "../../policy/language/problem.ts";
import { coverageOf } from "../coverage.ts";
import { openRules } from "../load-rules.ts";
import type { RuleSettings } from "../policies.ts";
import { counted, errorsText } from "../policies.ts";
import type { ToolAnswer } from "../tool-answer.ts";
import { readCases } from "./case-file.ts";
import { casesJson, casesText, junitXml } from "./case-report.ts";
import { type CaseResult, runCase } from "./run-cases.ts";

export interface CaseSettings extends RuleSettings {
  readonly json: boolean;
  /** Name the rules that no case has matched. */
  readonly coverage: boolean;
}

export interface CasesAnswer extends ToolAnswer {
  readonly junit: string;
}

/** @throws OperatorError where policies or files of cases are wrong */
export async function casesTool(
  paths: readonly string[],
  settings: CaseSettings,
): Promise<CasesAnswer> {
  const problems = new Problems();
  const { cases, policies } = readCases(paths, problems);
  if (problems.errors > 0) {
    const message = `cannot use the cases: ${counted(problems.errors, "error")}; nothing was run`;
    throw new OperatorError("CASES_INVALID", message, { detail: errorsText(problems) });
  }
  const opened = await openRules({ ...settings, policies: [...settings.policies, ...policies] });
  const known = opened.policies.loaded.rules.map(({ name }) => name);
  const results: CaseResult[] = [];
  for (const one of cases) {
    results.push(await runCase(one, opened.rules, known));
  }
  const counts = new Map<string, number>();
  for (const [rule, count] of results.flatMap(({ alerts }) => [...alerts])) {
    counts.set(rule, (counts.get(rule) ?? 0) + count);
  }
  const coverage = settings.coverage ? coverageOf(opened, counts) : null;
  return {
    text: settings.json ? casesJson(results, coverage) : casesText(results, coverage),
    isGood: results.every(({ failures }) => failures.length === 0),
    junit: junitXml(results),
  };
}
