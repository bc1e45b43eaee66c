// The program `sysflow`: finds the command, parses its options, runs it, and prints an operator's
// error once: one line, and below it the text that it is about where a place in it is to be shown.
// Any other error is a defect and shows its stack.

import { OperatorError } from "./base/errors.ts";
import { exitStatus } from "./base/exit-status.ts";
import { dispatch } from "./cli/dispatch.ts";
import { errorFormat, printError, standardOutputTaken } from "./cli/standard-streams.ts";

/** Linux's number. Not from node:os, which would take a third of the time that `version` needs. */
const sigusr1 = 10;

/** Node opens a debugger's port at this signal; so that it ends us, as it does under Bun. */
if (process.versions["bun"] === undefined) {
  process.on("SIGUSR1", () => {
    // A run that has something to lose ends cleanly, by its own handler.
    if (process.listenerCount("SIGUSR1") === 1) {
      process.exit(128 + sigusr1);
    }
  });
}

void run();

/** Not awaited at top level: Node's executables are CommonJS, where only a function can wait. */
async function run(): Promise<void> {
  const status = await main(process.argv.slice(2));
  await standardOutputTaken();
  // Not left to the event loop: a write that a stopped reader never takes would keep it alive.
  process.exit(Math.max(status, Number(process.exitCode ?? exitStatus.OK)));
}

async function main(words: readonly string[]): Promise<number> {
  try {
    return await dispatch(words);
  } catch (error) {
    const format = errorFormat(words);
    if (!(error instanceof OperatorError || format === "json")) {
      throw error;
    }
    const { defectLine, errorLines } = await import("./base/log.ts");
    const isDefect = !(error instanceof OperatorError);
    await printError(isDefect ? defectLine(error) : errorLines(format, error));
    return isDefect ? exitStatus.FAILURE : error.exitStatus;
  }
}
