// The table of contents against what the build really takes in: pinned packages, bundled modules and
// the packages' own copyright files. A package that is new in build/ fails here until it has a row.

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hashOf } from "../../build/base/cache.ts";
import { cacheRoot } from "../../build/base/cache-root.ts";
import { type PinnedPackage, upstreamVersion } from "../../build/packages/debian-source.ts";
import type { Component } from "../../build/ship/component.ts";
import {
  allComponents,
  type Contents,
  contentsOf,
  debianComponent,
  ONLY_BUILT_WITH,
  SHIPPED_TARGETS,
} from "../../build/ship/contents.ts";
import { noticeText } from "../../build/ship/licences.ts";
import { bundledPackages, locked, packagesIn, readLock } from "../../build/ship/npm-packages.ts";
import { TARGETS, type Target, type TargetName } from "../../build/toolchain/targets.ts";
import { builtGlibc, builtMusl, QUIET } from "../support/build/built.ts";

const ROOT = join(import.meta.dir, "../..");
const COMMIT = "0123456789abcdef";
/** Whether an executable was built here, so that all packages of it are in the cache. */
const wasBuilt = async (name: TargetName) =>
  (TARGETS[name] as Target).musl === undefined
    ? (await builtGlibc(TARGETS[name])) !== null
    : (await builtMusl(TARGETS[name])) !== null;
const built = await Promise.all(SHIPPED_TARGETS.map(wasBuilt));
const readyTargets = SHIPPED_TARGETS.filter((_, place) => built[place]);
const isReady = readyTargets.length > 0;

/** What must stand in a copyright file for its licence to be the one that we name. */
const WORDS: Readonly<Record<string, RegExp>> = {
  "Apache-2.0": /Apache-2\.0|Apache License\s+Version 2\.0/,
  "Artistic-1.0-Perl": /Perl/,
  "BSD-1-Clause": /BSD-1-Clause/,
  "BSD-2-Clause": /BSD[- ]2-?clause/i,
  // What the third clause forbids.
  "BSD-3-Clause": /BSD[- ]3-?(clause|google)|used to\s+endorse or promote products/i,
  "GCC-exception-3.1": /version 3\.1 of the GCC\s+Runtime Library Exception/,
  "GPL-2.0-only": /GPL-2\b/,
  "GPL-2.0-or-later": /GPL-2\+/,
  "GPL-3.0-or-later": /General Public License \(v3 or later\)/,
  ISC: /License: ISC|The ISC portions|use, copy, modify, and\/or distribute this software/,
  "LGPL-2.1-only": /LGPL-2\.1\b/,
  "LGPL-2.1-or-later": /LGPL-2\.1\+|Lesser General Public\s+License[^.]+version 2\.1/,
  "LGPL-3.0-or-later": /LGPL-3\+/,
  "LicenseRef-glibc-notices": /BIND 4\.9\.5/,
  "LicenseRef-Lucent-rune": /License: Lucent/,
  // The note is in each header, not in Debian's file.
  "Linux-syscall-note": /Linux kernel/,
  MIT: /MIT|Expat/,
  SunPro: /Developed at SunPro/,
  "Unicode-DFS-2015": /UNICODE, INC\. LICENSE AGREEMENT - DATA FILES AND SOFTWARE/,
  Zlib: /License: Zlib/,
};

test.each([
  ["0.20.0-3", "0.20.0"],
  ["1:1.2.13.dfsg-1", "1.2.13"],
  ["20220601+dfsg-1", "20220601"],
  ["1.0+repack-2", "1.0"],
  ["12.2.0-14+deb12u1", "12.2.0"],
  ["2021.8.0-2+deb12u1", "2021.8.0"],
  ["1.2.5-3.1~deb13u1", "1.2.5"],
  ["2.3.0-1+b1", "2.3.0"],
])("Debian's version %s is upstream's %s", (packaged, upstream) => {
  expect(upstreamVersion(packaged)).toBe(upstream);
});

test("a bundled module belongs to the innermost package of its path", () => {
  const paths = [
    "src/main.ts",
    "node_modules/avsc/lib/index.js",
    "node_modules/avsc/lib/types.js",
    "node_modules/@a/b/index.js",
    "node_modules/c/node_modules/d/e.js",
  ];
  expect(packagesIn(paths)).toEqual(["@a/b", "avsc", "d"]);
});

test("the bundler tells what it takes, and all of it is in the lock file", async () => {
  const lock = await readLock();
  for (const name of await bundledPackages()) expect(locked(name, lock).hash).toHaveLength(128);
  expect(() => locked("nothing", lock)).toThrow("bun.lock has no package nothing");
});

test("what was taken in the place of a pinned package is what is told", () => {
  const pinned: PinnedPackage = {
    name: "linux-libc-dev",
    version: "6.1.176-1",
    kind: "binary",
    suite: "bookworm",
    architecture: "amd64",
    files: { "linux-libc-dev_6.1.176-1_amd64.deb": "0".repeat(64) },
  };
  const files = { "linux-libc-dev_6.1.200-2_amd64.deb": "1".repeat(64) };
  const component = debianComponent(pinned, { ...pinned, version: "6.1.200-2", files });
  expect(component).toMatchObject({
    version: "6.1.200",
    packageVersion: "6.1.200-2",
    purl: "pkg:deb/debian/linux-libc-dev@6.1.200-2?arch=amd64&distro=bookworm",
    archives: [{ name: "linux-libc-dev_6.1.200-2_amd64.deb", hash: "1".repeat(64) }],
  });
});

test("a target without an executable is refused", async () => {
  await expect(contentsOf("x86_64-linux-gnu", COMMIT, QUIET)).rejects.toThrow(
    "no executable is made for x86_64-linux-gnu",
  );
});

describe.skipIf(!isReady)("an executable (skipped where none was built)", async () => {
  const all: Contents[] = [];
  for (const name of readyTargets) {
    all.push(await contentsOf(name, COMMIT, QUIET));
  }
  const components = all.flatMap(allComponents);
  const distinct = [...new Map(components.map((one) => [one.purl ?? one.name, one])).values()];

  test.skipIf(readyTargets.length < SHIPPED_TARGETS.length)(
    "every hash that is pinned in build/ is of a package with a row",
    () => {
      const named = new Set([
        ...components.flatMap(({ archives }) => archives.map(({ hash }) => hash)),
        ...ONLY_BUILT_WITH.flatMap(({ files }) => Object.values(files)),
      ]);
      const sources = readdirSync(join(ROOT, "build"), { recursive: true, encoding: "utf8" });
      const pinned = sources
        .filter((name) => name.endsWith(".ts") && name !== "ship/contents.ts")
        .flatMap((name) =>
          readFileSync(join(ROOT, "build", name), "utf8").match(/\b[0-9a-f]{64}\b/g),
        )
        .filter((hash) => hash !== null);
      expect(pinned.length).toBeGreaterThan(20);
      const missing = pinned.filter((hash) => !named.has(hash));
      expect(missing, "pinned in build/, without a row in build/ship/contents.ts").toEqual([]);
      // The other way round: a row whose pin was changed elsewhere.
      const hashes = components.flatMap(({ archives }) => archives);
      const stale = hashes.filter(({ algorithm }) => algorithm === "SHA-256");
      expect(stale.filter(({ hash }) => !pinned.includes(hash))).toEqual([]);
    },
  );

  test.each(distinct)(
    "$name $version: a licence that SPDX or we have a name for",
    ({ license }) => {
      for (const id of identifiers(license)) {
        expect([...Object.keys(WORDS), "LGPL-2.0-only"]).toContain(id);
      }
    },
  );

  test.each(distinct.filter(({ notice }) => notice !== null))(
    "$name $version: its copyright file names the licence",
    async (component) => {
      const text = await textAtHand(component);
      // Not fetched here: the build does that.
      if (text === null) return;
      for (const id of identifiers(component.license)) {
        expect(text, id).toMatch(WORDS[id] ?? id);
      }
    },
  );

  test("a package URL stands once in an executable, and names no host", () => {
    for (const contents of all) {
      const urls = allComponents(contents).flatMap(({ purl }) => purl ?? []);
      expect(new Set(urls).size).toBe(urls.length);
      for (const url of urls) expect(url).toMatch(/^pkg:(deb\/debian|npm)\/[^/]+(\/[^/]+)?$/);
    }
  });

  test("a Bun part has the commit or version that Bun names", () => {
    const parts = all.flatMap(({ runtime }) => runtime.parts);
    expect(parts.filter(({ version }) => version === "unknown")).toEqual([]);
  });
});

function identifiers(license: string | null): string[] {
  return (license ?? "").split(/[ ()]+/).filter((word) => !/^(AND|OR|WITH|)$/.test(word));
}

/** Null where the package of a notice is not on this machine yet. */
async function textAtHand({ notice }: Component): Promise<string | null> {
  if (notice === null) return null;
  if (notice.from === "pinned") {
    const { name, version, files } = notice.pkg;
    const entry = `deb-${name}-${hashOf([name, version, files])}`;
    if (!existsSync(join(cacheRoot(), entry))) return null;
  }
  if (notice.from === "foreign") return null;
  return await noticeText(notice, { title: "", note: () => undefined });
}
