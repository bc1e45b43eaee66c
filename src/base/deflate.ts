// Raw deflate (no zlib header), which is what Avro's `deflate` codec uses, and what undoes it and gzip for
// data that may be hostile. Each runtime brings its fastest implementation of the first; for the other
// two both have zlib, which alone of their decompressors takes a limit.

import { runtime } from "#runtime";

/** Output is gathered in pieces of this size: a block of ours in one. */
const pieceBytes = 128 * 1024;

/** The result is a new array. Synchronous: a block is 80 kB, some 0.2 ms. */
export function deflateRaw(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  return runtime.deflateRaw(bytes);
}

/**
 * The result is a new array. Synchronous: a block is 80 kB, some 0.06 ms.
 * @throws a system error with `code`: ERR_BUFFER_TOO_LARGE where there is more than `bytesMax`
 */
export function inflateRaw(bytes: Uint8Array, bytesMax: number): Buffer {
  const { constants, inflateRawSync } = runtime.zlib();
  return inflateRawSync(bytes, {
    maxOutputLength: bytesMax,
    chunkSize: pieceBytes,
    finishFlush: constants.Z_FINISH,
  });
}

/** Of what may be the beginning of a file alone. @throws a system error with `code` where it is damaged */
export function gunzipBeginning(bytes: Uint8Array): Buffer {
  const { constants, gunzipSync } = runtime.zlib();
  return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
}
