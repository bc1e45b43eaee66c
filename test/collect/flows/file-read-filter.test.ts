import { expect, test } from "bun:test";
import type { FileReadMode } from "../../../src/collect/collector-options.ts";
import { isFilteredRead } from "../../../src/collect/flows/file-read-filter.ts";
import {
  OP_CLOSE,
  OP_MMAP,
  OP_OPEN,
  OP_READ_RECV,
  OP_SETNS,
  OP_WRITE_SEND,
} from "../../../src/sysflow/op-flags.gen.ts";
import {
  OPEN_CLOEXEC,
  OPEN_RDONLY,
  OPEN_RDWR,
  OPEN_WRONLY,
} from "../../../src/sysflow/open-flags.ts";

const home = "/home/user/file";
const rw = OP_READ_RECV | OP_WRITE_SEND;

const cases: readonly [
  what: string,
  path: string,
  opFlags: number,
  openFlags: number,
  filteredInModes: readonly FileReadMode[],
][] = [
  ["a read of an unknown open", home, OP_READ_RECV | OP_CLOSE, 0, [1]],
  ["a read and a write", home, rw, 0, []],
  ["a read and a mapping", home, OP_READ_RECV | OP_MMAP, 0, []],
  ["only a close", home, OP_CLOSE, 0, []],
  ["an open to read", home, OP_OPEN, OPEN_RDONLY | OPEN_CLOEXEC, [1]],
  ["an open to read, mapped", home, OP_OPEN | OP_MMAP, OPEN_RDONLY, [1]],
  ["an open to write", home, OP_OPEN, OPEN_WRONLY, []],
  ["an open to read and write", home, OP_OPEN, OPEN_RDWR, []],
  ["a write through an open to read and write", "/dev/tty", OP_OPEN | rw, OPEN_RDWR, []],
  ["a read below /proc", "/proc/1/ns/net", OP_READ_RECV, 0, [1, 2]],
  ["entering a namespace", "/proc/1/ns/net", OP_OPEN | OP_SETNS | OP_CLOSE, OPEN_RDONLY, []],
  ["a read below /usr/lib64", "/usr/lib64/a.so", OP_OPEN, OPEN_RDONLY, [1, 2]],
  ["a read below //sys", "//sys/x", OP_OPEN, OPEN_RDONLY, [1, 2]],
  ["a read of /proc itself", "/proc", OP_READ_RECV, 0, [1]],
  ["a read below /library", "/library/x", OP_READ_RECV, 0, [1]],
];

test.each(["/proc/", "/dev/", "/sys/", "//sys/", "/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"])(
  "a read below %s is one of the system's",
  (prefix) => {
    expect(isFilteredRead(2, `${prefix}x`, OP_READ_RECV, OPEN_RDONLY)).toBe(true);
    expect(isFilteredRead(2, `/x${prefix}x`, OP_READ_RECV, OPEN_RDONLY)).toBe(false);
  },
);

test.each(cases)("%s", (_, path, opFlags, openFlags, filteredInModes) => {
  const modes: readonly FileReadMode[] = [0, 1, 2];
  const filtered = modes.filter((mode) => isFilteredRead(mode, path, opFlags, openFlags));
  expect(filtered).toEqual([...filteredInModes]);
});
