// Names and due times, as data.

import { describe, expect, test } from "bun:test";
import { Rotation, stampOf } from "../../../src/write/file/rotation.ts";

const start = 1_700_000_000;

describe("the name of a file begun at 1700000000", () => {
  test.each([
    ["one file", "out.sf", false, 0, "out.sf"],
    ["a folder by its slash", "dir/", false, 0, "dir/1700000000"],
    ["a folder that exists", "dir", true, 0, "dir/1700000000"],
    ["a folder both ways", "dir/", true, 0, "dir/1700000000"],
    ["a prefix", "out", false, 300, "out.1700000000"],
    ["a folder, rotating", "dir/", false, 300, "dir/1700000000"],
    ["a prefix in a folder", "dir/sf", false, 1, "dir/sf.1700000000"],
  ])("%s", (_, path, isDirectory, intervalSec, expected) => {
    expect(new Rotation({ path, isDirectory, intervalSec }).nextPath(start)).toBe(expected);
  });
});

describe("with the suffix .sf the name of a file", () => {
  test.each([
    ["of one file stays as it was given", "out", false, 0, "out"],
    ["in a folder", "dir/", false, 0, "dir/1700000000.sf"],
    ["of a prefix", "out", false, 300, "out.1700000000.sf"],
    ["of a prefix that has it", "out.sf", false, 300, "out.1700000000.sf"],
    ["of a longer one", "d/records.sf", false, 300, "d/records.1700000000.sf"],
  ])("%s", (_, path, isDirectory, intervalSec, expected) => {
    const rotation = new Rotation({ path, isDirectory, intervalSec, suffix: ".sf" });
    expect(rotation.nextPath(start)).toBe(expected);
  });
});

test.each([
  ["out.1700000000.sf", 1_700_000_000],
  ["out.7.sf", 7],
  ["out.sf", null],
  ["out..sf", null],
  ["out.-7.sf", null],
  ["out.1e3.sf", null],
  ["out.7.sf.part", null],
  ["out.7", null],
  ["about.7.sf", null],
  [`out.${"7".repeat(13)}.sf`, null],
])("the time in %s is %p", (name, stamp) => {
  expect(stampOf({ folder: "", prefix: "out.", suffix: ".sf" }, name)).toBe(stamp);
});

test.each([
  ["out.sf", false, 0, null],
  ["dir", true, 0, { folder: "dir/", prefix: "", suffix: ".sf" }],
  ["dir/", false, 0, { folder: "dir/", prefix: "", suffix: ".sf" }],
  ["dir/records.sf", false, 300, { folder: "dir", prefix: "records.", suffix: ".sf" }],
  ["out", false, 300, { folder: ".", prefix: "out.", suffix: ".sf" }],
])("by %s (a folder: %p, each %d s) files are known again", (path, isDirectory, sec, form) => {
  const rotation = new Rotation({ path, isDirectory, intervalSec: sec, suffix: ".sf" });
  expect([rotation.form, rotation.stamped]).toEqual([form, form !== null]);
});

test("names go on behind those of an earlier run", () => {
  const rotation = new Rotation({ path: "d/", isDirectory: false, intervalSec: 1 });
  rotation.startAfter(start + 5);
  expect([rotation.nextPath(start), rotation.nextPath(start + 9)]).toEqual([
    "d/1700000006",
    "d/1700000009",
  ]);
});

test("a file is due by its size too, and that leaves the time as it is", () => {
  const options = { path: "d/", isDirectory: false, intervalSec: 100, bytesMax: 1000 };
  const rotation = new Rotation(options);
  rotation.start(start);
  const due = ([sec, bytes]: readonly [number, number]) => rotation.due(start + sec, bytes);
  const calls = [
    [1, 999],
    [1, 1000],
    [2, 0],
    [99, 0],
    [100, 0],
    [101, 0],
  ] as const;
  expect(calls.map(due)).toEqual([false, true, false, false, true, false]);
  expect(new Rotation({ ...options, bytesMax: 1 }).due(start)).toBe(false);
});

test("no name is given twice, not even within one second or when the clock goes back", () => {
  const rotation = new Rotation({ path: "d/", isDirectory: false, intervalSec: 1 });
  const names = [start, start, start - 50, start + 9].map((sec) => rotation.nextPath(sec));
  expect(names).toEqual(["d/1700000000", "d/1700000001", "d/1700000002", "d/1700000009"]);
});

describe("due", () => {
  test.each([
    ["never without an interval", 0, [1, 1e6], []],
    ["at the interval, not before", 300, [299, 300, 301], [300]],
    ["without drift after a late call", 300, [310, 599, 600], [310, 600]],
    ["once for a gap of several", 300, [1000, 1001, 1199, 1200], [1000, 1200]],
    ["each second", 1, [1, 1, 2, 3], [1, 2, 3]],
    ["a clock a little back changes nothing", 300, [100, 50, 299, 300], [300]],
    ["a clock far back starts anew", 300, [300, -1000, -701, -700], [300, -700]],
    ["one back by an interval does not", 300, [-300, 0, 299, 300], [300]],
    ["one back by more does", 300, [-301, -2, -1], [-1]],
  ])("%s", (_, intervalSec, calls, expected) => {
    const rotation = new Rotation({ path: "p", isDirectory: false, intervalSec });
    rotation.start(start);
    expect(calls.filter((sec) => rotation.due(start + sec))).toEqual(expected);
  });
});

test.each([-1, 1.5, Number.NaN])("an interval of %d is a bug of the caller", (intervalSec) => {
  expect(() => new Rotation({ path: "p", isDirectory: false, intervalSec })).toThrow("assertion");
});
