// A C and C++ compiler for a musl target: Debian's own g++ 12 for the machine, pinned, which knows nothing of
// musl, led by specs of ours to Debian's musl and to a libstdc++ that we build against it. Debian's
// musl-gcc will not do: it has no C++, lets the host's libraries in and leaves out the index that
// exceptions are found by.

import { chmod, cp, mkdir, readdir, rm, symlink } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cached, sha256File } from "../base/cache.ts";
import { run, type Step, step } from "../base/run.ts";
import {
  type FetchedPackage,
  fetchedKey,
  fetchPackage,
  fetchPackages,
  type PinnedPackage,
  unpackFetched,
} from "../packages/debian-source.ts";
import { type Gcc, pinnedGcc } from "./gcc.ts";
import { muslRow, type Target } from "./targets.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 1;
const FIND_OBJECT = join(import.meta.dir, "musl/dl_find_object.c");
const GCC_VERSION = "12.2.0";

/** musl and its headers, by Debian architecture. */
export const MUSL: Readonly<Record<string, readonly PinnedPackage[]>> = {
  amd64: muslPackages("amd64", {
    musl: "4fc1e3d9b579f5c682ca99a4d45aec08d72a2e6b82b4c2e1bbcb7095466ae96d",
    "musl-dev": "7c34f29a0c1aa12f6da1d25ed6de6fe6bbd9e048ee76b3dcb88c5e51fb65507f",
  }),
};

export const GCC_SOURCE: PinnedPackage = {
  name: "gcc-12-source",
  version: "12.2.0-14+deb12u1",
  kind: "binary",
  suite: "bookworm",
  files: {
    "gcc-12-source_12.2.0-14+deb12u1_all.deb":
      "8f2a5411028dfe216aeb6346b926df0cc7471f375c6a375bf180fbf279af02a1",
  },
};

/** The parts of GCC's source that libstdc++ is configured and built from. */
const GCC_PARTS = [
  "libstdc++-v3",
  "libgcc",
  "libiberty",
  "libbacktrace",
  "include",
  "config",
  "config[-.]*",
  "lt*.m4",
  "ltmain.sh",
  "libtool*",
  "install-sh",
  "mkinstalldirs",
  "missing",
  "move-if-change",
  "multilib.am",
  "compile",
  "depcomp",
  "ylwrap",
  "gcc/BASE-VER",
  "gcc/DATESTAMP",
  "gcc/DEV-PHASE",
];

const CONFIGURE = [
  "--disable-multilib",
  "--disable-nls",
  "--disable-libstdcxx-pch",
  "--enable-threads=posix",
  "--enable-libstdcxx-time=yes",
  "--with-pic",
  // The shared library is linked from the static one's objects afterwards, in half the time. Leaving
  // out the old ABI would save more, but GCC 12 then leaves out the new std::string and keeps the old.
  "--disable-shared",
];

const BINUTILS = ["ar", "as", "ld", "nm", "objcopy", "objdump", "ranlib", "readelf", "strip"];

/** A musl toolchain in the cache. The folder may be moved: nothing in it names its place. */
export interface MuslToolchain {
  readonly folder: string;
  /** musl's loader, which is its C library as well. */
  readonly loader: string;
  /** The shared C++ library, for programs that do not bring their own. */
  readonly libstdcxx: string;
  /** The full path of a tool, such as `gcc` or `ar`. */
  tool(name: string): string;
}

/** The toolchain of this target, built now unless it is in the cache. */
export async function muslToolchain(target: Target): Promise<MuslToolchain> {
  const folder = await step(`musl toolchain (${target.name})`, async (step) => {
    const sources = await toolchainSources(target, step);
    const inputs = await toolchainInputs(target, sources);
    const build = (out: string) => buildToolchain(target, sources, out, step);
    return await cached(`musl-toolchain-${target.name}`, inputs, build, step);
  });
  return {
    folder,
    loader: join(folder, "lib/libc.so"),
    libstdcxx: join(folder, "shared/libstdc++.so.6"),
    tool: (name) => join(folder, "bin", `${target.name}-${name}`),
  };
}

/** What a toolchain is made from. */
export interface ToolchainSources {
  readonly gcc: Gcc;
  readonly musl: readonly FetchedPackage[];
  readonly libstdcxx: FetchedPackage;
}

/** Fetches what the toolchain is made from. */
export async function toolchainSources(target: Target, step: Step): Promise<ToolchainSources> {
  const row = muslRow(target);
  const gcc = await pinnedGcc(row.machine, step);
  const musl = await fetchPackages(MUSL[row.debian] ?? [], step);
  return { gcc, musl, libstdcxx: await fetchPackage(GCC_SOURCE, step) };
}

/** Everything the toolchain depends on. */
export async function toolchainInputs(target: Target, sources: ToolchainSources) {
  const row = muslRow(target);
  const { gcc, musl, libstdcxx } = sources;
  return {
    RECIPE,
    packages: fetchedKey([...musl, libstdcxx]),
    findObject: await sha256File(FIND_OBJECT),
    specs: specs(row.machine),
    // They name the compiler's place.
    wrappers: [wrapper(target, "gcc", gcc), wrapper(target, "g++", gcc)],
    configure: CONFIGURE,
    gcc: gcc.identity,
  };
}

/**
 * What GCC's driver must be told to link for musl instead of glibc. Files are found by name in the
 * folder that the wrapper gives with `-B`, and after it in GCC's own, which has `crtbeginS.o`.
 */
export function specs(machine: string): string {
  const start = "%{shared:;static:crt1.o%s;static-pie:rcrt1.o%s;no-pie:crt1.o%s;:Scrt1.o%s}";
  const pie = "-static -pie --no-dynamic-linker -z text";
  const dynamic = `-dynamic-linker /lib/ld-musl-${machine}.so.1 %{rdynamic:-export-dynamic}`;
  const program = `%{static:-static} %{static-pie:${pie}} %{!static:%{!static-pie:${dynamic}}}`;
  const always = "--build-id --eh-frame-hdr --hash-style=gnu --as-needed -nostdlib";
  const sections = {
    // Else the folders of the host's libraries would be searched.
    link_libgcc: "",
    libgcc: "-lgcc -lgcc_eh",
    lib: "-lc",
    startfile: `${start} crti.o%s crtbeginS.o%s`,
    endfile: "crtendS.o%s crtn.o%s",
    link: `${always} %{shared:-shared} %{!shared:${program}}`,
  };
  const texts = Object.entries(sections).map(([name, text]) => `*${name}:\n${text}\n`);
  return `${texts.join("\n")}\n`;
}

/** A compiler's shell script. What it adds to the search for headers comes after the caller's. */
export function wrapper(
  target: Target,
  driver: "gcc" | "g++",
  { prefix, include }: Pick<Gcc, "prefix" | "include">,
): string {
  const cxx = `$root/include/c++/${GCC_VERSION}`;
  const headers = [cxx, `${cxx}/${target.name}`, `${cxx}/backward`].map((at) => `-isystem "${at}"`);
  return [
    "#!/bin/sh",
    // Where we are is told by how we were called, so the whole folder can be moved.
    `root=\${0%/*}/..`,
    `exec ${prefix}${driver}-12 -specs="$root/lib/musl.specs" -B"$root/lib/" -nostdinc \\`,
    `  "-ffile-prefix-map=$root=/musl" "$@" \\`,
    ...(driver === "g++" ? [`  -nostdinc++ ${headers.join(" ")} \\`] : []),
    `  -idirafter "$root/include" -idirafter ${include} -L"$root/lib"`,
    "",
  ].join("\n");
}

async function buildToolchain(
  target: Target,
  sources: ToolchainSources,
  out: string,
  step: Step,
): Promise<void> {
  const { gcc } = sources;
  const work = join(out, "work");
  await mkdir(work, { recursive: true });
  await unpackMusl(target, sources.musl, out, work);
  for (const name of ["linux", "asm-generic"]) {
    await copyHeaders(join(gcc.kernel.linux, name), join(out, "include", name));
  }
  await copyHeaders(join(gcc.kernel.asm, "asm"), join(out, "include/asm"));
  await writeTools(target, gcc, out);
  await addFindObject(target, gcc, out, work);
  await buildLibstdcxx(target, sources.libstdcxx, out, work, step);
  await linkShared(target, out);
  await rm(work, { recursive: true });
}

async function unpackMusl(
  target: Target,
  musl: readonly FetchedPackage[],
  out: string,
  work: string,
): Promise<void> {
  const root = join(work, "musl");
  await unpackFetched(musl, root);
  const name = `${target.machine}-linux-musl`;
  await copy(join(root, "usr/include", name), join(out, "include"));
  await copy(join(root, "usr/lib", name), join(out, "lib"));
  await rm(join(out, "lib/libc.so"), { force: true });
  await copy(join(root, "lib", name, "libc.so"), join(out, "lib/libc.so"));
}

async function writeTools(target: Target, gcc: Gcc, out: string): Promise<void> {
  const bin = join(out, "bin");
  await mkdir(bin, { recursive: true });
  await Bun.write(join(out, "lib/musl.specs"), specs(target.machine));
  const scripts = new Map([
    ["gcc", wrapper(target, "gcc", gcc)],
    ["g++", wrapper(target, "g++", gcc)],
    ...BINUTILS.map((name) => [name, `#!/bin/sh\nexec ${gcc.prefix}${name} "$@"\n`] as const),
  ]);
  for (const [name, text] of scripts) {
    const path = join(bin, `${target.name}-${name}`);
    await Bun.write(path, text);
    await chmod(path, 0o755);
  }
}

/** Copies GCC's own run-time library and adds the one function that it expects of glibc. */
async function addFindObject(target: Target, gcc: Gcc, out: string, work: string): Promise<void> {
  for (const name of ["libgcc.a", "libgcc_eh.a"]) {
    await copy(join(gcc.include, "..", name), join(out, "lib", name));
  }
  const tool = (name: string) => join(out, "bin", `${target.name}-${name}`);
  const object = join(work, "dl_find_object.o");
  await run([tool("gcc"), "-O2", "-fPIC", "-g0", "-c", FIND_OBJECT, "-o", object]);
  await run([tool("ar"), "rD", join(out, "lib/libgcc_eh.a"), object]);
}

async function buildLibstdcxx(
  target: Target,
  fetched: FetchedPackage,
  out: string,
  work: string,
  step: Step,
): Promise<void> {
  const source = await gccSource(fetched, step);
  const build = join(work, "build");
  await mkdir(build);
  const flags = `-O2 -fPIC -g0 -ffile-prefix-map=${source}=. -ffile-prefix-map=${build}=.`;
  // CXX is the C driver too: with g++ the checks look into C++ headers that are not there yet, and
  // std::thread or std::filesystem would be missing without a word.
  const gcc = join(out, "bin", `${target.name}-gcc`);
  const env = {
    PATH: `${join(out, "bin")}:${process.env["PATH"] ?? ""}`,
    CC: gcc,
    CXX: gcc,
    CFLAGS: flags,
    CXXFLAGS: flags,
  };
  const places = [`--prefix=${out}`, `--with-gxx-include-dir=${out}/include/c++/${GCC_VERSION}`];
  const host = ["--build=x86_64-linux-gnu", `--host=${target.name}`, `--target=${target.name}`];
  step.note("configuring libstdc++");
  const configure = join(source, "libstdc++-v3/configure");
  await run(["nice", configure, ...host, ...places, ...CONFIGURE], { cwd: build, env });
  step.note("compiling libstdc++");
  await run(["nice", "make", `-j${availableParallelism()}`], { cwd: build, env });
  await run(["make", "install"], { cwd: build, env });
  for (const name of await readdir(join(out, "lib"))) {
    // For libtool and for gdb, with the folder's passing name inside.
    if (/\.(la|py)$/.test(name)) await rm(join(out, "lib", name));
  }
  await rm(join(out, "share"), { recursive: true, force: true });
}

/** GCC's source as far as libstdc++ needs it. The same for every target. */
async function gccSource(fetched: FetchedPackage, step: Step): Promise<string> {
  const inputs = { RECIPE, files: fetched.pkg.files, parts: GCC_PARTS };
  return await cached("libstdcxx-source", inputs, async (out) => {
    step.note("unpacking GCC's source");
    const work = join(out, "work");
    await unpackFetched([fetched], work);
    const archive = join(work, `usr/src/gcc-12/gcc-${GCC_VERSION}-dfsg.tar.xz`);
    const parts = GCC_PARTS.map((part) => `gcc-${GCC_VERSION}/${part}`);
    const options = ["--strip-components=1", "--wildcards", "--no-wildcards-match-slash"];
    const skip = ["--exclude=testsuite/[0-9a-z]*/*", "--exclude=doc/html"];
    await run(["tar", "-xf", archive, "-C", out, ...options, ...skip, ...parts]);
    // What GCC's own build links there; without it std::thread is silently missing.
    await symlink("gthr-posix.h", join(out, "libgcc/gthr-default.h"));
    await rm(work, { recursive: true });
  });
}

/** The objects of the static library as a shared one, with the unwinder inside. */
async function linkShared(target: Target, out: string): Promise<void> {
  await mkdir(join(out, "shared"));
  const whole = ["-Wl,--whole-archive", join(out, "lib/libstdc++.a"), "-Wl,--no-whole-archive"];
  const hardened = ["-Wl,-z,relro,-z,now,-z,noexecstack", "-Wl,-soname,libstdc++.so.6"];
  const place = join(out, "shared/libstdc++.so.6");
  const gcc = join(out, "bin", `${target.name}-gcc`);
  await run([gcc, "-shared", ...hardened, ...whole, "-o", place]);
  await run([join(out, "bin", `${target.name}-strip`), "--strip-unneeded", place]);
}

function muslPackages(
  architecture: string,
  hashes: Readonly<Record<string, string>>,
): readonly PinnedPackage[] {
  return Object.entries(hashes).map(([name, hash]) => ({
    name,
    version: "1.2.3-1",
    kind: "binary",
    suite: "bookworm",
    architecture,
    files: { [`${name}_1.2.3-1_${architecture}.deb`]: hash },
  }));
}

/** Keeps links as they are, since musl's own point at each other by name. */
async function copy(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true });
}

/** Without links: newer packages have relative ones to files elsewhere. */
async function copyHeaders(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, dereference: true });
}
