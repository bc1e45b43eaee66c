// `sysflow help [COMMAND]`, and what `--help` shows.

import type { CommandShape } from "../../show/command-shape.ts";
import { commandText, overviewText } from "../../show/help-text.ts";
import { commandList } from "../option-table.ts";
import { print } from "../standard-streams.ts";

/** @param command null for the list of commands */
export async function runHelp(command: CommandShape | null): Promise<void> {
  await print(command === null ? overviewText(commandList) : commandText(command));
}
