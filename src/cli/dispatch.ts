// From the words of the command line to the command that does the work.

import { type ExitStatus, exitStatus } from "../base/errors.ts";
import { runCheck } from "./commands/check.ts";
import { runCollect } from "./commands/collect.ts";
import { runCompletion } from "./commands/completion.ts";
import { runHelp } from "./commands/help.ts";
import { runRecord } from "./commands/record.ts";
import { runVersion } from "./commands/version.ts";
import { type CommandName, commandList, commands } from "./option-table.ts";
import { collectSettings, hostRoot, programEnvironment, recordSettings } from "./options.ts";
import { parseArguments, usageError } from "./parse.ts";
import { nearest } from "./suggest.ts";

/** @returns the exit status; that of the command run, for `record`. @throws OperatorError */
export async function dispatch(words: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  switch (first) {
    case undefined:
      throw usageError("COMMAND_MISSING", "no command given; see: sysflow help");
    case "-h":
    case "--help":
      runHelp(null);
      return exitStatus.OK;
    case "-v":
    case "-V":
    case "--version":
      runVersion(false);
      return exitStatus.OK;
    default:
      return await runCommand(commandNamed(first), rest);
  }
}

function commandNamed(word: string): CommandName {
  if (Object.hasOwn(commands, word)) {
    return word as CommandName;
  }
  if (word.startsWith("-")) {
    const message = `the option ${word} comes after a command, as in: sysflow collect ${word} …`;
    throw usageError("COMMAND_MISSING", message);
  }
  const guess = nearest(
    word,
    commandList.map((command) => command.name),
  );
  const hint = guess === null ? "see: sysflow help" : `did you mean ${guess}?`;
  throw usageError("COMMAND_UNKNOWN", `there is no command "${word}"; ${hint}`);
}

async function runCommand(name: CommandName, words: readonly string[]): Promise<number> {
  switch (name) {
    case "collect":
      return await collectCommand(words);
    case "record":
      return await recordCommand(words);
    case "check": {
      const { values } = parseArguments(commands.check, words);
      if (values.help === true) {
        return help(name);
      }
      return runCheck(values.json ?? false, hostRoot(programEnvironment()));
    }
    case "version": {
      const { values } = parseArguments(commands.version, words);
      if (values.help === true) {
        return help(name);
      }
      runVersion(values.json ?? false);
      return exitStatus.OK;
    }
    case "help": {
      const { values, operands } = parseArguments(commands.help, words);
      const [topic] = operands;
      runHelp(values.help === true ? name : topic === undefined ? null : commandNamed(topic));
      return exitStatus.OK;
    }
    case "completion": {
      const { values, operands } = parseArguments(commands.completion, words);
      if (values.help === true) {
        return help(name);
      }
      runCompletion(operands);
      return exitStatus.OK;
    }
    default:
      return name satisfies never;
  }
}

async function collectCommand(words: readonly string[]): Promise<ExitStatus> {
  const { values } = parseArguments(commands.collect, words);
  if (values.help === true) {
    return help("collect");
  }
  if (values.version === true) {
    runVersion(false);
    return exitStatus.OK;
  }
  const env = programEnvironment();
  await runCollect(collectSettings(values, env), hostRoot(env));
  return exitStatus.OK;
}

async function recordCommand(words: readonly string[]): Promise<number> {
  const { values, operands } = parseArguments(commands.record, words);
  if (values.help === true) {
    return help("record");
  }
  const env = programEnvironment();
  return await runRecord(recordSettings(values, operands, env), hostRoot(env));
}

function help(name: CommandName): ExitStatus {
  runHelp(name);
  return exitStatus.OK;
}
