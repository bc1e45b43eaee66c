// The tests in C++ on s390x: the programs of native/test/, linked with musl, under qemu's emulation,
// with the project's captures in that machine's byte order. What is written in TypeScript runs there
// as dist/sysflow-s390x only (test/e2e/s390x.test.ts): bun:test needs Bun, which has no build for it.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { aptInstall } from "./apt-install.ts";
import { buildNative } from "./native.ts";
import { entryPoint, run, step } from "./run.ts";
import { TARGETS } from "./targets.ts";

const ROOT = join(import.meta.dir, "..");
const CAPTURES = join(ROOT, "test/golden/s390x");

/** One program: its name, and what fails with its output when a check in it fails. */
export interface EmulatedTest {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** Builds the programs unless they are there, and says how each is run. */
export async function emulatedTests(): Promise<readonly EmulatedTest[]> {
  await step("qemu-user", (step) => aptInstall(["qemu-user"], step));
  const { programs } = await buildNative(TARGETS["s390x-linux-musl"]);
  const captures = (await readdir(CAPTURES)).sort().map((name) => join(CAPTURES, name));
  const tests = (await readdir(join(ROOT, "native/test")))
    .filter((name) => name.endsWith(".cc"))
    .map((name) => name.replace(/\.cc$/, ""));
  return tests.sort().map((name) => {
    const command = ["qemu-s390x", programs.get(name) ?? name, ...captures];
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
