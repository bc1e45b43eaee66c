import { expect, test } from "bun:test";
import { isLater } from "../../src/collect/event-time.ts";

const high = 0x80000000;

const cases: readonly [a: [lo: number, hi: number], b: [lo: number, hi: number], later: boolean][] =
  [
    [[1, 0], [0, 0], true],
    [[0, 0], [0, 0], false],
    [[0, 1], [0xffffffff, 0], true],
    [[0xffffffff, 0], [0, 1], false],
    [[high, 5], [1, 5], true],
    [[1, 5], [high, 5], false],
    [[high | 0, 5], [1, 5], true],
    [[0, high | 0], [0, 1], true],
  ];
test.each(cases)("%p is later than %p: %p", (a, b, later) => {
  expect(isLater(...a, ...b)).toBe(later);
});
