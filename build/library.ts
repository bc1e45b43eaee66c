// `npm run build:library`: dist/libsysflow, the npm package of the library, ready for `npm pack`. The
// code is bundled once for Bun and once for every other runtime; beside it lie its types and the
// addon for each C library. Nothing in it is fetched or compiled where it is installed.

import { chmod, copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { withWorkFolder } from "./base/cache.ts";
import { entryPoint, run, type Step, step } from "./base/run.ts";
import { buildAddon } from "./native/native-build.ts";
import { contentsOf } from "./ship/contents.ts";
import { addonNotices } from "./ship/licences.ts";
import { commit, NO_FOLDERS } from "./ship/shipped.ts";
import { TARGETS } from "./toolchain/targets.ts";

const ROOT = join(import.meta.dir, "..");
const PACKAGE = join(ROOT, "dist/libsysflow");

/** The addons by the folders in which src/capture/binding.ts looks for them. */
const ADDONS = {
  "linux-x64-glibc": TARGETS["x86_64-linux-gnu-portable"],
  "linux-x64-musl": TARGETS["x86_64-linux-musl"],
} as const;

/** A bundle for each kind of runtime: Bun has a faster deflate. */
const BUNDLES = { "index.js": "node", "index.bun.js": "bun" } as const;

/** Brings dist/libsysflow up to date. */
export async function buildLibrary(): Promise<void> {
  const addons = new Map<string, string>();
  for (const [folder, target] of Object.entries(ADDONS)) {
    addons.set(folder, await buildAddon(target));
  }
  await step("dist/libsysflow", async (step) => {
    await withWorkFolder("library", async (work) => {
      const made = join(work, "libsysflow");
      await mkdir(made, { recursive: true });
      for (const [file, target] of Object.entries(BUNDLES)) {
        step.note(`bundling ${file}`);
        await bundle(join(made, file), target, step);
      }
      step.note("types");
      await writeTypes(made, work);
      for (const [folder, addon] of addons) {
        const place = join(made, "native", folder, "capture.node");
        await mkdir(dirname(place), { recursive: true });
        await copyFile(addon, place);
        await chmod(place, 0o755);
      }
      await writePapers(made, step);
      await rm(PACKAGE, { recursive: true, force: true });
      await mkdir(dirname(PACKAGE), { recursive: true });
      await rename(made, PACKAGE).catch(async () => await run(["cp", "-r", made, PACKAGE]));
    });
  });
}

async function bundle(file: string, target: string, step: Step): Promise<void> {
  const flags = [`--target=${target}`, "--format=esm", "--minify-syntax"];
  const command = [process.execPath, "build", "src/index.ts", ...flags];
  const defines = ["--define=SYSFLOW_PACKAGE=true", ...NO_FOLDERS];
  await run([...command, ...defines, `--outfile=${file}`], { cwd: ROOT, step });
}

/** Of the declarations, those that index.d.ts leads to. */
async function writeTypes(made: string, work: string): Promise<void> {
  const all = join(work, "types");
  const config = join(work, "tsconfig.json");
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: ROOT,
    outDir: all,
    typeRoots: [join(ROOT, "node_modules/@types")],
  };
  const files = [join(ROOT, "src/index.ts")];
  const settings = { extends: join(ROOT, "tsconfig.json"), compilerOptions, include: [], files };
  await Bun.write(config, JSON.stringify(settings));
  await run([process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), "-p", config]);
  const source = join(all, "src");
  const waiting = [join(source, "index.d.ts")];
  const seen = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = await Bun.file(path).text();
    for (const [, name = ""] of text.matchAll(/from "(\.[^"]+)\.ts"/g)) {
      waiting.push(join(dirname(path), `${name}.d.ts`));
    }
    // A reader of declarations looks for the code's file, and finds the declarations beside it.
    const own = text
      .replace(/(from "\.[^"]+)\.ts"/g, '$1.js"')
      // Of Node's types none is needed then: a Buffer is one of these.
      .replace(/\bBuffer\b/g, "Uint8Array");
    await Bun.write(join(made, "types", relative(source, path)), own);
  }
}

async function writePapers(made: string, step: Step): Promise<void> {
  await copyFile(join(ROOT, "LICENSE"), join(made, "LICENSE"));
  await copyFile(join(ROOT, "src/library/README.md"), join(made, "README.md"));
  step.note("licences");
  const contents = await contentsOf("x86_64-linux-musl", await commit(), step);
  await Bun.write(join(made, "NOTICES"), await addonNotices(contents, step));
  const files = (await readdir(made)).filter((name) => name !== "package.json");
  const types = "./types/index.d.ts";
  const about = {
    name: "libsysflow",
    version: packageJson.version,
    description: "System telemetry for Linux: kernel events as SysFlow records, for programs",
    license: packageJson.license,
    type: "module",
    main: "./index.js",
    types,
    exports: {
      ".": { types, bun: "./index.bun.js", default: "./index.js" },
      "./package.json": "./package.json",
    },
    engines: { node: ">=20", bun: ">=1.3" },
    os: ["linux"],
    cpu: ["x64"],
    files: files.sort(),
    sideEffects: false,
  };
  await Bun.write(join(made, "package.json"), `${JSON.stringify(about, null, 2)}\n`);
}

if (import.meta.main) {
  await entryPoint(buildLibrary);
}
