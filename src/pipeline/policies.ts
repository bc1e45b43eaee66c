// Policies from their files to what can be run and looked at: loaded, compiled, and the outputs of their
// rules compiled with them. All that is wrong in any of it is collected, with its place.

import { compileOutput, type OutputText } from "../export/output-text.ts";
import { findAttribute } from "../flatten/registry.ts";
import { makeProgram, type Program } from "../policy/compile/program.ts";
import { type Problems, problemLines } from "../policy/language/problem.ts";
import type { LoadedPolicies, LoadedRule, PolicyMode } from "../policy/load/loaded.ts";
import { readPolicyFiles } from "../policy/load/policy-files.ts";
import { loadAll } from "../policy/sigma/load-all.ts";

export interface RuleSettings {
  /** Files and folders. */
  readonly policies: readonly string[];
  readonly compat: "sysflow" | null;
  /** Rules that ask for what no record has are left out, in place of being errors. */
  readonly skipUnsupported: boolean;
}

export interface Policies {
  readonly files: number;
  readonly loaded: LoadedPolicies;
  readonly program: Program;
  /** Of each rule that is loaded. */
  readonly outputs: ReadonlyMap<LoadedRule, OutputText>;
}

/** @returns what cannot be used where `problems` has errors afterwards */
export async function openPolicies(
  { compat, policies, skipUnsupported }: RuleSettings,
  problems: Problems,
): Promise<Policies> {
  const mode = compat ?? "default";
  const files = readPolicyFiles(policies, problems);
  const loaded = loadAll(files, { mode, skipUnsupported }, problems);
  const program = await makeProgram(loaded, { skipUnsupported }, problems);
  const outputs = new Map(
    loaded.rules.map((rule) => [rule, outputOf(rule, mode, problems)] as const),
  );
  return { files: files.length, loaded, program, outputs };
}
/** What is said of a record where the rule has no output of its own, as upstream's have none. */
const aboutRecord: readonly (readonly [word: string, name: string])[] = [
  ["command", "sf.proc.cmdline"],
  ["pid", "sf.proc.pid"],
  ["user", "sf.proc.user"],
  ["file", "sf.file.path"],
  ["new", "sf.file.newpath"],
  ["from", "sf.net.sip"],
  ["to", "sf.net.dip"],
  ["port", "sf.net.dport"],
  ["container", "sf.container.name"],
  ["pod", "sf.pod.name"],
];

function aboutText(description: string): OutputText {
  const parts = aboutRecord.map(([word, name]) => [word, findAttribute(name, "default")] as const);
  const operations = compileOutput("%sf.type %sf.opflags", "default").text;
  return (of) => {
    const known = parts.flatMap(([word, attribute]) => {
      const text = attribute?.text(of) ?? "";
      return text === "" ? [] : [`${word}=${text.trimEnd()}`];
    });
    return `${description} (${[operations(of), ...known].join(" ")})`;
  };
}

function outputOf(rule: LoadedRule, mode: PolicyMode, problems: Problems): OutputText {
  const { description, outputPassage } = rule;
  if (rule.output === "") {
    return aboutText(description);
  }
  const { faults, text } = compileOutput(rule.output, mode);
  for (const { field, message, severity } of faults) {
    const at = outputPassage?.text.indexOf(field) ?? -1;
    const place = at < 0 ? rule.place : (outputPassage?.place(at) ?? rule.place);
    // Upstream's processor reads no output: what it takes is no error.
    if (severity === "error" && mode === "default") {
      problems.error("POLICY_UNKNOWN_ATTRIBUTE", message, place);
    } else {
      problems.warning("POLICY_UNSUPPORTED_FIELD", message, place);
    }
  }
  return text;
}

/** Lines for a person: each problem with its place, and how many there are no room for. */
export function problemsText({ list, uncounted }: Problems): readonly string[] {
  const rest = uncounted === 0 ? [] : [`and ${uncounted} more errors`];
  return [...list.flatMap(problemLines), ...rest];
}
