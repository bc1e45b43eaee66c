// The order of a folder's files is that of their times, however they are written.

import { expect, test } from "bun:test";
import { byStamp } from "../../src/read/file-order.ts";

test.each([
  [["999999999", "1000000000", "1531776682"]],
  [["out.sf", "out.sf.999", "out.sf.1531776682", "out.sf.1531776742"]],
  [["a.2.sf", "a.10.sf", "b.1.sf"]],
  [["1-9", "1-10", "2-1"]],
  [["file007", "file7", "file8"]],
  [["07", "8"]],
  [["aa", "b"]],
  [["1aa", "1b"]],
  [["a", "a1", "a1b"]],
  [["B", "a", "ä"]],
])("%p", (names) => {
  for (const order of [names, [...names].reverse(), [...names].sort()]) {
    expect([...order].sort(byStamp)).toEqual(names);
  }
});

test("names that differ in zeros alone have an order", () => {
  expect(byStamp("a07", "a7")).not.toBe(0);
  expect(Math.sign(byStamp("a07", "a7"))).toBe(-Math.sign(byStamp("a7", "a07")));
  expect(byStamp("a7", "a7")).toBe(0);
});
