// Our C library for musl: what it is built from, and, where it is in the cache already, what came
// out. What it does in a packed program is tested in pack/packed-program.test.ts.

import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../../build/cache.ts";
import { MUSL_SOURCE, muslLibc } from "../../build/musl-libc.ts";
import { dynamicOf, PF, PT, parseElf, symbolsOf } from "../../build/pack/elf.ts";
import { findHead, HEAD_LAYOUT, IMAGES_MAX } from "../../build/pack/head.ts";
import { TARGETS, type Target } from "../../build/targets.ts";
import { builtMusl } from "../support/built.ts";

const TARGET: Target = TARGETS["x86_64-linux-musl"];
const CHANGES = join(import.meta.dir, "../../build/musl");

test("the source's files are pinned by SHA-256", () => {
  const files = Object.entries(MUSL_SOURCE.files);
  expect(files.map(([name]) => name.replace(/^[^.]*[\d.]+/, ""))).toHaveLength(3);
  for (const [, hash] of files) expect(hash).toMatch(/^[0-9a-f]{64}$/);
});

test("a target that is not musl has none", () => {
  expect(muslLibc(TARGETS["x86_64-linux-gnu"])).rejects.toThrow(
    "x86_64-linux-gnu is not a musl target",
  );
});

test("each patch says what it is for and touches what musl has", async () => {
  const patches = (await readdir(CHANGES)).filter((name) => name.endsWith(".patch"));
  expect(patches.sort()).toEqual(["loader.patch", "unwinder.patch"]);
  for (const name of patches) {
    const text = await Bun.file(join(CHANGES, name)).text();
    expect(text).toMatch(/^[A-Z]/);
    expect(text).toMatch(/^--- a\/\S+\n\+\+\+ b\/\S+\n@@/m);
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
