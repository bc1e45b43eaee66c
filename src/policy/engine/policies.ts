// The way in: from paths to an engine that is asked about records. All that is wrong with policies is
// one error with all its places; what is doubtful or left out is told beside the engine.

import { OperatorError } from "../../base/errors.ts";
import { makeProgram, type Program, type ProgramOptions } from "../compile/program.ts";
import { type Problem, Problems, problemLines } from "../language/problem.ts";
import type { SourceFile } from "../language/source-text.ts";
import type { LoadedPolicies, PolicyMode, SkippedRule } from "../load/loaded.ts";
import { readPolicyFiles } from "../load/policy-files.ts";
import { loadAll } from "../sigma/load-all.ts";
import { PolicyEngine } from "./policy-engine.ts";

export interface PolicyOptions extends ProgramOptions {
  readonly mode: PolicyMode;
}

export interface Policies {
  readonly engine: PolicyEngine;
  readonly program: Program;
  readonly loaded: LoadedPolicies;
  /** Rules that are not run, and why. */
  readonly skipped: readonly SkippedRule[];
  readonly warnings: readonly Problem[];
}

/**
 * @param paths files and folders, in the order in which their items count
 * @throws OperatorError POLICY_INVALID with all that is wrong as its detail
 */
export async function openPolicies(
  paths: readonly string[],
  options: PolicyOptions,
): Promise<Policies> {
  const problems = new Problems();
  const files = readPolicyFiles(paths, problems);
  return await compilePolicies(files, options, problems);
}

/**
 * The same of files that are read already.
 * @param problems what was found while reading them
 * @throws OperatorError POLICY_INVALID with all that is wrong as its detail
 */
export async function compilePolicies(
  files: readonly SourceFile[],
  options: PolicyOptions,
  problems: Problems = new Problems(),
): Promise<Policies> {
  const loaded = loadAll(files, options, problems);
  const program = await makeProgram(loaded, options, problems);
  if (problems.errors > 0) {
    throw invalid(problems);
  }
  const engine = new PolicyEngine(program);
  return { engine, program, loaded, skipped: program.skipped, warnings: problems.list };
}

function invalid({ list, errors, uncounted }: Problems): OperatorError {
  const wrong = list.filter(({ severity }) => severity === "error");
  const detail = wrong.flatMap(problemLines);
  if (uncounted > 0) detail.push(`and ${uncounted} more`);
  const what = errors === 1 ? "one error" : `${errors} errors`;
  return new OperatorError(
    "POLICY_INVALID",
    `cannot use the policies: ${what}; mend what is listed`,
    {
      detail,
    },
  );
}
