// A Linux kernel for s390x that compiles BPF programs, for the tests that boot one (test/kernels):
// Debian's own has no JIT there. Cross-built from Debian's source of its newest kernel with the compiler
// of our own s390x build, and with as little configured as the tests need (test/kernels/s390x.config).

import { join } from "node:path";
import { aptInstall } from "../base/apt-install.ts";
import { cached, sha256File } from "../base/cache.ts";
import { JOBS, run, type Step } from "../base/run.ts";
import type { Place } from "../packages/debian-source.ts";
import { listedPackages, unpackFirst } from "../packages/newest-package.ts";
import { type Gcc, pinnedGcc } from "../toolchain/gcc.ts";
import type { GuestKernel } from "./guest-kernels.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 1;
const CONFIG = join(import.meta.dir, "../../test/kernels/s390x.config");
/** What a kernel's build calls for. `dwarves` has pahole, which makes the BTF. */
const TOOLS = ["bc", "bison", "dwarves", "flex", "gcc", "libc6-dev", "libelf-dev", "make"];
/** Of LTS kernels only: others are gone from a suite when its next one comes. */
const SOURCES = /^linux-source-\d+\.\d+$/;

/** @returns null where the suite lists no source of a kernel. */
export async function s390xKernel(suite: string, step: Step): Promise<GuestKernel | null> {
  const place: Place = { kind: "binary", suite };
  const sources = await listedPackages(place, SOURCES, step);
  if (sources.length === 0) return null;
  const { pkg, folder: source } = await unpackFirst(sources, /^$/, step);
  const gcc = await pinnedGcc("s390x", step);
  const config = await sha256File(CONFIG);
  const inputs = { RECIPE, source: pkg.sha256, gcc: gcc.identity, config };
  const folder = await cached("s390x-kernel", inputs, async (out) => {
    await aptInstall(TOOLS, step);
    const archive = join(source, "usr/src", `${pkg.name}.tar.xz`);
    await buildKernel(archive, gcc, out, step);
  });
  const release = (await Bun.file(join(folder, "release")).text()).trim();
  const image = join(folder, "bzImage");
  return { release, image, place: { ...place, architecture: "s390x" } };
}

/** @param out where `bzImage` and what `uname -r` will say are put. */
async function buildKernel(archive: string, gcc: Gcc, out: string, step: Step): Promise<void> {
  const work = join(out, "work");
  const build = join(work, "build");
  await run(["mkdir", "-p", build]);
  step.note("unpacking the kernel's source");
  await run(["tar", "-xf", archive, "-C", work, "--strip-components=1", "--one-top-level=source"]);
  const tools = [`CROSS_COMPILE=${gcc.prefix}`, `CC=${gcc.prefix}gcc-12`];
  const make = [
    "nice",
    "make",
    "-s",
    "ARCH=s390",
    ...tools,
    "-C",
    join(work, "source"),
    `O=${build}`,
  ];
  await run([...make, `KCONFIG_ALLCONFIG=${CONFIG}`, "allnoconfig"]);
  await expectConfigured(join(build, ".config"));
  step.note("compiling the kernel");
  await run([...make, JOBS, "bzImage"]);
  await run(["cp", join(build, "arch/s390/boot/bzImage"), out]);
  await run(["cp", join(build, "include/config/kernel.release"), join(out, "release")]);
  await run(["rm", "-r", work]);
}

/** An option that the kernel no longer has, or whose needs are not met, is left out without a word. */
async function expectConfigured(made: string): Promise<void> {
  const has = new Set((await Bun.file(made).text()).split("\n"));
  const wanted = (await Bun.file(CONFIG).text()).split("\n");
  const missing = wanted.filter((line) => line.startsWith("CONFIG_") && !has.has(line));
  if (missing.length > 0) throw new Error(`the kernel's build leaves out ${missing.join(", ")}`);
}
