// Alerts that repeat: how many of one rule and key are told in one window of event time, and what
// becomes of the table when keys never end.

import { describe, expect, test } from "bun:test";
import type { Attribute, FlatContext } from "../../src/flatten/attribute.ts";
import { Suppression } from "../../src/pipeline/suppression.ts";

/** Its value is the record itself, which no test looks at otherwise. */
const key: Attribute = {
  name: "key",
  type: "text",
  owner: "record",
  description: "",
  kinds: 0,
  text: (of) => of as unknown as string | null,
};

const of = (value: string | null) => value as unknown as FlatContext;

function made(alerts: number, windowSec: number, keys = [key], entriesMax?: number) {
  return new Suppression({
    alerts,
    windowSec,
    key: keys,
    ...(entriesMax !== undefined && { entriesMax }),
  });
}

describe("repeats", () => {
  test("so many are told in a window, then in the next again", () => {
    const suppression = made(2, 10);
    const told = [0, 1, 2, 9.9, 10, 11, 12].map((sec) => suppression.takes("r", of("a"), sec));
    expect(told).toEqual([true, true, false, false, true, true, false]);
    expect(suppression.held).toBe(3);
  });

  test("each rule and each key have their own", () => {
    const suppression = made(1, 10);
    expect(suppression.takes("r", of("a"), 0)).toBe(true);
    expect(suppression.takes("s", of("a"), 0)).toBe(true);
    expect(suppression.takes("r", of("b"), 0)).toBe(true);
    expect(suppression.takes("r", of(null), 0)).toBe(true);
    expect(suppression.takes("r", of(""), 0)).toBe(true);
    expect(suppression.takes("r", of("a"), 0)).toBe(false);
  });

  test("a key of several parts is not mixed up with another", () => {
    let parts: readonly [string, string] = ["", ""];
    const part = (i: 0 | 1): Attribute => ({ ...key, text: () => parts[i] });
    const suppression = made(1, 10, [part(0), part(1)]);
    const takes = (a: string, b: string) => {
      parts = [a, b];
      return suppression.takes("r", of(""), 0);
    };
    expect(takes("a|1:b", "c")).toBe(true);
    expect(takes("a", "b|1:c")).toBe(true);
    expect(takes("a|1:b", "c")).toBe(false);
  });

  test("an earlier time is of the window that is open", () => {
    const suppression = made(1, 10);
    expect(suppression.takes("r", of("a"), 100)).toBe(true);
    expect(suppression.takes("r", of("a"), 50)).toBe(false);
  });
});

describe("a table that is full", () => {
  test("gives up the window that began first, and counts it", () => {
    const suppression = made(1, 100, [key], 2);
    for (const name of ["a", "b", "c"]) {
      expect(suppression.takes("r", of(name), 0)).toBe(true);
    }
    expect(suppression.evicted).toBe(1);
    expect(suppression.takes("r", of("b"), 1)).toBe(false);
    expect(suppression.takes("r", of("a"), 1)).toBe(true);
  });

  test("does not count a window that was over", () => {
    const suppression = made(1, 5, [key], 1);
    suppression.takes("r", of("a"), 0);
    suppression.takes("r", of("b"), 5);
    expect(suppression.evicted).toBe(0);
  });
});
