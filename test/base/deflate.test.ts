// Our compressor gives raw deflate that zlib reads.

import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { deflateRaw } from "../../src/base/deflate.ts";

test.each([
  ["nothing", Buffer.alloc(0)],
  ["one byte", Buffer.from("x")],
  ["the same byte often", Buffer.alloc(80_000, 1)],
  ["what cannot be compressed", randomBytes(80_000)],
])("%s", (_, bytes) => {
  const deflated = deflateRaw(bytes);
  expect(inflateRawSync(deflated).equals(bytes)).toBe(true);
});

test("text shrinks", () => {
  const text = Buffer.from("/usr/lib/x86_64-linux-gnu/libc.so.6 ".repeat(1000));
  expect(deflateRaw(text).length).toBeLessThan(text.length / 20);
});
