// What a packed glibc program is made from beside the program: glibc, its loader and the C++ library
// of another machine, as Debian ships them, and the shim that we compile. Programs get these very
// files: there is one C++ runtime in the process, that which Node was linked to.

import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached, hashFolder } from "../base/cache.ts";
import { run, type Step } from "../base/run.ts";
import {
  type FetchedPackage,
  fetchedKey,
  fetchPackages,
  type PinnedPackage,
  unpackFetched,
} from "../packages/debian-source.ts";
import { type Gcc, pinnedGcc } from "./gcc.ts";
import type { Target, TargetName } from "./targets.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 1;
const SHIM = join(import.meta.dir, "glibc");

interface RuntimeRow {
  readonly packages: readonly PinnedPackage[];
  /** Where the packages have the loader. */
  readonly loader: string;
  /** Folders in which libraries are looked for, in that order. */
  readonly folders: readonly string[];
}

export const GLIBC_RUNTIMES: Partial<Record<TargetName, RuntimeRow>> = {
  "s390x-linux-gnu": {
    packages: [
      s390x("libc6", "2.36-9+deb12u14", {
        "libc6_2.36-9+deb12u14_s390x.deb":
          "bbca8c91bad7f799114fe865233af0018f58b903da11c1c58a7f2d2484103d45",
      }),
      s390x("libstdc++6", "12.2.0-14+deb12u1", {
        "libstdc++6_12.2.0-14+deb12u1_s390x.deb":
          "b0521cbe2cd1de442a468373bdfe323ed83e04aa729d5a3f554beefba4049e68",
      }),
      s390x("libgcc-s1", "12.2.0-14+deb12u1", {
        "libgcc-s1_12.2.0-14+deb12u1_s390x.deb":
          "58f31fb42eecc42510d5b5022f03aa7e302350637a5643b1773361c0da97f905",
      }),
    ],
    loader: "lib/s390x-linux-gnu/ld64.so.1",
    folders: ["lib/s390x-linux-gnu", "usr/lib/s390x-linux-gnu"],
  },
};

function s390x(
  name: string,
  version: string,
  files: Readonly<Record<string, string>>,
): PinnedPackage {
  return { name, version, kind: "binary", suite: "bookworm", architecture: "s390x", files };
}

/** Files of a glibc for another machine, by path. */
export interface GlibcRuntime {
  readonly shim: string;
  readonly loader: string;
  /** The file of a library by the name that programs need it by. */
  library(name: string): string;
}

/** The runtime for this target, fetched and compiled now unless it is in the cache. */
export async function glibcRuntime(target: Target, step: Step): Promise<GlibcRuntime> {
  const gcc = await pinnedGcc(target.machine, step);
  const fetched = await fetchPackages(rowOf(target).packages, step);
  const inputs = await glibcInputs(gcc, fetched);
  const folder = await cached(`glibc-${target.name}`, inputs, async (out) => {
    const root = join(out, "root");
    await mkdir(root);
    await unpackFetched(fetched, root);
    await rm(join(root, "usr/share"), { recursive: true, force: true });
    await run([
      `${gcc.prefix}gcc-12`,
      ...SHIM_FLAGS,
      join(SHIM, "shim.c"),
      "-o",
      join(out, "shim.so"),
    ]);
  });
  return runtimeIn(folder, target);
}

/** Everything the runtime depends on. */
export async function glibcInputs(gcc: Gcc, fetched: readonly FetchedPackage[]) {
  return {
    RECIPE,
    packages: fetchedKey(fetched),
    shim: await hashFolder(SHIM),
    flags: SHIM_FLAGS,
    gcc: gcc.identity,
  };
}

/** The runtime whose files are in a folder of the cache. */
export function runtimeIn(folder: string, target: Target): GlibcRuntime {
  const row = rowOf(target);
  return {
    shim: join(folder, "shim.so"),
    loader: join(folder, "root", row.loader),
    library: (name) => {
      const places = row.folders.map((at) => join(folder, "root", at, name));
      const found = places.find((path) => existsSync(path));
      if (found === undefined) throw new Error(`no ${name} among the packages of ${target.name}`);
      return found;
    },
  };
}

function rowOf(target: Target): RuntimeRow {
  const row = GLIBC_RUNTIMES[target.name as TargetName];
  if (row !== undefined) return row;
  throw new Error(`${target.name} has no row in build/toolchain/glibc-runtime.ts`);
}

const SHIM_FLAGS = [
  "-std=c11",
  "-O2",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-ffreestanding",
  "-fno-builtin",
  "-fPIC",
  "-fvisibility=hidden",
  "-fno-stack-protector",
  "-fno-asynchronous-unwind-tables",
  // The loader's code around the hook keeps values in registers for floating point.
  "-msoft-float",
  "-nostdlib",
  "-shared",
  "-s",
  "-Wl,-Bsymbolic,-z,noexecstack,-z,separate-code,--build-id=none,-e,shim_start",
];
