// `sysflow policy path PATH`: what a JSON path finds in the document on standard input.

import { isatty } from "node:tty";
import { OperatorError, systemCause } from "../../base/errors.ts";
import { type ExitStatus, exitStatus } from "../../base/exit-status.ts";
import { escapeControls } from "../../base/log.ts";

import { compilePath } from "../../gjson/gjson.ts";
import { readStandardInput } from "../../read/standard-input.ts";
import { usageError } from "../parse.ts";
import { print } from "../standard-streams.ts";

/** So that a path with a query still has steps enough for all of it. */
const documentMebibytesMax = 8;

/** @returns NO_MATCH where the path finds nothing. @throws OperatorError */
export async function runPolicyPath(
  operands: readonly string[],
  json: boolean,
): Promise<ExitStatus> {
  const [path] = operands;
  if (path === undefined) {
    const message = "policy path needs a path: sysflow policy path PATH < DOCUMENT";
    throw usageError("ARGUMENT_MISSING", message);
  }
  const { exists, limit, type, value } = compilePath(path).find(await document());
  if (limit !== null) {
    const message = `cannot follow the path to its end: ${limit}; to a policy this is no match`;
    throw new OperatorError("PATH_LIMIT", message, { exitStatus: exitStatus.NO_MATCH });
  }
  if (json) {
    await print(`${JSON.stringify({ exists, type, value })}\n`);
  } else if (exists) {
    await print(`${isatty(1) ? forTerminal(value) : value}\n`);
  }
  return exists ? exitStatus.OK : exitStatus.NO_MATCH;
}

/** All of standard input. @throws OperatorError where it is too long or cannot be read */
async function document(): Promise<string> {
  const bytes = await readStandardInput(documentMebibytesMax * 2 ** 20).catch((cause: unknown) => {
    const message = `cannot read the document on standard input: ${systemCause(cause)}`;
    throw new OperatorError("INPUT_READ_FAILED", message, { cause });
  });
  if (bytes === null) {
    const message =
      `cannot try a path on the document on standard input: it has more than ${documentMebibytesMax} MiB, ` +
      "which is the most that is read; give a part of it";
    throw new OperatorError("INPUT_TOO_LARGE", message);
  }
  return new TextDecoder().decode(bytes);
}

/** A document can hold what steers a terminal; lines and tabs stay. */
function forTerminal(value: string): string {
  return value.replace(/[^\n\t]+/g, escapeControls);
}
