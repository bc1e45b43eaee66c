// Reads all of standard input, without the runtime's stream.

import { readInto } from "./read-into.ts";

const chunkBytes = 65_536;

/** @returns null where there is more than `bytesMax`. Rejects with a system error, such as EISDIR. */
export async function readStandardInput(bytesMax: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  while (total <= bytesMax) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const bytes = await readInto(0, chunk);
    if (bytes === 0) {
      return Buffer.concat(chunks);
    }
    chunks.push(chunk.subarray(0, bytes));
    total += bytes;
  }
  return null;
}
