import { expect, test } from "bun:test";
import { endAt, isLater } from "../../src/collect/event-time.ts";

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
    [[0, 1], [0, high], false],
    [[0, high], [0, high | 0], false],
    [[1, high | 0], [0, high], true],
  ];
test.each([
  ["after its last event", 7, 1, [7, 1]],
  ["when it began", 5, 1, [5, 1]],
  ["not before it began", 4, 1, [5, 1]],
  ["nor a whole high half before", 9, 0, [5, 1]],
])("a flow ends %s", (_, lo, hi, end) => {
  const flow = { tsLo: 5, tsHi: 1, endTsLo: 0, endTsHi: 0 };
  endAt(flow, lo, hi);
  expect([flow.endTsLo, flow.endTsHi]).toEqual(end);
});

test.each(cases)("%p is later than %p: %p", (a, b, later) => {
  expect(isLater(...a, ...b)).toBe(later);
});
