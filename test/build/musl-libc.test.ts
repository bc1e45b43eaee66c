// Our C library for musl: what it is built from, and, where it is in the cache already, what came
// out. What it does in a packed program is tested in pack/packed-program.test.ts.

import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../../build/base/cache-root.ts";
import { dynamicOf, PF, PT, parseElf, symbolsOf } from "../../build/pack/elf.ts";
import { findHead, HEAD_LAYOUT, IMAGES_MAX } from "../../build/pack/head.ts";
import { fetchPackage } from "../../build/packages/debian-source.ts";
import { MUSL_SOURCE, muslLibc } from "../../build/toolchain/musl-libc.ts";
import { TARGETS, type Target } from "../../build/toolchain/targets.ts";
import { builtMusl, QUIET } from "../support/build/built.ts";

const TARGET: Target = TARGETS["x86_64-linux-musl"];
const CHANGES = join(import.meta.dir, "../../build/toolchain/musl");

test("the source's files are pinned by SHA-256", () => {
  const { version, files } = MUSL_SOURCE;
  const [upstream] = version.split("-");
  expect(Object.keys(files)).toEqual([
    `musl_${version}.dsc`,
    `musl_${upstream}.orig.tar.gz`,
    `musl_${version}.debian.tar.xz`,
  ]);
  for (const hash of Object.values(files)) expect(hash).toMatch(/^[0-9a-f]{64}$/);
});

test("a target that is not musl has none", async () => {
  await expect(muslLibc(TARGETS["x86_64-linux-gnu"])).rejects.toThrow(
    "x86_64-linux-gnu is not a musl target",
  );
});

const patches = (await readdir(CHANGES)).filter((name) => name.endsWith(".patch")).sort();

/** The files that a patch changes, by their old names and their new ones. */
async function changedBy(patch: string): Promise<{ old: string[]; now: string[] }> {
  const text = await Bun.file(join(CHANGES, patch)).text();
  const named = (mark: string) =>
    [...text.matchAll(new RegExp(`^${mark} [ab]/(\\S+)$`, "gm"))].map((match) => match[1] ?? "");
  return { old: named("---"), now: named("\\+\\+\\+") };
}

test("each patch says what it is for", async () => {
  expect(patches).toEqual(["loader.patch", "unwinder.patch"]);
  for (const name of patches) {
    const text = await Bun.file(join(CHANGES, name)).text();
    expect(text).toMatch(/^[A-Z][\s\S]{60,}?\n\n--- a\//);
  }
});

describe("packed.h and the packer", () => {
  const constant = async (name: string) => {
    const text = await Bun.file(join(CHANGES, "tree/src/internal/packed.h")).text();
    return Number(text.match(new RegExp(`#define ${name} (\\d+)`))?.[1]);
  };

  test("know one layout", async () => {
    expect(await constant("PACKED_LAYOUT")).toBe(HEAD_LAYOUT);
  });

  test("know one limit of images", async () => {
    expect(await constant("PACKED_IMAGES_MAX")).toBe(IMAGES_MAX);
  });
});

const folder = (await builtMusl(TARGET)) ?? "";
const isHere = folder !== "";
const skipped = isHere ? "" : " (skipped: not in the cache)";

describe.skipIf(!isHere)(`the library${skipped}`, async () => {
  const bytes = isHere ? await Bun.file(join(folder, "libc.so")).bytes() : new Uint8Array();

  test.each(patches)("%s changes what musl has", async (patch) => {
    const fetched = await fetchPackage(MUSL_SOURCE, QUIET);
    const archive = Object.keys(fetched.pkg.files).find((name) => name.includes(".orig.tar."));
    const list = Bun.spawnSync(["tar", "-tf", join(fetched.folder, archive ?? "")]);
    const files = list.stdout.toString().split("\n");
    const source = files.map((name) => name.replace(/^[^/]*\//, ""));
    const { old, now } = await changedBy(patch);
    expect(old.length).toBeGreaterThan(0);
    expect(old).toEqual(now);
    expect(old.filter((name) => !source.includes(name))).toEqual([]);
  });
  const elf = () => parseElf(bytes, "libc.so");

  test("has one head, not filled in", () => {
    expect(findHead(elf())).toBeGreaterThan(0);
  });

  test("needs nothing", () => {
    expect(dynamicOf(elf())?.needed).toEqual([]);
    expect(symbolsOf(elf()).filter(({ defined, weak }) => !defined && !weak)).toEqual([]);
  });

  test("shows its own functions as little as musl does", () => {
    const names = symbolsOf(elf()).map(({ name }) => name);
    expect(names).toContain("dlopen");
    expect(names).toContain("__pthread_key_create");
    expect(names.filter((name) => /packed/.test(name))).toEqual([]);
  });

  test("protects its memory", () => {
    const { segments } = elf();
    expect(segments.map(({ type }) => type)).toContain(PT.GNU_RELRO);
    expect(segments.filter(({ flags }) => flags & PF.W && flags & PF.X)).toEqual([]);
  });

  test("names no folder of the machine that built it, and has no build id", () => {
    const folders = [cacheRoot(), process.cwd(), ".part-", "/source/"];
    expect(folders.filter((text) => Buffer.from(bytes).includes(text))).toEqual([]);
    expect(elf().segments.map(({ type }) => type)).not.toContain(PT.NOTE);
  });
});
