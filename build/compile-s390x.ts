// `bun run build:s390x`: dist/sysflow-s390x, the same sources on Node, which Bun has no build for
// there. Nothing of it runs on this machine: the bundle is put into Node's program as a single
// executable application, and that packed with Debian's glibc into one static file.

import { join } from "node:path";
import { withWorkFolder } from "./base/cache.ts";
import { entryPoint, run, type Step, step } from "./base/run.ts";
import { buildAddon } from "./native/native-build.ts";
import { dynamicOf, type ElfFile } from "./pack/elf.ts";
import { packGlibc } from "./pack/glibc-pack.ts";
import { GLIBC_HOSTILE_ENVIRONMENT } from "./pack/hostile-environment.ts";
import { injectSea, seaBlob } from "./pack/node-sea.ts";
import { readElf } from "./pack/read-elf.ts";
import { foreignPackage } from "./packages/node-runtime.ts";
import { type Contents, contentsOf } from "./ship/contents.ts";
import { ADDON, bundleFlags, commit, installExecutable } from "./ship/shipped.ts";
import { glibcRuntime } from "./toolchain/glibc-runtime.ts";
import { TARGETS } from "./toolchain/targets.ts";

const ROOT = join(import.meta.dir, "..");
/** The npm package with the runtime. */
export const NODE_PACKAGE = "node-linux-s390x";
/** The script's name in stack traces. */
const SCRIPT = "sysflow.cjs";

/** Brings dist/sysflow-s390x up to date. */
export async function compileS390x(): Promise<void> {
  const target = TARGETS["s390x-linux-gnu"];
  const addon = await buildAddon(target);
  await step("dist/sysflow-s390x", async (step) => {
    const contents = await contentsOf(target.name, await commit(), step);
    const runtime = await glibcRuntime(target, step);
    const folder = await foreignPackage(NODE_PACKAGE, "s390x", step);
    const node = await readElf(join(folder, "bin/node"));
    await withWorkFolder("compile-s390x", async (work) => {
      const script = await bundle(join(work, SCRIPT), contents, step);
      const program = join(work, "sysflow-s390x");
      await Bun.write(program, injectSea(node, seaBlob(script, SCRIPT, node.littleEndian)));
      step.note("packing");
      const { shim, loader } = runtime;
      const names = await neededBy([node, await readElf(addon)], loader);
      const libraries = [
        ...names.map((name) => ({ name, file: runtime.library(name) })),
        { name: ADDON, file: addon },
      ];
      const hostileEnvironment = GLIBC_HOSTILE_ENVIRONMENT;
      const parts = { program, shim, loader, libraries, hostileEnvironment };
      await installExecutable("sysflow-s390x", (await packGlibc(parts)).bytes, contents);
    });
  });
}

/** The sources as one CommonJS script, which is what Node embeds. */
async function bundle(path: string, contents: Contents, step: Step): Promise<string> {
  const flags = ["--target=node", "--format=cjs", ...(await bundleFlags(contents, step))];
  const command = [process.execPath, "build", "src/main.ts", ...flags];
  step.note("bundling");
  await run([...command, `--outfile=${path}`], { cwd: ROOT, step });
  return withRequire(await Bun.file(path).text());
}

/**
 * A bundle whose dynamic imports of Node's own modules are calls of `require`: a script embedded in
 * Node has no other way to get at them.
 *
 * @throws Error where it imports anything else at run time.
 */
export function withRequire(script: string): string {
  const text = script.replace(/\bimport\(("node:[\w/]+")\)/g, "Promise.resolve(require($1))");
  const left = text.match(/\bimport\((?!\))[^)]*\)?/)?.[0];
  if (left === undefined) return text;
  throw new Error(`the bundle for Node has ${left}, which an embedded script cannot do`);
}

/** The libraries to embed beside the addon. Debian's own need no others. */
async function neededBy(images: readonly ElfFile[], loader: string): Promise<readonly string[]> {
  const own = dynamicOf(await readElf(loader))?.soname;
  const names = images.flatMap((image) => dynamicOf(image)?.needed ?? []);
  return [...new Set(names)].filter((name) => name !== own);
}

if (import.meta.main) {
  await entryPoint(compileS390x);
}
