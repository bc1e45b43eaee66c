// Help texts, made from the rows that are parsed by, so that help shows exactly the options that can
// be given.

import { exitStatus } from "../base/exit-status.ts";
import { wrap } from "../base/text-width.ts";
import type { CommandShape, OptionShape } from "./command-shape.ts";

const columns = 100;
const helpColumn = 34;

/** What `sysflow` alone and `sysflow help` show. */
export function overviewText(commands: readonly CommandShape[]): string {
  return [
    "Usage: sysflow COMMAND [OPTION…]",
    "",
    "System telemetry for Linux: kernel events to SysFlow records.",
    "",
    "Commands:",
    ...summaryLines(commands.map((command) => [command.name, command] as const)),
    "",
    "Examples:",
    ...commands.flatMap((command) => command.examples.slice(0, 1).map((row) => `  ${row.line}`)),
    "",
    "Exit status:",
    ...statusLines().map((line) => `  ${line}`),
    "",
    "sysflow help COMMAND shows a command's options.",
    "",
  ].join("\n");
}

export function commandText(command: CommandShape): string {
  const active = command.options.filter((option) => option.refused === undefined);
  const refused = command.options.filter((option) => option.refused !== undefined);
  return [
    `Usage: sysflow ${command.name} ${usageTail(command)}`,
    "",
    ...command.description,
    ...section("Commands:", summaryLines(Object.entries(command.subcommands ?? {}))),
    "",
    "Options:",
    ...active.flatMap(optionLines),
    ...section("Recognised, but not in this version:", refused.flatMap(optionLines)),
    ...section("Environment:", variableLines(command)),
    ...section(
      "Examples:",
      command.examples.flatMap((row) => [`  ${row.line}`, `      ${row.text}`]),
    ),
    ...section(
      "Exit status:",
      (command.statuses ?? statusLines()).map((line) => `  ${line}`),
    ),
    "",
  ].join("\n");
}

/** @param commands by the words that name them */
function summaryLines(commands: readonly (readonly [string, CommandShape])[]): readonly string[] {
  const width = Math.max(...commands.map(([word]) => word.length));
  return commands.map(([word, { summary }]) => `  ${word.padEnd(width)}  ${summary}`);
}

/** What exit statuses mean; the numbers are base/exit-status.ts. */
function statusLines(): readonly string[] {
  return [
    `${exitStatus.OK}    done; also when ended by Ctrl-C or SIGTERM`,
    `${exitStatus.FAILURE}    not done: no engine, no rights, unreadable input, full disk`,
    `${exitStatus.USAGE}    unknown option or bad value; nothing was started`,
    `${exitStatus.DAMAGED_INPUT}    the input is damaged; what came before the damage was kept`,
    "130, 131, 143  a second Ctrl-C, SIGQUIT or SIGTERM ended it at once",
  ];
}

function usageTail(command: CommandShape): string {
  const { operands } = command;
  const options = command.subcommands === undefined ? "[OPTION…]" : "COMMAND [OPTION…]";
  return operands === undefined ? options : `${options} ${operands.name}`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", title, ...lines];
}

function optionLines(option: OptionShape): readonly string[] {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  const long = option.negatable === true ? `--[no-]${option.long}` : `--${option.long}`;
  const value = option.value === undefined ? "" : ` ${option.value.name}`;
  const tail = option.defaultText === undefined ? "" : ` [${option.defaultText}]`;
  return twoColumns(`  ${short}${long}${value}`, `${option.help}${tail}`);
}

function variableLines(command: CommandShape): readonly string[] {
  const ofOptions = command.options.flatMap((option) =>
    option.env === undefined
      ? []
      : twoColumns(`  ${option.env}`, `as --${option.long}${onOff(option)}`),
  );
  const own = (command.variables ?? []).flatMap((row) => twoColumns(`  ${row.name}`, row.help));
  return [...ofOptions, ...own];
}

function onOff(option: OptionShape): string {
  return option.value === undefined ? ": 1 is on, any other value off" : "";
}

function twoColumns(left: string, right: string): readonly string[] {
  const lines = wrap(right, columns - helpColumn);
  const indent = " ".repeat(helpColumn);
  if (left.length + 2 > helpColumn) {
    return [left, ...lines.map((line) => indent + line)];
  }
  return lines.map((line, index) => (index === 0 ? left.padEnd(helpColumn) : indent) + line);
}
