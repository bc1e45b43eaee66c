// The clock's units, and assertions.

import { expect, test } from "bun:test";
import { assert, unreachable } from "../../src/base/assert.ts";
import { monotonicMs, nowMs, nowSec } from "../../src/base/clock.ts";

test("milliseconds and seconds are of the same time", () => {
  const before = nowMs();
  const seconds = nowSec();
  expect(Number.isInteger(seconds)).toBe(true);
  expect(seconds).toBeGreaterThanOrEqual(Math.floor(before / 1000));
  expect(seconds).toBeLessThanOrEqual(nowMs() / 1000);
});

test("the monotonic clock does not go back", () => {
  const first = monotonicMs();
  expect(monotonicMs()).toBeGreaterThanOrEqual(first);
});

test("an assertion that holds is silent, one that does not throws with its text", () => {
  assert(true, "fine");
  expect(() => assert(false, "the reason")).toThrow("assertion failed: the reason");
  expect(() => unreachable("x" as never)).toThrow("unreachable: x");
});
