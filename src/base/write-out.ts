// Writes a short text to standard output or error without the runtime's streams. Setting up
// process.stdout takes three times as long as starting Bun, and loading node:fs a quarter of it.

import { errnoCode } from "./errors.ts";

const retryMs = 5;
/** PIPE_BUF: so much goes into a pipe whole or not at all. */
const atomicBytesMax = 4096;
/** A UTF-16 unit takes no more in UTF-8. */
const unitBytesMax = 3;

/** Resolves when all of it is taken. Rejects with a system error, such as EPIPE. */
export async function writeOut(descriptor: 1 | 2, text: string): Promise<void> {
  if (text === "") {
    // Bun would cut off a file at the place where it stands.
    return;
  }
  const isShort = text.length * unitBytesMax <= atomicBytesMax;
  if (typeof Bun !== "undefined" && descriptor === 1 && isShort) {
    try {
      // The text as it is: setting up Buffer costs a tenth of the start.
      await Bun.write(Bun.stdout, text);
      return;
    } catch (error) {
      // A full pipe that another process has made non-blocking: nothing was written.
      if (errnoCode(error) !== "EAGAIN") throw error;
    }
  }
  const { writeSync } = await import("node:fs");
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (errnoCode(error) !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}
