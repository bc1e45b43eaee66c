// The shipped executable for s390x, live, on a kernel of that machine that compiles BPF programs
// (build/guests/s390x-kernel.ts): the workload, most of whose socket calls go through socketcall there, and one
// call of each row of the system call table. The kernel is built the first time, which takes long.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { s390xKernel } from "../../build/guests/s390x-kernel.ts";
import { pinnedGcc } from "../../build/toolchain/gcc.ts";
import { fileFrom, s390xArchive, s390xScalarGuest } from "../support/kernels/guest.ts";
import { buildWidth, sayings } from "../support/truth/width.ts";
import { buildSyscalls, buildWorkload } from "../support/truth/workload.ts";
import {
  expectAllFacts,
  expectGood,
  folder,
  guestFiles,
  installQemu,
  runGuest,
  step,
} from "./setting.ts";

const suite = "trixie";
/** With calls of their own for sockets, and with socketcall. */
const widths = {
  "width-64": ["-m64"],
  "width-64-multiplexed": ["-m64", "-DMULTIPLEXED"],
  "width-31": ["-m31"],
  "width-31-multiplexed": ["-m31", "-DMULTIPLEXED"],
} as const;
/** With the kernel's build beside much else. */
const timeoutMs = 120 * 60_000;

await installQemu("qemu-system-misc");

test(
  "s390x, on a kernel with a BPF JIT",
  async () => {
    const kernel = await s390xKernel(suite, step);
    if (kernel === null) throw new Error(`the mirror has no source of a kernel of ${suite}`);
    const compiler = `${(await pinnedGcc("s390x", step)).prefix}gcc-12`;
    const files = [
      ...(await guestFiles(kernel.place, "sysflow-s390x")),
      fileFrom("workload", buildWorkload(folder, compiler), 0o755),
      fileFrom("syscalls", buildSyscalls(folder, compiler), 0o755),
      ...Object.entries(widths).map(([name, flags]) =>
        fileFrom(name, buildWidth(join(folder, name), flags, compiler), 0o755),
      ),
    ];
    const append = ["console=ttysclp0", "panic=-1", "quiet", "engine=ebpf-core"];
    const guest = {
      qemu: s390xScalarGuest,
      archive: s390xArchive,
      kernel: kernel.image,
      append,
      files,
    };
    const result = await runGuest(`${kernel.release} s390x`, guest);
    const records = expectGood(result, "modern_ebpf");
    expectAllFacts(result, records);
    const wanted = sayings(records, "width-64");
    expect(wanted.length).toBeGreaterThan(15);
    for (const name of Object.keys(widths)) {
      expect(result.console).toContain(`/${name} ended with 0`);
      expect(sayings(records, name)).toEqual(wanted);
    }
  },
  timeoutMs,
);
