// The cache's promises: made once, never half made, and never by two at a time.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached, hashFolder, hashOf, withLock } from "../../build/base/cache.ts";
import { cacheRoot } from "../../build/base/cache-root.ts";

const before = process.env["XDG_CACHE_HOME"];
let home = "";

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cache-test-"));
  process.env["XDG_CACHE_HOME"] = home;
});

afterEach(async () => {
  if (before === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = before;
  await rm(home, { recursive: true });
});

const write = (text: string) => async (folder: string) => {
  await Bun.write(join(folder, "result"), text);
};

const entries = async () => (await readdir(cacheRoot())).filter((name) => !name.endsWith(".lock"));

test("is under the user's cache folder, and ignores a relative one", () => {
  expect(cacheRoot()).toBe(join(home, "sysflow"));
  process.env["XDG_CACHE_HOME"] = "relative";
  expect(cacheRoot()).toStartWith("/");
});

test("makes an entry once for the same inputs, anew for others", async () => {
  let runs = 0;
  const build = async (folder: string) => {
    runs++;
    await write(`${runs}`)(folder);
  };
  const first = await cached("thing", { flags: ["-O2"] }, build);
  expect(await cached("thing", { flags: ["-O2"] }, build)).toBe(first);
  const other = await cached("thing", { flags: ["-O3"] }, build);
  expect(other).not.toBe(first);
  expect(runs).toBe(2);
  expect(await Bun.file(join(first, "result")).text()).toBe("1");
});

test("keeps nothing of a build that fails, and tries again", async () => {
  const fails = async (folder: string) => {
    await write("half")(folder);
    throw new Error("compiler ended with 1");
  };
  await expect(cached("thing", 1, fails)).rejects.toThrow("compiler ended with 1");
  expect(await entries()).toEqual([]);
  const folder = await cached("thing", 1, write("whole"));
  expect(await Bun.file(join(folder, "result")).text()).toBe("whole");
});

test("removes what a killed build left behind", async () => {
  const left = join(cacheRoot(), `thing-${hashOf(1)}.part-dead`);
  await mkdir(left, { recursive: true });
  await cached("thing", 1, write("whole"));
  expect(await entries()).toEqual([`thing-${hashOf(1)}`]);
});

test("builds an entry once when two ask at the same time", async () => {
  let runs = 0;
  const build = async (folder: string) => {
    runs++;
    await Bun.sleep(30);
    await write("")(folder);
  };
  const [one, two] = await Promise.all([cached("thing", 1, build), cached("thing", 1, build)]);
  expect(one).toBe(two);
  expect(runs).toBe(1);
});

test("a lock lets one in at a time, and is let go on an error", async () => {
  const path = join(home, "lock");
  let inside = 0;
  let most = 0;
  const body = async () => {
    most = Math.max(most, ++inside);
    await Bun.sleep(20);
    inside--;
  };
  await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await Promise.all([withLock(path, body), withLock(path, body), withLock(path, body)]);
  expect(most).toBe(1);
});

test("a folder's hash follows names and contents, not times", async () => {
  const folder = join(home, "folder");
  await Bun.write(join(folder, "a/x.h"), "1");
  await Bun.write(join(folder, "b.h"), "2");
  const hash = await hashFolder(folder);
  await Bun.write(join(folder, "b.h"), "2");
  expect(await hashFolder(folder)).toBe(hash);
  await Bun.write(join(folder, "b.h"), "3");
  const changed = await hashFolder(folder);
  expect(changed).not.toBe(hash);
  await Bun.write(join(folder, "b.h"), "2");
  await Bun.write(join(folder, "c.h"), "");
  expect(await hashFolder(folder)).not.toBe(hash);
});
