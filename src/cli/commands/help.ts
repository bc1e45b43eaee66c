// `sysflow help [COMMAND]`, and what `--help` shows.

import { commandText, overviewText } from "../help.ts";
import { type CommandName, commands } from "../option-table.ts";
import { print } from "../standard-streams.ts";

/** @param name null for the list of commands */
export async function runHelp(name: CommandName | null): Promise<void> {
  await print(name === null ? overviewText() : commandText(commands[name]));
}
