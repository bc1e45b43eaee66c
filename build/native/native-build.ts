// Builds native/: the addon dist/capture.node, and one program for each file below native/test/ and
// native/bench/. Objects lie in the cache folder by content, so a change of one file costs one
// compilation and a link.

import { cp, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { hashOf, sha256File, withLock } from "../base/cache.ts";
import { cacheRoot } from "../base/cache-root.ts";
import { type Step, step, versions } from "../base/run.ts";
import { type FalcoLibs, falcoLibs } from "../libs/falco-libs.ts";
import { readyTarget } from "../libs/target-libs.ts";
import { hostTools } from "../toolchain/host-tools.ts";
import { muslFast } from "../toolchain/musl-fast.ts";
import {
  FLAVOURS,
  type Flavour,
  type FlavourName,
  TARGETS,
  type Target,
} from "../toolchain/targets.ts";
import { type Linker, linkAddon, linkPrograms } from "./link.ts";
import { type Compiler, compileObjects } from "./objects.ts";

const ROOT = join(import.meta.dir, "../..");
/** Headers of npm packages. */
const NODE_HEADERS = ["node_modules/node-addon-api", "node_modules/node-api-headers/include"];

const OWN_FLAGS = [
  "-std=c++20",
  "-fPIC",
  "-fvisibility=hidden",
  "-ffunction-sections",
  "-fdata-sections",
  "-fstack-protector-strong",
  "-Wall",
  "-Wextra",
  "-Wshadow",
  "-Wconversion",
  "-Werror",
  // g++ 12 sees overlaps in `"text" + std::string` where there are none.
  "-Wno-restrict",
  "-DMINIMAL_BUILD",
  "-DHAS_ENGINE_MODERN_BPF",
  // With plain NODE_ADDON_API_CPP_EXCEPTIONS a std::runtime_error ends the whole runtime.
  "-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL",
  // Without it, a thread of JavaScript that is ended inside a native call ends the program.
  "-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
  "-DNAPI_VERSION=8",
];

/** What a native build left behind. */
export interface NativeBuild {
  /** The addon, stripped; null for a flavour that no runtime can load. */
  readonly addon: string | null;
  /** The programs below native/test/ and native/bench/ by name, without extension. */
  readonly programs: ReadonlyMap<string, string>;
  /** Where what was linked and `compile_commands.json` are. */
  readonly folder: string;
}

/** The path of the addon for a target, built now unless it is up to date. */
export async function buildAddon(target: Target): Promise<string> {
  const { addon } = await buildNative(target, "release", "addon");
  if (addon === null) throw new Error(`no addon for ${target.name}`);
  return addon;
}

/** Brings the native parts of one target and flavour up to date. */
export async function buildNative(
  row: Target = TARGETS["x86_64-linux-gnu"],
  flavourName: FlavourName = "release",
  wanted: "addon" | "all" = "all",
): Promise<NativeBuild> {
  const flavour: Flavour = FLAVOURS[flavourName];
  if ((row.musl ?? row.cross) !== undefined && !flavour.addon) {
    throw new Error(`cannot build ${flavour.name} for ${row.name}: there are no sanitizers for it`);
  }
  await hostTools(row);
  const target = await readyTarget(row);
  const fast = await muslFast(row);
  const falco = await falcoLibs(target, flavour);
  // What is linked lies in a folder of this clone's own; what is compiled is shared.
  const key = hashOf([ROOT, falco.folder, target, fast, flavour, OWN_FLAGS]);
  const folder = join(cacheRoot(), `native-${target.name}-${flavour.name}-${key}`);
  await mkdir(folder, { recursive: true });
  return await withLock(`${folder}.lock`, async () => {
    return await step(`native code (${target.name}, ${flavour.name})`, async (step) => {
      const compiler = await compilerOf(target, flavour, falco);
      const { own, tested } = await nativeSources();
      await writeCommands(folder, compiler, [...own, ...tested]);
      const objects = await compileObjects(own, compiler, step);
      // musl's own are slow; in front of the others, so that they are found first.
      const libs = [...(fast === null ? [] : [fast]), ...target.systemLibs];
      const linker = { target, flavour, folder, libs: [...groupOf(falco), ...libs] };
      const addon = flavour.addon ? await linkAddon(linker, objects, step) : null;
      // Another target's addon is for the packer, which takes it from here.
      const isOurs = target.musl === undefined && target.cross === undefined;
      if (addon !== null && isOurs) await install(addon);
      const programs =
        wanted === "addon"
          ? new Map<string, string>()
          : await buildPrograms(linker, compiler, { own: objects, tested }, step);
      return { addon, programs, folder };
    });
  });
}

async function buildPrograms(
  linker: Linker,
  compiler: Compiler,
  files: { readonly own: readonly string[]; readonly tested: readonly string[] },
  step: Step,
): Promise<ReadonlyMap<string, string>> {
  const objects = await compileObjects(files.tested, compiler, step);
  const rows = files.tested.map((source, place) => [stem(source), objects[place] ?? ""] as const);
  return await linkPrograms(linker, files.own, new Map(rows), step);
}

async function compilerOf(target: Target, flavour: Flavour, falco: FalcoLibs): Promise<Compiler> {
  const flags = [...OWN_FLAGS, ...flavour.own, ...includeFlags(target, falco)];
  const lock = await sha256File(join(ROOT, "bun.lock"));
  // Of a compiler that is not ours by its place, its version tells.
  const key = [await versions([target.cxx]), lock];
  return { root: ROOT, command: [target.cxx, ...flags], key };
}

/** For clang-tidy and editors. */
async function writeCommands(folder: string, compiler: Compiler, sources: readonly string[]) {
  const rows = sources.map((file) => ({
    directory: compiler.root,
    arguments: [...compiler.command, "-c", file],
    file,
  }));
  await Bun.write(join(folder, "compile_commands.json"), `${JSON.stringify(rows, null, 1)}\n`);
}

/** They refer to each other in circles. */
function groupOf({ archives }: FalcoLibs): string[] {
  return ["-Wl,--start-group", ...archives, "-Wl,--end-group"];
}

/** Renamed into place: a program that runs with the old addon keeps it whole. */
async function install(addon: string): Promise<void> {
  const place = join(ROOT, "dist/capture.node");
  await mkdir(join(ROOT, "dist"), { recursive: true });
  await cp(addon, `${place}.new`);
  await rename(`${place}.new`, place);
}

/** Others' headers are system headers: our warnings are for our own files. */
function includeFlags(target: Target, falco: FalcoLibs): string[] {
  const system = [...NODE_HEADERS, ...falco.includes, ...target.systemIncludes];
  return ["-Inative", ...system.flatMap((folder) => ["-isystem", folder])];
}

/** What the addon is made of, and what tests and measures it, which becomes a program each. */
async function nativeSources() {
  const names = await Array.fromAsync(new Bun.Glob("native/**/*.cc").scan({ cwd: ROOT }));
  const isTested = (name: string) => /^native\/(test|bench)\//.test(name);
  const sorted = names.sort();
  return { own: sorted.filter((name) => !isTested(name)), tested: sorted.filter(isTested) };
}

function stem(source: string): string {
  return (source.split("/").at(-1) ?? source).replace(/\.cc$/, "");
}
