import { expect, test } from "bun:test";
import { ringBytesDefault } from "../../src/driver/engine-choice.ts";
import { syscallSets } from "../../src/driver/syscall-sets.ts";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

test.each([
  [1, GiB / 2, 4, 8],
  [1, 8 * GiB, 2, 64],
  [1, 25 * GiB, 2, 128],
  [1, 16 * GiB, 8, 32],
  [2, 16 * GiB, 8, 64],
  [0, 16 * GiB, 64, 128],
  [1, 256 * GiB, 64, 64],
  [3, 16 * GiB, 4, 128],
  [1, 0, 1, 8],
])(
  "%d CPUs a ring, %d bytes, %d CPUs: rings of %d MiB",
  (cpusPerBuffer, memory, cpus, expected) => {
    expect(ringBytesDefault(cpusPerBuffer, memory, cpus)).toBe(expected * MiB);
  },
);

test("the modes' sets are upstream's in number and inclusion", () => {
  expect(syscallSets.flow).toHaveLength(52);
  expect(syscallSets.consume).toHaveLength(38);
  expect(syscallSets.nofiles).toHaveLength(25);
  expect(new Set(syscallSets.flow).size).toBe(52);
  for (const name of syscallSets.nofiles) {
    expect(syscallSets.consume).toContain(name);
  }
  for (const name of syscallSets.consume) {
    expect(syscallSets.flow).toContain(name);
  }
  for (const name of ["read", "write", "bind", "mmap", "setns", "pread64", "shutdown"]) {
    expect(syscallSets.flow).toContain(name);
    expect(syscallSets.consume).not.toContain(name);
  }
});
