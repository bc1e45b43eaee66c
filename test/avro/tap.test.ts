// The edges of Tap's encodings, stated as bytes.

import { describe, expect, test } from "bun:test";
import { Tap } from "../../src/avro/tap.ts";

describe("longs", () => {
  test.each([
    [0, "00"],
    [-1, "01"],
    [1, "02"],
    [63, "7e"],
    [64, "8001"],
    [-64, "7f"],
    [2 ** 31 - 1, "feffffff0f"],
    [-(2 ** 31), "ffffffff0f"],
    [2 ** 31, "8080808010"],
    [2 ** 32, "8080808020"],
    [-(2 ** 31) - 1, "8180808010"],
    [Number.MAX_SAFE_INTEGER, "feffffffffffff1f"],
    [Number.MIN_SAFE_INTEGER, "fdffffffffffff1f"],
  ])("%d", (value, hex) => {
    expect(hexOf((tap) => tap.writeLong(value))).toBe(hex);
  });

  test.each([
    [0xffffffff, 0x7fffffff, "feffffffffffffffff01"],
    [0, -0x80000000, "ffffffffffffffffff01"],
    [0xffffffff, 0xffffffff, "01"],
    [0, 1, "8080808020"],
    [64, 0, "8001"],
    [-64, -1, "7f"],
    [0x40000000, 0, "8080808008"],
  ])("halves %d %d", (lo, hi, hex) => {
    expect(hexOf((tap) => tap.writeLongHalves(lo, hi))).toBe(hex);
  });
});

describe("strings", () => {
  test.each([
    ["nothing", "", "00"],
    ["ASCII", "ab", "046162"],
    ["two bytes", "é", "04c3a9"],
    ["the first of two bytes", "\u0080", "04c280"],
    ["four bytes", "😀", "08f09f9880"],
    ["a lone high surrogate", "\ud800", "06efbfbd"],
    ["a lone low surrogate", "a\udc00", "0861efbfbd"],
    ["NUL", "\0", "0200"],
  ])("%s", (_, value, hex) => {
    expect(hexOf((tap) => tap.writeString(value))).toBe(hex);
  });

  test.each([62, 63, 64, 65, 8191, 8192])("%d characters have the right length", (length) => {
    const text = "x".repeat(length);
    const hex = hexOf((tap) => tap.writeString(text));
    const lengthHex = hexOf((tap) => tap.writeInt(length));
    expect(hex).toBe(lengthHex + "78".repeat(length));
  });
});

test("a boolean is one byte", () => {
  expect(hexOf((tap) => tap.writeBoolean(true))).toBe("01");
  expect(hexOf((tap) => tap.writeBoolean(false))).toBe("00");
});

test("a long text may fill the buffer to its last byte", () => {
  const text = "x".repeat(100);
  const tap = new Tap(102);
  tap.buffer.fill(0);
  tap.writeString(text);
  expect(tap.ok()).toBe(true);
  expect(tap.buffer.toString("latin1", 2)).toBe(text);
});

test("grow keeps what it is told to keep and doubles the room", () => {
  const tap = new Tap(4);
  tap.writeFixed(new Uint8Array([1, 2, 3, 4, 5]));
  expect(tap.ok()).toBe(false);
  tap.grow(3);
  tap.pos = 3;
  expect(tap.buffer.length).toBe(8);
  expect([...tap.buffer.subarray(0, 3)]).toEqual([1, 2, 3]);
  expect(tap.ok()).toBe(true);
});

function hexOf(write: (tap: Tap) => void): string {
  const tap = new Tap(20_000);
  write(tap);
  return tap.buffer.toString("hex", 0, tap.pos);
}
