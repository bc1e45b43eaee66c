// From Sigma files to rules as they are loaded. All problems of all files are collected; with one error the
// result must not be used.

import type { Problems } from "../language/problem.ts";
import type { SourceFile } from "../language/source-text.ts";
import type { LoadedRule, SkippedRule } from "../load/loaded.ts";
import { readRules } from "./documents.ts";
import { RuleReader, type SigmaOptions } from "./rule.ts";

export interface SigmaRules {
  readonly rules: readonly LoadedRule[];
  /** Rules that are not run, and why. */
  readonly skipped: readonly SkippedRule[];
}

export function loadSigma(
  files: readonly SourceFile[],
  options: SigmaOptions,
  problems: Problems,
): SigmaRules {
  const skipped: SkippedRule[] = [];
  const reader = new RuleReader(options, problems, skipped);
  const rules: LoadedRule[] = [];
  for (const file of files) {
    for (const map of readRules(file, problems)) {
      const rule = reader.rule(file, map);
      if (rule !== null) rules.push(rule);
    }
  }
  return { rules, skipped };
}
