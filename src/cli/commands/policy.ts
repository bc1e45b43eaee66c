// `sysflow policy COMMAND`: finds the command and runs it. Its code is imported only then.

import { type ExitStatus, exitStatus } from "../../base/exit-status.ts";
import { commandNamed } from "../command-words.ts";
import type { CommandSpec } from "../option-types.ts";
import { parseArguments, usageError } from "../parse.ts";
import { policyCommand, policyCommands } from "../policy-table.ts";
import { runHelp } from "./help.ts";

/** @param words after `policy`. @returns the exit status. @throws OperatorError */
export async function runPolicy(words: readonly string[]): Promise<ExitStatus> {
  const [first, ...rest] = words;
  if (first === undefined || first.startsWith("-")) {
    if (parseArguments(policyCommand, words).values.help === true) {
      return await help(policyCommand);
    }
    const known = Object.keys(policyCommands).join(", ");
    const message = `policy needs one of its commands: ${known}; see: sysflow help policy`;
    throw usageError("COMMAND_MISSING", message);
  }
  const name = commandNamed(policyCommands, first, policyCommand);
  switch (name) {
    case "path": {
      const { values, operands } = parseArguments(policyCommands.path, rest);
      if (values.help === true) {
        return await help(policyCommands.path);
      }
      const { runPolicyPath } = await import("./policy-path.ts");
      return await runPolicyPath(operands, values.json ?? false);
    }
    case "validate":
    case "list":
    case "explain":
    case "test":
    case "coverage":
    case "fmt": {
      const { runPolicyTool } = await import("./policy-tools.ts");
      return await runPolicyTool(name, rest);
    }
    default:
      return name satisfies never;
  }
}

async function help(command: CommandSpec): Promise<ExitStatus> {
  await runHelp(command);
  return exitStatus.OK;
}
