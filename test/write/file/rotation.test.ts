// Names and due times, as data.

import { describe, expect, test } from "bun:test";
import { Rotation } from "../../../src/write/file/rotation.ts";

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
  ])("%s", (_, intervalSec, calls, expected) => {
    const rotation = new Rotation({ path: "p", isDirectory: false, intervalSec });
    rotation.start(start);
    expect(calls.filter((sec) => rotation.due(start + sec))).toEqual(expected);
  });
});

test.each([-1, 1.5, Number.NaN])("an interval of %d is a bug of the caller", (intervalSec) => {
  expect(() => new Rotation({ path: "p", isDirectory: false, intervalSec })).toThrow("assertion");
});
