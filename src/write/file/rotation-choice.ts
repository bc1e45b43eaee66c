// When an output begins a new file, as its options say and as what it writes to allows.

import type { FileWriterOptions } from "./file-writer-options.ts";
import { hasReader, isFolder } from "./output-place.ts";
import { Rotation } from "./rotation.ts";
import { keepAll } from "./upkeep.ts";

/** Where a sum of bytes is kept: the file being written, which cannot be removed, is small in it. */
const filesOfBound = 4;

/** A pipe or a device stays what it is. A bound of bytes needs files that are small beside it. */
export function rotationOf(options: FileWriterOptions): Rotation {
  const { keep, path, rotateBytes, rotateIntervalSec, suffix } = options;
  const isReader = hasReader(path);
  const { bytes = null } = keep ?? keepAll;
  const part = bytes === null ? Number.POSITIVE_INFINITY : Math.ceil(bytes / filesOfBound);
  const bytesMax = Math.min(rotateBytes ?? part, part);
  return new Rotation({
    path,
    isDirectory: isFolder(path),
    intervalSec: isReader ? 0 : rotateIntervalSec,
    bytesMax: isReader ? undefined : bytesMax,
    suffix,
  });
}
