// Our patches to Falco's libraries: what the header of each must say, and which of them apply to
// another release, by small made-up ones.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { libraryPatches, outcomeText, readPatch, tryPatches } from "../../build/libs/patches.ts";

const ROOT = join(import.meta.dir, "../..");
const ours = await libraryPatches();

describe("each patch of native/patches", () => {
  test("has a number of its own, lies in a folder by subject, and is applied by its number", () => {
    const names = ours.map(({ name }) => name);
    expect(names.filter((name) => !/^[a-z]+\/\d{4}-[a-z0-9.-]+\.patch$/.test(name))).toEqual([]);
    const numbers = names.map((name) => Number(basename(name).slice(0, 4)));
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.length).toBeGreaterThanOrEqual(57);
  });

  test.each(ours)("$name has a DEP-3 header", ({ header }) => {
    const fields = ["Description", "Origin", "Forwarded", "Applied-Upstream", "Bug", "Test"];
    expect([...header.keys()].filter((field) => !fields.includes(field))).toEqual([]);
    // A line that says what, and below it why.
    expect(header.get("Description")).toMatch(/^\S.{3,70}\n [\s\S]+$/);
    expect(header.get("Origin")).toMatch(/^(vendor|upstream, \S+|backport, \S+|other, .+)$/);
    expect(header.get("Forwarded")).toMatch(/^(no|not-needed|https:\/\/\S+)$/);
    for (const field of ["Applied-Upstream", "Bug"]) {
      expect(header.get(field) ?? "https://is.not/there").toMatch(/^https:\/\/\S+$/);
    }
  });

  test.each(ours)("$name names the tests that hold it", ({ header }) => {
    const tests = header.get("Test")?.split(", ") ?? [];
    expect(tests.length).toBeGreaterThan(0);
    const lacking = tests.filter((name) => !existsSync(join(ROOT, name)));
    expect(lacking).toEqual([]);
    const wrong = tests.filter((name) => !/(\.test\.ts|_test\.cc|replay_\w+\.cc)$/.test(name));
    expect(wrong).toEqual([]);
  });
});

describe("a header", () => {
  test("is read field by field, and the difference is all behind it", () => {
    const diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
    const text = `Description: one\n two: three\n .\n four\nForwarded: no\n\n${diff}`;
    const patch = readPatch("x/0001-one.patch", text);
    expect([...patch.header]).toEqual([
      ["Description", "one\n two: three\n .\n four"],
      ["Forwarded", "no"],
    ]);
    expect(patch.diff).toBe(diff);
    expect(readPatch("x/0001-one.patch", diff).diff).toBe(diff);
  });

  test("alone changes nothing", () => {
    expect(() => readPatch("x/0001-one.patch", "Description: one\n")).toThrow("changes nothing");
  });
});

const lines = Array.from({ length: 20 }, (_, line) => `line ${line}`);

/** Changes line 10 of a file, with three lines around it. */
function change(name: string, from = "line 10", to = "changed"): string {
  const before = lines.slice(7, 10).map((line) => ` ${line}\n`);
  const after = lines.slice(11, 14).map((line) => ` ${line}\n`);
  const hunk = `@@ -8,7 +8,7 @@\n${before.join("")}-${from}\n+${to}\n${after.join("")}`;
  return `--- a/src/${name}\n+++ b/src/${name}\n${hunk}`;
}

const made = "--- /dev/null\n+++ b/src/made.c\n@@ -0,0 +1 @@\n+made\n";
const cases: readonly [what: string, diff: string, kind: string, files: readonly string[]][] = [
  ["where nothing has changed", change("same.c"), "applies", []],
  ["where lines have moved", change("moved.c"), "applies", []],
  ["that makes a file", made, "applies", []],
  ["where a line beside it is another", change("around.c"), "with fuzz", []],
  ["that is there already", change("has.c"), "is there", []],
  ["where the line is another", change("other.c"), "fails", ["src/other.c"]],
  ["to a file that is gone", change("gone.c"), "fails", ["src/gone.c"]],
  [
    "of which a part fails",
    change("same.c") + change("other.c") + change("moved.c"),
    "fails",
    ["src/other.c"],
  ],
];

describe("another release", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sysflow-release-"));
    write("src/same.c", lines);
    write("src/moved.c", ["new", "lines", ...lines]);
    write(
      "src/around.c",
      lines.map((line) => (line === "line 7" ? "line seven" : line)),
    );
    write(
      "src/has.c",
      lines.map((line) => (line === "line 10" ? "changed" : line)),
    );
    write(
      "src/other.c",
      lines.map((line) => (line === "line 10" ? "otherwise" : line)),
    );
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  function write(name: string, content: readonly string[]): void {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `${content.join("\n")}\n`);
  }

  test.each(cases)("a patch %s", async (_, diff, kind, files) => {
    const outcomes = await tryPatches([readPatch("x/0001-one.patch", diff)], folder);
    expect(outcomes).toEqual([{ name: "x/0001-one.patch", kind, files } as never]);
  });

  test("patches build on those before them, but on none that failed", async () => {
    const again = change("same.c", "changed", "changed again");
    const patches = [change("same.c"), again, change("other.c"), change("other.c", "changed", "x")];
    const outcomes = await tryPatches(
      patches.map((diff, place) => readPatch(`x/000${place + 1}-it.patch`, diff)),
      folder,
    );
    expect(outcomeText(outcomes)).toBe(
      "0001-it: applies\n0002-it: applies\n0003-it: fails at src/other.c\n" +
        "0004-it: fails at src/other.c\n4 patches: applies 2, is there 0, with fuzz 0, fails 2\n",
    );
    expect(readFileSync(join(folder, "src/same.c"), "utf8")).toBe(`${lines.join("\n")}\n`);
  });
});

describe("the command", () => {
  test.each([
    [["--help"], 0, "usage: npm run patches", ""],
    [[], 2, "", "usage: npm run patches"],
    [["a", "b"], 2, "", "usage: npm run patches"],
    [
      ["/there/is/none"],
      2,
      "",
      "cannot try the patches on /there/is/none: there is no such folder",
    ],
    [[import.meta.dir], 1, "0001-memlock-limit-is-not-fatal: fails at userspace/", ""],
  ] as const)("with %j", (words, status, stdout, stderr) => {
    const command = [process.execPath, join(ROOT, "build/libs/patches.ts"), ...words];
    const child = Bun.spawnSync(command);
    expect(child.stdout.toString()).toStartWith(stdout);
    expect(child.stderr.toString()).toStartWith(stderr);
    expect(child.exitCode).toBe(status);
  });
});
