// `sysflow completion SHELL`.

import { completionText, type Shell } from "../completion.ts";
import { usageError } from "../parse.ts";

/** @throws OperatorError where no shell is named; another name than these was refused before. */
export function runCompletion(operands: readonly string[]): void {
  const [shell] = operands;
  if (shell === undefined) {
    throw usageError("ARGUMENT_MISSING", "completion needs the shell: bash, zsh or fish");
  }
  process.stdout.write(completionText(shell as Shell));
}
