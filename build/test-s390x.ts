// The tests in C++ on s390x: the programs of native/test/, with the C library that is shipped there,
// under qemu's emulation, with the project's captures in that machine's byte order. What is written in TypeScript runs there
// as dist/sysflow-s390x only (test/e2e/s390x.test.ts): bun:test needs Bun, which has no build for it.

import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { aptInstall } from "./base/apt-install.ts";
import { entryPoint, run, step } from "./base/run.ts";
import { buildNative } from "./native/native-build.ts";
import { pinnedGcc } from "./toolchain/gcc.ts";
import { TARGETS } from "./toolchain/targets.ts";

const ROOT = join(import.meta.dir, "..");
const CAPTURES = join(ROOT, "test/golden/s390x");

/** One program: its name, and what fails with its output when a check in it fails. */
export interface EmulatedTest {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** Builds the programs unless they are there, and says how each is run. */
export async function emulatedTests(): Promise<readonly EmulatedTest[]> {
  const gcc = await step("qemu-user", async (step) => {
    await aptInstall(["qemu-user"], step);
    return await pinnedGcc("s390x", step);
  });
  const { programs } = await buildNative(TARGETS["s390x-linux-gnu"]);
  // Where the programs' loader and libraries are.
  const root = join(gcc.root, "usr/s390x-linux-gnu");
  const captures = (await readdir(CAPTURES)).sort().map((name) => join(CAPTURES, name));
  const sources = await Array.fromAsync(new Bun.Glob("native/test/**/*.cc").scan({ cwd: ROOT }));
  const tests = sources.map((name) => basename(name, ".cc"));
  return tests.sort().map((name) => {
    const command = ["qemu-s390x", "-L", root, programs.get(name) ?? name, ...captures];
    return { name: `${name} on s390x`, run: () => run(command, { cwd: ROOT }) };
  });
}

if (import.meta.main) {
  await entryPoint(async () => {
    for (const { name, run } of await emulatedTests()) {
      await step(name, run);
    }
  });
}
