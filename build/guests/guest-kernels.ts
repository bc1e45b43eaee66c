// The kernels of Debian's releases for the tests that boot them (test/kernels), and Falco's kernel
// module for one of them. Nothing is pinned: each release's newest is what its machines run.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { aptInstall } from "../base/apt-install.ts";
import { cached } from "../base/cache.ts";
import { JOBS, run, type Step } from "../base/run.ts";
import { FALCO, patchedSource, patchHashes } from "../libs/falco-libs.ts";
import {
  type FetchedPackage,
  fetchedKey,
  fetchPackage,
  type Place,
} from "../packages/debian-source.ts";
import {
  listedPackages,
  type NewestPackage,
  newestPackage,
  unpackFirst,
  unpackNewest,
  withParts,
} from "../packages/newest-package.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const MODULE_RECIPE = 1;

/** A kernel that a suite has. */
export interface GuestKernel {
  /** What `uname -r` says there. */
  readonly release: string;
  /** The compressed kernel, as a boot loader takes it. */
  readonly image: string;
  readonly place: Place;
}

/**
 * The newest kernel of a suite that its mirror really has. Debian's package of that name has no content
 * but what it depends on.
 *
 * @returns null where the mirror lists none.
 */
export async function guestKernel(
  place: Place,
  name: string,
  step: Step,
): Promise<GuestKernel | null> {
  const pointer = await newestPackage(place, name, step);
  const image = pointer?.depends.find((each) => /^linux-image-\d/.test(each));
  const first = image === undefined ? null : await newestPackage(place, image, step);
  // A suite keeps some that its pointer led to before.
  const flavour = name.replace(/^linux-image-/, "");
  const all = await listedPackages(place, kernelNames(flavour), step);
  const others = all.filter(({ sha256 }) => sha256 !== first?.sha256);
  const kernels = first === null ? others : [first, ...others];
  if (kernels.length === 0) return null;
  const { pkg, folder } = await unpackFirst(kernels, /^linux-(image|binary)-\d/, step);
  const release = pkg.name.replace(/^linux-image-/, "");
  const places = [`boot/vmlinuz-${release}`, `usr/lib/modules/${release}/vmlinuz`];
  return { release, image: oneOf(folder, places), place };
}

/** The names of a flavour's kernels: `6.1.0-49-amd64`, `6.12.117+deb13-amd64`; not of its variants. */
export function kernelNames(flavour: string): RegExp {
  return new RegExp(`^linux-image-\\d[\\w.+~]*(-\\d+)?-${flavour}$`);
}

/** The program that the guest's shell is. */
export async function busybox(place: Place, step: Step): Promise<string> {
  const pkg = await newestPackage(place, "busybox-static", step);
  if (pkg === null) throw new Error(`${place.suite} has no busybox-static`);
  return oneOf(await unpackNewest([pkg], step), ["bin/busybox", "usr/bin/busybox"]);
}

/** Debian has moved some files in the course of its releases. */
function oneOf(folder: string, places: readonly string[]): string {
  const found = places.map((place) => join(folder, place)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(`none of ${places.join(", ")} is in ${folder}`);
}

/** Builds scap.ko from the source that our libraries are built from. @returns where it is. */
export async function falcoModule(kernel: GuestKernel, step: Step): Promise<string> {
  const headers = await newestPackage(kernel.place, `linux-headers-${kernel.release}`, step);
  if (headers === null) throw new Error(`${kernel.place.suite} has no headers of its kernel`);
  const parts = await withParts(headers, /^linux-(headers|kbuild)-\d/, step);
  const falco = await fetchPackage(FALCO, step);
  const inputs = {
    MODULE_RECIPE,
    headers: parts.map(({ name, sha256 }: NewestPackage) => [name, sha256]),
    falco: fetchedKey([falco]),
    patches: await patchHashes(),
  };
  const folder = await cached("falco-module", inputs, async (out) => {
    const kbuild = join(out, "kbuild");
    await run(["cp", "-a", await unpackNewest(parts, step), kbuild]);
    const place = join(kbuild, "usr/src", `linux-headers-${kernel.release}`);
    await buildModule(falco, place, out, step);
    await run(["rm", "-r", kbuild]);
  });
  return join(folder, "scap.ko");
}

async function buildModule(
  falco: FetchedPackage,
  headers: string,
  out: string,
  step: Step,
): Promise<void> {
  // Debian's makefile leads to the common headers by their installed place.
  const makefile = join(headers, "Makefile");
  const text = await Bun.file(makefile).text();
  const common = join(headers, "..");
  await Bun.write(
    makefile,
    text.replace(/^include \/.*(?=\/linux-headers-)/m, `include ${common}`),
  );
  const variables = await Bun.file(join(headers, ".kernelvariables")).text();
  const compiler = variables.match(/\bgcc-\d+/)?.[0] ?? "gcc";
  await aptInstall([compiler, "cmake", "make", "libelf-dev"], step);
  const source = join(out, "source");
  step.note("unpacking Falco's source");
  await patchedSource(falco, source);
  const build = join(out, "build");
  const configure = ["cmake", "-S", join(source, "driver"), "-B", build];
  const settings = ["DRIVER_NAME=scap", "DRIVER_DEVICE_NAME=scap", "DRIVER_VERSION=8.0.0+driver"];
  settings.push("ENABLE_DKMS=OFF", "BUILD_DRIVER=OFF");
  settings.push(`CMAKE_MODULE_PATH=${join(source, "cmake/modules")}`);
  step.note("compiling the module");
  await run([...configure, ...settings.map((setting) => `-D${setting}`)]);
  await run(["nice", "make", JOBS, "-C", join(build, "src"), `KERNELDIR=${headers}`]);
  await run(["cp", join(build, "src/scap.ko"), out]);
  await run(["rm", "-r", source, build]);
}
