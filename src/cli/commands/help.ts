// `sysflow help [COMMAND]`, and what `--help` shows.

import { commandText, overviewText } from "../help.ts";
import type { CommandSpec } from "../option-types.ts";
import { print } from "../standard-streams.ts";

/** @param command null for the list of commands */
export async function runHelp(command: CommandSpec | null): Promise<void> {
  await print(command === null ? overviewText() : commandText(command));
}
