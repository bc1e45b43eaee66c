// The machines we build for and the ways we compile: one row each. A new architecture or flavour is
// a new row here; no other file in build/ names a compiler or an optimisation flag.

/** A machine and C library that native code is compiled for. */
export interface Target {
  readonly name: string;
  readonly cc: string;
  readonly cxx: string;
  readonly ar: string;
  readonly strip: string;
  /** The machine, as `uname -m` names it. */
  readonly machine: Machine;
  /** libbpf's and clang's word for the machine, as in `-D__TARGET_ARCH_x86`. */
  readonly bpfArch: string;
  /** clang's `-target` for BPF objects, which fixes their byte order. */
  readonly bpfTarget: "bpfel" | "bpfeb";
  /** What clang needs besides to read the machine's own headers, which it does not compile for. */
  readonly bpfFlags: readonly string[];
  /** Definitions for CMake beyond those that every target shares. */
  readonly cmake: readonly string[];
  /** Include folders of the libraries that the distribution brings. */
  readonly systemIncludes: readonly string[];
  /** Libraries of the distribution, in the linker's words. */
  readonly systemLibs: readonly string[];
  /** Flags for what is linked, beside those of all targets. */
  readonly link?: readonly string[];
  /** Where the C library is musl: what its toolchain is made from. Absent for glibc. */
  readonly musl?: MuslRow;
  /** Where it is glibc, and of what Falco's libraries need nothing is this machine's own. */
  readonly cross?: CrossRow & {
    /** The compiler and the C library are. */
    readonly isHost?: true;
  };
}

/** A machine that executables run on. */
export type Machine = "x86_64" | "s390x";

/**
 * A compiler of Debian's whose target has no libraries in Debian that we could link. In the rows of
 * such targets the lists of libraries are empty; `readyTarget` fills them in once they are built.
 */
export interface CrossRow {
  /** The machine in the names of musl's loader and of CMake, as `uname -m` has it. */
  readonly machine: Machine;
}

/** What differs between machines in a musl toolchain. */
export interface MuslRow extends CrossRow {
  /** Debian's name of the machine's architecture. */
  readonly debian: string;
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

const X86_64 = { machine: "x86_64", bpfArch: "x86", bpfTarget: "bpfel", bpfFlags: [] } as const;

const S390X = {
  machine: "s390x",
  bpfArch: "s390",
  bpfTarget: "bpfeb",
  // Else the kernel's headers give the numbers of the 31-bit machine.
  bpfFlags: ["-D__s390x__"],
} as const;

export const TARGETS = {
  "x86_64-linux-gnu": {
    name: "x86_64-linux-gnu",
    cc: "gcc",
    cxx: "g++",
    ar: "ar",
    strip: "strip",
    ...X86_64,
    cmake: [],
    systemIncludes: ["/usr/include/jsoncpp"],
    // jsoncpp and tbb come as shared libraries only in Debian.
    systemLibs: ["-ljsoncpp", "-lre2", "-ltbb", "-lelf", "-lz"],
  },
  "x86_64-linux-musl": {
    ...emptyRow("x86_64-linux-musl"),
    ...X86_64,
    musl: { machine: "x86_64", debian: "amd64" },
  },
  // The same for other distributions' machines: what is shared in Debian is linked in.
  "x86_64-linux-gnu-portable": {
    ...emptyRow("x86_64-linux-gnu-portable"),
    ...X86_64,
    cross: { machine: "x86_64", isHost: true },
    link: ["-static-libstdc++", "-static-libgcc"],
  },
  // Node is a glibc program, so what it loads is one too.
  "s390x-linux-gnu": {
    ...emptyRow("s390x-linux-gnu"),
    ...S390X,
    cross: { machine: "s390x" },
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
