// What earlier builds left in the cache, for tests that try it: building it would take minutes. Null
// where it is not there, and where what it is made from cannot be had.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { hashOf } from "../../../build/base/cache.ts";
import { cacheRoot } from "../../../build/base/cache-root.ts";
import { fetchPackage, fetchPackages } from "../../../build/packages/debian-source.ts";
import { type Gcc, pinnedGcc } from "../../../build/toolchain/gcc.ts";
import {
  GLIBC_RUNTIMES,
  type GlibcRuntime,
  glibcInputs,
  runtimeIn,
} from "../../../build/toolchain/glibc-runtime.ts";
import { MUSL_SOURCE, muslLibcInputs } from "../../../build/toolchain/musl-libc.ts";
import { toolchainInputs, toolchainSources } from "../../../build/toolchain/musl-toolchain.ts";
import type { Target } from "../../../build/toolchain/targets.ts";

/** A step that nobody watches. */
export const QUIET = { title: "", note: () => undefined };

/** The folder of a musl toolchain. */
export async function builtToolchain(target: Target): Promise<string | null> {
  return await entry(`musl-toolchain-${target.name}`, async () => {
    return await toolchainInputs(target, await toolchainSources(target, QUIET));
  });
}

/** The folder of a musl C library. */
export async function builtMusl(target: Target): Promise<string | null> {
  return await entry(`musl-libc-${target.name}`, async () => {
    const gcc = await pinnedGcc(target.machine, QUIET);
    return await muslLibcInputs(gcc, await fetchPackage(MUSL_SOURCE, QUIET));
  });
}

/** The glibc of another machine, and the compiler for it. */
export async function builtGlibc(
  target: Target,
): Promise<{ readonly runtime: GlibcRuntime; readonly gcc: Gcc } | null> {
  const folder = await entry(`glibc-${target.name}`, async () => {
    const packages = GLIBC_RUNTIMES["s390x-linux-gnu"]?.packages ?? [];
    return await glibcInputs(
      await pinnedGcc(target.machine, QUIET),
      await fetchPackages(packages, QUIET),
    );
  });
  if (folder === null) return null;
  return { runtime: runtimeIn(folder, target), gcc: await pinnedGcc(target.machine, QUIET) };
}

async function entry(name: string, inputs: () => Promise<unknown>): Promise<string | null> {
  if (!existsSync(cacheRoot())) return null;
  try {
    const folder = join(cacheRoot(), `${name}-${hashOf(await inputs())}`);
    return existsSync(folder) ? folder : null;
  } catch {
    return null;
  }
}
