// `sysflow completion SHELL`.

import { completionText, type Shell } from "../../show/completion.ts";
import { commandList } from "../option-table.ts";
import { usageError } from "../parse.ts";
import { print } from "../standard-streams.ts";

/** @throws OperatorError where no shell is named; another name than these was refused before. */
export async function runCompletion(operands: readonly string[]): Promise<void> {
  const [shell] = operands;
  if (shell === undefined) {
    throw usageError("ARGUMENT_MISSING", "completion needs the shell: bash, zsh or fish");
  }
  await print(completionText(shell as Shell, commandList));
}
