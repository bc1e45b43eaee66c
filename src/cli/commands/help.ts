// `sysflow help [COMMAND]`, and what `--help` shows.

import { commandText, overviewText } from "../help.ts";
import { type CommandName, commands } from "../option-table.ts";

/** @param name null for the list of commands */
export function runHelp(name: CommandName | null): void {
  process.stdout.write(name === null ? overviewText() : commandText(commands[name]));
}
