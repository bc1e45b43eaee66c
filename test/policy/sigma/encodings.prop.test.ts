// What Sigma's patterns, encodings and `windash` find, against simple forms of the same.

import { beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Glob } from "../../../src/policy/match/glob.ts";
import { loadRegex, type MakeRegex } from "../../../src/policy/match/regex.ts";
import { base64, base64Offsets, bytesOf } from "../../../src/policy/sigma/encodings.ts";
import {
  extended,
  type Pattern,
  patternOf,
  plainPattern,
  withAnyDash,
} from "../../../src/policy/sigma/pattern.ts";
import { asGlob, asRegex, asSearch } from "../../../src/policy/sigma/pattern-text.ts";

let makeRegex: MakeRegex;
beforeAll(async () => {
  makeRegex = await loadRegex();
});

function fits(regex: string, text: string): boolean {
  const made = makeRegex(regex);
  if ("why" in made) throw new Error(`${regex}: ${made.why}`);
  return made.matches(text);
}

/** Few characters, so that patterns find something. */
const texts = fc.string({ unit: fc.constantFrom(..."ab-/*?\\[].\n\u2013é"), maxLength: 12 });

describe("patterns", () => {
  /** Walks the pattern as Sigma words it. */
  function naive(pattern: string, text: string): boolean {
    const [first, second] = pattern;
    if (first === undefined) return text === "";
    if (first === "*") {
      return naive(pattern.slice(1), text) || (text !== "" && naive(pattern, text.slice(1)));
    }
    const isEscape = first === "\\" && second !== undefined && "*?\\".includes(second);
    const wanted = isEscape ? second : first;
    const isOne = first === "?" && text !== "";
    const rest = pattern.slice(isEscape ? 2 : 1);
    return (isOne || text.startsWith(wanted)) && text !== "" && naive(rest, text.slice(1));
  }

  test("as a glob and as a regular expression", () => {
    fc.assert(
      fc.property(texts, texts, (pattern, text) => {
        const expected = naive(pattern, text);
        expect(new Glob(asGlob(patternOf(pattern)), false).matches(text)).toBe(expected);
        expect(fits(asRegex(patternOf(pattern)), text)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("of a text that they were made of", () => {
    fc.assert(
      fc.property(texts, texts, texts, (text, before, behind) => {
        const pattern = extended(plainPattern(text), true, true);
        expect(fits(asRegex(pattern), before + text + behind)).toBe(true);
        expect(new Glob(asGlob(pattern), false).matches(before + text + behind)).toBe(true);
      }),
    );
  });
});

describe("windash", () => {
  const dashes = ["-", "/", "\u2013", "\u2014", "\u2015"];

  /** All texts that a value stands for, one after the other. */
  function written(value: string): string[] {
    let forms = [""];
    for (let at = 0; at < value.length; at++) {
      const isWord = (character: string | undefined) => /^[\p{L}\p{N}_]$/u.test(character ?? "");
      const begins = dashes.includes(value[at] as string) && !isWord(value[at - 1]);
      const choices = begins && isWord(value[at + 1]) ? dashes : [value[at]];
      forms = forms.flatMap((form) => choices.map((choice) => `${form}${choice}`));
    }
    return forms;
  }

  const values = fc.string({ unit: fc.constantFrom(..."ab -/\u2014.é"), maxLength: 9 });

  test("is any of the texts with dashes exchanged", () => {
    fc.assert(
      fc.property(values, values, fc.nat(), (value, other, which) => {
        const forms = written(value);
        const pattern: Pattern = withAnyDash(plainPattern(value));
        expect(fits(asRegex(pattern), forms[which % forms.length] as string)).toBe(true);
        expect(fits(asRegex(pattern), other)).toBe(forms.includes(other));
        const anywhere = asRegex(extended(pattern, true, true));
        expect(fits(anywhere, other)).toBe(forms.some((form) => other.includes(form)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("base64offset", () => {
  test("of two bytes, the least that it takes", () => {
    expect(base64Offsets(new TextEncoder().encode("ab"))).toEqual(["YW", "Fi", "hY"]);
  });

  const bytes = fc.uint8Array({ minLength: 2, maxLength: 12 });
  const around = fc.uint8Array({ maxLength: 7 });

  test("finds the text wherever it stands in what was encoded", () => {
    fc.assert(
      fc.property(around, bytes, around, (before, text, behind) => {
        const whole = base64(Uint8Array.from([...before, ...text, ...behind]));
        expect(base64Offsets(text).some((form) => whole.includes(form))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("is what stands in all such encodings, and no less", () => {
    // The simple form: encode with each of many surroundings, keep what is common to all.
    const surroundings = [0, 1, 2].map((length) =>
      [0x00, 0xff, 0x55, 0xaa].map((byte) => new Uint8Array(length).fill(byte)),
    );
    fc.assert(
      fc.property(bytes, (text) => {
        const naive = surroundings.map((befores) => {
          const encoded = befores.flatMap((before) =>
            befores.map(([byte = 0x00]) => {
              return base64(Uint8Array.from([...before, ...text, byte, byte ^ 0xff, byte]));
            }),
          );
          const others = befores.flatMap((before) =>
            [0x00, 0xff].map((byte) => {
              return base64(Uint8Array.from([...before, ...text, byte, byte, byte]));
            }),
          );
          const all = [...encoded, ...others];
          const [first = ""] = all;
          const same = [...first].map((character, at) =>
            all.every((each) => each[at] === character),
          );
          const from = same.indexOf(true);
          const to = same.indexOf(false, from);
          return first.slice(from, to < 0 ? undefined : to);
        });
        expect(base64Offsets(text)).toEqual(naive);
      }),
      { numRuns: 500 },
    );
  });

  test("UTF-16 is what Node makes of it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
        const little = Buffer.from(text, "utf16le");
        const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), little]);
        expect(little.equals(bytesOf(text, "utf16le"))).toBe(true);
        expect(Buffer.from(little).swap16().equals(bytesOf(text, "utf16be"))).toBe(true);
        expect(marked.equals(bytesOf(text, "utf16"))).toBe(true);
      }),
    );
  });
});

test("re finds a part of a text as JavaScript's expressions do", () => {
  const regexes = fc.constantFrom(
    ...[
      "a",
      "^a",
      "a$",
      "a|b",
      "^a|b$",
      "a.b",
      "(a|-)b",
      "[^/]{3,}$",
      "[]a]",
      "\\[|\\(",
      "a*",
      "^$",
    ],
  );
  const flags = fc.constantFrom("", "i", "m", "s", "ims");
  fc.assert(
    fc.property(regexes, flags, texts, (regex, flag, text) => {
      const escaped = regex === "[]a]" ? "[\\]a]" : regex;
      expect(fits(asSearch(regex, flag), text)).toBe(new RegExp(escaped, `${flag}u`).test(text));
    }),
    { numRuns: 2000 },
  );
});
