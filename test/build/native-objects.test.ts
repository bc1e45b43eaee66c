// Objects that the cache keeps by content: what makes one be compiled anew, and what does not. The
// compiler is a script that writes down what it was called for.

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Compiler, compileObjects, ownFiles } from "../../build/native/objects.ts";
import { QUIET } from "../support/build/built.ts";

const FILES = {
  "native/a.cc": '#include "a.h"\n#include <vector>\n#include "others/not_ours.h"\n',
  "native/a.h": '  # include  "deep/b.h"\n',
  "native/deep/b.h": '#include "c.inc"\n#include "a.h"\n',
  "native/deep/c.inc": "1\n",
  "native/test/t.cc": '#include "../a.h"\n',
  "native/unused.h": "\n",
};
const SCRIPT = 'for word; do out=$word; done; echo "$@" >> "$LOG"; echo "$@" > "$out"\n';

let work = "";
const cache = process.env["XDG_CACHE_HOME"];

async function clone(name: string): Promise<string> {
  const root = join(work, name);
  for (const [path, text] of Object.entries(FILES)) await Bun.write(join(root, path), text);
  return root;
}

const compiler = (root: string, ...flags: readonly string[]): Compiler => ({
  root,
  command: ["sh", join(work, "compiler"), ...flags],
  key: "1.0",
});

/** How often the compiler ran for these sources. */
async function runs(sources: readonly string[], how: Compiler): Promise<number> {
  const log = join(work, "log");
  await rm(log, { force: true });
  process.env["LOG"] = log;
  const objects = await compileObjects(sources, how, QUIET);
  expect(objects.map((path) => existsSync(path))).toEqual(sources.map(() => true));
  return existsSync(log) ? (await Bun.file(log).text()).trim().split("\n").length : 0;
}

beforeEach(async () => {
  if (work !== "") await rm(work, { recursive: true });
  work = await mkdtemp(join(tmpdir(), "objects-"));
  process.env["XDG_CACHE_HOME"] = join(work, "cache");
  await Bun.write(join(work, "compiler"), SCRIPT);
});

afterAll(async () => {
  if (cache === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = cache;
  delete process.env["LOG"];
  await rm(work, { recursive: true });
});

test("what a file includes of ours is found in any depth, also in circles", async () => {
  const root = await clone("one");
  const all = ["native/a.cc", "native/a.h", "native/deep/b.h", "native/deep/c.inc"];
  expect(ownFiles("native/a.cc", root)).toEqual(all);
  expect(ownFiles("native/test/t.cc", root)).toEqual([...all.slice(1), "native/test/t.cc"]);
});

describe("a file is compiled", () => {
  const both = ["native/a.cc", "native/test/t.cc"];

  test("once, and not for a second clone, nor for another file time", async () => {
    const one = await clone("one");
    expect(await runs(both, compiler(one))).toBe(2);
    expect(await runs(both, compiler(one))).toBe(0);
    await cp(one, join(work, "two"), { recursive: true });
    expect(await runs(both, compiler(join(work, "two")))).toBe(0);
    await Bun.write(join(one, "native/a.cc"), FILES["native/a.cc"]);
    await Bun.write(join(one, "native/unused.h"), "changed\n");
    expect(await runs(both, compiler(one))).toBe(0);
  });

  test.each([
    ["it", "native/a.cc", 1],
    ["a header of it", "native/a.h", 2],
    ["a header of a header, of another kind", "native/deep/c.inc", 2],
  ])("anew when %s changes, and not when it is as it was", async (_what, path, expected) => {
    const root = await clone("one");
    await runs(both, compiler(root));
    const was = await Bun.file(join(root, path)).text();
    await Bun.write(join(root, path), `${was}// more\n`);
    expect(await runs(both, compiler(root))).toBe(expected);
    await Bun.write(join(root, path), was);
    expect(await runs(both, compiler(root))).toBe(0);
  });

  test("anew with other flags, and with another compiler of the same name", async () => {
    const root = await clone("one");
    await runs(both, compiler(root));
    expect(await runs(both, compiler(root, "-O3"))).toBe(2);
    expect(await runs(both, { ...compiler(root), key: "2.0" })).toBe(2);
  });
});
