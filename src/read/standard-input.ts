// Reads all of standard input, without the runtime's stream.

import { readSync } from "node:fs";
import { errnoCode } from "../base/errors.ts";

const retryMs = 5;
const chunkBytes = 65_536;

/** @returns null where there is more than `bytesMax`. Rejects with a system error, such as EISDIR. */
export async function readStandardInput(bytesMax: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  while (total <= bytesMax) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const bytes = await readSome(chunk);
    if (bytes === 0) {
      return Buffer.concat(chunks);
    }
    chunks.push(chunk.subarray(0, bytes));
    total += bytes;
  }
  return null;
}

/** Waits where another process has made the pipe non-blocking. */
async function readSome(into: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return readSync(0, into);
    } catch (error) {
      if (errnoCode(error) !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}
