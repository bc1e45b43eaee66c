// Pins that a mirror has no more: what is taken in their place, from a mirror in a folder, made here.

import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256File } from "../../build/base/cache.ts";
import { run } from "../../build/base/run.ts";
import {
  type AptSource,
  fetchedKey,
  fetchPackage,
  type PinnedPackage,
  replacement,
} from "../../build/packages/debian-source.ts";
import { QUIET } from "../support/build/built.ts";
import { checksum, fileFields, writeLists } from "../support/build/mirror.ts";

const pin = (version: string, more: Partial<PinnedPackage> = {}): PinnedPackage => ({
  name: "sample",
  version,
  kind: "binary",
  suite: "bookworm",
  files: { [`sample_${version}_all.deb`]: "0".repeat(64) },
  ...more,
});

describe("in the place of a pinned version that is gone", () => {
  test.each([
    ["the newest revision of it", "1.0-2", ["1.0-3", "1.0-10", "1.1-1"], "1.0-10"],
    ["a security update of it", "1.0-2+deb12u1", ["1.0-2+deb12u3"], "1.0-2+deb12u3"],
    ["a backport of it", "2:1.0-2", ["2:1.0-2~bpo12+1"], "2:1.0-2~bpo12+1"],
    ["an older revision, if no other", "1.0-2", ["1.0-1"], "1.0-1"],
    ["one repacked anew", "1.2.dfsg-1", ["1.2.dfsg2-1"], "1.2.dfsg2-1"],
    ["no other upstream version", "1.0-2", ["1.0.1-1", "0.9-1"], null],
    ["nothing where there is nothing", "1.0-2", [], null],
    ["nothing where it is not gone", "1.0-2", ["1.0-2", "1.0-3"], null],
  ])("comes %s", async (_name, version, available, expected) => {
    expect(await replacement(pin(version), available)).toBe(expected);
  });

  test("comes any newest one, where any will do", async () => {
    const any = pin("6.1.1-1", { orNewest: true });
    expect(await replacement(any, ["6.1.9-1", "6.1.10-1"])).toBe("6.1.10-1");
  });
});

const hasApt = Bun.which("apt-get") !== null && Bun.which("dpkg-deb") !== null;

describe.skipIf(!hasApt)(`a mirror${hasApt ? "" : " (skipped: no apt here)"}`, () => {
  let root = "";
  let archive: AptSource | undefined;
  const cache = process.env["XDG_CACHE_HOME"];
  const said: string[] = [];
  const stderr = spyOn(process.stderr, "write").mockImplementation((text) => {
    said.push(String(text));
    return true;
  });

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "mirror-"));
    process.env["XDG_CACHE_HOME"] = join(root, "cache");
    const options = new Map([["trusted", "yes"]]);
    const place = { suites: ["bookworm"], components: ["main"], types: ["deb"], options };
    archive = { ...place, uris: [`copy:${root}/mirror`] };
    await makeMirror(join(root, "mirror"), "1.0-2");
  });

  afterAll(async () => {
    stderr.mockRestore();
    if (cache === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = cache;
    await rm(root, { recursive: true });
  });

  test("that has the pinned version gives it, if its hash is right", async () => {
    const file = "sample_1.0-2_all.deb";
    await expect(fetchPackage(pin("1.0-2"), QUIET, archive)).rejects.toThrow("has SHA-256");
    const hash = await sha256File(join(root, "mirror/pool", file));
    const right = pin("1.0-2", { files: { [file]: hash } });
    expect((await fetchPackage(right, QUIET, archive)).pkg).toEqual(right);
    expect(said).toEqual([]);
  });

  test("that has it no more gives another revision, which is said and told", async () => {
    // After its lists were read once: a point release comes between.
    await makeMirror(join(root, "mirror"), "1.0-5");
    const hash = await sha256File(join(root, "mirror/pool/sample_1.0-5_all.deb"));
    const pinned = pin("1.0-1");
    const fetched = await fetchPackage(pinned, QUIET, archive);
    expect(fetched.pkg).toEqual({
      ...pinned,
      version: "1.0-5",
      files: { "sample_1.0-5_all.deb": hash },
    });
    expect(await sha256File(join(fetched.folder, "sample_1.0-5_all.deb"))).toBe(hash);
    expect(said.join("")).toBe(
      "  ! bookworm has sample 1.0-1 no more; taken, on apt's signature alone: 1.0-5\n",
    );
    // The next build finds it in the cache, with the same name.
    expect(await fetchPackage(pinned, QUIET, archive)).toEqual(fetched);
    expect(fetchedKey([fetched])).toEqual([["sample", { "sample_1.0-5_all.deb": hash }]]);
  });

  test("that has another upstream version only is an error", async () => {
    await expect(fetchPackage(pin("0.9-1"), QUIET, archive)).rejects.toThrow("0.9-1");
    const any = await fetchPackage(pin("0.9-1", { orNewest: true }), QUIET, archive);
    expect(any.pkg.version).toBe("1.0-5");
  });

  test("that has another revision of a source gives all of its files", async () => {
    const source = { kind: "source", files: { "sample_1.0-1.dsc": "0".repeat(64) } } as const;
    const { folder, pkg } = await fetchPackage(pin("1.0-1", source), QUIET, archive);
    expect(pkg.version).toBe("1.0-5");
    expect(Object.keys(pkg.files)).toEqual(["sample_1.0-5.dsc", "sample_1.0-5.tar.xz"]);
    for (const [name, hash] of Object.entries(pkg.files)) {
      expect(await sha256File(join(folder, name))).toBe(hash);
    }
  });
});

/** A Debian archive in a folder with one package, of one version, as binary and as source. */
async function makeMirror(folder: string, version: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const pool = join(folder, "pool");
  const tree = join(folder, "tree");
  const control = [
    "Package: sample",
    `Version: ${version}`,
    "Architecture: all",
    "Maintainer: Nobody <nobody@example.org>",
    "Description: a sample",
  ];
  await Bun.write(join(tree, "DEBIAN/control"), `${control.join("\n")}\n`);
  await mkdir(pool);
  const deb = `sample_${version}_all.deb`;
  await run(["dpkg-deb", "--build", "--root-owner-group", tree, join(pool, deb)]);
  const packages = [...control, await fileFields(pool, deb), ""].join("\n");

  const tar = `sample_${version}.tar.xz`;
  await run(["tar", "-cJf", join(pool, tar), "-C", tree, "DEBIAN"]);
  const dsc = ["Format: 3.0 (native)", "Source: sample", "Binary: sample", ...control.slice(1)];
  const name = `sample_${version}.dsc`;
  const files = `Checksums-Sha256:\n ${await checksum(pool, tar)}\n`;
  await Bun.write(join(pool, name), `${dsc.join("\n")}\n${files}`);
  const head = ["Package: sample", "Binary: sample", ...control.slice(1), "Directory: pool"];
  const both = [await checksum(pool, name), await checksum(pool, tar)].map((line) => ` ${line}`);
  const sources = [...head, "Checksums-Sha256:", ...both, ""].join("\n");

  await writeLists(folder, {
    "main/binary-amd64/Packages": packages,
    "main/source/Sources": sources,
  });
}
