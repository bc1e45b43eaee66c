// Compiles the eBPF probe: its objects, linked and wrapped into one C header. An entry of its own in
// the cache, keyed by what is compiled into it, because its 168 objects take minutes and most patches
// of ours do not touch them. The same for every C library, and the same bytes in every folder.

import { chmod, cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached, hashFolder, sha256File } from "../cache.ts";
import { JOBS, run, type Step, versions } from "../run.ts";
import type { Target } from "../targets.ts";
import { crossBpftool } from "./cross-bpftool.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 1;
export const CLANG = "/usr/bin/clang-19";
const BPFTOOL = "/usr/sbin/bpftool";
const ALLOCATOR = join(import.meta.dir, "ordered_malloc.c");

/** What the probe is compiled from. */
export interface ProbeSource {
  /** The capture libraries' source, patched. */
  readonly source: string;
  /** What the probe includes besides, by its hashes. */
  readonly libbpf: Readonly<Record<string, string>>;
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
  const { source } = probe;
  const bpftool = target.bpfTarget === "bpfel" ? BPFTOOL : await crossBpftool(step);
  const inputs = {
    ...(await skeletonRecipe()),
    driver: await hashFolder(join(source, "driver")),
    libbpf: probe.libbpf,
    bpf: [target.bpfArch, target.bpfTarget],
    tools: await versions([CLANG, bpftool]),
  };
  return await cached(`bpf-skeleton-${target.bpfArch}`, inputs, async (out) => {
    const work = join(out, "work");
    const build = join(work, "build");
    await mkdir(work, { recursive: true });
    const clang = await reproducibleClang(work, [
      // BTF records source paths.
      `-ffile-prefix-map=${source}=.`,
      `-target ${target.bpfTarget} -U__TARGET_ARCH_x86 -D__TARGET_ARCH_${target.bpfArch}`,
    ]);
    const tools = [`-DMODERN_CLANG_EXE=${clang}`, `-DMODERN_BPFTOOL_EXE=${bpftool}`];
    const args = [...probe.configure(work), ...tools];
    await run(["cmake", "-S", source, "-B", build, ...args], { cwd: work });
    const ninja = ["nice", "ninja", "-C", build, JOBS, "ProbeSkeleton"];
    await run(ninja, { step, phase: "compiling the eBPF probe" });
    await cp(join(build, "skel_dir/bpf_probe.skel.h"), join(out, "bpf_probe.skel.h"));
    await rm(work, { recursive: true });
  });
}

/** What of this file's doing the skeleton depends on, for whoever keeps a copy of it. */
export async function skeletonRecipe(): Promise<object> {
  return { RECIPE, allocator: await sha256File(ALLOCATOR) };
}

/** A clang with these flags whose output does not depend on the folder: see ordered_malloc.c. */
async function reproducibleClang(folder: string, flags: readonly string[]): Promise<string> {
  const allocator = await orderedMalloc(folder);
  const path = join(folder, "clang");
  const command = `LD_PRELOAD=${allocator} exec ${CLANG} "$@" ${flags.join(" ")}`;
  await Bun.write(path, `#!/bin/sh\n${command}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Compiles ordered_malloc.c into `folder` and gives the path of the library to preload. */
export async function orderedMalloc(folder: string): Promise<string> {
  const library = join(folder, "ordered_malloc.so");
  const warnings = ["-Wall", "-Wextra", "-Werror"];
  // GCC would make a call of calloc of what is written here as calloc.
  const flags = ["-std=gnu11", "-O2", "-fno-builtin-malloc", ...warnings, "-shared", "-fPIC"];
  await run(["gcc", ...flags, ALLOCATOR, "-o", library]);
  return library;
}
