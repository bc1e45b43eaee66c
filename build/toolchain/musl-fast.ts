// Replaces the parts of musl that made libsinsp a third slower than with glibc: an archive of
// memory functions and of operator new and delete (musl/). Linked before the C and C++ libraries, it
// stands in for theirs. musl's malloc, and what libc itself allocates, stay.

import { join } from "node:path";
import { cached, sha256File } from "../base/cache.ts";
import { run, step } from "../base/run.ts";
import { type MuslToolchain, muslToolchain } from "./musl-toolchain.ts";
import type { Target } from "./targets.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 1;
const FOLDER = join(import.meta.dir, "musl");
const WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror"];
const FLAGS = ["-O2", "-g0", "-fPIC", "-fvisibility=hidden", ...WARNINGS];

/** One file of ours, which becomes one object. */
interface Source {
  readonly name: string;
  readonly driver: "gcc" | "g++";
  readonly flags: readonly string[];
  /** The only machine that it is for; null for every one. */
  readonly machine: string | null;
}

const SOURCES: readonly Source[] = [
  {
    name: "fast_mem.c",
    driver: "gcc",
    // GCC knows loops that copy or compare, and would make calls of the same functions of them.
    flags: ["-std=c11", "-ffreestanding", "-fno-tree-loop-distribute-patterns"],
    machine: "x86_64",
  },
  { name: "new_delete.cc", driver: "g++", flags: ["-std=c++20"], machine: null },
];

/**
 * The path of the archive for a musl target, to be linked after our objects and before its
 * libraries; built now unless it is in the cache. Null for a target of another C library.
 */
export async function muslFast(target: Target): Promise<string | null> {
  const row = target.musl;
  if (row === undefined) return null;
  const tools = await muslToolchain(target);
  const sources = SOURCES.filter(({ machine }) => machine === null || machine === row.machine);
  const folder = await step(`musl replacements (${target.name})`, async (step) => {
    const hashes = sources.map(({ name }) => sha256File(join(FOLDER, name)));
    const inputs = {
      RECIPE,
      FLAGS,
      toolchain: tools.folder,
      sources,
      hashes: await Promise.all(hashes),
    };
    const build = (out: string) => buildArchive(tools, sources, out);
    return await cached(`musl-fast-${target.name}`, inputs, build, step);
  });
  return join(folder, "libmusl-fast.a");
}

async function buildArchive(tools: MuslToolchain, sources: readonly Source[], out: string) {
  const objects: string[] = [];
  for (const { name, driver, flags } of sources) {
    const object = join(out, `${name}.o`);
    const source = ["-c", join(FOLDER, name), "-o", object];
    await run([tools.tool(driver), ...FLAGS, ...flags, `-ffile-prefix-map=${FOLDER}=.`, ...source]);
    objects.push(object);
  }
  await run([tools.tool("ar"), "rcsD", join(out, "libmusl-fast.a"), ...objects]);
}
