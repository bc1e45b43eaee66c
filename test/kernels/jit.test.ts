// Kernels that compile no BPF programs: the probe is not loaded into their interpreter, whose stack it
// overflows. x86-64 with its JIT switched off, and Debian's s390x kernel, which has none and panicked.

import { expect, test } from "bun:test";
import { type GuestRun, s390xGuest, x86Guest, x86Words } from "../support/kernels/guest.ts";
import { type Found, findKernel, guestFiles, installQemu, runGuest, timeoutMs } from "./setting.ts";

const suite = "trixie";
const machines = [
  {
    name: "x86-64 with its JIT switched off",
    qemu: x86Guest,
    emulator: "qemu-system-x86",
    pointer: "linux-image-cloud-amd64",
    executable: "sysflow",
    words: [...x86Words, "jit=off"],
    place: { kind: "binary", suite },
    says: "BPF JIT: switched off",
    remedy: "sysctl net.core.bpf_jit_enable=1",
  },
  {
    name: "s390x, which has none",
    qemu: s390xGuest,
    emulator: "qemu-system-misc",
    pointer: "linux-image-s390x",
    executable: "sysflow-s390x",
    words: ["console=ttysclp0"],
    place: { kind: "binary", suite, architecture: "s390x" },
    says: "BPF JIT: none in this kernel",
    remedy: "use a kernel built with CONFIG_BPF_JIT=y",
  },
] as const;

const rows: (Omit<(typeof machines)[number], "place"> & Found)[] = [];
for (const machine of machines) {
  await installQemu(machine.emulator);
  rows.push({ ...machine, ...(await findKernel(machine.place, machine.pointer)) });
}

function expectRefused(result: GuestRun, says: string, remedy: string): void {
  const { console: said } = result;
  expect(said).toContain(": done");
  expect(said).not.toContain("panic");
  expect(said).toContain(": check ended with 1");
  expect(said).toContain(": collect ended with 1");
  const lines = said.match(/^stderr: .*/gm) ?? [];
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(says);
  expect(lines[0]).toContain(remedy);
}

for (const row of rows) {
  const { kernel, why } = row;
  test.skipIf(kernel === null)(
    `${row.name}: ${kernel === null ? `skipped: ${why}` : kernel.release}`,
    async () => {
      const files = await guestFiles(row.place, row.executable);
      const append = [...row.words, "panic=-1", "quiet", "engine=ebpf-core"];
      const guest = { qemu: row.qemu, kernel: kernel?.image ?? "", append, files };
      expectRefused(await runGuest(row.name, guest), row.says, row.remedy);
    },
    timeoutMs,
  );
}
