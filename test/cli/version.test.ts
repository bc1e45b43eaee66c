// `sysflow version` of a bundle that was made as the executable is: with the build's constants in it.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../build/base/run.ts";
import type { Component } from "../../build/ship/component.ts";
import type { Contents } from "../../build/ship/contents.ts";
import { contentDefines } from "../../build/ship/defines.ts";
import packageJson from "../../package.json" with { type: "json" };
import { type Versions, versionText } from "../../src/run/versions.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");

function component(name: string, license: string | null, more: Partial<Component> = {}): Component {
  const versions = { version: "2.5", packageVersion: "2.5-1" };
  const none = { purl: null, archives: [], notice: null, parts: [] };
  return { name, license, ...versions, role: "linked", ...none, ...more };
}

const CONTENTS: Contents = {
  version: "0.1.0",
  commit: "0123456789abcdef0123456789abcdef01234567+",
  target: "x86_64-linux-musl",
  cpu: "x86-64-v2",
  runtime: component("Bun", "MIT", { parts: [component("engine", null)], role: "runtime" }),
  libc: component("musl", "MIT"),
  components: [
    component("Falco libs", "Apache-2.0 AND (GPL-2.0-only OR MIT)"),
    component("avsc", "MIT", { notice: { from: "npm", name: "avsc" }, role: "bundled" }),
  ],
};

describe("of a build", () => {
  let folder = "";
  const version = (...words: string[]) =>
    spawnSync(process.execPath, [join(folder, "main.js"), "version", ...words], {
      encoding: "utf8",
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "version-test-"));
    const defines = await contentDefines(CONTENTS, { title: "", note: () => undefined });
    const out = `--outfile=${join(folder, "main.js")}`;
    await run([
      process.execPath,
      "build",
      MAIN,
      "--target=bun",
      "--minify-syntax",
      out,
      ...defines,
    ]);
  });
  afterAll(async () => await rm(folder, { recursive: true }));

  test("the line has the commit and what can be told without the capture library", () => {
    const { stdout, stderr, status } = version();
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toBe(
      `sysflow ${packageJson.version} (commit 0123456789ab+, SysFlow schemas 5 and 6, Falco libs 2.5, ` +
        `Bun ${Bun.version}, ${process.arch})\n`,
    );
  });

  test("--json has everything that is inside", () => {
    const of = JSON.parse(version("--json").stdout);
    expect(of).toMatchObject({
      commit: CONTENTS.commit,
      target: "x86_64-linux-musl",
      cpu: "x86-64-v2",
      runtime: { name: "Bun", version: Bun.version },
      libc: { name: "musl", version: "2.5" },
    });
    expect(of.libraries).toEqual([
      { name: "Bun", version: "2.5", license: "MIT" },
      { name: "Bun: engine", version: "2.5", license: null },
      { name: "musl", version: "2.5", license: "MIT" },
      { name: "Falco libs", version: "2.5", license: "Apache-2.0 AND (GPL-2.0-only OR MIT)" },
      { name: "avsc", version: "2.5", license: "MIT" },
    ]);
  });

  test("--licenses has the list, each notice, and the long texts that those refer to", () => {
    const { stdout, status } = version("--licenses");
    expect(status).toBe(0);
    expect(stdout).toStartWith(
      "sysflow 0.1.0 (x86_64-linux-musl) is under the Apache License 2.0.",
    );
    expect(stdout).toContain("  Falco libs 2.5  Apache-2.0 AND (GPL-2.0-only OR MIT)\n");
    expect(stdout).toContain("  Bun 2.5         MIT, and what it links: see below\n");
    expect(stdout).toContain("Copyright (c) 2015-2017, Matthieu Monsch.");
    expect(stdout.match(/^(Apache|GPL|LGPL)-[0-9.]+$/gm)).toEqual(["Apache-2.0", "GPL-2"]);
    expect(stdout).toContain("END OF TERMS AND CONDITIONS");
  });
});

test("from sources there is no commit, and the licences are not at hand", () => {
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [MAIN, "version", ...words], { encoding: "utf8" });
  expect(JSON.parse(run("--json").stdout)).toMatchObject({ commit: null, libraries: null });
  const { stdout, stderr, status } = run("--licenses");
  expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
  expect(stderr).toContain("build it with: npm run build [NOTICES_MISSING]");
});

test("a library that cannot be loaded is said, and an unknown commit is", () => {
  const of: Versions = {
    version: "1.2.3",
    commit: "unknown",
    target: null,
    cpu: null,
    schemaVersions: [5, 6],
    falcoLibs: null,
    runtime: { name: "Node", version: "20.11.0" },
    libc: null,
    architecture: "s390x",
  };
  expect(versionText(of)).toBe(
    "sysflow 1.2.3 (commit unknown, SysFlow schemas 5 and 6, capture library not loadable, " +
      "Node 20.11.0, s390x)",
  );
});
