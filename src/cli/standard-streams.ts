// Standard output and error. The runtime's streams take longer to set up than all the rest of
// `sysflow version`, so short answers are written without them. Only `collect` and `record` use the
// streams.

import { errnoCode, OperatorError, systemCause } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";
import { defectLine, errorLines, type LogFormat } from "../base/log.ts";
import { writeOut } from "../base/write-out.ts";

const takenMsMax = 500;
let isWatched = false;
let isOutputUsed = false;
/** Of standard error; null before a command has said it. */
let chosenFormat: LogFormat | null = null;

/**
 * Writes all of a text to standard output; resolves when it is taken. A reader that has gone
 * (`sysflow help | head`) is no fault of ours or of the operator. @throws OperatorError
 */
export async function print(text: string): Promise<void> {
  try {
    await writeOut(1, text);
  } catch (cause) {
    if (errnoCode(cause) !== "EPIPE") throw writeError(cause);
  }
}

function writeError(cause: unknown): OperatorError {
  const message = `cannot write to standard output: ${systemCause(cause)}`;
  return new OperatorError("OUTPUT_WRITE_FAILED", message, { cause });
}

/** The same to standard error, where nobody is left to tell if it fails. */
export async function printError(line: string): Promise<void> {
  try {
    await writeOut(2, line);
  } catch {
    // See above.
  }
}

/**
 * To be called before process.stdout and process.stderr are used: their errors arrive as events.
 * @param usesOutput whether process.stdout will be, which takes some time to make
 */
export function watchStreams(format: LogFormat, usesOutput: boolean): void {
  if (isWatched) return;
  isWatched = true;
  chosenFormat = format;
  if (usesOutput) {
    isOutputUsed = true;
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      void printError(errorLines(format, writeError(error)));
      process.exitCode = exitStatus.FAILURE;
    });
  }
  process.stderr.on("error", () => {
    // Nobody is left to tell.
  });
  if (format === "json") {
    // The runtime would show it as text.
    const endWith = (error: unknown) => {
      void printError(defectLine(error)).then(() => process.exit(exitStatus.FAILURE));
    };
    process.on("uncaughtException", endWith).on("unhandledRejection", endWith);
  }
}

/** The form of an error. @param words of the program; looked at where they are what is wrong */
export function errorFormat(words: readonly string[]): LogFormat {
  const end = words.indexOf("--");
  const own = end < 0 ? words : words.slice(0, end);
  const isJson = /^--log-format[=\n]json$/im.test(own.join("\n"));
  return chosenFormat ?? (isJson ? "json" : "text");
}

/** Resolves when what was written before has been taken, or after so long that it will not be. */
export function standardOutputTaken(): Promise<void> {
  if (!isOutputUsed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, takenMsMax);
    process.stdout.write("", () => {
      clearTimeout(timer);
      // The listener for errors has its turn first.
      setImmediate(resolve);
    });
  });
}
