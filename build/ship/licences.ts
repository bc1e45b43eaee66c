// The licence texts that go along with an executable: `sysflow version --licenses` prints them. They
// are read at build time in the packages that the code came from, so no copy of them can grow old.

import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { cached } from "../base/cache.ts";
import { run, type Step } from "../base/run.ts";
import {
  fetchedKey,
  fetchPackage,
  fetchPackages,
  type PinnedPackage,
  unpackFetched,
} from "../packages/debian-source.ts";
import { foreignPackage } from "../packages/node-runtime.ts";
import { BASE_FILES } from "../toolchain/pins.ts";
import type { Component, Notice } from "./component.ts";
import type { Contents } from "./contents.ts";

const ROOT = join(import.meta.dir, "../..");
const RULE = "=".repeat(78);

/** Texts that Debian keeps once for all packages: its name, and the SPDX names that mean it. */
const COMMON_FOLDER = "usr/share/common-licenses";
const COMMON: Readonly<Record<string, RegExp>> = {
  "Apache-2.0": /\bApache-2\.0\b/,
  "GPL-2": /\bGPL-2\.0-/,
  // The LGPL 3 is the GPL 3 with more permissions.
  "GPL-3": /\bL?GPL-3\.0-/,
  "LGPL-2": /\bLGPL-2\.0-/,
  "LGPL-2.1": /\bLGPL-2\.1-/,
  "LGPL-3": /\bLGPL-3\.0-/,
};

/** Linux refuses an argument of 128 KiB; with the option's name around it this stays below. */
const DEFINE_BYTES_MAX = 120_000;

/**
 * One text: a list of all that is inside, then each component's copyright file, then the long
 * licences that those only refer to.
 */
export async function noticesText(contents: Contents, step: Step): Promise<string> {
  const components = [contents.runtime, contents.libc, ...contents.components];
  return await componentNotices(heading(contents, components), components, step);
}

/** The same for the addons of the library's package, which have no runtime inside. */
export async function addonNotices(contents: Contents, step: Step): Promise<string> {
  const components = [contents.libc, ...contents.components];
  return await componentNotices(heading(contents, components), components, step);
}

async function componentNotices(
  head: string,
  components: readonly Component[],
  step: Step,
): Promise<string> {
  const titles = new Map<string, string[]>();
  for (const { notice, name, version } of components) {
    if (notice === null) continue;
    const text = await noticeText(notice, step);
    titles.set(text, [...(titles.get(text) ?? []), `${name} ${version}`]);
  }
  const texts = [...titles].map(([text, names]) => section(names.join(", "), text));
  const expressions = components
    .flatMap((component) => [component, ...component.parts])
    .map(({ license }) => license ?? "")
    .join(" ");
  const common = await commonLicences(step);
  for (const [name, pattern] of Object.entries(COMMON)) {
    if (!pattern.test(expressions)) continue;
    texts.push(section(name, await Bun.file(join(common, name)).text()));
  }
  return [head, ...texts].join("\n");
}

/** The text as `--define` takes it: compressed, in base64. */
export function packedNotices(text: string): string {
  const packed = brotliCompressSync(text).toString("base64");
  if (packed.length <= DEFINE_BYTES_MAX) return packed;
  throw new Error(
    `the licence texts take ${packed.length} bytes when packed, and an argument may have ` +
      `${DEFINE_BYTES_MAX}: leave out a text that is there twice`,
  );
}

function heading(contents: Contents, components: readonly Component[]): string {
  const wide = Math.max(...components.map(({ name, version }) => `${name} ${version}`.length));
  const rows = components.map(({ name, version, license, role }) => {
    const more = role === "runtime" ? ", and what it links: see below" : "";
    return `  ${`${name} ${version}`.padEnd(wide)}  ${license ?? "several"}${more}`;
  });
  return [
    `sysflow ${contents.version} (${contents.target}) is under the Apache License 2.0. Inside it is`,
    "also, under the licence named (an SPDX expression):",
    "",
    ...rows,
    "",
    "The source of every part is the package that the SBOM names. Where an expression offers a choice,",
    "it is yours. Whoever wants to change a part under the LGPL builds sysflow anew with it: the build",
    "takes each part from its source and needs no secret.",
    "",
  ].join("\n");
}

function section(title: string, text: string): string {
  return `${RULE}\n${title}\n${RULE}\n\n${text.replace(/[ \t]+$/gm, "").trim()}\n`;
}

/** One component's own copyright file. */
export async function noticeText(notice: Notice, step: Step): Promise<string> {
  switch (notice.from) {
    case "file":
      return await Bun.file(join(import.meta.dir, "licences", notice.name)).text();
    case "npm":
      return await npmLicence(join(ROOT, "node_modules", notice.name));
    case "foreign":
      return await npmLicence(await foreignPackage(notice.name, notice.cpu, step));
    case "pinned":
      return await pinnedCopyright(notice.pkg, step);
    default:
      return notice satisfies never;
  }
}

async function npmLicence(folder: string): Promise<string> {
  const file = (await readdir(folder)).sort().find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence file`);
  return await Bun.file(join(folder, file)).text();
}

/** The folder of the common texts: of one release, since they change a little with each. */
async function commonLicences(step: Step): Promise<string> {
  const fetched = await fetchPackages(BASE_FILES, step);
  const folder = await cached("common-licences", fetchedKey(fetched), async (out) => {
    await unpackFetched(fetched, out);
  });
  return join(folder, COMMON_FOLDER);
}

/** `debian/copyright` of a source package, or the same file of a binary one. */
async function pinnedCopyright(pinned: PinnedPackage, step: Step): Promise<string> {
  const { folder: files, pkg } = await fetchPackage(pinned, step);
  const folder = await cached(`copyright-${pkg.name}`, [pkg.files], async (out) => {
    step.note(`reading the licence of ${pkg.name}`);
    const source = Object.keys(pkg.files).find((name) => /\.debian\.tar\.\w+$/.test(name));
    const binary = Object.keys(pkg.files).find((name) => name.endsWith(".deb"));
    const text =
      source !== undefined
        ? await run(["tar", "-xOf", join(files, source), "debian/copyright"])
        : await copyrightOfDeb(join(files, binary ?? ""), pkg.name);
    await Bun.write(join(out, "copyright"), text);
  });
  return await Bun.file(join(folder, "copyright")).text();
}

async function copyrightOfDeb(deb: string, name: string): Promise<string> {
  if (!existsSync(deb)) throw new Error(`${name}: no .deb among its pinned files`);
  const script = 'dpkg-deb --fsys-tarfile "$1" | tar -xO "$2"';
  return await run(["sh", "-c", script, "sh", deb, `./usr/share/doc/${name}/copyright`]);
}
