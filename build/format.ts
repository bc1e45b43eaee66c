// `bun run format`: writes every file of ours in the house's form, C++ and TypeScript.

import { join } from "node:path";
import { entryPoint, run } from "./run.ts";

const ROOT = join(import.meta.dir, "..");

if (import.meta.main) {
  await entryPoint(async () => {
    const options = { cwd: ROOT };
    const biome = ["node_modules/.bin/biome", "check", "--write", "--config-path=build/lint.json"];
    const patterns = new Bun.Glob("native/**/*.{cc,h}");
    const native = await Array.fromAsync(patterns.scan({ cwd: ROOT }));
    if (native.length > 0) await run(["clang-format-14", "-i", ...native], options);
    await run([...biome, "."], options);
  });
}
