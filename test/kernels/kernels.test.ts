// The shipped executable under the kernels of Debian's releases: each is booted, the workload and one
// call of each row of the system call table run under collection there, and every fact they print has
// to be in the records. `npm run test:kernels`; a kernel that the mirror lacks is skipped by name.

import { describe, expect, test } from "bun:test";
import { falcoModule, type GuestKernel } from "../../build/guests/guest-kernels.ts";
import type { CpioEntry } from "../support/kernels/cpio.ts";
import { fileFrom, type GuestRun, x86Guest, x86Words } from "../support/kernels/guest.ts";
import { buildSyscalls, buildWorkload, type Fact } from "../support/truth/workload.ts";
import {
  expectAllFacts,
  expectGood,
  type Found,
  findKernel,
  folder,
  guestFiles,
  installQemu,
  runGuest,
  step,
  timeoutMs,
} from "./setting.ts";

const pointer = "linux-image-cloud-amd64";
const suites = ["bullseye", "bookworm", "trixie", "trixie-backports"];
/** The release whose module is built. */
const moduleSuite = "bookworm";

await installQemu("qemu-system-x86");
const found: Found[] = [];
for (const suite of suites) found.push(await findKernel({ kind: "binary", suite }, pointer));
const files = [
  ...(await guestFiles({ kind: "binary", suite: moduleSuite }, "sysflow")),
  fileFrom("workload", buildWorkload(folder), 0o755),
  fileFrom("syscalls", buildSyscalls(folder), 0o755),
];

async function run(
  kernel: GuestKernel,
  engine: "ebpf-core" | "kmod",
  more: readonly CpioEntry[] = [],
): Promise<GuestRun> {
  const append = [...x86Words, "panic=-1", "quiet", `engine=${engine}`];
  const guest = { qemu: x86Guest, kernel: kernel.image, append, files: [...files, ...more] };
  return await runGuest(`${kernel.release} ${engine}`, guest);
}

test("the mirror has at least one of the kernels", () => {
  expect(found.filter(({ kernel }) => kernel !== null)).not.toEqual([]);
});

describe.each(found)("the newest kernel of $place.suite", ({ kernel, why }) => {
  test.skipIf(kernel === null)(
    `by the eBPF probe${kernel === null ? ` (skipped: ${why})` : `: ${kernel.release}`}`,
    async () => {
      const result = await run(kernel as GuestKernel, "ebpf-core");
      const records = expectGood(result, "modern_ebpf");
      expectAllFacts(result, records);
    },
    timeoutMs,
  );
});

const forModule = found.find(({ place }) => place.suite === moduleSuite) as Found;

describe(`the kernel module on the newest kernel of ${moduleSuite}`, () => {
  /** What README says that its table lacks. */
  const lacks = ["truncate", "ftruncate", "fchmodat2"];
  const { kernel, why } = forModule;
  test.skipIf(kernel === null)(
    kernel === null ? `skipped: ${why}` : kernel.release,
    async () => {
      const own = kernel as GuestKernel;
      const module = fileFrom("scap.ko", await falcoModule(own, step));
      const result = await run(own, "kmod", [module]);
      // It drops, and counts, a call whose arguments lie where no memory is; some are made so.
      const records = expectGood(result, "kmod", ["page fault"]);
      const isTold = (fact: Fact) => !lacks.includes(String(fact["syscall"]));
      expectAllFacts(result, records, isTold);
    },
    timeoutMs,
  );
});
