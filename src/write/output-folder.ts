// The folder of an output. The last folder of the path is made where it is missing, so that the
// first start of a service needs no preparation. Folders above it are not made, so that a mistyped
// path is noticed.

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { errnoCode, OperatorError, systemCause } from "../base/errors.ts";

const ownerOnly = 0o700;

/**
 * Leaves one that is there as it is.
 * @param path of the file whose folder it is
 * @throws OperatorError OUTPUT_OPEN_FAILED where the folder is not there and cannot be made
 */
export function makeLastFolder(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, ownerOnly);
  } catch (error) {
    if (errnoCode(error) !== "EEXIST") {
      throw folderError(folder, error);
    }
  }
}

function folderError(folder: string, cause: unknown): OperatorError {
  const remedy = errnoCode(cause) === "ENOENT" ? "; make the folders above it first" : "";
  const message = `cannot make the output's folder ${folder}: ${systemCause(cause)}${remedy}`;
  return new OperatorError("OUTPUT_OPEN_FAILED", message, { cause });
}
