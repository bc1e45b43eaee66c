// Compiles the eBPF probe: its objects, linked and wrapped into one C header. An entry of its own in
// the cache, keyed by what is compiled into it, because its 168 objects take minutes and most patches
// of ours do not touch them. The same for every C library, and the same bytes in every folder.

import { chmod, cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached, hashFolder, sha256File } from "../base/cache.ts";
import { JOBS, run, type Step } from "../base/run.ts";
import { type Gcc, pinnedGcc } from "../toolchain/gcc.ts";
import type { Target } from "../toolchain/targets.ts";
import { type Bpftool, bpftool } from "./bpftool.ts";
import { type Clang, probeClang } from "./clang.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 2;
const ALLOCATOR = join(import.meta.dir, "ordered_malloc.c");

/** What the probe is compiled with: all of it pinned. */
export interface ProbeTools {
  readonly clang: Clang;
  readonly bpftool: Bpftool;
  /** For the library that is loaded into clang. */
  readonly own: Gcc;
  /** For the headers of the machine that the probe is for. */
  readonly machine: Gcc;
}

/** Fetches the tools for a target's probe. */
export async function probeTools(target: Target, step: Step): Promise<ProbeTools> {
  return {
    clang: await probeClang(step),
    bpftool: await bpftool(target.bpfTarget, step),
    own: await pinnedGcc("x86_64", step),
    machine: await pinnedGcc(target.machine, step),
  };
}

/** What the probe is compiled from. */
export interface ProbeSource {
  readonly tools: ProbeTools;
  /** The capture libraries' source, patched. */
  readonly source: string;
  /** What the probe includes besides, by a cache key. */
  readonly libbpf: unknown;
  /** CMake's settings for this target; `work` is the folder that it compiles in. */
  configure(work: string): readonly string[];
}

/** The folder with `bpf_probe.skel.h`, made now unless it is in the cache. */
export async function probeSkeleton(
  target: Target,
  probe: ProbeSource,
  step: Step,
): Promise<string> {
  step.note("looking for the eBPF skeleton");
  const { source, tools } = probe;
  const inputs = {
    ...(await skeletonRecipe(target, tools)),
    driver: await hashFolder(join(source, "driver")),
    libbpf: probe.libbpf,
  };
  return await cached(`bpf-skeleton-${target.bpfArch}`, inputs, async (out) => {
    const work = join(out, "work");
    const build = join(work, "build");
    await mkdir(work, { recursive: true });
    const clang = await reproducibleClang(tools.clang, tools.own, work, [
      // BTF records source paths.
      `-ffile-prefix-map=${source}=. -ffile-prefix-map=${tools.machine.root}=/sysroot`,
      ...machineFlags(target, tools),
    ]);
    const programs = [`-DMODERN_CLANG_EXE=${clang}`, `-DMODERN_BPFTOOL_EXE=${tools.bpftool.path}`];
    const args = [...probe.configure(work), ...programs];
    await run(["cmake", "-S", source, "-B", build, ...args], { cwd: work });
    const ninja = ["nice", "ninja", "-C", build, JOBS, "ProbeSkeleton"];
    await run(ninja, { step, phase: "compiling the eBPF probe" });
    await cp(join(build, "skel_dir/bpf_probe.skel.h"), join(out, "bpf_probe.skel.h"));
    await rm(work, { recursive: true });
  });
}

/** What of this file's doing the skeleton depends on, for whoever keeps a copy of it. */
export async function skeletonRecipe(target: Target, tools: ProbeTools): Promise<object> {
  return {
    RECIPE,
    allocator: await sha256File(ALLOCATOR),
    bpf: [target.bpfArch, target.bpfTarget, target.bpfFlags],
    tools: Object.values(tools).map(({ identity }) => identity),
  };
}

/**
 * What makes clang compile for a machine, with that machine's own headers and no others: with those of
 * the build machine, or with none, the probe does not know the numbers of the target's system calls and
 * misses its socketcall.
 */
export function machineFlags(
  target: Target,
  { clang, machine }: Pick<ProbeTools, "clang" | "machine">,
): string[] {
  const headers = [clang.headers, ...machine.headers];
  return [
    `-target ${target.bpfTarget} -U__TARGET_ARCH_x86 -D__TARGET_ARCH_${target.bpfArch}`,
    ...target.bpfFlags,
    "-nostdinc",
    ...headers.map((folder) => `-idirafter ${folder}`),
  ];
}

/** A clang with these flags whose output does not depend on the folder: see ordered_malloc.c. */
async function reproducibleClang(
  clang: Clang,
  gcc: Gcc,
  folder: string,
  flags: readonly string[],
): Promise<string> {
  const allocator = await orderedMalloc(gcc, folder);
  const path = join(folder, "clang");
  const environment = `LD_PRELOAD=${allocator} LD_LIBRARY_PATH=${clang.libraries}`;
  const command = `exec ${join(clang.bin, "clang")} "$@" ${flags.join(" ")}`;
  await Bun.write(path, `#!/bin/sh\n${environment} ${command}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Compiles ordered_malloc.c into `folder` and gives the path of the library to preload. */
export async function orderedMalloc(gcc: Gcc, folder: string): Promise<string> {
  const library = join(folder, "ordered_malloc.so");
  const warnings = ["-Wall", "-Wextra", "-Werror"];
  // GCC would make a call of calloc of what is written here as calloc.
  const flags = ["-std=gnu11", "-O2", "-fno-builtin-malloc", ...warnings, "-shared", "-fPIC"];
  // The C library is that of the compiler that it is loaded into.
  await run([`${gcc.prefix}gcc-12`, ...flags, "-nostdlib", ALLOCATOR, "-o", library]);
  return library;
}
