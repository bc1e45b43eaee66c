// `bun run build`: dist/sysflow for x86-64, from the sources to one static file that needs nothing but
// the kernel. TypeScript is bundled into the musl build of Bun; that, our musl loader, libstdc++ and
// the addon are packed. Nothing may change the file after the packer: `strip` and a second
// `bun build --compile` would harm it.

import { join } from "node:path";
import { withWorkFolder } from "./base/cache.ts";
import { entryPoint, run, type Step, step } from "./base/run.ts";
import { buildAddon } from "./native/native-build.ts";
import { X86_64_V2 } from "./pack/cpu.ts";
import { HOSTILE_ENVIRONMENT } from "./pack/hostile-environment.ts";
import { pack } from "./pack/pack.ts";
import { type Contents, contentsOf } from "./ship/contents.ts";
import { ADDON, bundleFlags, commit, installExecutable } from "./ship/shipped.ts";
import { muslLibc } from "./toolchain/musl-libc.ts";
import { muslToolchain } from "./toolchain/musl-toolchain.ts";
import { TARGETS } from "./toolchain/targets.ts";

const ROOT = join(import.meta.dir, "..");
const RUNTIME = join(ROOT, "node_modules/@oven/bun-linux-x64-musl/bin/bun");

/** What makes a program of the bundle. The tests make theirs the same way. */
export const COMPILE_FLAGS = [
  "--compile",
  "--target=bun",
  `--compile-executable-path=${RUNTIME}`,
  // Without these the executable obeys files of whatever folder it is started in, as root.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  "--no-compile-autoload-tsconfig",
  "--no-compile-autoload-package-json",
  // Stacks then name our files and lines.
  "--sourcemap=inline",
  // Commands are loaded when asked for, and not parsed: `version` starts in a third of the time.
  "--format=esm",
  "--splitting",
  "--bytecode",
];

/** Brings dist/sysflow up to date. */
export async function compile(): Promise<void> {
  const target = TARGETS["x86_64-linux-musl"];
  const addon = await buildAddon(target);
  const loader = await muslLibc(target);
  const { libstdcxx } = await muslToolchain(target);
  const libraries = [
    { name: "libstdc++.so.6", file: libstdcxx },
    { name: ADDON, file: addon },
  ];
  await step("dist/sysflow", async (step) => {
    const contents = await contentsOf(target.name, await commit(), step);
    await withWorkFolder("compile", async (work) => {
      // The name is in the file, so it is always the same.
      const program = join(work, "sysflow");
      await bundle(program, contents, step);
      step.note("packing");
      const hostileEnvironment = HOSTILE_ENVIRONMENT;
      const parts = { program, loader, libraries, hostileEnvironment, cpu: X86_64_V2 };
      await installExecutable("sysflow", (await pack(parts)).bytes, contents);
    });
  });
}

async function bundle(program: string, contents: Contents, step: Step): Promise<void> {
  const flags = [...COMPILE_FLAGS, ...(await bundleFlags(contents, step))];
  const command = [process.execPath, "build", "src/main.ts", ...flags];
  step.note("bundling");
  await run([...command, `--outfile=${program}`], { cwd: ROOT, step });
}

if (import.meta.main) {
  await entryPoint(compile);
}
