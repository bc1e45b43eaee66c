// Runs policies on a trace and counts what matches, for tests.

import { makeProgram, type Program } from "../../../src/policy/compile/program.ts";
import { PolicyEngine } from "../../../src/policy/engine/policy-engine.ts";
import { Problems, problemLines } from "../../../src/policy/language/problem.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import { loadPolicies } from "../../../src/policy/load/load-policies.ts";
import type { LoadedPolicies, PolicyMode } from "../../../src/policy/load/loaded.ts";
import { readPolicyFiles } from "../../../src/policy/load/policy-files.ts";
import { atRecordsOf } from "../flatten/at-records.ts";

export interface Compiled {
  readonly policies: LoadedPolicies;
  readonly program: Program;
  /** Null where there are errors. */
  readonly engine: PolicyEngine | null;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly skipped: readonly string[];
}

export async function compileText(
  text: string,
  mode: PolicyMode,
  skipUnsupported = false,
): Promise<Compiled> {
  return await compileFiles(
    [new SourceFile("a.yaml", text)],
    mode,
    new Problems(),
    skipUnsupported,
  );
}

export async function compilePaths(
  paths: readonly string[],
  mode: PolicyMode,
  skipUnsupported = false,
): Promise<Compiled> {
  const problems = new Problems();
  const files = readPolicyFiles(paths, problems);
  return await compileFiles(files, mode, problems, skipUnsupported);
}

async function compileFiles(
  files: readonly SourceFile[],
  mode: PolicyMode,
  problems: Problems,
  skipUnsupported: boolean,
): Promise<Compiled> {
  const policies = loadPolicies(files, mode, problems);
  const program = await makeProgram(policies, { skipUnsupported }, problems);
  const told = (severity: string) =>
    problems.list
      .filter((problem) => problem.severity === severity)
      .map((problem) => problemLines(problem)[0] ?? "");
  return {
    policies,
    program,
    engine: problems.errors > 0 ? null : new PolicyEngine(program),
    errors: told("error"),
    warnings: told("warning"),
    skipped: program.skipped.map(({ name, reason }) => `${name}: ${reason}`),
  };
}

const codes: Readonly<Record<string, string>> = {
  ProcessEvent: "PE",
  FileEvent: "FE",
  FileFlow: "FF",
  NetworkFlow: "NF",
  NetworkEvent: "NE",
  ProcessFlow: "PF",
  K8sEvent: "KE",
};

export interface Counts {
  /** Records that a rule matched, by the kind's code. */
  readonly records: ReadonlyMap<string, number>;
  /** By the rule's name. */
  readonly rules: ReadonlyMap<string, number>;
  /** By the rule's index and kind. */
  readonly kindsOfRules: readonly ReadonlyMap<string, number>[];
  /** Records that a filter dropped. */
  readonly dropped: number;
}

export async function countMatches(engine: PolicyEngine, trace: string): Promise<Counts> {
  const records = new Map<string, number>();
  const rules = new Map<string, number>();
  const kindsOfRules = engine.rules.map(() => new Map<string, number>());
  let dropped = 0;
  await atRecordsOf(trace, (joined) => {
    const matched = engine.match(joined);
    if (engine.droppedBy >= 0) dropped += 1;
    const code = codes[joined.record.kind] ?? "?";
    if (matched) count(records, code);
    for (let i = 0; i < engine.matchCount; i++) {
      const index = engine.matches[i] as number;
      count(rules, engine.rules[index]?.name ?? "?");
      count(kindsOfRules[index] as Map<string, number>, code);
    }
  });
  return { records, rules, kindsOfRules, dropped };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
