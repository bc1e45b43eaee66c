// GCC 12 and binutils for a machine, with the headers of its C library and of its kernel, unpacked from
// pinned packages: no compiler or header of the build machine gets into what is shipped. The programs
// run with the machine's own C library, which is never older, and with libraries that come along.

import { chmod, mkdir, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached } from "../base/cache.ts";
import { run, type Step } from "../base/run.ts";
import {
  fetchedKey,
  fetchPackages,
  type PinnedPackage,
  unpackFetched,
} from "../packages/debian-source.ts";
import { GCC_LIBRARIES, GCC_S390X, GCC_X86_64 } from "./pins.ts";
import type { Machine } from "./targets.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 1;

interface MachineRow {
  readonly packages: readonly PinnedPackage[];
  /** What the names of Debian's compiler and binutils for the machine begin with. */
  readonly prefix: string;
  /** The folder that the driver looks for its own programs in. */
  readonly own: string;
  /** Folders of the C library's and the kernel's headers, in search order. */
  readonly headers: readonly string[];
  readonly kernel: { readonly linux: string; readonly asm: string };
}

const MACHINES: Readonly<Record<Machine, MachineRow>> = {
  x86_64: {
    packages: [...GCC_X86_64, ...GCC_LIBRARIES],
    prefix: "x86_64-linux-gnu-",
    own: "usr/lib/gcc/x86_64-linux-gnu/12",
    headers: ["usr/include/x86_64-linux-gnu", "usr/include"],
    kernel: { linux: "usr/include", asm: "usr/include/x86_64-linux-gnu" },
  },
  s390x: {
    packages: [...GCC_S390X, ...GCC_LIBRARIES],
    prefix: "s390x-linux-gnu-",
    own: "usr/lib/gcc-cross/s390x-linux-gnu/12",
    headers: ["usr/s390x-linux-gnu/include"],
    kernel: { linux: "usr/s390x-linux-gnu/include", asm: "usr/s390x-linux-gnu/include" },
  },
};

const DRIVERS = ["gcc-12", "g++-12"];
const BINUTILS = ["ar", "as", "ld", "nm", "objcopy", "objdump", "ranlib", "readelf", "strip"];

/** An unpacked compiler in the cache. */
export interface Gcc {
  /** Names what it was made from: part of the key of whatever it compiles. */
  readonly identity: string;
  /** Path and beginning of the tools' names, as in `${prefix}gcc-12` and `${prefix}ar`. */
  readonly prefix: string;
  /** The folder of the compiler's own headers; its own libraries lie beside it. */
  readonly include: string;
  /** Where its packages are unpacked. */
  readonly root: string;
  /** Folders of the C library's and the kernel's headers, in search order. */
  readonly headers: readonly string[];
  /** The folders that the kernel's `linux/` and `asm/` are in. */
  readonly kernel: { readonly linux: string; readonly asm: string };
}

/** The compiler for a machine, fetched and unpacked unless it is in the cache. */
export async function pinnedGcc(machine: Machine, step: Step): Promise<Gcc> {
  const row = MACHINES[machine];
  const fetched = await fetchPackages(row.packages, step);
  const inputs = { RECIPE, packages: fetchedKey(fetched), launcher: launcher("", true) };
  const folder = await cached(`gcc-${machine}`, inputs, async (out) => {
    step.note(`unpacking GCC for ${machine}`);
    const root = join(out, "root");
    await unpackFetched(fetched, root);
    await rm(join(root, "usr/share"), { recursive: true });
    // The driver would take those of the build machine.
    for (const name of ["as", "ld", "nm"]) {
      const place = join(root, row.own, name);
      await rm(place, { force: true });
      await symlink(join("../../../../bin", `${row.prefix}${name}`), place);
    }
    await mkdir(join(out, "bin"));
    for (const name of [...DRIVERS, ...BINUTILS]) {
      const path = join(out, "bin", `${row.prefix}${name}`);
      await Bun.write(path, launcher(`${row.prefix}${name}`, DRIVERS.includes(name)));
      await chmod(path, 0o755);
    }
    await run([join(out, "bin", `${row.prefix}gcc-12`), "--version"]);
  });
  const within = (name: string) => join(folder, "root", name);
  return {
    identity: basename(folder),
    prefix: join(folder, "bin", row.prefix),
    include: within(join(row.own, "include")),
    root: join(folder, "root"),
    headers: row.headers.map(within),
    kernel: { linux: within(row.kernel.linux), asm: within(row.kernel.asm) },
  };
}

/** The shell script that starts a tool from wherever the folder lies. */
function launcher(name: string, isDriver: boolean): string {
  const libraries = ["$root/usr/lib/x86_64-linux-gnu", "$root/lib/x86_64-linux-gnu"].join(":");
  const more = isDriver ? ' "--sysroot=$root" "-ffile-prefix-map=$root=/sysroot"' : "";
  return [
    "#!/bin/sh",
    `root=\${0%/*}/../root`,
    `LD_LIBRARY_PATH=${libraries} exec "$root/usr/bin/${name}"${more} "$@"`,
    "",
  ].join("\n");
}
