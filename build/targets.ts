// The machines we build for and the ways we compile: one row each. A new architecture or flavour is
// a new row here; no other file in build/ names a compiler or an optimisation flag.

/** A machine and C library that native code is compiled for. */
export interface Target {
  readonly name: string;
  readonly cc: string;
  readonly cxx: string;
  readonly ar: string;
  readonly strip: string;
  /** libbpf's and clang's word for the machine, as in `-D__TARGET_ARCH_x86`. */
  readonly bpfArch: string;
  /** clang's `-target` for BPF objects, which fixes their byte order. */
  readonly bpfTarget: "bpfel" | "bpfeb";
  /** Definitions for CMake beyond those that every target shares. */
  readonly cmake: readonly string[];
  /** Include folders of the libraries that the distribution brings. */
  readonly systemIncludes: readonly string[];
  /** Libraries of the distribution, in the linker's words. */
  readonly systemLibs: readonly string[];
  /** Where the C library is musl: what its toolchain is made from. Absent for glibc. */
  readonly musl?: MuslRow;
  /** Where it is the glibc of another machine than this one. */
  readonly cross?: CrossRow;
}

/**
 * A compiler of Debian's whose target has no libraries in Debian that we could link. In the rows of
 * such targets the lists of libraries are empty; `readyTarget` fills them in once they are built.
 */
export interface CrossRow {
  /** The machine in the names of musl's loader and of CMake, as `uname -m` has it. */
  readonly machine: string;
  /** What the names of Debian's own compiler and binutils for the machine begin with. */
  readonly prefix: string;
  /** Debian packages with that compiler and the kernel's headers, beyond those of bootstrap.mjs. */
  readonly packages: readonly string[];
}

/** What differs between machines in a musl toolchain. */
export interface MuslRow extends CrossRow {
  /** Debian's name of the machine's architecture. */
  readonly debian: string;
  /** The kernel's headers: their package, the folder of `linux/`, the folder of `asm/`. */
  readonly headers: { readonly package: string; readonly linux: string; readonly asm: string };
}

/** One way to compile: the same sources, other flags. */
export interface Flavour {
  readonly name: string;
  /** Flags for Falco's libraries. */
  readonly flags: readonly string[];
  /** Flags for our own C++ files. */
  readonly own: readonly string[];
  readonly link: readonly string[];
  /** Whether a runtime that is not built this way can load the addon. */
  readonly addon: boolean;
}

export const TARGETS = {
  "x86_64-linux-gnu": {
    name: "x86_64-linux-gnu",
    cc: "gcc",
    cxx: "g++",
    ar: "ar",
    strip: "strip",
    bpfArch: "x86",
    bpfTarget: "bpfel",
    cmake: [],
    systemIncludes: ["/usr/include/jsoncpp"],
    // jsoncpp and tbb come as shared libraries only in Debian.
    systemLibs: ["-ljsoncpp", "-lre2", "-ltbb", "-lelf", "-lz"],
  },
  "x86_64-linux-musl": {
    ...emptyRow("x86_64-linux-musl"),
    bpfArch: "x86",
    bpfTarget: "bpfel",
    musl: {
      machine: "x86_64",
      debian: "amd64",
      prefix: "x86_64-linux-gnu-",
      packages: ["g++-12", "python3-six"],
      headers: {
        package: "linux-libc-dev",
        linux: "/usr/include",
        asm: "/usr/include/x86_64-linux-gnu",
      },
    },
  },
  "s390x-linux-musl": {
    ...emptyRow("s390x-linux-musl"),
    bpfArch: "s390",
    bpfTarget: "bpfeb",
    musl: {
      machine: "s390x",
      debian: "s390x",
      prefix: "s390x-linux-gnu-",
      packages: ["g++-12-s390x-linux-gnu", "python3-six"],
      headers: {
        package: "linux-libc-dev-s390x-cross",
        linux: "/usr/s390x-linux-gnu/include",
        asm: "/usr/s390x-linux-gnu/include",
      },
    },
  },
  // Node is a glibc program, so what it loads is one too.
  "s390x-linux-gnu": {
    ...emptyRow("s390x-linux-gnu"),
    bpfArch: "s390",
    bpfTarget: "bpfeb",
    cross: {
      machine: "s390x",
      prefix: "s390x-linux-gnu-",
      packages: ["g++-12-s390x-linux-gnu", "python3-six"],
    },
  },
} as const satisfies Record<string, Target>;

/** The compilers' names until `readyTarget` has their places. */
function emptyRow<Name extends string>(name: Name) {
  const tools = { cc: `${name}-gcc`, cxx: `${name}-g++`, ar: `${name}-ar`, strip: `${name}-strip` };
  return { name, ...tools, cmake: [], systemIncludes: [], systemLibs: [] } as const;
}

export const FLAVOURS = {
  release: {
    name: "release",
    // No debug information: it made libsinsp.a 166 MB, and a profile needs the symbols only.
    flags: ["-O3", "-fno-strict-aliasing", "-DNDEBUG", "-g0"],
    own: ["-O2", "-fno-strict-aliasing", "-D_FORTIFY_SOURCE=2"],
    link: ["-Wl,--gc-sections"],
    addon: true,
  },
  asan: {
    name: "asan",
    flags: ["-O1", "-g1", "-fno-strict-aliasing", "-fno-omit-frame-pointer", "-fsanitize=address"],
    // Falco's own code breaks UBSan's rules (unaligned reads of events), so only ours is under it.
    own: [
      "-O1",
      "-g",
      "-fno-strict-aliasing",
      "-fno-omit-frame-pointer",
      "-fsanitize=address,undefined",
      "-fno-sanitize-recover=all",
    ],
    link: ["-fsanitize=address,undefined"],
    addon: false,
  },
} as const satisfies Record<string, Flavour>;

/** @throws Error for a target of another C library. */
export function muslRow(target: Target): MuslRow {
  if (target.musl === undefined) throw new Error(`${target.name} is not a musl target`);
  return target.musl;
}

export type TargetName = keyof typeof TARGETS;
export type FlavourName = keyof typeof FLAVOURS;
