// Compiles native/ with ninja: the addon dist/capture.node, and one program for each file in
// native/test/ and native/bench/. Objects lie in the cache folder, so a change of one file costs one
// compilation and a link. `bun build/native.ts [--target NAME] [--flavour asan]` prints what it made.

import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot, hashOf, withLock } from "./cache.ts";
import { type FalcoLibs, falcoLibs } from "./falco-libs.ts";
import { muslFast } from "./musl-fast.ts";
import { entryPoint, run, step } from "./run.ts";
import { readyTarget } from "./target-libs.ts";
import {
  FLAVOURS,
  type Flavour,
  type FlavourName,
  TARGETS,
  type Target,
  type TargetName,
} from "./targets.ts";

const ROOT = join(import.meta.dir, "..");

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
  "-DNAPI_VERSION=8",
];

/** What a native build left behind. */
export interface NativeBuild {
  /** The addon, stripped; null for a flavour that no runtime can load. */
  readonly addon: string | null;
  /** The programs of native/test/ and native/bench/ by name, without extension. */
  readonly programs: ReadonlyMap<string, string>;
  /** Where the objects and `compile_commands.json` are. */
  readonly folder: string;
}

/** The path of the addon for a target, built now unless it is up to date. */
export async function buildAddon(target: Target): Promise<string> {
  const { addon } = await buildNative(target);
  if (addon === null) throw new Error(`no addon for ${target.name}`);
  return addon;
}

/** Brings the native parts of one target and flavour up to date. */
export async function buildNative(
  row: Target = TARGETS["x86_64-linux-gnu"],
  flavourName: FlavourName = "release",
): Promise<NativeBuild> {
  const flavour: Flavour = FLAVOURS[flavourName];
  if ((row.musl ?? row.cross) !== undefined && !flavour.addon) {
    throw new Error(`cannot build ${flavour.name} for ${row.name}: there are no sanitizers for it`);
  }
  const target = await readyTarget(row);
  const fast = await muslFast(row);
  const falco = await falcoLibs(target, flavour);
  // The repository's place is in the name: ninja goes by file times, which differ between clones.
  const key = hashOf([ROOT, falco.folder, target, fast, flavour, OWN_FLAGS]);
  const folder = join(cacheRoot(), `native-${target.name}-${flavour.name}-${key}`);
  const sources = {
    addon: await sourcesIn("native"),
    programs: [...(await sourcesIn("native/test")), ...(await sourcesIn("native/bench"))],
  };
  await mkdir(folder, { recursive: true });
  return await withLock(`${folder}.lock`, async () => {
    // musl's own are slow; in front of the others, so that they are found first.
    const libs = [...(fast === null ? [] : [fast]), ...target.systemLibs];
    const text = ninjaFile({ target, flavour, falco, libs, folder, sources });
    await Bun.write(join(folder, "build.ninja"), text);
    // In a file, so that a failing command is short enough to be read.
    const flags = [...OWN_FLAGS, ...flavour.own, ...includeFlags(target, falco)];
    await Bun.write(join(folder, "flags"), `${flags.join("\n")}\n`);
    const ninja = ["ninja", "-C", ROOT, "-f", join(folder, "build.ninja")];
    await step(`native code (${target.name}, ${flavour.name})`, async (step) => {
      await run(ninja, { step, phase: "compiling" });
    });
    await Bun.write(join(folder, "compile_commands.json"), await run([...ninja, "-t", "compdb"]));
    const addon = flavour.addon ? join(folder, "capture.node") : null;
    // Another target's addon is for the packer, which takes it from here.
    const isOurs = target.musl === undefined && target.cross === undefined;
    if (addon !== null && isOurs) await install(addon);
    const programs = sources.programs.map(
      (name) => [stem(name), join(folder, stem(name))] as const,
    );
    return { addon, programs: new Map(programs), folder };
  });
}

/** Renamed into place: a program that runs with the old addon keeps it whole. */
async function install(addon: string): Promise<void> {
  const place = join(ROOT, "dist/capture.node");
  await mkdir(join(ROOT, "dist"), { recursive: true });
  await cp(addon, `${place}.new`);
  await rename(`${place}.new`, place);
}

interface Plan {
  readonly target: Target;
  readonly flavour: Flavour;
  /** The libraries that Falco's need, in the linker's words. */
  readonly libs: readonly string[];
  readonly falco: FalcoLibs;
  readonly folder: string;
  readonly sources: { readonly addon: readonly string[]; readonly programs: readonly string[] };
}

function ninjaFile(plan: Plan): string {
  const { target, flavour, falco, libs, folder, sources } = plan;
  const object = (source: string) => join(folder, "objects", `${source}.o`);
  const programs = sources.programs.map(
    (source) => `build ${join(folder, stem(source))}: program ${object(source)} $archive`,
  );
  const objects = sources.addon.map(object).join(" ");
  const addon = [
    `build ${folder}/capture.full.node: addon ${objects}`,
    `build ${folder}/capture.node: strip ${folder}/capture.full.node`,
  ];
  const compiled = [...sources.addon, ...sources.programs];
  return `${[
    "ninja_required_version = 1.8",
    // Where ninja keeps its log; else that lies in the repository.
    `builddir = ${folder}`,
    `cxx = ${target.cxx}`,
    `folder = ${folder}`,
    `falco = ${falco.archives.join(" ")}`,
    `libs = -Wl,--start-group $falco -Wl,--end-group ${libs.join(" ")} -lpthread -ldl`,
    `link = ${flavour.link.join(" ")} -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed`,
    `archive = ${join(folder, "libsysflow-native.a")}`,
    rule(
      "cxx",
      "$cxx @$folder/flags -MMD -MF $out.d -c $in -o $out",
      "depfile = $out.d",
      "deps = gcc",
    ),
    rule("archive", `rm -f $out && ${target.ar} rcs $out $in`),
    rule(
      "addon",
      "$cxx -shared $link -Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,--no-undefined-version $in " +
        "$libs -o $out",
    ),
    // With musl inside, a program runs on this host too. GCC 12's -static-pie fails on s390x.
    rule("program", `$cxx ${target.musl ? "-static" : "-pie"} $link $in $libs -o $out`),
    rule("strip", `${target.strip} --strip-unneeded $in -o $out`),
    ...compiled.map((source) => `build ${object(source)}: cxx ${source}`),
    `build $archive: archive ${objects}`,
    ...(flavour.addon ? addon : []),
    ...programs,
  ].join("\n")}\n`;
}

function rule(name: string, command: string, ...more: readonly string[]): string {
  return [`rule ${name}`, `command = ${command}`, ...more].join("\n  ");
}

/** Others' headers are system headers: our warnings are for our own files. */
function includeFlags(target: Target, falco: FalcoLibs): string[] {
  const modules = join(ROOT, "node_modules");
  const system = [
    join(modules, "node-addon-api"),
    join(modules, "node-api-headers/include"),
    ...falco.includes,
    ...target.systemIncludes,
  ];
  return [
    `-ffile-prefix-map=${ROOT}=.`,
    "-Inative",
    ...system.flatMap((folder) => ["-isystem", folder]),
  ];
}

async function sourcesIn(folder: string): Promise<string[]> {
  if (!existsSync(join(ROOT, folder))) return [];
  const names = await readdir(join(ROOT, folder));
  return names
    .filter((name) => name.endsWith(".cc"))
    .sort()
    .map((name) => `${folder}/${name}`);
}

function stem(source: string): string {
  return (source.split("/").at(-1) ?? source).replace(/\.cc$/, "");
}

/** The value after an option on our command line, which must be one of `known`. */
function choice<Name extends string>(option: string, known: readonly Name[], usual: Name): Name {
  const place = process.argv.indexOf(option);
  if (place < 0) return usual;
  const given = process.argv[place + 1];
  const found = known.find((name) => name === given);
  if (found !== undefined) return found;
  throw new Error(`${option} ${given ?? ""}: not known; one of ${known.join(", ")}`);
}

if (import.meta.main) {
  await entryPoint(async () => {
    const targets = Object.keys(TARGETS) as TargetName[];
    const target = choice("--target", targets, "x86_64-linux-gnu");
    const flavours = Object.keys(FLAVOURS) as FlavourName[];
    const built = await buildNative(TARGETS[target], choice("--flavour", flavours, "release"));
    const files = [...(built.addon === null ? [] : [built.addon]), ...built.programs.values()];
    process.stdout.write(files.map((file) => `${file}\n`).join(""));
  });
}
