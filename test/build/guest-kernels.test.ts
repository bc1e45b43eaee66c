// Which kernel of a suite is taken, from mirrors in a folder whose lists name what they do not have.

import { afterAll, afterEach, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../build/base/run.ts";
import { guestKernel, kernelNames } from "../../build/guests/guest-kernels.ts";
import type { Place } from "../../build/packages/debian-source.ts";
import { QUIET } from "../support/build/built.ts";
import { fileFields, writeLists } from "../support/build/mirror.ts";

test.each([
  ["amd64", "linux-image-6.1.0-49-amd64", true],
  ["amd64", "linux-image-6.12.117+deb13-amd64", true],
  ["amd64", "linux-image-7.3.4+deb13~bpo-amd64", true],
  ["cloud-amd64", "linux-image-6.1.0-49-cloud-amd64", true],
  ["amd64", "linux-image-6.1.0-49-cloud-amd64", false],
  ["amd64", "linux-image-6.1.0-49-amd64-unsigned", false],
  ["amd64", "linux-image-6.1.0-49-amd64-dbg", false],
  ["s390x", "linux-image-s390x", false],
])("a kernel of flavour %s: %s: %p", (flavour, name, expected) => {
  expect(kernelNames(flavour).test(name)).toBe(expected);
});

const hasApt = Bun.which("apt-get") !== null && Bun.which("dpkg-deb") !== null;

/** What the mirrors list, in each two files for one kernel, as newer releases of Debian have it. */
const releases = ["6.12.9+deb13-amd64", "6.12.10+deb13-amd64", "6.12.20+deb13-amd64"];
const [oldest, older, newest] = ["6.12.9", "6.12.10", "6.12.20"].map(
  (each) => `${each}+deb13-amd64`,
);

describe.skipIf(!hasApt)(`of what a mirror lists${hasApt ? "" : " (skipped: no apt here)"}`, () => {
  let root = "";
  const cache = process.env["XDG_CACHE_HOME"];
  const said: string[] = [];
  const stderr = spyOn(process.stderr, "write").mockImplementation((text) => {
    said.push(String(text));
    return true;
  });

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "mirror-"));
  });

  afterEach(() => {
    said.length = 0;
  });

  afterAll(async () => {
    stderr.mockRestore();
    if (cache === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = cache;
    await rm(root, { recursive: true });
  });

  test.each([
    ["all are there", [], newest],
    ["the newest is missing", [`linux-image-${newest}`], older],
    ["a part of the newest is missing", [`linux-binary-${newest}`], older],
    ["two are missing", [`linux-image-${newest}`, `linux-binary-${older}`], oldest],
    ["an older one is missing", [`linux-image-${older}`], newest],
  ])("%s", async (name, missing, expected) => {
    const kernel = await guestKernel(await mirror(name, missing), "linux-image-amd64", QUIET);
    expect(kernel?.release).toBe(expected as string);
    expect(await Bun.file(kernel?.image ?? "").text()).toBe(`kernel ${expected}`);
    const other =
      `  ! bookworm lists linux-image-${newest} 6.12.20-1, which its mirror has not; ` +
      `taken: linux-image-${expected} ${expected?.replace(/\+.*/, "")}-1\n`;
    expect(said).toEqual(expected === newest ? [] : [other]);
  });

  test("none is there: what is said of the newest", async () => {
    const place = await mirror(
      "none",
      releases.map((each) => `linux-image-${each}`),
    );
    const kernel = guestKernel(place, "linux-image-amd64", QUIET);
    await expect(kernel).rejects.toThrow(`linux-image-${newest}`);
    await expect(kernel).rejects.toThrow(/^E: Failed to fetch/m);
    expect(said).toEqual([]);
  });

  test("no kernel of that flavour is listed", async () => {
    expect(await guestKernel(await mirror("other", []), "linux-image-s390x", QUIET)).toBeNull();
  });

  /** @param missing what is listed, and is not there. */
  async function mirror(name: string, missing: readonly string[]): Promise<Place> {
    const folder = join(root, name.replaceAll(" ", "-"));
    // What another test fetched is there still.
    process.env["XDG_CACHE_HOME"] = join(folder, "cache");
    const options = new Map([["trusted", "yes"]]);
    const place = { suites: ["bookworm"], components: ["main"], types: ["deb"], options };
    const packages = [
      await binary(folder, "linux-image-amd64", "6.12.20-1", [image(newest ?? "")]),
    ];
    for (const release of releases) {
      const version = `${release.replace(/\+.*/, "")}-1`;
      const part = `linux-binary-${release}`;
      packages.push(await binary(folder, image(release), version, ["kmod", part]));
      const file = { path: `boot/vmlinuz-${release}`, text: `kernel ${release}` };
      packages.push(await binary(folder, part, version, [], file));
    }
    // As new as any, and no kernel of the flavour.
    packages.push(await binary(folder, `${image(newest ?? "")}-dbg`, "6.12.20-1", []));
    await writeLists(folder, { "main/binary-amd64/Packages": packages.join("\n") });
    for (const each of missing) await run(["sh", "-c", `rm ${folder}/pool/${each}_*`]);
    return { kind: "binary", suite: "bookworm", archive: { ...place, uris: [`copy:${folder}`] } };
  }
});

const image = (release: string) => `linux-image-${release}`;

/** Puts a package into the archive. @returns its stanza of the list. */
async function binary(
  folder: string,
  name: string,
  version: string,
  depends: readonly string[],
  file?: { readonly path: string; readonly text: string },
): Promise<string> {
  const tree = join(folder, "tree", name);
  const control = [
    `Package: ${name}`,
    `Version: ${version}`,
    "Architecture: all",
    "Maintainer: Nobody <nobody@example.org>",
    ...(depends.length === 0 ? [] : [`Depends: ${depends.join(", ")}`]),
    "Description: a sample",
  ];
  await Bun.write(join(tree, "DEBIAN/control"), `${control.join("\n")}\n`);
  if (file !== undefined) await Bun.write(join(tree, file.path), file.text);
  const pool = join(folder, "pool");
  const deb = `${name}_${version}_all.deb`;
  await run(["mkdir", "-p", pool]);
  await run(["dpkg-deb", "--build", "--root-owner-group", tree, join(pool, deb)]);
  return `${control.join("\n")}\n${await fileFields(pool, deb)}\n`;
}
