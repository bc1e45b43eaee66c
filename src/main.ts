// The program `sysflow`: finds the command, parses its options, runs it, and prints an operator's
// error once, in one line. Any other error is a defect and shows its stack.

import { exitStatus, OperatorError, systemCause } from "./base/errors.ts";
import { escapeControls } from "./base/log.ts";
import { dispatch } from "./cli/dispatch.ts";

const writtenMsMax = 500;

/** A reader that has gone (`sysflow help | head`) is no fault of ours or of the operator. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") {
    process.stderr.write(
      `sysflow: error: cannot write to standard output: ${systemCause(error)}\n`,
    );
    process.exitCode = exitStatus.FAILURE;
  }
});
process.stderr.on("error", () => {
  // Nobody is left to tell.
});

const status = await main(process.argv.slice(2));
await written(process.stdout);
// Not left to the event loop: a write that a stopped reader never takes would keep it alive.
process.exit(Math.max(status, Number(process.exitCode ?? exitStatus.OK)));

async function main(words: readonly string[]): Promise<number> {
  try {
    return await dispatch(words);
  } catch (error) {
    if (!(error instanceof OperatorError)) {
      throw error;
    }
    const message = escapeControls(error.message);
    process.stderr.write(`sysflow: error: ${message} [${error.code}]\n`);
    return error.exitStatus;
  }
}

/** Resolves when what was written before has been taken, or after so long that it will not be. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, writtenMsMax);
    stream.write("", () => {
      clearTimeout(timer);
      // The listener for errors has its turn first.
      setImmediate(resolve);
    });
  });
}
