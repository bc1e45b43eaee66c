// The allocator that makes clang write the same bytes in every folder.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../build/base/run.ts";
import { orderedMalloc } from "../../../build/probe/skeleton.ts";
import { pinnedGcc } from "../../../build/toolchain/gcc.ts";
import { QUIET } from "../../support/build/built.ts";

let folder = "";
let blocks = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ordered-malloc-"));
  blocks = join(folder, "blocks");
  await run(["gcc", "-O1", "-fno-builtin", join(import.meta.dir, "blocks.c"), "-o", blocks]);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("blocks lie in the order in which they are asked for, and malloc's family is whole", async () => {
  const env = { LD_PRELOAD: await orderedMalloc(await pinnedGcc("x86_64", QUIET), folder) };
  expect(await run([blocks], { env })).toBe("in order\n");
});

test("the C library's own reuses what was freed", async () => {
  expect(await run([blocks])).toBe("reused\n");
});
