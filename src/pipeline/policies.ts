// Policies from their files to what can be run and looked at: loaded, compiled, and the outputs of their
// rules compiled with them. All that is wrong in any of it is collected, with its place.

import { compileOutput, type OutputText } from "../export/output-text.ts";
import { findAttribute } from "../flatten/registry.ts";
import { makeProgram, type Program } from "../policy/compile/program.ts";
import { defaultPolicyFiles } from "../policy/defaults/default-policies.ts";
import { type Problems, problemLines } from "../policy/language/problem.ts";
import type { SourceFile } from "../policy/language/source-text.ts";
import type { LoadedPolicies, LoadedRule, PolicyMode } from "../policy/load/loaded.ts";
import { readPolicyFiles } from "../policy/load/policy-files.ts";
import { withoutRules } from "../policy/load/switch-rules.ts";
import { loadAll } from "../policy/sigma/load-all.ts";
import { isAction } from "./actions.ts";

export interface RuleSettings {
  /** Files and folders, and `default` for the rules that come with the program. */
  readonly policies: readonly string[];
  /** Names and tags of rules that are left out. */
  readonly withoutRules: readonly string[];
  readonly withoutTags: readonly string[];
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
  { compat, policies, skipUnsupported, withoutRules: rules, withoutTags: tags }: RuleSettings,
  problems: Problems,
): Promise<Policies> {
  const mode = compat ?? "default";
  const files = filesOf(policies, problems);
  const all = loadAll(files, { mode, skipUnsupported }, problems);
  const loaded = withoutRules(all, { rules, tags }, problems);
  for (const { actions, place } of loaded.rules) {
    for (const action of actions.filter((each) => !isAction(each))) {
      const message = `there is no action ${action}: nothing is done for it; there are tag(NAME) and hash`;
      problems.warning("POLICY_DOUBTFUL", message, place);
    }
  }
  const program = await makeProgram(loaded, { skipUnsupported }, problems);
  const outputs = new Map(
    loaded.rules.map((rule) => [rule, outputOf(rule, mode, problems)] as const),
  );
  return { files: files.length, loaded, program, outputs };
}

/** Stands for the rules that come with the program. */
export const defaultPolicies = "default";

/** In the order of the words: what is changed of a rule stands behind it. */
function filesOf(policies: readonly string[], problems: Problems): readonly SourceFile[] {
  const at = policies.indexOf(defaultPolicies);
  if (at < 0) {
    return readPolicyFiles(policies, problems);
  }
  const [before, after] = [policies.slice(0, at), policies.slice(at + 1)];
  return [
    ...readPolicyFiles(before, problems),
    ...defaultPolicyFiles(),
    ...filesOf(after, problems),
  ];
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
  const operations = compileOutput("%sf.type %sf.opflags").text;
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
  const { faults, text } = compileOutput(rule.output);
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
export function problemsText({
  list,
  uncounted,
}: Pick<Problems, "list" | "uncounted">): readonly string[] {
  const rest = uncounted === 0 ? [] : [`and ${uncounted} more errors`];
  return [...list.flatMap(problemLines), ...rest];
}

/** Of errors alone, for the error that has them below it. */
export function errorsText({ list, uncounted }: Problems): readonly string[] {
  const errors = list.filter(({ severity }) => severity === "error");
  return problemsText({ list: errors, uncounted });
}

/** `3 errors`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
