// Policies of both languages from one set of files: Falco's form and Sigma rules may stand in one
// folder. Which a file is, shows in the keys that begin its lines.

import type { Problems } from "../language/problem.ts";
import type { SourceFile } from "../language/source-text.ts";
import { loadPolicies } from "../load/load-policies.ts";
import type { LoadedPolicies, PolicyMode } from "../load/loaded.ts";
import { readFieldMap } from "./field-map.ts";
import { loadSigma } from "./load-sigma.ts";

export interface LoadOptions {
  /** Of all policies together. Sigma rules have one meaning, which is today's. */
  readonly mode: PolicyMode;
  /** Sigma rules that ask for what no record has are left out, and no error. */
  readonly skipUnsupported: boolean;
}

/**
 * Files of field mappings among the others hold for all Sigma rules. Where `problems` has errors
 * afterwards, the result must not be used.
 */
export function loadAll(
  files: readonly SourceFile[],
  { mode, skipUnsupported }: LoadOptions,
  problems: Problems,
): LoadedPolicies {
  const sigma = files.filter((file) => isSigma(file));
  const maps = files.filter((file) => isFieldMap(file));
  const others = files.filter((file) => !(isSigma(file) || isFieldMap(file)));
  const policies = loadPolicies(others, mode, problems);
  for (const file of mode === "sysflow" ? sigma : []) {
    const message = "a Sigma rule cannot be run as upstream runs it: leave the mode sysflow out";
    problems.error("POLICY_VALUE", message, file.place(0));
  }
  const fields = readFieldMap(maps, problems);
  const { rules, skipped } = loadSigma(sigma, { fields, skipUnsupported }, problems);
  return {
    ...policies,
    rules: [...policies.rules, ...rules],
    skipped: [...policies.skipped, ...skipped],
    warnings: problems.list.filter(({ severity }) => severity === "warning"),
  };
}

function isSigma({ text }: SourceFile): boolean {
  return /^(detection|correlation)[ \t]*:/m.test(text);
}

function isFieldMap(file: SourceFile): boolean {
  return /^fieldmappings[ \t]*:/m.test(file.text) && !isSigma(file);
}
