// Which npm packages get into the executable, and their versions and hashes from bun.lock. The list of
// dependencies in package.json does not tell: the bundler takes only what is imported.

import { join } from "node:path";
import type { Component, Role } from "./component.ts";

const ROOT = join(import.meta.dir, "../..");

/** A package in bun.lock. */
export interface LockRow {
  readonly version: string;
  /** SHA-512 of the package's archive, in hex. */
  readonly hash: string;
}

/** By package name. */
export type Lock = ReadonlyMap<string, LockRow>;

/** A row as Bun writes it: name and version, registry, what package.json says, integrity. */
type Row = readonly [string, string, object, string];

/** @throws Error where a row is of another form than those of the npm registry. */
export async function readLock(): Promise<Lock> {
  const text = await Bun.file(join(ROOT, "bun.lock")).text();
  const { packages } = Bun.JSONC.parse(text) as { packages: Readonly<Record<string, Row>> };
  return new Map(Object.entries(packages).map(([name, row]) => [name, lockRow(name, row)]));
}

function lockRow(name: string, [id, , , integrity]: Row): LockRow {
  const hash = integrity?.match(/^sha512-(.+)$/)?.[1];
  if (hash === undefined) throw new Error(`bun.lock has no SHA-512 of ${name}`);
  const version = id.slice(id.lastIndexOf("@") + 1);
  return { version, hash: Buffer.from(hash, "base64").toString("hex") };
}

/** @throws Error where the package is not in the lock file. */
export function locked(name: string, lock: Lock): LockRow {
  const row = lock.get(name);
  if (row === undefined) throw new Error(`bun.lock has no package ${name}`);
  return row;
}

/** Names of the packages that the bundler takes something from, sorted. Writes no file. */
export async function bundledPackages(): Promise<string[]> {
  const entrypoints = [join(ROOT, "src/main.ts")];
  const bundle = { entrypoints, target: "bun", metafile: true, throw: false } as const;
  const { logs, metafile, success } = await Bun.build(bundle);
  if (!success) throw new Error(`cannot bundle src/main.ts: ${logs.map(String).join("; ")}`);
  if (metafile === undefined) throw new Error("the bundler does not tell what it takes");
  return packagesIn(Object.keys(metafile.inputs));
}

/** The packages that files belong to; of a package inside another, the inner one. */
export function packagesIn(paths: readonly string[]): string[] {
  const names = paths.map((path) => path.match(/.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** @throws Error where package.json names no licence. */
export async function npmComponent(name: string, role: Role, lock: Lock): Promise<Component> {
  const about = Bun.file(join(ROOT, "node_modules", name, "package.json"));
  const { license } = (await about.json()) as { readonly license?: string };
  if (license === undefined) throw new Error(`the npm package ${name} names no licence`);
  return { ...npmFacts(name, role, lock), license, notice: { from: "npm", name } };
}

function npmFacts(name: string, role: Role, lock: Lock) {
  const { version, hash } = locked(name, lock);
  const file = `${name.replace(/^@/, "").replace("/", "-")}-${version}.tgz`;
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const archives = [{ name: file, algorithm: "SHA-512", hash }] as const;
  return { name, version, packageVersion: version, purl, role, archives, parts: [] };
}

/** Bun's own list of what it links names these licences; null where it says "several". */
const BUN_PARTS: Readonly<Record<string, string | null>> = {
  webkit: "LGPL-2.0-only",
  boringssl: null,
  libarchive: null,
  icu: null,
  sqlite: null,
  zig: null,
  tinycc: "LGPL-2.1-only",
  lolhtml: "BSD-3-Clause",
  zstd: "BSD-3-Clause OR GPL-2.0-only",
  picohttpparser: "Artistic-1.0-Perl OR MIT",
  zlib: "Zlib",
  usockets: "Apache-2.0",
  uwebsockets: "Apache-2.0",
  mimalloc: "MIT",
  lshpack: "MIT",
  ares: "MIT",
  libdeflate: "MIT",
};

/** The runtime with the parts that it names, read from the Bun that builds: of the same version. */
export function bunRuntime(name: string, lock: Lock): Component {
  const facts = npmFacts(name, "runtime", lock);
  if (facts.version !== Bun.version) {
    throw new Error(`cannot tell what Bun ${facts.version} contains: this is Bun ${Bun.version}`);
  }
  const parts = Object.entries(BUN_PARTS).map(([part, license]): Component => {
    const version = process.versions[part] ?? "unknown";
    const none = { purl: null, archives: [], notice: null, parts: [] };
    return { name: part, version, packageVersion: version, license, role: "runtime", ...none };
  });
  const notice = { from: "file", name: "bun.txt" } as const;
  // Bun's own code is MIT; what it links has the licences of its parts.
  return { ...facts, name: "Bun", license: "MIT", notice, parts };
}

/** Node, whose licence file has the licences of all that it links; it names no versions of them. */
export function nodeRuntime(name: string, lock: Lock): Component {
  const notice = { from: "foreign", name, cpu: "s390x" } as const;
  return { ...npmFacts(name, "runtime", lock), name: "Node", license: "MIT", notice, parts: [] };
}
