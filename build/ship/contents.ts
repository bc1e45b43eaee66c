// What is inside an executable that we ship: one row for each piece of other people's work, with its
// licence and where it came from. `sysflow version`, the SBOM and the notices are made from it. A
// licence here was read in the package's own copyright file: look there before changing one.

import packageJson from "../../package.json" with { type: "json" };
import type { Step } from "../base/run.ts";
import { FALCO, LIBBPF, VALIJSON } from "../libs/falco-libs.ts";
import { LIBRARIES, UNICODE } from "../libs/target-libs.ts";
import { X86_64_V2 } from "../pack/cpu.ts";
import { fetchPackages, type PinnedPackage, upstreamVersion } from "../packages/debian-source.ts";
import { CROSS_BPFTOOL } from "../probe/bpftool.ts";
import { GLIBC_RUNTIMES } from "../toolchain/glibc-runtime.ts";
import { MUSL_SOURCE } from "../toolchain/musl-libc.ts";
import { GCC_SOURCE, MUSL } from "../toolchain/musl-toolchain.ts";
import * as pins from "../toolchain/pins.ts";
import type { TargetName } from "../toolchain/targets.ts";
import type { Component, Role } from "./component.ts";
import {
  bundledPackages,
  bunRuntime,
  type Lock,
  nodeRuntime,
  npmComponent,
  readLock,
} from "./npm-packages.ts";

/** Everything that is inside one executable. */
export interface Contents {
  readonly version: string;
  /** The commit of our own sources, with `+` when files differed from it. */
  readonly commit: string;
  readonly target: TargetName;
  /** The oldest processors it runs on. */
  readonly cpu: string;
  readonly runtime: Component;
  readonly libc: Component;
  /** All others. */
  readonly components: readonly Component[];
}

/** What differs between the executables that we ship. */
interface Shipped {
  readonly cpu: string;
  readonly runtime: (lock: Lock) => Component;
  readonly libc: PinnedPackage;
  /** What goes in beside the packages of every target. */
  readonly pinned: readonly PinnedPackage[];
}

const SHIPPED: Partial<Readonly<Record<TargetName, Shipped>>> = {
  "x86_64-linux-musl": {
    cpu: X86_64_V2.level,
    runtime: (lock) => bunRuntime("@oven/bun-linux-x64-musl", lock),
    libc: MUSL_SOURCE,
    // Compiled against the headers of Debian's own musl.
    pinned: [
      GCC_SOURCE,
      ...muslHeaders("amd64"),
      ...among(pins.GCC_X86_64, ["libgcc-12-dev", "libc6-dev", "linux-libc-dev"]),
    ],
  },
  "s390x-linux-gnu": {
    // What Node's own releases for the machine are compiled for.
    cpu: "z196",
    runtime: (lock) => nodeRuntime("node-linux-s390x", lock),
    libc: glibcPackage("s390x-linux-gnu", "libc6"),
    pinned: [
      ...["libstdc++6", "libgcc-s1"].map((name) => glibcPackage("s390x-linux-gnu", name)),
      ...among(pins.GCC_S390X, [
        "libgcc-12-dev-s390x-cross",
        "libc6-dev-s390x-cross",
        "linux-libc-dev-s390x-cross",
      ]),
    ],
  },
};

/** The names of the executables that can be made. */
export const SHIPPED_TARGETS = Object.keys(SHIPPED) as readonly TargetName[];

interface Facts {
  readonly name: string;
  readonly license: string;
  readonly role: Role;
}

const GCC_LICENSE = "GPL-3.0-or-later WITH GCC-exception-3.1";
const GLIBC_LICENSE = "LGPL-2.1-or-later AND ISC AND LicenseRef-glibc-notices";

/** By the name of the Debian package. What only tools, tests or papers of a package have is left out. */
const DEBIAN: Readonly<Record<string, Facts>> = {
  // driver/, of which the probe is made, has the choice; http_parser and uri_parser are MIT.
  "falcosecurity-libs": linked("Falco libs", "Apache-2.0 AND MIT AND (GPL-2.0-only OR MIT)"),
  libbpf: linked("libbpf", "LGPL-2.1-only OR BSD-2-Clause"),
  "libvalijson-dev": headers("valijson", "BSD-2-Clause"),
  zlib: linked("zlib", "Zlib"),
  // The libraries have the choice, and libelf's hash functions come from the GNU C library.
  elfutils: linked("libelf", "(GPL-2.0-or-later OR LGPL-3.0-or-later) AND LGPL-2.1-or-later"),
  libjsoncpp: linked("JsonCpp", "MIT"),
  // util/rune.cc has a licence of Lucent's that SPDX has no name for; its text is in the notices.
  re2: linked("RE2", "BSD-3-Clause AND LicenseRef-Lucent-rune"),
  onetbb: linked("oneTBB", "Apache-2.0"),
  // RE2's tables of letters are made from it.
  "unicode-data": headers("Unicode data", "Unicode-DFS-2015"),
  "gcc-12-source": linked("libstdc++", GCC_LICENSE),
  "libstdc++6": linked("libstdc++", GCC_LICENSE),
  "libgcc-12-dev": linked("libgcc", GCC_LICENSE),
  "libgcc-s1": linked("libgcc_s", GCC_LICENSE),
  // The regular expressions, the mathematics and the ciphers of crypt() have licences of their own.
  musl: linked("musl", "MIT AND BSD-2-Clause AND BSD-3-Clause AND ISC AND SunPro"),
  // Its further notices, of a file or two each, are in its copyright file only.
  libc6: linked("glibc", GLIBC_LICENSE),
  "libc6-dev": headers("glibc headers", GLIBC_LICENSE),
  // Its headers and start files are in the public domain where Debian's file does not say MIT.
  "musl-dev": headers("musl headers", "MIT"),
  "uthash-dev": headers("uthash", "BSD-1-Clause"),
  // The note is in the headers themselves.
  "linux-libc-dev": headers("Linux headers", "GPL-2.0-only WITH Linux-syscall-note"),
};

const EVERYWHERE: readonly PinnedPackage[] = [
  FALCO,
  LIBBPF,
  VALIJSON,
  ...LIBRARIES.map(({ source }) => source),
  UNICODE,
  ...pins.UTHASH,
];

/** Packages of which nothing gets in, or not in every executable: Debian's musl is linked against. */
export const ONLY_BUILT_WITH: readonly PinnedPackage[] = [
  ...Object.values(MUSL).flat(),
  ...CROSS_BPFTOOL,
  ...Object.values(pins).flat(),
];

/** npm packages that native code includes headers of. */
const NPM_HEADERS = ["node-addon-api", "node-api-headers"];

/**
 * What is inside the executable of this target.
 *
 * @param commit of our own sources, as the executable shall tell it.
 * @throws Error where no executable is made for the target, or a package has no row here.
 */
export async function contentsOf(
  target: TargetName,
  commit: string,
  step: Step,
): Promise<Contents> {
  const row = SHIPPED[target];
  if (row === undefined) throw new Error(`no executable is made for ${target}`);
  const lock = await readLock();
  const bundled = await bundledPackages();
  const [libc, ...components] = await pinned([row.libc, ...EVERYWHERE, ...row.pinned], step);
  if (libc === undefined) throw new Error(`${target} has no C library`);
  return {
    version: packageJson.version,
    commit,
    target,
    cpu: row.cpu,
    runtime: row.runtime(lock),
    libc,
    components: [
      ...components,
      ...(await Promise.all(bundled.map((name) => npmComponent(name, "bundled", lock)))),
      ...(await Promise.all(NPM_HEADERS.map((name) => npmComponent(name, "headers", lock)))),
    ],
  };
}

/** Every component of an executable, parts included, in one order. */
export function allComponents(contents: Contents): Component[] {
  const own = [contents.runtime, contents.libc, ...contents.components];
  return own.flatMap((component) => [component, ...component.parts]);
}

/** Packages as they were really taken. */
async function pinned(packages: readonly PinnedPackage[], step: Step): Promise<Component[]> {
  const fetched = await fetchPackages(packages, step);
  return packages.map((pkg, place) => debianComponent(pkg, fetched[place]?.pkg ?? pkg));
}

/** The row of a package that was pinned, as it was taken. */
export function debianComponent(pkg: PinnedPackage, taken: PinnedPackage): Component {
  const { name, version } = taken;
  // Debian's cross packages are made from the same sources.
  const facts = DEBIAN[name.replace(/-s390x-cross$/, "")];
  if (facts === undefined)
    throw new Error(`build/ship/contents.ts has no row for the Debian package ${name}`);
  const files = Object.entries(taken.files);
  // GCC's libraries have one copyright file, in a package of its own and with the source.
  const notice = facts.license === GCC_LICENSE ? GCC_SOURCE : pkg;
  return {
    ...facts,
    version: upstreamVersion(version),
    packageVersion: version,
    purl: debianPurl(name, version, architectureOf(taken), taken.suite),
    archives: files.map(([name, hash]) => ({ name, algorithm: "SHA-256", hash })),
    notice: { from: "pinned", pkg: notice },
    parts: [],
  };
}

/** As the file's own name has it: a package for all machines is fetched for some machine too. */
function architectureOf({ kind, files }: PinnedPackage): string | null {
  if (kind === "source") return "source";
  return Object.keys(files)[0]?.match(/_([^_]+)\.deb$/)?.[1] ?? null;
}

function debianPurl(name: string, version: string, arch: string | null, suite: string | null) {
  const query = new URLSearchParams();
  if (arch !== null) query.set("arch", arch);
  if (suite !== null) query.set("distro", suite);
  const text = query.toString();
  return `pkg:deb/debian/${name}@${encodeURIComponent(version)}${text === "" ? "" : `?${text}`}`;
}

/** Those of a list of pins that have these names. */
function among(packages: readonly PinnedPackage[], names: readonly string[]): PinnedPackage[] {
  return packages.filter(({ name }) => names.includes(name));
}

function muslHeaders(architecture: string): PinnedPackage[] {
  return (MUSL[architecture] ?? []).filter(({ name }) => name === "musl-dev");
}

function glibcPackage(target: TargetName, name: string): PinnedPackage {
  const found = GLIBC_RUNTIMES[target]?.packages.find((pkg) => pkg.name === name);
  if (found === undefined) throw new Error(`no ${name} is pinned for ${target}`);
  return found;
}

function linked(name: string, license: string): Facts {
  return { name, license, role: "linked" };
}

function headers(name: string, license: string): Facts {
  return { name, license, role: "headers" };
}
