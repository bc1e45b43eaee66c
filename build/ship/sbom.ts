// What lies beside an executable: dist/sysflow.cdx.json, a CycloneDX 1.5 bill of materials, and
// dist/SHA256SUMS. CycloneDX rather than SPDX because it nests a runtime's own parts and is what
// vulnerability scanners read. Same inputs, same bytes: times come from the commit, ids from hashes.

import { dirname } from "node:path";
import { sha256File } from "../base/cache.ts";
import { run } from "../base/run.ts";
import type { Archive, Component, Role } from "./component.ts";
import type { Contents } from "./contents.ts";

/** Where the bill of one executable goes and what it is of. */
export interface SbomPlan {
  readonly contents: Contents;
  /** The finished executable, whose hash is written down. */
  readonly executable: string;
  readonly out: string;
  /** Seconds since the epoch; null leaves the time out. `sourceTime()` is what a build gives. */
  readonly time: number | null;
}

const TYPES: Readonly<Record<Role, string>> = {
  runtime: "platform",
  bundled: "library",
  linked: "library",
  headers: "library",
};

/** Writes the bill of materials and returns its path. */
export async function writeSbom(plan: SbomPlan): Promise<string> {
  const bill = sbom(plan.contents, await sha256File(plan.executable), plan.time);
  await Bun.write(plan.out, `${JSON.stringify(bill, null, 2)}\n`);
  return plan.out;
}

/** The bill of materials as a value; its serial number is a hash of all the rest. */
export function sbom(contents: Contents, executableHash: string, time: number | null) {
  const self = `pkg:generic/sysflow@${contents.version}?arch=${contents.target}`;
  const own = [contents.runtime, contents.libc, ...contents.components];
  const rest = {
    version: 1,
    metadata: {
      ...(time === null ? {} : { timestamp: isoTime(time) }),
      component: {
        type: "application",
        "bom-ref": self,
        name: "sysflow",
        version: contents.version,
        hashes: [{ alg: "SHA-256", content: executableHash }],
        licenses: [{ expression: "Apache-2.0" }],
        purl: self,
      },
      properties: [
        { name: "sysflow:commit", value: contents.commit },
        { name: "sysflow:target", value: contents.target },
        { name: "sysflow:cpu", value: contents.cpu },
      ],
    },
    components: own.map(componentJson),
    dependencies: [
      { ref: self, dependsOn: own.map(reference) },
      ...own.map((component) => ({ ref: reference(component) })),
    ],
    // The runtime's parts are those that it names itself: there may be more.
    compositions: [
      { aggregate: "complete", assemblies: [self] },
      { aggregate: "incomplete", assemblies: [reference(contents.runtime)] },
    ],
  };
  const id = new Bun.CryptoHasher("sha256").update(JSON.stringify(rest)).digest("hex");
  const serialNumber = `urn:uuid:${uuidOf(id)}`;
  return { bomFormat: "CycloneDX", specVersion: "1.5", serialNumber, ...rest };
}

function componentJson(component: Component): object {
  const { name, license, purl, role, archives, parts } = component;
  return {
    type: TYPES[role],
    "bom-ref": reference(component),
    name,
    version: component.packageVersion,
    ...(license === null ? {} : { licenses: [{ expression: license }] }),
    ...(purl === null ? {} : { purl }),
    ...(archives.length === 0 ? {} : { externalReferences: archives.map(archiveJson) }),
    ...(parts.length === 0
      ? {}
      : { components: parts.map((part) => partJson(part, reference(component))) }),
    properties: [{ name: "sysflow:role", value: role }],
  };
}

/** A part has no package of its own, so the whole's name goes into its reference. */
function partJson({ name, version, license }: Component, whole: string): object {
  return {
    type: "library",
    "bom-ref": `${whole}#${name}`,
    name,
    version,
    ...(license === null ? {} : { licenses: [{ expression: license }] }),
  };
}

/** The address is the bare name of the file: which mirror served it is of no matter, the hash is. */
function archiveJson({ name, algorithm, hash }: Archive): object {
  return {
    type: "distribution",
    url: encodeURI(name),
    hashes: [{ alg: algorithm, content: hash }],
  };
}

function reference({ purl, name, version }: Component): string {
  return purl ?? `${name}@${version}`;
}

/** 122 bits of a hash in the form that RFC 9562 gives for values of one's own making (version 8). */
function uuidOf(hash: string): string {
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 3) | 8).toString(16);
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`];
  return [...parts, `${variant}${hash.slice(17, 20)}`, hash.slice(20, 32)].join("-");
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/**
 * The time that a build may name: SOURCE_DATE_EPOCH, else that of the commit. Null outside git.
 *
 * @throws Error where SOURCE_DATE_EPOCH is not a number of seconds.
 */
export async function sourceTime(folder: string): Promise<number | null> {
  const given = process.env["SOURCE_DATE_EPOCH"];
  if (given !== undefined) {
    if (!/^\d{1,12}$/.test(given)) throw new Error(`SOURCE_DATE_EPOCH=${given} is not in seconds`);
    return Number(given);
  }
  try {
    return Number(await run(["git", "show", "-s", "--format=%ct", "HEAD"], { cwd: folder }));
  } catch {
    return null;
  }
}

/** Writes the SHA-256 sums of files as `sha256sum --check` reads them, names without folders. */
export async function writeSums(files: readonly string[], out: string): Promise<void> {
  const lines: string[] = [];
  for (const file of files) {
    if (dirname(file) !== dirname(out)) throw new Error(`${file} is not in the folder of ${out}`);
    lines.push(`${await sha256File(file)}  ${file.split("/").at(-1)}\n`);
  }
  await Bun.write(out, lines.join(""));
}
