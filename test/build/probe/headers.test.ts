// The headers that the probe of each machine is compiled with: that machine's own, whatever the build
// machine has. Needs the pinned clang and GCC in the cache, where a build of the machine left them.

import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "../../../build/base/cache-root.ts";
import { run } from "../../../build/base/run.ts";
import { probeClang } from "../../../build/probe/clang.ts";
import { machineFlags } from "../../../build/probe/skeleton.ts";
import { pinnedGcc } from "../../../build/toolchain/gcc.ts";
import { TARGETS, type Target } from "../../../build/toolchain/targets.ts";
import { QUIET } from "../../support/build/built.ts";

const SOURCE = `
#if !__has_include(<sys/syscall.h>)
#error no system calls are known
#endif
#include <sys/syscall.h>
#define TOLD(name) told name
TOLD(__NR_socket) TOLD(__NR_socketcall) TOLD(__NR_setuid) TOLD(__NR_accept) TOLD(__NR_accept4)
`;

/** A name that stays a name is not defined. */
const NUMBERS: readonly (readonly [Target, readonly string[]])[] = [
  [TARGETS["x86_64-linux-musl"], ["41", "__NR_socketcall", "105", "43", "288"]],
  // 23 would be setuid of the 31-bit machine; its socket calls have a common number beside their own.
  [TARGETS["s390x-linux-gnu"], ["359", "102", "213", "__NR_accept", "364"]],
];

async function toolsFor({ machine }: Target) {
  return { clang: await probeClang(QUIET), machine: await pinnedGcc(machine, QUIET) };
}

function isCached(...names: readonly string[]): boolean {
  try {
    const entries = readdirSync(cacheRoot());
    return names.every((name) => entries.some((entry) => entry.startsWith(name)));
  } catch {
    return false;
  }
}

for (const [target, numbers] of NUMBERS) {
  const isHere = isCached("clang-19-", `gcc-${target.machine}-`);
  const why = isHere ? "" : " (skipped: its compilers are not in the cache)";
  describe.skipIf(!isHere)(`the probe for ${target.machine}${why}`, () => {
    test("knows that machine's system calls", async () => {
      const tools = await toolsFor(target);
      const flags = machineFlags(target, tools).flatMap((words) => words.split(" "));
      const clang = [join(tools.clang.bin, "clang"), ...flags, "-E", "-P", "-x", "c"];
      const command = ["sh", "-c", 'printf %s "$0" | "$@" -', SOURCE, ...clang];
      const text = await run(command, { env: { LD_LIBRARY_PATH: tools.clang.libraries } });
      expect([...text.matchAll(/told (\w+)/g)].map(([, word]) => word)).toEqual([...numbers]);
    });

    test("sees no folder of the build machine", async () => {
      const tools = await toolsFor(target);
      const flags = machineFlags(target, tools).join(" ").split(" ");
      const folders = flags.filter((word) => word.startsWith("/"));
      expect(folders.filter((folder) => !folder.startsWith(`${cacheRoot()}/`))).toEqual([]);
      expect(flags).toContain("-nostdinc");
    });
  });
}
