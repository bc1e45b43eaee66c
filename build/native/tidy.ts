// Looks through our C++ with clang-tidy, as it is compiled for what we ship: with the pinned compiler's
// headers, which are the same on every release, and not with those of the machine.

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cached, hashFolder, sha256File } from "../base/cache.ts";
import { run, type Step } from "../base/run.ts";
import { type Clang, houseClang } from "../probe/clang.ts";
import { muslToolchain } from "../toolchain/musl-toolchain.ts";
import { TARGETS } from "../toolchain/targets.ts";
import { buildNative } from "./native-build.ts";

const ROOT = join(import.meta.dir, "../..");
const TARGET = TARGETS["x86_64-linux-musl"];

/**
 * Minutes of work, so a file that has passed is not looked at again before it or a header changes.
 *
 * @throws Error with all findings.
 */
export async function clangTidy(step: Step): Promise<void> {
  const { folder } = await buildNative(TARGET, "release", "addon");
  const clang = await houseClang(step);
  const headers = await hashFolder(join(ROOT, "native"), "**/*.{h,inc}");
  const shared = [headers, await sha256File(join(ROOT, "native/.clang-tidy")), folder];
  const more = (await extraFlags(clang)).map((flag) => `--extra-arg=${flag}`);
  const tidy = ["nice", join(clang.bin, "clang-tidy"), "--quiet", "-p", folder, ...more];
  const env = { LD_LIBRARY_PATH: clang.libraries };
  const sources = new Bun.Glob("native/**/*.cc").scan({ cwd: ROOT });
  const waiting = (await Array.fromAsync(sources)).sort();
  const findings: string[] = [];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const source = file;
      const inputs = [
        ...shared,
        clang.identity,
        more,
        source,
        await sha256File(join(ROOT, source)),
      ];
      const look = cached("clang-tidy", inputs, async () => {
        await run([...tidy, source], { cwd: ROOT, env });
      });
      await look.catch((error: Error) => findings.push(error.message));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  if (findings.length > 0) throw new Error(findings.join("\n"));
}

/** What the compiler's script adds, which clang-tidy does not run. */
async function extraFlags(clang: Clang): Promise<string[]> {
  const { folder } = await muslToolchain(TARGET);
  const cxx = join(folder, "include/c++/12.2.0");
  const own = [cxx, join(cxx, TARGET.name), join(cxx, "backward")];
  return [
    // The compile commands are g++'s; clang knows not all of its warnings.
    "-Wno-unknown-warning-option",
    "-nostdinc",
    ...own.map((place) => `-isystem${place}`),
    ...[join(folder, "include"), clang.headers].map((place) => `-idirafter${place}`),
  ];
}
