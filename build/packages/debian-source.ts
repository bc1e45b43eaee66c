// Brings packages that this machine's own Debian release lacks, through apt and from the mirror the
// machine already uses, but with lists and settings of our own: the host's apt stays as it was.
// Every file is checked against a hash kept here, over and above apt's own signatures.

import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cached, hashOf, sha256File, withLock } from "../base/cache.ts";
import { cacheRoot } from "../base/cache-root.ts";
import { run, type Step } from "../base/run.ts";

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
   * Whether any version of the suite will do where it no longer has this one, and not only another
   * revision of the same upstream version: for tools, and for what has a new version in each update.
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
const FETCHED_AT_ONCE = 4;
const LISTS_LAST_MS = 3_600_000;

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

/** A package in the cache. */
export interface FetchedPackage {
  readonly folder: string;
  /** What is there: the pinned package, or what was taken in its place. */
  readonly pkg: PinnedPackage;
}

/** Where a fetched package says what it is, when that is not what was pinned. */
const TAKEN = "taken.json";

/**
 * The package's files, fetched now unless they are in the cache. Where the mirror has the pinned
 * version no more, the newest revision of the same upstream version is taken, and that is said.
 *
 * @param archive where to fetch from; the machine's own main archive unless given.
 */
export async function fetchPackage(
  pkg: PinnedPackage,
  step: Step,
  archive?: AptSource,
): Promise<FetchedPackage> {
  const inputs = [pkg.name, pkg.version, pkg.files];
  const folder = await cached(`deb-${pkg.name}`, inputs, async (folder) => {
    const root = await privateApt(pkg, step, archive);
    const started = Date.now();
    step.note(`fetching ${pkg.name} ${pkg.version}`);
    try {
      await download(pkg, root, folder);
    } catch (error) {
      // The lists may be of before the mirror changed.
      await privateApt(pkg, step, archive, started);
      const found = await replacement(pkg, await versionsIn(root, pkg));
      if (found === null) throw error;
      await download({ ...pkg, version: found }, root, folder);
      await Bun.write(join(folder, TAKEN), JSON.stringify(await taken(pkg, found, folder)));
      return;
    }
    for (const [name, expected] of Object.entries(pkg.files)) {
      const found = await sha256File(join(folder, name));
      if (found === expected) continue;
      throw new Error(`${name} from the Debian mirror has SHA-256 ${found}, not ${expected}`);
    }
  });
  const other = Bun.file(join(folder, TAKEN));
  return { folder, pkg: (await other.exists()) ? await other.json() : pkg };
}

/** Several packages, each as `fetchPackage` gives it, in their order. */
export async function fetchPackages(
  packages: readonly PinnedPackage[],
  step: Step,
): Promise<readonly FetchedPackage[]> {
  const fetched: FetchedPackage[] = [];
  const waiting = [...packages.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, pkg] = next;
      fetched[place] = await fetchPackage(pkg, step);
    }
  };
  await Promise.all(Array.from({ length: FETCHED_AT_ONCE }, work));
  return fetched;
}

/** A cache key of what was really fetched. */
export function fetchedKey(fetched: readonly FetchedPackage[]): readonly unknown[] {
  return fetched.map(({ pkg }) => [pkg.name, pkg.files]);
}

async function download(pkg: PinnedPackage, root: string, folder: string): Promise<void> {
  const source = ["source", "--download-only", "--only-source"];
  const verb = pkg.kind === "source" ? source : ["download"];
  const wanted = `${pkg.name}=${pkg.version}`;
  await run(["apt-get", ...aptOptions(root, pkg), ...verb, wanted], { cwd: folder });
}

/** The versions of a package that the lists of a private apt have. */
async function versionsIn(root: string, pkg: PinnedPackage): Promise<readonly string[]> {
  const verb = pkg.kind === "source" ? "showsrc" : "show";
  const query = ["apt-cache", ...aptOptions(root, pkg), verb, pkg.name];
  // It fails where there is no such package at all.
  const text = await run(query).catch(() => "");
  return [...text.matchAll(/^Version: (\S+)$/gm)].map(([, version = ""]) => version);
}

/**
 * The version to take where the pinned one is gone: the newest that is of the same upstream version,
 * or the newest at all where any will do. Null when there is none, or the pinned one is not gone.
 */
export async function replacement(
  pkg: PinnedPackage,
  available: readonly string[],
): Promise<string | null> {
  if (available.includes(pkg.version)) return null;
  const upstream = upstreamVersion(pkg.version);
  let best: string | null = null;
  for (const version of available) {
    if (pkg.orNewest !== true && upstreamVersion(version) !== upstream) continue;
    if (best === null || (await isNewer(version, best))) best = version;
  }
  return best;
}

/** Whether a version is newer than another one, as Debian compares them. */
export async function isNewer(version: string, other: string): Promise<boolean> {
  const compare = ["dpkg", "--compare-versions", version, "gt", other];
  return await run(compare).then(
    () => true,
    () => false,
  );
}

/** What is in a folder, as a package; said on standard error, since no hash of ours vouches for it. */
async function taken(pkg: PinnedPackage, version: string, folder: string): Promise<PinnedPackage> {
  const names = (await readdir(folder)).sort();
  const hashes = names.map(async (name) => [name, await sha256File(join(folder, name))] as const);
  const files = Object.fromEntries(await Promise.all(hashes));
  const why = `${pkg.suite} has ${pkg.name} ${pkg.version} no more`;
  process.stderr.write(`  ! ${why}; taken, on apt's signature alone: ${version}\n`);
  return { ...pkg, version, files };
}

/** Debian's version without epoch, revision and the marks of a repacked source. */
export function upstreamVersion(packaged: string): string {
  return packaged
    .replace(/^\d+:/, "")
    .replace(/-[^-]*$/, "")
    .replace(/[.+](dfsg|repack).*$/, "");
}

/** What decides which package lists are read. */
export interface Place extends Pick<PinnedPackage, "kind" | "suite" | "architecture"> {
  /** Where to fetch from; the machine's own main archive unless given. */
  readonly archive?: AptSource;
}

/**
 * Lists of what a package is in and of nothing else: each place has its own.
 *
 * @param since when the lists must have been read at the earliest, or they are read anew.
 */
export async function privateApt(
  pkg: Place,
  step: Step,
  archive = pkg.archive,
  since = Date.now() - LISTS_LAST_MS,
): Promise<string> {
  const place = archive ?? (await hostArchive());
  const text = stanza(place, pkg.kind === "source" ? "deb-src" : "deb", pkg.suite);
  const root = join(cacheRoot(), `apt-${hashOf([text, pkg.architecture ?? ""])}`);
  const lists = join(root, "lists");
  await mkdir(join(root, "parts"), { recursive: true });
  await mkdir(join(root, "cache/archives/partial"), { recursive: true });
  await withLock(`${root}.lock`, async () => {
    await Bun.write(join(root, "private.sources"), text);
    await Bun.write(join(root, "status"), "");
    const updated = Bun.file(join(root, "updated"));
    if ((await updated.exists()) && updated.lastModified >= since) return;
    step.note("reading the Debian mirror's package lists");
    await mkdir(join(lists, "partial"), { recursive: true });
    await run(["apt-get", ...aptOptions(root, pkg), "update"]);
    await Bun.write(join(root, "updated"), "");
  });
  return root;
}

async function hostArchive(): Promise<AptSource> {
  const os = await Bun.file("/etc/os-release").text();
  const codename = os.match(/^VERSION_CODENAME="?(\w+)/m)?.[1] ?? "bookworm";
  const archive = mainArchive(await hostSources(), codename);
  if (archive !== null) return archive;
  throw new Error(
    `cannot find this machine's Debian mirror: no entry for ${codename} main in /etc/apt; ` +
      "add one to /etc/apt/sources.list.d",
  );
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

/** Unpacks fetched binary packages over each other into `folder`, which is made if need be. */
export async function unpackFetched(
  fetched: readonly FetchedPackage[],
  folder: string,
): Promise<void> {
  for (const { folder: files, pkg } of fetched) {
    for (const name of Object.keys(pkg.files)) {
      await run(["dpkg-deb", "-x", join(files, name), folder]);
    }
  }
}

/** Fetches binary packages and unpacks them over each other into `folder`. */
export async function unpackBinaries(
  packages: readonly PinnedPackage[],
  folder: string,
  step: Step,
): Promise<void> {
  await unpackFetched(await fetchPackages(packages, step), folder);
}

/** Unpacks a fetched source package, Debian's patches applied, into `folder` (made anew). */
export async function unpackSource(fetched: FetchedPackage, folder: string): Promise<void> {
  const dsc = Object.keys(fetched.pkg.files).find((name) => name.endsWith(".dsc"));
  if (dsc === undefined) throw new Error(`${fetched.pkg.name}: no .dsc among its files`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await run(["dpkg-source", "--no-check", "-x", join(fetched.folder, dsc), folder]);
}
