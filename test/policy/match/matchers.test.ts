// The parts that look at texts, each against a slow and simple one.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CharTrie } from "../../../src/policy/match/char-trie.ts";
import { Glob } from "../../../src/policy/match/glob.ts";
import { IpRange } from "../../../src/policy/match/ip-range.ts";
import { LiteralIndex } from "../../../src/policy/match/literal-index.ts";
import { finds, type LiteralKind } from "../../../src/policy/match/literal-kind.ts";
import { loadRegex } from "../../../src/policy/match/regex.ts";

/** Few letters, so that literals overlap; one beyond ASCII and one of two units. */
const word = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom("a", "b", "/", "é", "\u{1f600}"), maxLength });

describe("literals", () => {
  test("of all kinds are found in one pass as one by one", () => {
    const kinds = fc.constantFrom<LiteralKind>("equal", "prefix", "suffix", "contains");
    const literals = fc.array(fc.tuple(kinds, word(4)), { maxLength: 40 });
    fc.assert(
      fc.property(literals, word(12), (list, text) => {
        const index = new LiteralIndex();
        for (const [slot, [how, literal]] of list.entries()) index.add(how, literal, slot);
        index.build();
        const found = new Set<number>();
        index.find(text, (slot) => found.add(slot));
        const expected = list.flatMap(([how, literal], slot) =>
          finds[how](text, literal) ? [slot] : [],
        );
        expect([...found].sort((a, b) => a - b)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("too many for a table are found too", () => {
    const trie = new CharTrie(true);
    const literals: string[] = [];
    for (let i = 0; i < 20_000; i++) {
      literals.push(`${String.fromCharCode(0x4e00 + (i % 2000))}${i.toString(36)}x`);
    }
    for (const [value, literal] of literals.entries()) trie.add(literal, value);
    trie.build();
    const text = `zz${literals[77]}${literals[19_999]}${literals[3]?.slice(0, 2)}`;
    const found = new Set<number>();
    trie.findWithin(text, (value) => found.add(value));
    const expected = literals.flatMap((literal, value) => (text.includes(literal) ? [value] : []));
    expect([...found].sort((a, b) => a - b)).toEqual(expected);
  });

  test("a long text takes time in proportion", () => {
    const index = new LiteralIndex();
    for (let i = 0; i < 50; i++) index.add("contains", `${"a".repeat(i)}b`, i);
    index.build();
    const start = performance.now();
    let hits = 0;
    index.find("a".repeat(1_000_000), () => {
      hits += 1;
    });
    expect(hits).toBe(0);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("globs", () => {
  test.each([
    ["/home/*/.ssh/*", "/home/a/.ssh/id", true],
    ["/home/*/.ssh/*", "/home/a/b/.ssh/id", true],
    ["/home/*/.ssh/*", "/home/.ssh/id", false],
    ["*", "", true],
    ["?", "", false],
    ["?", "\u{1f600}", true],
    ["*.p?", "x.py", true],
    ["a*b*c", "aXbYbZc", true],
    ["a*b*c", "aXbYbZ", false],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", false],
    ["[^a-c]x", "dx", true],
    ["[]]", "]", true],
    ["[a-]", "-", true],
    ["[[:digit:]_]*", "7z", true],
    ["[[:digit:]_]*", "z7", false],
    ["[a", "[a", true],
    ["\\*", "*", true],
    ["\\*", "x", false],
    ["[\\]]", "]", true],
    ["A", "a", false],
  ])("%s on %s", (pattern, text, expected) => {
    expect(new Glob(pattern, false).matches(text)).toBe(expected);
  });

  test("case is folded when asked", () => {
    expect(new Glob("*.PY", true).matches("x.Py")).toBe(true);
    expect(new Glob("[A-C]", true).matches("b")).toBe(true);
  });

  test("stars equal those of a slow matcher", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(letters, word(8), (pattern, text) => {
        expect(new Glob(pattern, false).matches(text)).toBe(slowGlob([...pattern], [...text]));
      }),
      { numRuns: 1000 },
    );
  });

  test("stars do not multiply the time", () => {
    const start = performance.now();
    expect(new Glob("*a".repeat(100), false).matches(`${"a".repeat(50_000)}b`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

function slowGlob(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === "*") {
    return slowGlob(rest, text) || (text.length > 0 && slowGlob(pattern, text.slice(1)));
  }
  return text.length > 0 && (first === "?" || first === text[0]) && slowGlob(rest, text.slice(1));
}

describe("ranges of addresses", () => {
  test.each([
    ["10.0.0.0/8", "10.255.1.2", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["192.168.4.0/22", "192.168.7.9", true],
    ["192.168.4.0/22", "192.168.8.0", false],
    ["0.0.0.0/0", "1.2.3.4", true],
    ["0.0.0.0/0", "::1", false],
    ["1.2.3.4/32", "1.2.3.4", true],
    ["fe80::/10", "febf::1", true],
    ["fe80::/10", "fec0::1", false],
    ["::/0", "1.2.3.4", true],
    ["::ffff:10.0.0.0/104", "10.1.1.1", true],
    ["2001:db8::/33", "2001:db8:7fff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["10.0.0.0/8", "10.0.0", false],
    ["10.0.0.0/8", "10.0.0.256", false],
    ["10.0.0.0/8", "", false],
  ])("%s has %s", (range, address, expected) => {
    expect(IpRange.parse(range)?.has(address)).toBe(expected);
  });

  test.each([
    "10.0.0.0",
    "10.0.0.0/33",
    "::/129",
    "10.0.0/8",
    "x/8",
    "1:2::3::4/8",
    "/8",
    "1::g/4",
    "10.0.0.0/",
  ])("%s is none", (text) => {
    expect(IpRange.parse(text)).toBeNull();
  });
});

describe("regular expressions", () => {
  test("match the whole text, in linear time", async () => {
    const make = await loadRegex();
    const matches = (pattern: string, text: string) => {
      const regex = make(pattern);
      return "why" in regex ? regex.why : regex.matches(text);
    };
    expect(matches("a+b", "aab")).toBe(true);
    expect(matches("a+b", "aabc")).toBe(false);
    expect(matches(".*b.*", "a\nb\nc")).toBe(true);
    expect(matches("(a", "a")).toContain("missing");
    const start = performance.now();
    expect(matches("(a*)*c", "a".repeat(20_000))).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
