// `bun run format`: writes every file of ours in the house's form, C, C++ and TypeScript.

import { join } from "node:path";
import { entryPoint, run, type Step, step } from "./base/run.ts";
import { houseClang } from "./probe/clang.ts";

const ROOT = join(import.meta.dir, "..");
const FOLDERS = ["native", "build", "test"];
/** Part of both toolchains' hash: to be formatted when they have to be made anew for another cause. */
const LEFT_ALONE = "build/toolchain/musl/dl_find_object.c";

/** Runs clang-format on all C and C++ files of the repository. */
export async function clangFormat(mode: readonly string[], step: Step): Promise<void> {
  const patterns = new Bun.Glob(`{${FOLDERS.join(",")}}/**/*.{c,cc,h}`);
  const found = await Array.fromAsync(patterns.scan({ cwd: ROOT }));
  const files = found.filter((name) => name !== LEFT_ALONE);
  const style = "--style=file:native/.clang-format";
  const { bin, libraries } = await houseClang(step);
  const env = { LD_LIBRARY_PATH: libraries };
  await run([join(bin, "clang-format"), style, ...mode, ...files.sort()], { cwd: ROOT, env });
}

if (import.meta.main) {
  await entryPoint(async () => {
    await step("clang-format", (step) => clangFormat(["-i"], step));
    const biome = ["node_modules/.bin/biome", "check", "--write", "--config-path=build/lint.json"];
    await run([...biome, "."], { cwd: ROOT });
  });
}
