// The condition language of today: what each text means, and where and how faults are told.

import { describe, expect, test } from "bun:test";
import { tokensOf } from "../../../src/policy/language/lexer.ts";
import { limits } from "../../../src/policy/language/limits.ts";
import { parseCondition } from "../../../src/policy/language/parser.ts";
import { SyntaxFault } from "../../../src/policy/language/problem.ts";
import { Passage, SourceFile } from "../../../src/policy/language/source-text.ts";
import { expressionText } from "../../support/policy/expression-text.ts";

function passageOf(text: string): Passage {
  return Passage.verbatim(new SourceFile("t.yaml", text), 0, text.length);
}

function parsed(text: string): string {
  return expressionText(parseCondition(passageOf(text)).expression);
}

function fault(text: string): string {
  try {
    parseCondition(passageOf(text));
  } catch (error) {
    if (error instanceof SyntaxFault) return `${error.offset}: ${error.message}`;
    throw error;
  }
  return "no fault";
}

const means: [string, string][] = [
  ["sf.type = PE", "sf.type = PE"],
  ["sf.type=PE", "sf.type = PE"],
  ["sf.type == PE", "sf.type = PE"],
  ["a != b", "a != b"],
  ["a!=b", "a != b"],
  ["a < -2.5", "a < -2.5"],
  ["a<=1 and b>=2", "(a <= 1 and b >= 2)"],
  ["a = b or c = d and e = f", "(a = b or (c = d and e = f))"],
  ["(a = b or c = d) and e = f", "((a = b or c = d) and e = f)"],
  ["not a = b and c = d", "(not a = b and c = d)"],
  ["not not a = b", "not not a = b"],
  ["not(a = b)", "not a = b"],
  ["macro1", "macro:macro1"],
  ["m1 and not m2 or m3", "((macro:m1 and not macro:m2) or macro:m3)"],
  ["a exists", "exists a"],
  ["exists a", "exists a"],
  ["not exists a and exists b", "(not exists a and exists b)"],
  ["exists", "macro:exists"],
  ["evt.dir=<", 'evt.dir = "<"'],
  ["evt.dir = > and a = b", '(evt.dir = ">" and a = b)'],
  ["a in (b, 'c d', \"e,f\")", 'a in {b, "c d", "e,f"}'],
  ["a in ()", "a in {}"],
  ["a in ([b, c], d)", "a in {b, c, d}"],
  ["a in [b, c,]", "a in {b, c}"],
  ["a in names", "a in list:names"],
  ["a pmatch (/etc, /usr/*)", "a pmatch {/etc, /usr/*}"],
  ["a intersects (b)", "a intersects {b}"],
  ["a = [b, c]", "a = {b, c}"],
  ["a startswith (b, c)", "a startswith {b, c}"],
  ["a icontains B", "a icontains B"],
  ["a endswith .sh", "a endswith .sh"],
  ["a glob /home/*/x", "a glob /home/*/x"],
  ["a iglob '*.PY'", 'a iglob "*.PY"'],
  ["a regex 'x|y'", 'a regex "x|y"'],
  ["a bcontains 4550 and a bstartswith ff", "(a bcontains 4550 and a bstartswith ff)"],
  ["tolower(a) = b", "tolower(a) = b"],
  ["toupper( b64( a ) ) = B", "toupper(b64(a)) = B"],
  ["len(basename(a)) > 3", "len(basename(a)) > 3"],
  ["a = val(b)", "a = val(b)"],
  ["a = val(tolower(b))", "a = val(tolower(b))"],
  ["a in val(b)", "a in val(b)"],
  ["len = 1", "len = 1"],
  ["a[0.b-1.*] = x", "a[0.b-1.*] = x"],
  ['a[items.#(kind=="Pod").namespace] = x', 'a[items.#(kind=="Pod").namespace] = x'],
  ['a["x y.#(z==\\"1]\\")"] = x', 'a[x y.#(z=="1]")] = x'],
  ["a['b.c'] exists", "exists a[b.c]"],
  ["a[{x,y}.#] = 2", "a[{x,y}.#] = 2"],
  ["a[b\\]c] = 2", "a[b\\]c] = 2"],
  ["a = mitre:T1059", "a = mitre:T1059"],
  ["a = b # and c\n and d = e", "(a = b and d = e)"],
  ["a = b#c", "a = b"],
  ["  a\n=\n\tb  ", "a = b"],
  ["a = name and low = rule", "(a = name and low = rule)"],
];

describe("conditions", () => {
  test.each(means)("%j", (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  test.each([
    [`a = "it's"`, `it's`],
    [`a = '"x"'`, `"x"`],
    [`a = "a\\"b"`, `a"b`],
    [`a = 'a\\'b'`, `a'b`],
    [`a = "a\\\\b\\n"`, `a\\b\\n`],
    [`a = "C:\\"`, `C:\\`],
    [`a = \\"x y\\"`, "x y"],
    [`a = ''x 'y' z''`, "x 'y' z"],
    [`a = ''`, ""],
    [`a = "x\n    y"`, "x y"],
  ])("the text of %j", (text, expected) => {
    expect(parsed(text)).toBe(`a = ${JSON.stringify(expected)}`);
  });

  test("two empty texts on a line", () => {
    expect(parsed(`a = '' and b = ''`)).toBe('(a = "" and b = "")');
  });
});

const conditionCount = limits.conditionDepth * 2;

describe("faults", () => {
  test.each([
    ["", "0: the condition is empty"],
    ["  # nothing", "11: the condition is empty"],
    ["a =", "3: a value behind = is missing before the end"],
    ["a = and b = c", "4: a value behind = is missing before and"],
    ["and a = b", "0: a comparison or a macro is missing before and"],
    ["a = b or", "8: a comparison or a macro is missing before the end"],
    ["a = b AND c = d", "6: write and for AND"],
    ["a = b && c = d", "6: write and for &&"],
    ["a = b || c = d", "6: write or for ||"],
    ["! a = b", "0: write not for !"],
    ['a "=" b', '2: and or or must stand before "="'],
    ["a contains[0] b", "2: and or or must stand before contains[0]"],
    ["len[0](a) = 1", "6: an operator such as = must stand behind len[0], not ("],
    ["a[b\nc] = d", "1: the path behind a has no closing bracket"],
    ["proc.name bash", "10: an operator such as = must stand behind proc.name, not bash"],
    ["a = b,", "5: and or or must stand before ,"],
    ["a = b c = d", "6: and or or must stand before c"],
    ["a = b)", "5: this ) closes nothing"],
    ["(a = b", "0: this ( is never closed"],
    ["(a = b c)", "7: and or or must stand before c"],
    ["()", "1: a comparison or a macro is missing before )"],
    ["a[0]", "4: an operator such as = must stand behind a[0], not the end"],
    ['"a" b', '4: an operator such as = must stand behind "a", not b'],
    ["a in (b c)", "8: a comma or ) must stand here, not c"],
    ["a in (b,)", "8: a value is missing behind the comma"],
    ["a in (b", "7: a comma or ) must stand here, not the end"],
    ['a in "b"', '5: in needs a list in parentheses, such as ("b")'],
    ['a = "b', "4: the quotation that begins here has no end"],
    ["a[b = c", "1: the path behind a has no closing bracket"],
    ["a[b][c] = d", "4: a second path behind a: write both as one, such as [items.0]"],
    ["len(a = b", "6: ) must stand here, not ="],
    ["len() = b", "4: an attribute for len() is missing before )"],
    ["not", "3: a comparison or a macro is missing before the end"],
  ])("%j", (text, expected) => {
    expect(fault(text)).toBe(expected);
  });

  test("nesting has a limit, for each that nests", () => {
    const { conditionDepth } = limits;
    const message = `the condition nests deeper than ${conditionDepth}`;
    const deep = (open: string, close: string, times: number) =>
      `${open.repeat(times)}a = b${close.repeat(times)}`;
    expect(fault(deep("(", ")", conditionDepth))).toBe("no fault");
    expect(fault(deep("(", ")", conditionDepth + 1))).toBe(`${conditionDepth}: ${message}`);
    expect(fault(deep("not ", "", conditionDepth + 1))).toContain(message);
    expect(fault(`${"len(".repeat(conditionDepth + 1)}a`)).toContain(message);
    expect(fault(`a in ${"[".repeat(conditionDepth + 1)}`)).toContain(message);
  });

  test.each(["(a = b)", "not a = b", "len(a) = 1", "a in ([b])"])(
    "many of %s beside each other nest not",
    (term) => {
      expect(fault(new Array(conditionCount).fill(term).join(" and "))).toBe("no fault");
    },
  );

  test("tokens have a limit", () => {
    const text = "a ".repeat(limits.conditionTokens + 1);
    expect(() => tokensOf(text)).toThrow(`more than ${limits.conditionTokens} words and signs`);
  });
});

test("spans are those of the text", () => {
  const text = "x = y and tolower(proc.name) in (a, 'b')";
  const { expression } = parseCondition(passageOf(text));
  const second = expression.kind === "and" ? expression.terms[1] : undefined;
  expect(second && text.slice(second.span.start, second.span.end)).toBe(text.slice(10));
  const right = second?.kind === "compare" ? second.right : undefined;
  expect(right && text.slice(right.span.start, right.span.end)).toBe("(a, 'b')");
});
