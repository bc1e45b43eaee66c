// Undoes raw deflate, for data that may be hostile. It is not in deflate.ts so that a program that
// only writes does not load zlib.

import { constants, inflateRawSync } from "node:zlib";

/** Output is gathered in pieces of this size: a block of ours in one. */
const pieceBytes = 128 * 1024;

/**
 * The result is a new array. Synchronous: a block is 80 kB, some 0.06 ms. Both runtimes have zlib,
 * which alone of their decompressors takes a limit.
 * @throws a system error with `code`: ERR_BUFFER_TOO_LARGE where there is more than `bytesMax`
 */
export function inflateRaw(bytes: Uint8Array, bytesMax: number): Buffer {
  return inflateRawSync(bytes, {
    maxOutputLength: bytesMax,
    chunkSize: pieceBytes,
    finishFlush: constants.Z_FINISH,
  });
}
