// What a file begins with, beside its schema: its first record, and the marker between its blocks.

import { createHash } from "node:crypto";
import { syncBytes } from "../../avro/container-file.ts";
import { Tap } from "../../avro/tap.ts";
import { encodeHeader } from "../../sysflow/encoder.gen.ts";
import type { SFHeader } from "../../sysflow/record.gen.ts";

/** The header, encoded. */
export function headerBytes(record: SFHeader): Uint8Array<ArrayBuffer> {
  const tap = new Tap(1024);
  do {
    if (!tap.ok()) tap.grow(0);
    tap.pos = 0;
    encodeHeader(tap, record);
  } while (!tap.ok());
  return Uint8Array.from(tap.buffer.subarray(0, tap.pos));
}

/**
 * Follows from the input and the number of the file: others cannot put it into their data.
 * @param files begun so far, this one among them
 */
export function syncMarkerOf(seed: Uint8Array, files: number): Uint8Array {
  const digest = createHash("sha256").update(`sysflow ${files}\0`).update(seed).digest();
  return digest.subarray(0, syncBytes);
}
