import { expect, test } from "bun:test";
import { cut, fit, textWidth } from "../../src/base/text-width.ts";

test.each([
  ["", 0],
  ["abc", 3],
  ["é", 1],
  ["e\u0301", 1],
  ["漢字", 4],
  ["ｱ", 1],
  ["Ａ", 2],
  ["한글", 4],
  ["😀", 2],
  ["a\u200db", 2],
  ["→…", 2],
])("%p takes %d columns", (text, width) => {
  expect(textWidth(text)).toBe(width);
});

test.each([
  ["abcdef", 6, "abcdef"],
  ["abcdef", 5, "abcd…"],
  ["abcdef", 1, "…"],
  ["abcdef", 0, ""],
  ["漢字漢字", 5, "漢字…"],
  ["漢字漢字", 4, "漢…"],
])("%p cut to %d is %p", (text, width, expected) => {
  expect(cut(text, width)).toBe(expected);
});

test.each([
  ["ab", 4, "ab  "],
  ["漢", 4, "漢  "],
  ["漢字漢字", 4, "漢… "],
])("%p fitted to %d is %p", (text, width, expected) => {
  expect(fit(text, width)).toBe(expected);
  expect(textWidth(fit(text, width))).toBe(width);
});
