// Lists that are known again: the very array, with what was in it, and no more of them than there is
// room for; and what is written for one is the same each time.

import { describe, expect, test } from "bun:test";
import { RecentLists, recentListMin } from "../../src/avro/recent-lists.ts";
import { Tap } from "../../src/avro/tap.ts";
import { writeStrings } from "../../src/sysflow/field-writing.ts";
import { JsonTap } from "../../src/sysflow/json-tap.ts";
import { jsonStrings } from "../../src/sysflow/json-writing.ts";

const kept = 16;
const longest = 16 * 1024;
const bytes = Buffer.alloc(longest + 2, "abcdef");

function listOf(name: string, count = 20): string[] {
  return Array.from({ length: count }, (_, i) => `${name}${i}=é"${"x".repeat(i)}`);
}

function textOf(lists: RecentLists, values: readonly string[]): string | null {
  const found = lists.find(values);
  return found === null ? null : Buffer.from(found).toString();
}

describe("a list", () => {
  test("is found as itself, with its own bytes", () => {
    const lists = new RecentLists();
    const [one, two] = [listOf("one"), listOf("two")];
    lists.keep(one, bytes, 1, 4);
    lists.keep(two, bytes, 2, 6);
    expect([textOf(lists, one), textOf(lists, two)]).toEqual(["bcd", "cdef"]);
    expect(lists.find([...one])).toBeNull();
  });

  test("is not found once something else is in it", () => {
    const lists = new RecentLists();
    for (const change of [
      (list: string[]) => list.push("more"),
      (list: string[]) => list.pop(),
      (list: string[]) => list.splice(3, 1, "other"),
    ]) {
      const list = listOf("a");
      lists.keep(list, bytes, 0, 3);
      change(list);
      expect(lists.find(list)).toBeNull();
    }
  });

  test("makes room for the newest, the oldest first", () => {
    const lists = new RecentLists();
    const all = Array.from({ length: kept + 3 }, (_, i) => listOf(`${i}:`));
    for (const [i, list] of all.entries()) lists.keep(list, bytes, i, i + 1);
    const found = all.map((list) => lists.find(list) !== null);
    expect(found).toEqual(all.map((_, i) => i >= 3));
    expect(textOf(lists, all.at(-1) ?? [])).toBe("abcdef"[(kept + 2) % 6] as string);
  });

  test("is kept up to a length", () => {
    const lists = new RecentLists();
    const [fits, longer] = [listOf("fits"), listOf("longer")];
    lists.keep(fits, bytes, 1, longest + 1);
    lists.keep(longer, bytes, 1, longest + 2);
    expect(lists.find(fits)?.length).toBe(longest);
    expect(lists.find(longer)).toBeNull();
  });
});

const forms = {
  Avro: { make: (room: number) => new Tap(room), write: writeStrings },
  JSON: { make: (room: number) => new JsonTap(room), write: jsonStrings },
} as const;

describe.each(["Avro", "JSON"] as const)("as %s", (form) => {
  const { make, write } = forms[form];

  function written(tap: Tap | JsonTap, values: readonly string[]): Buffer | null {
    const start = tap.pos;
    write(tap as never, values);
    return tap.ok() ? Buffer.from(tap.buffer.subarray(start, tap.pos)) : null;
  }

  test.each([0, 1, recentListMin - 1, recentListMin, 200])(
    "%d texts are the same again",
    (count) => {
      const tap = make(100_000);
      const values = listOf("a", count);
      const first = written(tap, values);
      expect(written(tap, values)).toEqual(first);
      expect(written(make(100_000), [...values])).toEqual(first);
      if (form === "JSON") expect(JSON.parse(String(first))).toEqual(values);
      values.push("one more");
      expect(written(tap, values)?.length).toBeGreaterThan(first?.length ?? 0);
    },
  );

  test("what did not fit is not known, and what is known may not fit", () => {
    const values = listOf("a", 40);
    const wanted = written(make(10_000), values);
    const tap = make(600);
    expect(written(tap, values)).toBeNull();
    tap.grow(0);
    tap.grow(0);
    tap.pos = 0;
    expect(written(tap, values)).toEqual(wanted);
    tap.pos = tap.buffer.length - 100;
    expect(written(tap, values)).toBeNull();
    expect(tap.pos).toBe(tap.buffer.length - 100 + (wanted?.length ?? 0));
  });
});

test("a list of JSON has U+FFFD for half a character, whatever stands beside it", () => {
  for (const odd of ["\ud83d", "\\ud83d", "\u007f", "\u2028", "é"]) {
    const tap = new JsonTap(10_000);
    const values = [...listOf("a"), odd];
    jsonStrings(tap, values);
    const text = tap.buffer.toString("utf8", 0, tap.pos);
    expect(JSON.parse(text)).toEqual(values.map((each) => each.toWellFormed()));
    expect(text).not.toMatch(/[\u007f\u2028]/);
    expect(text.match(/\\ud83d/g)?.length ?? 0).toBe(odd === "\\ud83d" ? 1 : 0);
  }
});
