// Debian packages of which the newest will do, for tests only: nothing of them gets into what we build.
// They are found in the private lists of debian-source.ts, and kept by the hash that those lists name,
// so that a newer one of the suite is another entry of the cache.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { aptOptions, type Place, privateApt } from "./debian-source.ts";
import { run, type Step } from "./run.ts";

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
