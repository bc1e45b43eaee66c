// The tools of `sysflow policy` that read policies: options to what pipeline/ does, and its answer to
// standard output and an exit status.

import { writeFileSync } from "node:fs";
import { isatty } from "node:tty";
import { OperatorError, systemCause } from "../../base/errors.ts";
import { type ExitStatus, exitStatus } from "../../base/exit-status.ts";
import { escapeControls } from "../../base/log.ts";
import { casesTool } from "../../pipeline/cases/cases-tool.ts";
import { coverageTool } from "../../pipeline/coverage.ts";
import { explainTool } from "../../pipeline/explain/explain-tool.ts";
import { formatTool } from "../../pipeline/format/format-tool.ts";
import { listTool, validateTool } from "../../pipeline/policy-report.ts";
import type { ToolAnswer } from "../../pipeline/tool-answer.ts";
import { attributesJson, attributesText } from "../../show/attribute-list.ts";
import type { CommandSpec, OptionSpec, SettingsOf, Values } from "../option-types.ts";
import { programEnvironment, settingsOf } from "../options.ts";
import { parseArguments, usageError } from "../parse.ts";
import { policyCommands as tools } from "../policy-table.ts";
import { print } from "../standard-streams.ts";
import { runHelp } from "./help.ts";

type ToolName = Exclude<keyof typeof tools, "path">;

/** @throws OperatorError */
export async function runPolicyTool(name: ToolName, words: readonly string[]): Promise<ExitStatus> {
  switch (name) {
    case "validate":
      return await run(tools.validate, words, (settings, policies) => {
        need(policies, "policy validate needs policies: sysflow policy validate FOLDER");
        return validateTool({ ...settings, policies });
      });
    case "list":
      return await run(tools.list, words, async (settings, policies) => {
        if (settings.fields) {
          const text = settings.json ? `${attributesJson()}\n` : attributesText();
          return { text, isGood: true };
        }
        need(policies, "policy list needs policies, or --fields for what they can compare");
        return await listTool({ ...settings, policies });
      });
    case "explain":
      return await run(tools.explain, words, (settings, places) => {
        need(settings.policies, "policy explain needs the rules: -p PATH");
        need(
          places,
          "policy explain needs a trace: sysflow policy explain -p DIR --rule NAME X.sf",
        );
        need(
          [...settings.rules, settings.record ?? []].flat(),
          "policy explain needs --rule or --record",
        );
        return explainTool(places, settings);
      });
    case "test":
      return await run(tools.test, words, async (settings, paths) => {
        need(paths, "policy test needs files of cases: sysflow policy test -p DIR CASES.yaml");
        const answer = await casesTool(paths, settings);
        if (settings.junit !== null) {
          writeReport(settings.junit, answer.junit);
        }
        return answer;
      });
    case "coverage":
      return await run(tools.coverage, words, (settings, places) => {
        need(settings.policies, "policy coverage needs the rules: -p PATH");
        need(places, "policy coverage needs a trace: sysflow policy coverage -p DIR X.sf");
        return coverageTool(places, settings);
      });
    case "fmt":
      return await run(tools.fmt, words, async ({ check, write }, paths) => {
        need(paths, "policy fmt needs policies: sysflow policy fmt FILE");
        return formatTool(paths, check ? "check" : write ? "write" : null);
      });
    default:
      return name satisfies never;
  }
}

async function run<const O extends readonly OptionSpec[]>(
  command: CommandSpec & { readonly options: O },
  words: readonly string[],
  tool: (settings: SettingsOf<O>, operands: readonly string[]) => Promise<ToolAnswer>,
): Promise<ExitStatus> {
  const { operands, values } = parseArguments(command, words);
  if ((values as { readonly help?: boolean }).help === true) {
    await runHelp(command);
    return exitStatus.OK;
  }
  const settings = settingsOf(command.options, values as Values<O>, programEnvironment());
  const { isGood, text } = await tool(settings, operands);
  await print(isatty(1) ? text.replace(/[^\n]+/g, escapeControls) : text);
  return isGood ? exitStatus.OK : exitStatus.FAILURE;
}

function need(words: readonly unknown[], message: string): void {
  if (words.length === 0) {
    throw usageError("ARGUMENT_MISSING", message);
  }
}

/** @throws OperatorError OUTPUT_OPEN_FAILED */
function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 });
  } catch (cause) {
    throw reportError(path, cause);
  }
}

function reportError(path: string, cause: unknown): OperatorError {
  const message = `cannot write the report ${path}: ${systemCause(cause)}`;
  return new OperatorError("OUTPUT_OPEN_FAILED", message, { cause });
}
