// Debian packages of which the newest will do, for tests only: nothing of them gets into what we build.
// They are found in the private lists of debian-source.ts, and kept by the hash that those lists name,
// so that a newer one of the suite is another entry of the cache.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../base/cache.ts";
import { run, type Step } from "../base/run.ts";
import { aptOptions, isNewer, type Place, privateApt } from "./debian-source.ts";

/** A binary package as its suite has it now. */
export interface NewestPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** Names of what it depends on, without versions; of alternatives the first. */
  readonly depends: readonly string[];
  readonly place: Place;
}

/** @returns null where the suite has no package of that name. */
export async function newestPackage(
  place: Place,
  name: string,
  step: Step,
): Promise<NewestPackage | null> {
  const root = await privateApt(place, step);
  const query = ["apt-cache", ...aptOptions(root, place)];
  // Names that are only depended on are in that list too: the second question tells them apart.
  const names = (await run([...query, "pkgnames", name])).split("\n");
  if (!names.includes(name)) return null;
  const policy = await run([...query, "policy", name]);
  if (!/^ {2}Candidate: (?!\(none\))/m.test(policy)) return null;
  return parseStanza(place, await run([...query, "--no-all-versions", "show", name]));
}

/** All packages of the suite whose names `wanted` takes, in all their versions, newest first. */
export async function listedPackages(
  place: Place,
  wanted: RegExp,
  step: Step,
): Promise<readonly NewestPackage[]> {
  const root = await privateApt(place, step);
  const query = ["apt-cache", ...aptOptions(root, place)];
  const names = (await run([...query, "pkgnames"])).split("\n").filter((name) => wanted.test(name));
  const listed: NewestPackage[] = [];
  for (const name of names) {
    // It fails where the name is only depended on.
    const text = await run([...query, "show", name]).catch(() => "");
    for (const stanza of text.split(/\n\n+/).filter((each) => /^Package: /m.test(each))) {
      const pkg = parseStanza(place, stanza);
      let at = 0;
      for (const other of listed) {
        if (!(await isNewer(other.version, pkg.version))) break;
        at++;
      }
      listed.splice(at, 0, pkg);
    }
  }
  return listed;
}

/** @throws Error where a field that apt always has is missing. */
export function parseStanza(place: Place, text: string): NewestPackage {
  const field = (name: string) => {
    const value = text.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
    if (value === undefined) throw new Error(`apt-cache: a package without ${name}`);
    return value.trim();
  };
  const depends = /^Depends: /m.test(text) ? field("Depends") : "";
  return {
    place,
    name: field("Package"),
    version: field("Version"),
    sha256: field("SHA256"),
    depends: depends.split(/\s*,\s*/).flatMap((each) => each.match(/^[a-z0-9.+-]+/)?.[0] ?? []),
  };
}

/**
 * Those of the packages that `wanted` takes, with what they depend on as far as it takes that too.
 * Such are parts of one kernel, which Debian splits anew in each release.
 */
export async function withParts(
  first: NewestPackage,
  wanted: RegExp,
  step: Step,
): Promise<readonly NewestPackage[]> {
  const found = new Map([[first.name, first]]);
  for (const pkg of found.values()) {
    for (const name of pkg.depends.filter((each) => wanted.test(each) && !found.has(each))) {
      const part = await newestPackage(pkg.place, name, step);
      if (part !== null) found.set(name, part);
    }
  }
  return [...found.values()];
}

/** A package, and the folder that it is unpacked in with all that belongs to it. */
export interface Unpacked {
  readonly pkg: NewestPackage;
  readonly folder: string;
}

/**
 * The first of `packages` that the mirror really has, with its parts: while a mirror is being brought
 * up to date, its lists may name files that it does not have. What is taken in another's place is said.
 *
 * @param packages best first; at least one.
 * @param parts which of its dependencies belong to it.
 * @throws Error that the first of them failed with, where the mirror has none.
 */
export async function unpackFirst(
  packages: readonly NewestPackage[],
  parts: RegExp,
  step: Step,
): Promise<Unpacked> {
  let first: Error | null = null;
  for (const pkg of packages) {
    try {
      const folder = await unpackNewest(await withParts(pkg, parts, step), step);
      if (first !== null) process.stderr.write(`  ! ${replacementText(packages, pkg)}\n`);
      return { pkg, folder };
    } catch (error) {
      if (!(error instanceof Error) || !/^E: Failed to fetch/m.test(error.message)) throw error;
      first ??= error;
    }
  }
  throw first ?? new Error("no package to unpack");
}

function replacementText([wanted]: readonly NewestPackage[], pkg: NewestPackage): string {
  const name = `${wanted?.name} ${wanted?.version}`;
  return `${pkg.place.suite} lists ${name}, which its mirror has not; taken: ${pkg.name} ${pkg.version}`;
}

/** The folder in which all of them are unpacked over each other, fetched now if need be. */
export async function unpackNewest(
  packages: readonly NewestPackage[],
  step: Step,
): Promise<string> {
  const [first] = packages;
  if (first === undefined) throw new Error("no package to unpack");
  const inputs = packages.map(({ name, version, sha256 }) => [name, version, sha256]);
  return await cached(`newest-${first.name}`, inputs, async (folder) => {
    const work = join(folder, "packages");
    await run(["mkdir", work]);
    for (const { place, name, version } of packages) {
      step.note(`fetching ${name} ${version}`);
      const root = await privateApt(place, step);
      const fetch = ["apt-get", ...aptOptions(root, place), "download", `${name}=${version}`];
      await run(fetch, { cwd: work });
    }
    for (const name of await readdir(work)) await run(["dpkg-deb", "-x", join(work, name), folder]);
    await run(["rm", "-r", work]);
  });
}
