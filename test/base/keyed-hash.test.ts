// Hashes of keys that others choose: as good as random whatever the keys, and other ones in each run.

import { describe, expect, test } from "bun:test";
import {
  drawHashKey,
  type HashKey,
  hashText,
  hashWords,
  mixNumbers,
  scrambled,
} from "../../src/base/keyed-hash.ts";

const key: HashKey = { first: 0x03020100, second: 0x07060504, factors: [3, 5, 7] };

/** How many of the hashes meet in one of so many buckets, at most. */
function mostInOne(hashes: readonly number[], buckets = 4096): number {
  const counts = new Uint32Array(buckets);
  for (const hash of hashes) {
    const at = hash & (buckets - 1);
    counts[at] = (counts[at] as number) + 1;
  }
  return Math.max(...counts);
}

const many = Array.from({ length: 4096 }, (_, n) => n);
/** What as many random hashes have at most, but once in some millions of runs. */
const stepsMax = 16;

describe("keys of every structure spread", () => {
  const drawn = drawHashKey();
  test.each([
    ["texts that differ at the end", (n: number) => hashText(`/srv/upload/${n}`, drawn)],
    ["texts that differ at the beginning", (n: number) => hashText(`${n}/x`, drawn)],
    ["texts of one character each", (n: number) => hashText(String.fromCharCode(n), drawn)],
    ["texts that differ in length", (n: number) => hashText("a".repeat(n), drawn)],
    ["words", (n: number) => hashWords(Int32Array.of(n, 0, 0), 3, drawn)],
    ["the upper halves of words", (n: number) => hashWords(Int32Array.of(n << 20, 1), 2, drawn)],
    ["one of four numbers", (n: number) => mixNumbers(1, 2, n, 3, drawn)],
    ["multiples of a power of two", (n: number) => mixNumbers(n << 16, 0, 0, 0, drawn)],
    ["two of four numbers", (n: number) => mixNumbers(7, n & 63, n >> 6, 3, drawn)],
    ["two numbers in step", (n: number) => mixNumbers(7, n << 12, n << 12, 3, drawn)],
  ])("%s", (_, hashOf) => {
    expect(mostInOne(many.map(hashOf))).toBeLessThanOrEqual(stepsMax);
  });
});

test("the key counts, and every part of what is hashed", () => {
  const other = drawHashKey();
  expect(hashText("/etc/passwd", key)).toBe(hashText("/etc/passwd", key));
  expect(hashText("/etc/passwd", key)).not.toBe(hashText("/etc/passwd", other));
  expect(hashText("ab", key)).not.toBe(hashText("ba", key));
  expect(hashText("a", key)).not.toBe(hashText("a\0", key));
  expect(hashText("", key)).not.toBe(hashText("\0", key));
  expect(hashWords(Int32Array.of(1, 2), 2, key)).not.toBe(hashWords(Int32Array.of(2, 1), 2, key));
  expect(hashWords(Int32Array.of(1, 9), 1, key)).toBe(hashWords(Int32Array.of(1, 8), 1, key));
});

test("scrambled numbers are as many as the numbers", () => {
  expect(new Set(many.map((n) => scrambled(n))).size).toBe(many.length);
  expect(scrambled(1, key)).not.toBe(scrambled(1, drawHashKey()));
});
