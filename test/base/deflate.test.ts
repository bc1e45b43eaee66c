// Each runtime's compressor gives raw deflate that zlib reads.

import { describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { deflateRaw } from "../../src/base/deflate.ts";
import { runtime as bun } from "../../src/base/runtime-bun.ts";
import { runtime as node } from "../../src/base/runtime-node.ts";

test("the tests run with Bun's", () => {
  const bytes = Buffer.from("which of them? ".repeat(500));
  expect(deflateRaw(bytes)).toEqual(bun.deflateRaw(bytes));
  expect(deflateRaw(bytes)).not.toEqual(new Uint8Array(node.deflateRaw(bytes)));
});

describe.each([
  ["Bun", bun],
  ["Node", node],
])("%s", (_, runtime) => {
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["one byte", Buffer.from("x")],
    ["the same byte often", Buffer.alloc(80_000, 1)],
    ["what cannot be compressed", randomBytes(80_000)],
  ])("%s", (_, bytes) => {
    const deflated = runtime.deflateRaw(bytes);
    expect(inflateRawSync(deflated).equals(bytes)).toBe(true);
  });

  test("text shrinks", () => {
    const text = Buffer.from("/usr/lib/x86_64-linux-gnu/libc.so.6 ".repeat(1000));
    expect(runtime.deflateRaw(text).length).toBeLessThan(text.length / 20);
  });
});
