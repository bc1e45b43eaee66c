// Which command a word names.

import { nearest } from "../base/suggest.ts";
import type { CommandSpec } from "./option-types.ts";
import { usageError } from "./parse.ts";

/**
 * @param group the command whose own ones these are; null for those of the program
 * @throws OperatorError with exit status USAGE
 */
export function commandNamed<N extends string>(
  known: Readonly<Record<N, CommandSpec>>,
  word: string,
  group: CommandSpec | null,
): N {
  if (Object.hasOwn(known, word)) {
    return word as N;
  }
  const guess = nearest(word, Object.keys(known));
  const see = group === null ? "sysflow help" : `sysflow help ${group.name}`;
  const hint = guess === null ? `see: ${see}` : `did you mean ${guess}?`;
  const where = group === null ? "there is no command" : `sysflow ${group.name} has no command`;
  throw usageError("COMMAND_UNKNOWN", `${where} "${word}"; ${hint}`);
}
