// Which file flows are left out because they only read (FILE_READ_MODE). Here a file that is opened
// for reading and writing does not count as only read. In upstream's readonly.h it does, because
// RDONLY is one of the two bits of RDWR, and writes through such a descriptor are lost. Entering a
// namespace does not count as reading either, although its file is in /proc/.

import { OP_MMAP, OP_READ_RECV, OP_SETNS, OP_WRITE_SEND } from "../../sysflow/op-flags.gen.ts";
import { OPEN_RDONLY, OPEN_RDWR } from "../../sysflow/open-flags.ts";
import type { FileReadMode } from "../collector-options.ts";

const systemPrefixes = [
  "/proc/",
  "/dev/",
  "/sys/",
  "//sys/",
  "/lib/",
  "/lib64/",
  "/usr/lib/",
  "/usr/lib64/",
] as const;

/** @returns true where a flow with these flags on this path is not to be written. */
export function isFilteredRead(
  mode: FileReadMode,
  path: string,
  opFlags: number,
  openFlags: number,
): boolean {
  if (mode === 0 || !isRead(opFlags, openFlags)) {
    return false;
  }
  return mode === 1 || isSystemPath(path);
}

function isRead(opFlags: number, openFlags: number): boolean {
  const isOpenedToRead = (openFlags & OPEN_RDWR) === OPEN_RDONLY;
  const doesOnlyRead = (opFlags & (OP_READ_RECV | OP_WRITE_SEND | OP_MMAP)) === OP_READ_RECV;
  return (isOpenedToRead || doesOnlyRead) && (opFlags & OP_SETNS) === 0;
}

function isSystemPath(path: string): boolean {
  for (const prefix of systemPrefixes) {
    if (path.startsWith(prefix)) {
      return true;
    }
  }
  return false;
}
