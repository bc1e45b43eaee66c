// The clang that compiles the probe, and the older one whose formatter and linter the house uses: both
// unpacked from pinned packages, since no release of Debian has the same ones as the next.

import { basename, join } from "node:path";
import { cached } from "../base/cache.ts";
import type { Step } from "../base/run.ts";
import {
  fetchedKey,
  fetchPackages,
  type PinnedPackage,
  unpackFetched,
} from "../packages/debian-source.ts";
import { CLANG_14, CLANG_19, CLANG_LIBRARIES } from "../toolchain/pins.ts";

/** An unpacked clang in the cache. */
export interface Clang {
  /** Names what it was made from: part of the key of whatever it compiles. */
  readonly identity: string;
  /** The folder of its programs. */
  readonly bin: string;
  /** For `LD_LIBRARY_PATH`. */
  readonly libraries: string;
  /** The folder of the compiler's own headers. */
  readonly headers: string;
}

/** The compiler of the probe. */
export async function probeClang(step: Step): Promise<Clang> {
  return await unpacked("19", CLANG_19, "lib/clang/19/include", step);
}

/** What has clang-format and clang-tidy. */
export async function houseClang(step: Step): Promise<Clang> {
  return await unpacked("14", CLANG_14, "lib/clang/14.0.6/include", step);
}

async function unpacked(
  version: string,
  packages: readonly PinnedPackage[],
  headers: string,
  step: Step,
): Promise<Clang> {
  const fetched = await fetchPackages([...packages, ...CLANG_LIBRARIES], step);
  const folder = await cached(`clang-${version}`, fetchedKey(fetched), async (out) => {
    step.note(`unpacking clang ${version}`);
    await unpackFetched(fetched, out);
  });
  const home = join(folder, `usr/lib/llvm-${version}`);
  const shared = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];
  const libraries = [join(home, "lib"), ...shared.map((name) => join(folder, name))];
  return {
    identity: basename(folder),
    bin: join(home, "bin"),
    libraries: libraries.join(":"),
    headers: join(home, headers),
  };
}
