// Standard output that is a file with something in it: what is written stands behind that, and nothing
// written changes nothing.

import { afterAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-write-out-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const module = join(import.meta.dir, "../../src/base/write-out.ts");

test.each([
  [[""], "before\n"],
  [["one\n", "", "two\n"], "before\none\ntwo\n"],
  [["é".repeat(5000), "\n"], `before\n${"é".repeat(5000)}\n`],
])("texts of a few cases: %#", (texts, expected) => {
  const path = join(folder, "out");
  fs.writeFileSync(path, "before\n");
  const out = fs.openSync(path, "a+");
  const program = `
    const { writeOut } = await import(${JSON.stringify(module)});
    for (const text of ${JSON.stringify(texts)}) await writeOut(1, text);`;
  const { status, stderr } = spawnSync(process.execPath, ["-e", program], {
    stdio: ["ignore", out, "pipe"],
  });
  fs.closeSync(out);
  expect([status, stderr.toString()]).toEqual([0, ""]);
  expect(fs.readFileSync(path, "utf8")).toBe(expected);
});
