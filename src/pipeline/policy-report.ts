// What policies are, and what is wrong with them, for a person or as JSON.

import { wrap } from "../base/text-width.ts";
import { type Problem, Problems } from "../policy/language/problem.ts";
import type { LoadedRule } from "../policy/load/loaded.ts";
import { openRules } from "./load-rules.ts";
import type { RuleSettings } from "./policies.ts";
import { counted, openPolicies, type Policies, problemsText } from "./policies.ts";
import type { ToolAnswer } from "./tool-answer.ts";

const columns = 100;

export async function validateTool(
  settings: RuleSettings & { readonly json: boolean },
): Promise<ToolAnswer> {
  const problems = new Problems();
  const policies = await openPolicies(settings, problems);
  const text = settings.json
    ? validityJson(policies, problems)
    : validityLines(policies, problems).join("\n");
  return { text: `${text}\n`, isGood: problems.errors === 0 };
}

/** Rejects with an OperatorError where the policies cannot be used. */
export async function listTool(
  settings: RuleSettings & { readonly json: boolean },
): Promise<ToolAnswer> {
  const { policies } = await openRules(settings);
  return { text: settings.json ? `${rulesJson(policies)}\n` : rulesText(policies), isGood: true };
}

/** Lines on problems, then one on what there is; each without a newline. */
function validityLines(policies: Policies, problems: Problems): readonly string[] {
  const { skipped } = policies.program;
  return [
    ...problemsText(problems),
    ...skipped.map(({ name, place, reason }) => {
      return `${place.file}:${place.line}: rule skipped: ${name}: ${reason}`;
    }),
    `${contentsText(policies)}: ${verdictText(policies, problems)}`,
  ];
}

function validityJson(policies: Policies, problems: Problems): string {
  const { files, loaded, program } = policies;
  const report = {
    valid: problems.errors === 0,
    files,
    rules: loaded.rules.length,
    filters: loaded.filters.length,
    macros: loaded.scope.macros.size,
    lists: loaded.scope.lists.size,
    problems: problems.list.map(problemObject),
    uncounted: problems.uncounted,
    skipped: program.skipped.map(({ name, place, reason }) => {
      return { rule: name, reason, file: place.file, line: place.line };
    }),
  };
  return JSON.stringify(report, null, 2);
}

function problemObject({ code, message, place, severity }: Problem): object {
  const { column = null, file = null, line = null } = place ?? {};
  return { severity, code, message, file, line, column };
}

/** `2 files, 79 rules, 14 macros`. */
export function contentsText({ files, loaded }: Policies): string {
  const counts = [
    counted(files, "file"),
    counted(loaded.rules.length, "rule"),
    counted(loaded.filters.length, "filter"),
    counted(loaded.scope.macros.size, "macro"),
    counted(loaded.scope.lists.size, "list"),
  ];
  return counts.filter((count) => !count.startsWith("0 ")).join(", ") || "no rules";
}

function verdictText({ program }: Policies, { errors, list }: Problems): string {
  const warnings = list.filter(({ severity }) => severity === "warning").length;
  const skipped = program.skipped.length;
  const notes = [
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
    ...(skipped > 0 ? [`${counted(skipped, "rule")} skipped`] : []),
  ];
  const verdict = errors > 0 ? counted(errors, "error") : "valid";
  return [verdict, ...notes].join(", ");
}

/** A block for each rule. */
function rulesText({ loaded }: Policies): string {
  const blocks = loaded.rules.map((rule) => {
    const marks = [rule.priority, ...rule.tags, ...(rule.isEnabled ? [] : ["not enabled"])];
    const { file, line } = rule.place;
    return [
      `${rule.name} (${marks.join(", ")})`,
      ...wrap(rule.description.replace(/\s+/g, " "), columns - 4).map((text) => `    ${text}`),
      `    ${file}:${line}`,
      "",
    ].join("\n");
  });
  return blocks.join("\n");
}

function rulesJson({ loaded }: Policies): string {
  return JSON.stringify(loaded.rules.map(ruleObject), null, 2);
}

function ruleObject(rule: LoadedRule): object {
  const { actions, description, isEnabled, name, output, place, prefilter, priority, tags } = rule;
  return {
    name,
    description,
    priority,
    severity: rule.severity,
    tags,
    actions,
    prefilter,
    enabled: isEnabled,
    output,
    file: place.file,
    line: place.line,
  };
}
