// musl's C library and loader, built from Debian's source with our changes in musl/: a loader that
// can be packed into a program. It has the same interface as Debian's binary, so programs and
// libraries are compiled against that one (musl-toolchain.ts) and run on this one.

import { chmod, copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { cached, hashFolder, sha256File } from "../base/cache.ts";
import { run, type Step, step } from "../base/run.ts";
import {
  type FetchedPackage,
  fetchPackage,
  type PinnedPackage,
  unpackSource,
} from "../packages/debian-source.ts";
import { type Gcc, pinnedGcc } from "./gcc.ts";
import { muslRow, type Target } from "./targets.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 1;
const CHANGES = join(import.meta.dir, "musl");
const PATCHES = ["loader.patch", "unwinder.patch"];
/** Files of ours that are added to musl's source, or stand in for those of its own. */
const TREE = join(CHANGES, "tree");
/** How all of musl is compiled. The few parts named in CONFIGURE get -O3 after it. */
const FLAGS = ["-O2", "-g0", "-fno-ident"];
const CONFIGURE = [
  "--disable-static",
  "--disable-wrapper",
  "--enable-optimize=internal,malloc,string",
];
const LINK = ["-Wl,--build-id=none,-z,relro,-z,now,-z,noexecstack,-z,separate-code"];

/** Debian's patches mend two faults that were found after 1.2.5, in iconv and in qsort. */
export const MUSL_SOURCE: PinnedPackage = {
  name: "musl",
  version: "1.2.5-3.1~deb13u1",
  kind: "source",
  suite: "trixie",
  files: {
    "musl_1.2.5-3.1~deb13u1.dsc":
      "972970614ed9159b04343b7f85bdf16f565b4a903f05d97e57dc730c7b0b8066",
    "musl_1.2.5.orig.tar.gz": "a9a118bbe84d8764da0ea0d28b3ab3fae8477fc7e4085d90102b8596fc7c75e4",
    "musl_1.2.5-3.1~deb13u1.debian.tar.xz":
      "46fdfb271edc2f035d8d4063ff2e299734409693e781e69e4b77e0a9a495072e",
  },
};

/** The path of our libc.so, which is the loader too: built now unless it is in the cache. */
export async function muslLibc(target: Target): Promise<string> {
  const { machine } = muslRow(target);
  const folder = await step(`musl C library (${target.name})`, async (step) => {
    const gcc = await pinnedGcc(machine, step);
    const source = await fetchPackage(MUSL_SOURCE, step);
    const build = (out: string) => buildLibc(machine, gcc, source, out, step);
    const inputs = await muslLibcInputs(gcc, source);
    return await cached(`musl-libc-${target.name}`, inputs, build, step);
  });
  return join(folder, "libc.so");
}

/** Everything the library depends on. */
export async function muslLibcInputs(gcc: Gcc, source: FetchedPackage) {
  return {
    RECIPE,
    source: source.pkg.files,
    patches: await Promise.all(PATCHES.map((name) => sha256File(join(CHANGES, name)))),
    tree: await hashFolder(TREE),
    options: [FLAGS, CONFIGURE, LINK],
    gcc: gcc.identity,
  };
}

async function buildLibc(
  machine: string,
  gcc: Gcc,
  fetched: FetchedPackage,
  out: string,
  step: Step,
): Promise<void> {
  const source = join(out, "source");
  await unpackSource(fetched, source);
  for (const name of PATCHES) {
    const patch = join(CHANGES, name);
    await run(["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch", "-i", patch], {
      cwd: source,
    });
  }
  for await (const name of new Bun.Glob("**/*").scan({ cwd: TREE, onlyFiles: true })) {
    await replaceSource(join(TREE, name), join(source, name));
  }
  // The sources are named as they stand in musl, by relative paths: no place of ours gets in.
  const env = {
    CC: `${gcc.prefix}gcc-12`,
    CROSS_COMPILE: gcc.prefix,
    CFLAGS: FLAGS.join(" "),
    LDFLAGS: LINK.join(" "),
  };
  step.note("configuring");
  const options = [`--target=${machine}-linux-musl`, "--prefix=/usr", ...CONFIGURE];
  await run(["./configure", ...options], { cwd: source, env });
  const make = ["nice", "make", `-j${availableParallelism()}`, "lib/libc.so"];
  await run(make, { cwd: source, step, phase: "compiling" });
  await run([`${gcc.prefix}strip`, "--strip-unneeded", "lib/libc.so"], { cwd: source });
  await copyFile(join(source, "lib/libc.so"), join(out, "libc.so"));
  await chmod(join(out, "libc.so"), 0o755);
  await rm(source, { recursive: true });
}

/** Puts a file in its place; one of the same name in another language would be built beside it. */
async function replaceSource(from: string, to: string): Promise<void> {
  const folder = dirname(to);
  await mkdir(folder, { recursive: true });
  const stem = basename(to, extname(to));
  for (const name of await readdir(folder)) {
    if (/\.[csS]$/.test(to) && /\.[csS]$/.test(name) && basename(name, extname(name)) === stem) {
      await rm(join(folder, name));
    }
  }
  await copyFile(from, to);
}
