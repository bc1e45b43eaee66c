// Writes a short text to standard output or error, without the streams of the runtime: setting up
// process.stdout costs three times the start of Bun, and loading node:fs a quarter of it.

import { errnoCode } from "./errors.ts";

const retryMs = 5;
/** PIPE_BUF: so much goes into a pipe whole or not at all. */
const atomicBytesMax = 4096;

/** Resolves when all of it is taken. Rejects with a system error, such as EPIPE. */
export async function writeOut(descriptor: 1 | 2, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  if (typeof Bun !== "undefined" && descriptor === 1 && bytes.length <= atomicBytesMax) {
    try {
      await Bun.write(Bun.stdout, bytes);
      return;
    } catch (error) {
      // A full pipe that another process has made non-blocking: nothing was written.
      if (errnoCode(error) !== "EAGAIN") throw error;
    }
  }
  const { writeSync } = await import("node:fs");
  let rest: Uint8Array = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (errnoCode(error) !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}
