// The libraries that Falco's need, as static position-independent ones for a target that Debian has
// none for (musl, or another machine), from the sources of the Debian release that we build on. None
// needs a patch. `readyTarget` makes a row of the table of targets usable: toolchain and libraries
// are built, their places filled in.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cached } from "../base/cache.ts";
import { JOBS, run, type Step, step, versions } from "../base/run.ts";
import {
  type FetchedPackage,
  fetchedKey,
  fetchPackages,
  type PinnedPackage,
  unpackFetched,
  unpackSource,
} from "../packages/debian-source.ts";
import { pinnedGcc } from "../toolchain/gcc.ts";
import { muslToolchain } from "../toolchain/musl-toolchain.ts";
import { UTHASH } from "../toolchain/pins.ts";
import type { CrossRow, Target } from "../toolchain/targets.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 1;
const FLAGS = "-O2 -fPIC -g0";

function bookworm(
  name: string,
  version: string,
  kind: "source" | "binary",
  files: Readonly<Record<string, string>>,
): PinnedPackage {
  return { name, version, kind, suite: "bookworm", files };
}

const ZLIB = bookworm("zlib", "1:1.2.13.dfsg-1", "source", {
  "zlib_1.2.13.dfsg-1.dsc": "3fa1e6b2fc525062aa88207dda52fed8e045373c809d362fe8a2bfbf7cf515a8",
  "zlib_1.2.13.dfsg.orig.tar.bz2":
    "71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1",
  "zlib_1.2.13.dfsg-1.debian.tar.xz":
    "f66cf3d4f2d7defcd4d1fd1fb0a11ee39f1e01b42ec7d059c9dc5c1695133c44",
});

const ELFUTILS = bookworm("elfutils", "0.188-2.1", "source", {
  "elfutils_0.188-2.1.dsc": "2e73c5bfe9d0ddbf837742d638c43b049590ae1de8f6e3d9c2740c28e2550760",
  "elfutils_0.188.orig.tar.bz2": "fb8b0e8d0802005b9a309c60c1d8de32dd2951b56f0c3a3cb56d21ce01595dff",
  "elfutils_0.188-2.1.debian.tar.xz":
    "dac77dc13f8f3bb2c541d631faf75216fc6640a359143a4545129ee096bc35ff",
});

const JSONCPP = bookworm("libjsoncpp", "1.9.5-4", "source", {
  "libjsoncpp_1.9.5-4.dsc": "04ebf5df2f9336f2c8959258b922fd4a9de9b77a0cf19139939a5d4c30ab762b",
  "libjsoncpp_1.9.5.orig.tar.gz":
    "f409856e5920c18d0c2fb85276e24ee607d2a09b5e7d5f0a371368903c275da2",
  "libjsoncpp_1.9.5-4.debian.tar.xz":
    "7b2c69f8da928f65230395d910d4e0b51b1ea0194f6e6e3315a817a55fc8d8a8",
});

const RE2 = bookworm("re2", "20220601+dfsg-1", "source", {
  "re2_20220601+dfsg-1.dsc": "e0d2eab89a0312e9a0ba4e9a6fb18b081764d6776a28496d389aa3831d970940",
  "re2_20220601+dfsg.orig.tar.xz":
    "3bc61251da3b0b97be40a8a127818c517c62516e4eda11fc901d29496663df54",
  "re2_20220601+dfsg-1.debian.tar.xz":
    "6e93860fc6d5a7bc94f0cb235f107545a332e6cd37c3a4060982b9caa47a2570",
});

const ONETBB = bookworm("onetbb", "2021.8.0-2+deb12u1", "source", {
  "onetbb_2021.8.0-2+deb12u1.dsc":
    "f01de0ed79cb49b48beb2cdb6e1b3c5f625ca65f07d7959bebfbbd89a2e941ad",
  "onetbb_2021.8.0.orig.tar.xz": "7e9111b8bb59c8800bf6d0b06afe7b0891937443d2dae1ee1101c8e2ede6a7ef",
  "onetbb_2021.8.0-2+deb12u1.debian.tar.xz":
    "b83a270205b38cdf66972fa1467c3e29493b88b92ecacf4f3672e87d67199df5",
});

/** What re2's tables of letters are made from: Debian leaves out the ready ones. */
export const UNICODE = bookworm("unicode-data", "15.0.0-1", "binary", {
  "unicode-data_15.0.0-1_all.deb":
    "5efef23bbb1c6a133ecbdd63a2cfa07159ccacf5466a49e2426101c5ecd691fc",
});

/** The compiler and binutils for a target. */
interface Toolchain {
  /** What a result depends on beside the sources. */
  readonly identity: string;
  /** Where CMake may look for libraries and headers. */
  readonly root: string;
  /** The full path of a tool, such as `gcc` or `ar`. */
  tool(name: string): string;
}

/** Where one library is built. */
interface Site {
  readonly target: Target;
  readonly tools: Toolchain;
  /** The library's unpacked source, which may be written to. */
  readonly source: string;
  /** An empty folder for objects. */
  readonly build: string;
  /** Where the packages with headers and tables are unpacked. */
  readonly headers: string;
  /** Gets `include/` and `lib/`. */
  readonly out: string;
  /** Compiler flags, with those that keep our folders' names out of the result. */
  readonly flags: string;
  readonly step: Step;
}

interface Library {
  readonly source: PinnedPackage;
  readonly build: (site: Site) => Promise<void>;
}

/** In the order of their building: zlib's header is needed by the next. */
export const LIBRARIES: readonly Library[] = [
  { source: ZLIB, build: buildZlib },
  { source: ELFUTILS, build: buildLibelf },
  { source: JSONCPP, build: buildJsoncpp },
  { source: RE2, build: buildRe2 },
  { source: ONETBB, build: buildOnetbb },
];

/**
 * The target with its compilers and libraries in place: built now unless they are in the cache. The
 * target of this machine comes back as it is, since the distribution has all of it.
 */
export async function readyTarget(target: Target): Promise<Target> {
  const row = target.musl ?? target.cross;
  if (row === undefined) return target;
  const tools = target.musl === undefined ? await glibcTools(target) : await muslTools(target);
  const libs = await targetLibs(target, tools);
  const archive = (name: string) => join(libs, "lib", `lib${name}.a`);
  const place = [...crossCmake(row, tools), ...falcoCmake(target, join(libs, "include"), archive)];
  return {
    ...target,
    cc: tools.tool("gcc"),
    cxx: tools.tool("g++"),
    ar: tools.tool("ar"),
    strip: tools.tool("strip"),
    cmake: place,
    systemIncludes: [join(libs, "include")],
    systemLibs: ["jsoncpp", "re2", "tbb", "elf", "z"].map(archive),
  };
}

async function muslTools(target: Target): Promise<Toolchain> {
  const tools = await muslToolchain(target);
  return { identity: tools.folder, root: tools.folder, tool: (name) => tools.tool(name) };
}

/** Debian's own compiler: this machine's, or one for another, which brings a glibc of its own. */
async function glibcTools({ cross, machine }: Target): Promise<Toolchain> {
  if (cross?.isHost === true) {
    return {
      identity: (await versions(["g++"])).join(),
      root: "/",
      tool: (name) => `/usr/bin/${name}`,
    };
  }
  const gcc = await step(`compiler (${machine})`, (step) => pinnedGcc(machine, step));
  const versioned = (name: string) => (/^g(cc|\+\+)$/.test(name) ? `${name}-12` : name);
  const tool = (name: string) => `${gcc.prefix}${versioned(name)}`;
  return { identity: gcc.identity, root: join(gcc.root, "usr", `${machine}-linux-gnu`), tool };
}

async function targetLibs(target: Target, tools: Toolchain): Promise<string> {
  // musl has the cache entries' old name, so that they need not be made anew.
  const kind = target.musl === undefined ? "cross" : "musl";
  return await step(`${kind} libraries (${target.name})`, async (step) => {
    const sources = await fetchPackages(
      LIBRARIES.map(({ source }) => source),
      step,
    );
    const headers = await fetchPackages([UNICODE, ...UTHASH], step);
    const packages = fetchedKey([...sources, ...headers]);
    const inputs = { RECIPE, FLAGS, toolchain: tools.identity, packages };
    const build = (out: string) => buildLibs({ target, tools, out, step }, sources, headers);
    return await cached(`${kind}-libs-${target.name}`, inputs, build, step);
  });
}

async function buildLibs(
  place: Pick<Site, "target" | "tools" | "out" | "step">,
  sources: readonly FetchedPackage[],
  headers: readonly FetchedPackage[],
): Promise<void> {
  const { out, step } = place;
  await mkdir(join(out, "include"));
  await mkdir(join(out, "lib"));
  const unpacked = join(out, "headers");
  await unpackFetched(headers, unpacked);
  for (const [row, fetched] of sources.entries()) {
    const work = join(out, "work");
    const site = { ...place, headers: unpacked, source: join(work, "source") };
    step.note(`compiling ${fetched.pkg.name}`);
    await unpackSource(fetched, site.source);
    await mkdir(join(work, "build"));
    const flags = `${FLAGS} -ffile-prefix-map=${work}=.`;
    await LIBRARIES[row]?.build({ ...site, build: join(work, "build"), flags });
    await rm(work, { recursive: true });
  }
  for (const name of ["cmake", "pkgconfig"]) {
    await rm(join(out, "lib", name), { recursive: true, force: true });
  }
  await rm(join(out, "share"), { recursive: true, force: true });
  await rm(join(out, "bin"), { recursive: true, force: true });
  // Headers only, and nothing in them depends on the C library.
  const uthash = join(unpacked, "usr/include");
  for await (const name of new Bun.Glob("ut*.h").scan(uthash)) {
    await copyFile(join(uthash, name), join(out, "include", name));
  }
  await rm(unpacked, { recursive: true });
  const manifest = sources.map(({ pkg: { name, version } }) => ({ name, version }));
  await Bun.write(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function buildZlib({ target, tools, source, out, flags }: Site): Promise<void> {
  const env = {
    CHOST: target.name,
    CC: tools.tool("gcc"),
    AR: tools.tool("ar"),
    RANLIB: tools.tool("ranlib"),
    CFLAGS: flags,
  };
  await run(["./configure", "--static"], { cwd: source, env });
  await run(["nice", "make", JOBS, "libz.a"], { cwd: source, env });
  for (const name of ["zlib.h", "zconf.h"]) {
    await copyFile(join(source, name), join(out, "include", name));
  }
  await copyFile(join(source, "libz.a"), join(out, "lib/libz.a"));
}

/** What elfutils' configure would find out; the rest of it we do not build. */
function elfutilsConfig(hasGlibc: boolean): string {
  const facts = {
    _GNU_SOURCE: 1,
    HAVE_DECL_MEMPCPY: hasGlibc ? 1 : 0,
    HAVE_DECL_MEMRCHR: 1,
    HAVE_DECL_RAWMEMCHR: hasGlibc ? 1 : 0,
    HAVE_DECL_POWEROF2: 1,
    HAVE_DECL_REALLOCARRAY: 1,
    HAVE_ERR_H: 1,
    HAVE_VISIBILITY: 1,
    HAVE_FALLTHROUGH: 1,
    CHECK_UNDEF: 0,
    ENABLE_NLS: 0,
    SYMBOL_VERSIONING: 0,
    PACKAGE_NAME: '"elfutils"',
    PACKAGE_VERSION: '"0.188"',
  };
  const lines = Object.entries(facts).map(([name, value]) => `#define ${name} ${value}\n`);
  return `${lines.join("")}#include <eu-config.h>\n`;
}

/** Only `libelf/*.c`: all of elfutils would want libraries that musl and we do not have. */
async function buildLibelf({ target, tools, source, build, out, flags }: Site): Promise<void> {
  await Bun.write(join(build, "config.h"), elfutilsConfig(target.musl === undefined));
  const folder = join(source, "libelf");
  const makefile = await Bun.file(join(folder, "Makefile.am")).text();
  const names = libelfSources(makefile);
  const shared = ["-std=gnu99", "-DHAVE_CONFIG_H", "-D_FILE_OFFSET_BITS=64", ...flags.split(" ")];
  const includes = [build, folder, join(source, "lib"), join(out, "include")];
  const command = [tools.tool("gcc"), ...shared, ...includes.map((at) => `-I${at}`), "-c"];
  const work = async (queue: string[]) => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      await run(["nice", ...command, join(folder, name), "-o", join(build, `${name}.o`)]);
    }
  };
  const queue = [...names];
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(queue)));
  const objects = names.map((name) => join(build, `${name}.o`));
  await run([tools.tool("ar"), "rcsD", join(out, "lib/libelf.a"), ...objects]);
  for (const name of ["libelf.h", "gelf.h"]) {
    await copyFile(join(folder, name), join(out, "include", name));
  }
  await mkdir(join(out, "include/elfutils"));
  const knowledge = "elf-knowledge.h";
  await copyFile(join(folder, knowledge), join(out, "include/elfutils", knowledge));
}

/** The library's C files, from its Makefile.am; without nlist, whose table glibc's header lays out. */
export function libelfSources(makefile: string): string[] {
  const list = makefile.match(/^libelf_a_SOURCES\s*=((?:.*\\\n)*.*)$/m)?.[1] ?? "";
  const names = list.split(/[\s\\]+/).filter((name) => name.endsWith(".c") && name !== "nlist.c");
  if (names.length === 0) throw new Error("libelf/Makefile.am names no sources");
  return names;
}

async function buildJsoncpp(site: Site): Promise<void> {
  await cmakeInstall(site, [
    "-DJSONCPP_WITH_TESTS=OFF",
    "-DJSONCPP_WITH_POST_BUILD_UNITTEST=OFF",
    "-DBUILD_OBJECT_LIBS=OFF",
    "-DBUILD_STATIC_LIBS=ON",
  ]);
}

async function buildRe2(site: Site): Promise<void> {
  const folder = join(site.source, "re2");
  const script = join(folder, "unicode.py");
  const text = await Bun.file(script).text();
  const place = join(site.headers, "usr/share/unicode");
  await Bun.write(script, text.replace('"/usr/share/unicode"', JSON.stringify(place)));
  const tables = {
    "perl_groups.cc": ["perl", "make_perl_groups.pl"],
    "unicode_groups.cc": ["python3", "make_unicode_groups.py"],
    "unicode_casefold.cc": ["python3", "make_unicode_casefold.py"],
  };
  for (const [name, command] of Object.entries(tables)) {
    await Bun.write(join(folder, name), await run(command, { cwd: folder }));
  }
  await cmakeInstall(site, ["-DRE2_BUILD_TESTING=OFF"]);
}

async function buildOnetbb(site: Site): Promise<void> {
  await cmakeInstall(site, [
    "-DTBB_TEST=OFF",
    "-DTBB_STRICT=OFF",
    "-DTBBMALLOC_BUILD=OFF",
    "-DTBB_ENABLE_IPO=OFF",
    "-DTBB_DISABLE_HWLOC_AUTOMATIC_SEARCH=ON",
  ]);
}

async function cmakeInstall(site: Site, options: readonly string[]): Promise<void> {
  const build = join(site.build, "objects");
  const shared = [
    "-G",
    "Ninja",
    "-DCMAKE_BUILD_TYPE=Sysflow",
    `-DCMAKE_C_FLAGS_SYSFLOW=${site.flags} -DNDEBUG`,
    `-DCMAKE_CXX_FLAGS_SYSFLOW=${site.flags} -DNDEBUG`,
    `-DCMAKE_C_COMPILER=${site.tools.tool("gcc")}`,
    `-DCMAKE_CXX_COMPILER=${site.tools.tool("g++")}`,
    "-DCMAKE_POSITION_INDEPENDENT_CODE=ON",
    "-DBUILD_SHARED_LIBS=OFF",
    `-DCMAKE_INSTALL_PREFIX=${site.out}`,
    "-DCMAKE_INSTALL_LIBDIR=lib",
    ...crossCmake(site.target.musl ?? site.target.cross, site.tools),
  ];
  await run(["cmake", "-S", site.source, "-B", build, ...shared, ...options]);
  await run(["nice", "ninja", "-C", build, JOBS, "install"]);
}

/** Keeps CMake from finding anything of the host's but programs. */
function crossCmake(row: CrossRow | undefined, tools: Toolchain): string[] {
  const modes = ["LIBRARY", "INCLUDE", "PACKAGE"];
  return [
    "-DCMAKE_SYSTEM_NAME=Linux",
    `-DCMAKE_SYSTEM_PROCESSOR=${row?.machine ?? ""}`,
    `-DCMAKE_AR=${tools.tool("ar")}`,
    `-DCMAKE_RANLIB=${tools.tool("ranlib")}`,
    `-DCMAKE_FIND_ROOT_PATH=${tools.root}`,
    "-DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER",
    ...modes.map((mode) => `-DCMAKE_FIND_ROOT_PATH_MODE_${mode}=ONLY`),
  ];
}

/** Falco's own names for the places of its libraries. */
function falcoCmake(target: Target, include: string, archive: (name: string) => string): string[] {
  const names = { ZLIB: "z", LIBELF: "elf", TBB: "tbb", JSONCPP: "jsoncpp", RE2: "re2" };
  return [
    ...(target.musl === undefined ? [] : ["-DMUSL_OPTIMIZED_BUILD=ON"]),
    "-DUSE_SHARED_LIBELF=OFF",
    `-DUTHASH_INCLUDE=${include}`,
    `-DTBB_INCLUDE_DIR=${include}`,
    ...Object.entries(names).flatMap(([name, library]) => [
      `-D${name}_INCLUDE=${include}`,
      `-D${name}_LIB=${archive(library)}`,
    ]),
  ];
}
