// Finds the command that the command line names and runs it. A command's code is imported only when
// it is run.

import { type ExitStatus, exitStatus } from "../base/exit-status.ts";
import { commandNamed } from "./command-words.ts";
import { runLicenses, runSchema, runVersion } from "./commands/version.ts";
import { type CommandName, commands } from "./option-table.ts";
import type { CommandSpec } from "./option-types.ts";
import { parseArguments, usageError } from "./parse.ts";
import { watchStreams } from "./standard-streams.ts";

/** @returns the exit status; that of the command run, for `record`. @throws OperatorError */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  switch (first) {
    case undefined:
      throw usageError("COMMAND_MISSING", "no command given; see: sysflow help");
    case "-h":
    case "--help":
      return await help(null);
    default:
      if (first.startsWith("-")) {
        const message = `the option ${first} comes after a command, as in: sysflow collect ${first} …`;
        throw usageError("COMMAND_MISSING", message);
      }
      return await runCommand(commandNamed(commands, first, null), rest);
  }
}

async function runCommand(name: CommandName, words: readonly string[]): Promise<number> {
  switch (name) {
    case "collect":
      return await collectCommand(words);
    case "record":
      return await recordCommand(words);
    case "process":
      return await processCommand(words);
    case "recover": {
      const { values, operands } = parseArguments(commands.recover, words);
      if (values.help === true) {
        return await help(name);
      }
      const { runRecover } = await import("./commands/recover.ts");
      return await runRecover(operands, values.json ?? false);
    }
    case "check": {
      const { values } = parseArguments(commands.check, words);
      if (values.help === true) {
        return await help(name);
      }
      const { runCheck } = await import("./commands/check.ts");
      const { hostRoot, programEnvironment } = await import("./options.ts");
      return await runCheck(values.json ?? false, hostRoot(programEnvironment()));
    }
    case "policy": {
      const { runPolicy } = await import("./commands/policy.ts");
      return await runPolicy(words);
    }
    case "version": {
      const { values } = parseArguments(commands.version, words);
      if (values.help === true) {
        return await help(name);
      }
      if (values.licenses === true) {
        await runLicenses();
      } else if (values.schema !== undefined) {
        await runSchema(values.schema);
      } else {
        await runVersion(values.json ?? false);
      }
      return exitStatus.OK;
    }
    case "help": {
      const { values, operands } = parseArguments(commands.help, words);
      const [topic, own] = operands;
      if (values.help === true) {
        return await help(name);
      }
      return await help(topic === undefined ? null : commandNamed(commands, topic, null), own);
    }
    case "completion": {
      const { values, operands } = parseArguments(commands.completion, words);
      if (values.help === true) {
        return await help(name);
      }
      const { runCompletion } = await import("./commands/completion.ts");
      await runCompletion(operands);
      return exitStatus.OK;
    }
    default:
      return name satisfies never;
  }
}

async function collectCommand(words: readonly string[]): Promise<ExitStatus> {
  const { values } = parseArguments(commands.collect, words);
  if (values.help === true) {
    return await help("collect");
  }
  if (values.version === true) {
    await runVersion(false);
    return exitStatus.OK;
  }
  if (values["list-fields"] === true) {
    const { runListFields } = await import("./commands/list-fields.ts");
    await runListFields(values.json ?? false);
    return exitStatus.OK;
  }
  if (values["list-syscalls"] === true) {
    const { runListSyscalls } = await import("./commands/list-syscalls.ts");
    await runListSyscalls(values.json ?? false);
    return exitStatus.OK;
  }
  watchStreams(values["log-format"] ?? "text", values.json === true || values.print === true);
  const { runCollect } = await import("./commands/collect.ts");
  const { collectSettings, hostRoot, programEnvironment } = await import("./options.ts");
  const env = programEnvironment();
  await runCollect(collectSettings(values, env), hostRoot(env));
  return exitStatus.OK;
}

async function processCommand(words: readonly string[]): Promise<ExitStatus> {
  const { values, operands } = parseArguments(commands.process, words);
  if (values.help === true) {
    return await help("process");
  }
  watchStreams(values["log-format"] ?? "text", values.json === true);
  const { runProcessing } = await import("./commands/process.ts");
  const { processSettings, programEnvironment } = await import("./options.ts");
  return await runProcessing(processSettings(values, operands, programEnvironment()));
}

async function recordCommand(words: readonly string[]): Promise<number> {
  const { values, operands } = parseArguments(commands.record, words);
  if (values.help === true) {
    return await help("record");
  }
  watchStreams(values["log-format"] ?? "text", values.json === true);
  const { runRecord } = await import("./commands/record.ts");
  const { hostRoot, programEnvironment, recordSettings } = await import("./options.ts");
  const env = programEnvironment();
  return await runRecord(recordSettings(values, operands, env), hostRoot(env));
}

/**
 * @param name null for the list of commands
 * @param own of its own commands, the one to be shown
 */
async function help(name: CommandName | null, own?: string): Promise<ExitStatus> {
  const { runHelp } = await import("./commands/help.ts");
  const command: CommandSpec | null = name === null ? null : commands[name];
  await runHelp(own === undefined ? command : (command?.subcommands?.[own] ?? command));
  return exitStatus.OK;
}
