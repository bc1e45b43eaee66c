// Brings packages that this machine's own Debian release lacks, through apt and from the mirror the
// machine already uses, but with lists and settings of our own: the host's apt stays as it was.
// Every file is checked against a hash kept here, over and above apt's own signatures.

import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cached, cacheRoot, hashOf, sha256File, withLock } from "./cache.ts";
import { run, type Step } from "./run.ts";

/** A package at one exact version. Files are those that must be there, with their SHA-256. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  readonly kind: "source" | "binary";
  readonly suite: string;
  /** Debian's name of another machine's architecture; ours when absent. */
  readonly architecture?: string;
  readonly files: Readonly<Record<string, string>>;
  /**
   * Whether the suite's present version will do where it no longer has this one: for tools of which
   * nothing gets into what we build. Then apt's signature alone vouches for it, which is said.
   */
  readonly orNewest?: true;
}

/** One place apt fetches from, in the words of deb822 sources. */
export interface AptSource {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** `signed-by` and `trusted`, lower case, as far as the machine's own entry has them. */
  readonly options: ReadonlyMap<string, string>;
}

const KEPT_OPTIONS = ["signed-by", "trusted"];

/** Reads the deb822 form (`*.sources`): stanzas parted by blank lines, folded values. */
export function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of text.split(/\n(?:[ \t]*\n)+/)) {
    const fields = new Map<string, string>();
    let last = "";
    for (const line of stanza.split("\n")) {
      if (line.startsWith("#")) continue;
      const field = line.match(/^([^\s:]+):(.*)$/);
      if (field) {
        last = (field[1] ?? "").toLowerCase();
        fields.set(last, (field[2] ?? "").trim());
      } else if (last !== "" && /^\s/.test(line)) {
        fields.set(last, `${fields.get(last) ?? ""}\n${line}`);
      }
    }
    if (/^(no|false|off|0)$/i.test(fields.get("enabled") ?? "yes")) continue;
    const words = (name: string) => (fields.get(name) ?? "").split(/\s+/).filter(Boolean);
    const options = new Map<string, string>();
    for (const name of KEPT_OPTIONS) {
      const value = fields.get(name);
      if (value !== undefined) options.set(name, value);
    }
    const source = { types: words("types"), uris: words("uris"), suites: words("suites") };
    if (source.uris.length > 0)
      sources.push({ ...source, components: words("components"), options });
  }
  return sources;
}

/** Reads the one-line form (`*.list`): `deb [options] uri suite components…`. */
export function parseOneLine(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split("\n")) {
    const match = line
      .replace(/#.*/, "")
      .trim()
      .match(/^(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)$/);
    if (!match) continue;
    const [, type = "", options = "", uri = "", suite = "", components = ""] = match;
    const kept = options
      .split(/\s+/)
      .map((option) => option.split("=", 2))
      .filter(([name = "", value]) => value !== undefined && KEPT_OPTIONS.includes(name));
    sources.push({
      types: [type],
      uris: [uri],
      suites: [suite],
      components: components.split(/\s+/).filter(Boolean),
      options: new Map(kept.map(([name = "", value = ""]) => [name.toLowerCase(), value])),
    });
  }
  return sources;
}

/**
 * The machine's main archive: the entry that serves its release itself, not updates or security
 * (which some mirrors keep elsewhere). Null when there is none.
 */
export function mainArchive(sources: readonly AptSource[], codename: string): AptSource | null {
  const serves = (source: AptSource) =>
    source.components.includes("main") &&
    source.suites.some((suite) => suite === codename || suite === "stable");
  return sources.find(serves) ?? null;
}

/** One stanza for our private apt, at the same place as the machine's own main archive. */
export function stanza(archive: AptSource, type: "deb" | "deb-src", suite: string): string {
  const lines = [`Types: ${type}`, `URIs: ${archive.uris.join(" ")}`, `Suites: ${suite}`];
  lines.push("Components: main");
  const titles: Record<string, string> = { "signed-by": "Signed-By", trusted: "Trusted" };
  for (const [name, value] of archive.options) lines.push(`${titles[name] ?? name}: ${value}`);
  return `${lines.join("\n")}\n`;
}

/** The folder with the package's files, fetched now unless they are in the cache. */
export async function fetchPackage(pkg: PinnedPackage, step: Step): Promise<string> {
  return await cached(`deb-${pkg.name}`, [pkg.name, pkg.version, pkg.files], async (folder) => {
    const root = await privateApt(pkg, step);
    step.note(`fetching ${pkg.name} ${pkg.version}`);
    const wanted = `${pkg.name}=${pkg.version}`;
    const verb =
      pkg.kind === "source" ? ["source", "--download-only", "--only-source"] : ["download"];
    const fetch = ["apt-get", ...aptOptions(root, pkg), ...verb];
    try {
      await run([...fetch, wanted], { cwd: folder });
    } catch (error) {
      if (pkg.orNewest !== true) throw error;
      await run([...fetch, pkg.name], { cwd: folder });
      await takeNewest(pkg, folder);
      return;
    }
    for (const [name, expected] of Object.entries(pkg.files)) {
      const found = await sha256File(join(folder, name));
      if (found === expected) continue;
      throw new Error(`${name} from the Debian mirror has SHA-256 ${found}, not ${expected}`);
    }
  });
}

/** Gives the one file in `folder` the name that it would have at the pinned version. */
async function takeNewest(pkg: PinnedPackage, folder: string): Promise<void> {
  const [found = "", ...others] = await readdir(folder);
  const [name, ...further] = Object.keys(pkg.files);
  if (name === undefined || others.length + further.length > 0) {
    throw new Error(`${pkg.name}: one file was expected of its newest version`);
  }
  await rename(join(folder, found), join(folder, name));
  const why = `${pkg.suite} has ${pkg.name} ${pkg.version} no more`;
  process.stderr.write(`  ! ${why}; taken, on apt's signature alone: ${found}\n`);
}

/** What decides which package lists are read. */
export type Place = Pick<PinnedPackage, "kind" | "suite" | "architecture">;

/** Lists of what a package is in and of nothing else: each place has its own. */
export async function privateApt(pkg: Place, step: Step): Promise<string> {
  const os = await Bun.file("/etc/os-release").text();
  const codename = os.match(/^VERSION_CODENAME="?(\w+)/m)?.[1] ?? "bookworm";
  const archive = mainArchive(await hostSources(), codename);
  if (archive === null) {
    throw new Error(
      `cannot find this machine's Debian mirror: no entry for ${codename} main in /etc/apt; ` +
        "add one to /etc/apt/sources.list.d",
    );
  }
  const text = stanza(archive, pkg.kind === "source" ? "deb-src" : "deb", pkg.suite);
  const root = join(cacheRoot(), `apt-${hashOf([text, pkg.architecture ?? ""])}`);
  const lists = join(root, "lists");
  await mkdir(join(root, "parts"), { recursive: true });
  await mkdir(join(root, "cache/archives/partial"), { recursive: true });
  await withLock(`${root}.lock`, async () => {
    await Bun.write(join(root, "private.sources"), text);
    await Bun.write(join(root, "status"), "");
    const age = existsSync(join(root, "updated"))
      ? Date.now() - Bun.file(join(root, "updated")).lastModified
      : Number.POSITIVE_INFINITY;
    if (age < 3_600_000) return;
    step.note("reading the Debian mirror's package lists");
    await mkdir(join(lists, "partial"), { recursive: true });
    await run(["apt-get", ...aptOptions(root, pkg), "update"]);
    await Bun.write(join(root, "updated"), "");
  });
  return root;
}

async function hostSources(): Promise<AptSource[]> {
  const folder = "/etc/apt/sources.list.d";
  const names = existsSync(folder) ? (await readdir(folder)).sort() : [];
  const sources: AptSource[] = [];
  for (const path of ["/etc/apt/sources.list", ...names.map((name) => join(folder, name))]) {
    if (!existsSync(path)) continue;
    if (path.endsWith(".sources")) sources.push(...parseDeb822(await Bun.file(path).text()));
    if (path.endsWith(".list")) sources.push(...parseOneLine(await Bun.file(path).text()));
  }
  return sources;
}

export function aptOptions(root: string, { architecture }: Place): string[] {
  const settings = [
    `Dir::Etc::sourcelist=${root}/private.sources`,
    `Dir::Etc::sourceparts=${root}/parts`,
    `Dir::Etc::preferences=${root}/none`,
    `Dir::Etc::preferencesparts=${root}/parts`,
    `Dir::State::lists=${root}/lists`,
    `Dir::Cache=${root}/cache`,
    "Acquire::Languages=none",
    "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
    "Acquire::Retries=3",
    // The machine's own list would bring its versions and architectures in.
    `Dir::State::status=${root}/status`,
    ...(architecture === undefined
      ? []
      : [`APT::Architecture=${architecture}`, `APT::Architectures=${architecture}`]),
    // As root, apt would fetch as a user who cannot enter our cache folder.
    ...(process.getuid?.() === 0 ? ["APT::Sandbox::User=root"] : []),
  ];
  return ["-q", ...settings.flatMap((setting) => ["-o", setting])];
}

/** Fetches binary packages and unpacks them over each other into `folder`, which is made if need be. */
export async function unpackBinaries(
  packages: readonly PinnedPackage[],
  folder: string,
  step: Step,
): Promise<void> {
  for (const pkg of packages) {
    const files = await fetchPackage(pkg, step);
    for (const name of Object.keys(pkg.files)) {
      await run(["dpkg-deb", "-x", join(files, name), folder]);
    }
  }
}

/** Unpacks a fetched source package, Debian's patches applied, into `folder` (made anew). */
export async function unpackSource(
  pkg: PinnedPackage,
  files: string,
  folder: string,
): Promise<void> {
  const dsc = Object.keys(pkg.files).find((name) => name.endsWith(".dsc"));
  if (dsc === undefined) throw new Error(`${pkg.name}: no .dsc among its pinned files`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await run(["dpkg-source", "--no-check", "-x", join(files, dsc), folder]);
}
