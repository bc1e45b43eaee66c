// Builds Falco's libraries (libsinsp, libscap, libpman and the eBPF probe's skeleton) from Debian's
// source package.

import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached, hashOf } from "../base/cache.ts";
import { JOBS, run, type Step, step, versions } from "../base/run.ts";
import {
  type FetchedPackage,
  fetchedKey,
  fetchPackage,
  type PinnedPackage,
  unpackFetched,
  unpackSource,
} from "../packages/debian-source.ts";
import { type ProbeTools, probeSkeleton, probeTools, skeletonRecipe } from "../probe/skeleton.ts";
import type { Flavour, Target } from "../toolchain/targets.ts";
import { libraryPatches } from "./patches.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 1;
const PATCHES = join(import.meta.dir, "../../native/patches");

export const FALCO: PinnedPackage = {
  name: "falcosecurity-libs",
  version: "0.20.0-3",
  kind: "source",
  suite: "trixie",
  files: {
    "falcosecurity-libs_0.20.0-3.dsc":
      "b7075759461e3c7c084e037cb6caf1271b6b268d9e646be6280144ee48ac0a8e",
    "falcosecurity-libs_0.20.0.orig.tar.gz":
      "4ae6ddb42a1012bacd88c63abdaa7bd27ca0143c4721338a22c45597e63bc99d",
    "falcosecurity-libs_0.20.0-3.debian.tar.xz":
      "b9d191e783b3977775b92d56fd5338a1909f27bea47d58017ae010509a0e7357",
  },
};

export const LIBBPF: PinnedPackage = {
  name: "libbpf",
  version: "1.5.0-3",
  kind: "source",
  suite: "trixie",
  files: {
    "libbpf_1.5.0-3.dsc": "b8fdd3a9c58a13d13e9da0927062f1237303db3a804207e423ec4335119d3245",
    "libbpf_1.5.0.orig.tar.gz": "53492aff6dd47e4da04ef5e672d753b9743848bdb38e9d90eafbe190b7983c44",
    "libbpf_1.5.0-3.debian.tar.xz":
      "b526c99fc75f632540306a958576fe3923890cba95d4999efc458784802da460",
  },
};

/** Headers only. Installing it would bring Qt along, so it is unpacked. */
export const VALIJSON: PinnedPackage = {
  name: "libvalijson-dev",
  version: "1.0+repack-2",
  kind: "binary",
  suite: "bookworm",
  files: {
    "libvalijson-dev_1.0+repack-2_all.deb":
      "36974bd3ff53c05c2c686ecfa094ee437ff3f520e9ab67e552f1a56f19897643",
  },
};

const SHARED_CMAKE = [
  "-DCMAKE_POSITION_INDEPENDENT_CODE=ON",
  "-DMINIMAL_BUILD=ON",
  "-DUSE_BUNDLED_DEPS=OFF",
  "-DBUILD_DRIVER=OFF",
  "-DENABLE_DKMS=OFF",
  "-DBUILD_BPF=OFF",
  "-DBUILD_LIBSCAP_MODERN_BPF=ON",
  "-DBUILD_LIBSCAP_GVISOR=OFF",
  "-DCREATE_TEST_TARGETS=OFF",
  // Scripted events, for our tests; without it only Falco's own test targets would bring it.
  "-DHAS_ENGINE_TEST_INPUT=ON",
  "-DBUILD_SHARED_LIBS=OFF",
  "-DBUILD_LIBSCAP_EXAMPLES=OFF",
  "-DBUILD_LIBSINSP_EXAMPLES=OFF",
  "-DFALCOSECURITY_LIBS_VERSION=0.20.0",
  "-DDRIVER_VERSION=8.0.0+driver",
];

/** Built libraries: a cache folder with `include/`, `lib/*.a` and `skeleton/`. */
export interface FalcoLibs {
  readonly folder: string;
  /** Include folders in search order, to be given as system folders. */
  readonly includes: readonly string[];
  /** Static libraries. They refer to each other in circles: link them as one group. */
  readonly archives: readonly string[];
}

/** The libraries for this target and flavour, built now unless they are in the cache. */
export async function falcoLibs(target: Target, flavour: Flavour): Promise<FalcoLibs> {
  const title = `Falco libs ${FALCO.version.split("-")[0]} (${target.name}, ${flavour.name})`;
  const folder = await step(title, async (step) => {
    const sources = {
      falco: await fetchPackage(FALCO, step),
      libbpf: await fetchPackage(LIBBPF, step),
      valijson: await fetchPackage(VALIJSON, step),
      probe: await probeTools(target, step),
    };
    const { falco, libbpf, valijson, probe } = sources;
    const inputs = {
      RECIPE,
      skeleton: await skeletonRecipe(target, probe),
      packages: fetchedKey([falco, libbpf, valijson]),
      patches: await patchHashes(),
      target,
      flags: flavour.flags,
      cmake: SHARED_CMAKE,
      compiler: await versions([target.cxx]),
    };
    const build = (out: string) => buildLibs(target, flavour, sources, out, step);
    return await cached(`falco-libs-${flavour.name}`, inputs, build, step);
  });
  const libs = (await readdir(join(folder, "lib"))).sort();
  return {
    folder,
    includes: [
      "include",
      "include/falco",
      "include/falco/userspace",
      "include/falco/userspace/libscap",
      "include/falco/userspace/libscap/linux",
      "include/falco/userspace/libsinsp",
    ].map((name) => join(folder, name)),
    archives: libs.filter((name) => name.endsWith(".a")).map((name) => join(folder, "lib", name)),
  };
}

/** What the libraries and their probe are made from. */
interface Sources {
  readonly falco: FetchedPackage;
  readonly libbpf: FetchedPackage;
  readonly valijson: FetchedPackage;
  readonly probe: ProbeTools;
}

async function buildLibs(
  target: Target,
  flavour: Flavour,
  sources: Sources,
  out: string,
  step: Step,
): Promise<void> {
  const work = join(out, "work");
  const source = join(work, "source");
  await mkdir(work, { recursive: true });
  const libbpf = await buildLibbpf(target, sources.libbpf, step);
  step.note("unpacking");
  await patchedSource(sources.falco, source);
  await unpackFetched([sources.valijson], join(work, "valijson"));
  await cp(join(work, "valijson/usr/include"), join(out, "include"), { recursive: true });
  await cp(join(libbpf, "include"), join(out, "include"), { recursive: true });
  const tree = { source, libbpf, out };
  const plain: Flavour = { name: "skeleton", flags: [], own: [], link: [], addon: false };
  const probe = {
    source,
    tools: sources.probe,
    libbpf: sources.libbpf.pkg.files,
    configure: (work: string) => configure(target, plain, tree, work),
  };
  const skeleton = await probeSkeleton(target, probe, step);
  await cp(skeleton, join(out, "skeleton"), { recursive: true });

  const build = join(work, "build");
  step.note("configuring");
  const args = [...configure(target, flavour, tree, work), `-DMODERN_BPF_SKEL_DIR=${skeleton}`];
  await run(["cmake", "-S", source, "-B", build, ...args], { cwd: work });
  await run(["nice", "ninja", "-C", build, JOBS], { step, phase: "compiling" });
  await install(source, build, libbpf, out);
  const made = [sources.falco, sources.libbpf, sources.valijson];
  const manifest = made.map(({ pkg: { name, version } }) => ({ name, version }));
  await Bun.write(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await rm(work, { recursive: true });
}

interface Tree {
  readonly source: string;
  readonly libbpf: string;
  readonly out: string;
}

/** Our own build type, so that only the flavour's flags count and not the libraries' `-O3 -ggdb`. */
function configure(target: Target, flavour: Flavour, tree: Tree, work: string): string[] {
  const flags = [...flavour.flags, `-ffile-prefix-map=${work}=.`].join(" ");
  return [
    "-G",
    "Ninja",
    "-DCMAKE_BUILD_TYPE=Sysflow",
    `-DCMAKE_C_FLAGS_SYSFLOW=${flags}`,
    `-DCMAKE_CXX_FLAGS_SYSFLOW=${flags}`,
    `-DCMAKE_C_COMPILER=${target.cc}`,
    `-DCMAKE_CXX_COMPILER=${target.cxx}`,
    `-DLIBBPF_INCLUDE=${tree.libbpf}/include`,
    `-DLIBBPF_LIB=${tree.libbpf}/lib/libbpf.a`,
    `-DVALIJSON_INCLUDE=${tree.out}/include`,
    ...SHARED_CMAKE,
    ...target.cmake,
  ];
}

/** The libraries' source with Debian's patches but one, and then with ours. */
export async function patchedSource(falco: FetchedPackage, folder: string): Promise<void> {
  await unpackSource(falco, folder);
  // It links protobuf and gRPC, which a minimal build neither has nor needs.
  const unwanted = join(folder, "debian/patches/libsinsp-added-missing-libraries.patch");
  await run(["patch", "-R", "-p1", "--no-backup-if-mismatch", "-i", unwanted], { cwd: folder });
  for (const { name } of await libraryPatches()) {
    const file = join(PATCHES, name);
    await run(["patch", "-p1", "-F0", "--no-backup-if-mismatch", "-i", file], { cwd: folder });
  }
}

async function buildLibbpf(target: Target, fetched: FetchedPackage, step: Step): Promise<string> {
  // libelf's headers, where they are not among the compiler's own.
  const isForeign = (target.musl ?? target.cross) !== undefined;
  const includes = isForeign ? target.systemIncludes : [];
  const flags = ["-O2 -fPIC", ...includes.map((folder) => `-isystem ${folder}`)].join(" ");
  const inputs = { RECIPE, files: fetched.pkg.files, flags, cc: await versions([target.cc]) };
  return await cached(`libbpf-${target.name}`, inputs, async (out) => {
    step.note("building libbpf");
    const work = join(out, "work");
    await unpackSource(fetched, join(work, "source"));
    const settings = {
      NO_PKG_CONFIG: "1",
      BUILD_STATIC_ONLY: "y",
      OBJDIR: join(work, "objects"),
      DESTDIR: "",
      PREFIX: out,
      LIBDIR: join(out, "lib"),
      INCLUDEDIR: join(out, "include"),
      UAPIDIR: join(out, "include"),
      CC: target.cc,
      AR: target.ar,
      CFLAGS: `${flags} -ffile-prefix-map=${work}=.`,
    };
    await mkdir(join(work, "objects"), { recursive: true });
    const variables = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const make = ["make", JOBS, "-C", join(work, "source/src"), ...variables];
    await run([...make, "install", "install_uapi_headers"]);
    await rm(work, { recursive: true });
  });
}

async function install(source: string, build: string, libbpf: string, out: string) {
  await mkdir(join(out, "lib"), { recursive: true });
  for await (const name of new Bun.Glob("**/*.a").scan({ cwd: build })) {
    await cp(join(build, name), join(out, "lib", name.split("/").at(-1) ?? name));
  }
  await cp(join(libbpf, "lib/libbpf.a"), join(out, "lib/libbpf.a"));
  const include = join(out, "include/falco");
  for (const part of ["userspace", "driver"]) {
    for await (const name of new Bun.Glob("**/*.{h,hpp}").scan({ cwd: join(source, part) })) {
      await cp(join(source, part, name), join(include, part, name));
    }
  }
  // Headers that CMake wrote.
  for await (const name of new Bun.Glob("*.h").scan({ cwd: join(build, "libscap") })) {
    await cp(join(build, "libscap", name), join(include, "userspace/libscap", name));
  }
}

/** Of what the patches change, in their order: what their headers say changes no library. */
export async function patchHashes(): Promise<string[]> {
  return (await libraryPatches()).map(({ diff }) => hashOf(diff));
}
