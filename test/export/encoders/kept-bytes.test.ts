// Pieces that are kept: given again while what they are made of is the same, and made anew when not.

import { expect, test } from "bun:test";
import { KeptBytes } from "../../../src/export/encoders/kept-bytes.ts";
import { JsonTap } from "../../../src/sysflow/json-tap.ts";

function text(tap: JsonTap): string {
  return tap.buffer.toString("utf8", 0, tap.pos);
}

function make(
  pieces: KeptBytes,
  tap: JsonTap,
  owner: object,
  version: number,
  piece: string,
): boolean {
  const known = pieces.write(tap, owner, version);
  if (!known) {
    const start = tap.pos;
    tap.utf8(piece);
    pieces.keep(tap, owner, version, start);
  }
  return known;
}

test("a piece is copied for the same owner and version alone", () => {
  const pieces = new KeptBytes();
  const tap = new JsonTap(100);
  const [a, b] = [{}, {}];
  expect(make(pieces, tap, a, 1, "one")).toBe(false);
  expect(make(pieces, tap, a, 1, "")).toBe(true);
  expect(make(pieces, tap, b, 1, "two")).toBe(false);
  expect(make(pieces, tap, a, 2, "three")).toBe(false);
  expect(make(pieces, tap, a, 2, "")).toBe(true);
  expect(text(tap)).toBe("oneonetwothreethree");
});

test("a piece is its own, whatever becomes of the buffer", () => {
  const pieces = new KeptBytes();
  const tap = new JsonTap(100);
  const owner = {};
  make(pieces, tap, owner, 0, "piece");
  tap.pos = 0;
  tap.utf8("other");
  make(pieces, tap, owner, 0, "");
  expect(text(tap)).toBe("otherpiece");
});

test("a piece that had no room is not kept", () => {
  const pieces = new KeptBytes();
  const tap = new JsonTap(4);
  const owner = {};
  expect(make(pieces, tap, owner, 0, "too long")).toBe(false);
  tap.grow(0);
  tap.pos = 0;
  expect(make(pieces, tap, owner, 0, "short")).toBe(false);
  expect(text(tap)).toBe("short");
  tap.pos = 6;
  expect(pieces.write(tap, owner, 0)).toBe(true);
  expect(tap.ok()).toBe(false);
});

test("where there are too many, all are made anew", () => {
  const pieces = new KeptBytes();
  const tap = new JsonTap(1 << 22);
  const long = "x".repeat(3 << 20);
  const owners = Array.from({ length: 7 }, () => ({}));
  for (const owner of owners) {
    tap.pos = 0;
    expect(make(pieces, tap, owner, 0, long)).toBe(false);
  }
  tap.pos = 0;
  expect(pieces.write(tap, owners[0] as object, 0)).toBe(false);
  expect(pieces.write(tap, owners[6] as object, 0)).toBe(true);
});
