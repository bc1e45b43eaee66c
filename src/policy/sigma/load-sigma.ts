// From Sigma files to loaded policies. All problems of all files are collected; with one error the
// result must not be used.

import type { Problems } from "../language/problem.ts";
import type { SourceFile } from "../language/source-text.ts";
import type { LoadedPolicies, LoadedRule, SkippedRule } from "../load/loaded.ts";
import { readRules } from "./documents.ts";
import { RuleReader, type SigmaOptions } from "./rule.ts";

export function loadSigma(
  files: readonly SourceFile[],
  options: SigmaOptions,
  problems: Problems,
): LoadedPolicies {
  const skipped: SkippedRule[] = [];
  const reader = new RuleReader(options, problems, skipped);
  const rules: LoadedRule[] = [];
  for (const file of files) {
    for (const map of readRules(file, problems)) {
      const rule = reader.rule(file, map);
      if (rule !== null) rules.push(rule);
    }
  }
  return {
    mode: "default",
    rules,
    filters: [],
    scope: { macros: new Map(), lists: new Map() },
    skipped,
    warnings: problems.list.filter((problem) => problem.severity === "warning"),
  };
}
