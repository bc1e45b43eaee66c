// The Debian packages that a build takes from the machine: programs of which nothing gets into what is
// shipped, in whichever version the release has. Compilers are not among them: see gcc.ts.

import { aptInstall } from "../base/apt-install.ts";
import { step } from "../base/run.ts";
import type { Target } from "./targets.ts";

/** What every native build calls for. */
const TOOLS = [
  "cmake",
  "dpkg-dev",
  "make",
  "ninja-build",
  "patch",
  "perl",
  "pkg-config",
  "python3-six",
  "xz-utils",
];

/** A compiler and libraries of the machine's own, for what is only developed and tested with. */
const DEVELOPMENT = [
  "g++",
  "libelf-dev",
  "libjsoncpp-dev",
  "libre2-dev",
  "libtbb-dev",
  "uthash-dev",
  "zlib1g-dev",
];

/** Installs what is missing on this machine to build for a target. */
export async function hostTools({ musl, cross }: Target): Promise<void> {
  const own = (musl ?? cross) === undefined ? DEVELOPMENT : [];
  await step("Debian packages", (step) => aptInstall([...TOOLS, ...own], step));
}
