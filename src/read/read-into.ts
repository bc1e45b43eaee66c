// The bytes of an open descriptor: a file, a pipe or standard input. Each read is awaited, so that a
// slow disk or an idle pipe keeps nothing else waiting.

import fs from "node:fs";
import { errnoCode } from "../base/errors.ts";

/** Another process may have made a pipe non-blocking: then there is nothing to wait on but time. */
const retryMs = 5;

/** @returns how many bytes were read into the array; 0 at the end. Rejects with a system error. */
export async function readInto(descriptor: number, into: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return await readOnce(descriptor, into);
    } catch (error) {
      if (errnoCode(error) !== "EAGAIN") {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

function readOnce(descriptor: number, into: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(descriptor, into, 0, into.length, null, (error, read) => {
      if (error) {
        reject(error);
      } else {
        resolve(read);
      }
    });
  });
}
