// Container runtimes of Debian for the test that runs them (test/runtimes). What would start by itself
// where it is installed is unpacked into the cache; podman and runc are installed, as other tests need them.

import { join } from "node:path";
import { aptInstall } from "../base/apt-install.ts";
import type { Step } from "../base/run.ts";
import type { Place } from "../packages/debian-source.ts";
import { type NewestPackage, newestPackage, unpackNewest } from "../packages/newest-package.ts";

/** `libdevmapper1.02.1` is a library that Docker's daemon links. */
const PACKAGES = ["docker.io", "containerd", "tini", "busybox-static", "libdevmapper1.02.1"];

export interface ContainerRuntimes {
  /** Added to PATH. */
  readonly path: string;
  /** Added to LD_LIBRARY_PATH. */
  readonly libraries: string;
  /** The one program of all images. */
  readonly busybox: string;
  /** What they say of themselves, by package. */
  readonly versions: Readonly<Record<string, string>>;
}

/** @throws Error where the mirror lacks one */
export async function containerRuntimes(place: Place, step: Step): Promise<ContainerRuntimes> {
  await aptInstall(["podman", "runc"], step);
  const packages: NewestPackage[] = [];
  for (const name of PACKAGES) {
    const pkg = await newestPackage(place, name, step);
    if (pkg === null) throw new Error(`${place.suite} has no ${name}`);
    packages.push(pkg);
  }
  const folder = await unpackNewest(packages, step);
  const folders = ["usr/bin", "usr/sbin", "bin"].map((name) => join(folder, name));
  return {
    path: folders.join(":"),
    libraries: join(folder, "usr/lib/x86_64-linux-gnu"),
    busybox: join(folder, "bin/busybox"),
    versions: Object.fromEntries(packages.map(({ name, version }) => [name, version])),
  };
}
