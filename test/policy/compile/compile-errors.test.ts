// What is wrong with names and values is told when policies are compiled, each with its place.

import { describe, expect, test } from "bun:test";
import { limits } from "../../../src/policy/language/limits.ts";
import { compileText } from "../../support/policy/run-policies.ts";

async function errorsOf(text: string): Promise<readonly string[]> {
  return (await compileText(text, "default")).errors;
}

function rule(condition: string): string {
  return `- rule: R\n  condition: ${condition}`;
}

describe("one error each", () => {
  test.each([
    ["sf.proc.nam = x", "2:14: no attribute is named sf.proc.nam; did you mean sf.proc.name?"],
    ["xyzzy.foo = x", "2:14: no attribute is named xyzzy.foo"],
    ["a = sf.proc.exe", "2:14: no attribute is named a"],
    [
      "sf.proc.exe = sf.pproc.exee",
      "2:28: no attribute is named sf.pproc.exee (quote it if a text is meant); did you mean sf.pproc.exe?",
    ],
    ["tolower(x.y) = a", "2:22: no attribute is named x.y"],
    ["tolower('x') = a", "2:22: tolower() needs an attribute, not x"],
    ["macro_x", "2:14: no macro is named macro_x"],
    [
      "sf.proc.tty",
      "2:14: sf.proc.tty is an attribute: an operator such as = or exists must stand behind it",
    ],
    ["sf.proc.name in list_x", "2:30: no list is named list_x"],
    ["sf.proc.name in (tolower(sf.proc.exe))", "2:31: tolower() cannot stand in a list"],
    ["sf.ret > x", "2:14: > compares numbers, and x is none"],
    ["sf.ret > ''", '2:14: > compares numbers, and "" is none'],
    [
      "sf.proc.exe regex '('",
      "2:14: not a regular expression: error parsing regexp: missing closing ): `(`",
    ],
    [
      "sf.proc.exe regex val(sf.proc.name)",
      "2:14: regex needs a text to its right, not an attribute",
    ],
    [
      "sf.proc.exe bcontains xyz",
      "2:14: bcontains needs bytes as hexadecimal digits, such as 7f454c46, not xyz",
    ],
    ["/bin/sh contains sf.proc.exe", "2:14: an attribute must stand to the left of contains"],
    ["sf.ke.message[] = x", "2:14: the path behind sf.ke.message is empty"],
    ["sf.ret[x] = 1", "2:14: sf.ret is a number and has no path"],
    [
      "sf.proc.aname[x] = a",
      "2:14: sf.proc.aname is a list: what stands in brackets must be a number",
    ],
    [
      `sf.proc.exe glob ${"a".repeat(limits.regexLength + 1)}`,
      `2:14: a pattern for glob has at most ${limits.regexLength} characters`,
    ],
    [
      "fd.sip.name = x",
      "2:14: fd.sip.name: no names are looked up: that would tell others what is watched",
    ],
  ])("%s", async (condition, expected) => {
    expect(await errorsOf(rule(condition))).toEqual([`a.yaml:${expected}`]);
  });
});

describe("all of them", () => {
  test("of one condition", async () => {
    expect(await errorsOf(rule("x.a = 1 and (not y.b = 2 or z.c exists) and m"))).toEqual([
      "a.yaml:2:14: no attribute is named x.a",
      "a.yaml:2:31: no attribute is named y.b",
      "a.yaml:2:42: no attribute is named z.c",
      "a.yaml:2:58: no macro is named m",
    ]);
  });

  test("of a macro once, however many rules use it", async () => {
    const text = `- macro: m\n  condition: x.a = 1\n${rule("m")}\n${rule("m or m")}`;
    expect(await errorsOf(text)).toEqual(["a.yaml:2:14: no attribute is named x.a"]);
  });

  test("of filters and exceptions", async () => {
    const text = `- filter: f
  condition: x.a = 1
- rule: R
  condition: sf.type = PE
  exceptions:
    - name: e
      fields: [x.b, sf.proc.name]
      values: [[1, 2]]`;
    expect(await errorsOf(text)).toEqual([
      "a.yaml:2:14: no attribute is named x.a",
      "a.yaml:7:16: no attribute is named x.b",
    ]);
  });
});

describe("a macro that no rule uses", () => {
  test("with an unknown attribute is doubtful, with other faults wrong", async () => {
    const { errors, warnings } = await compileText(
      "- macro: m\n  condition: x.a = 1\n- macro: n\n  condition: sf.ret > x\n- macro: o\n  condition: fd.sip.name = x",
      "default",
    );
    expect(errors).toEqual(["a.yaml:4:14: > compares numbers, and x is none"]);
    expect(warnings).toEqual(["a.yaml:2:14: warning: no attribute is named x.a"]);
  });
});

describe("what is doubtful", () => {
  test.each([
    ["sf.ret = x", "2:14: warning: sf.ret is a number and never equals x"],
    ["sf.proc.tty = x", "2:14: warning: sf.proc.tty is true or false and never equals x"],
    [
      "sf.proc.username = x",
      "2:14: warning: sf.proc.username stands in upstream's rules and was never an attribute: it has no value; did you mean sf.proc.user?",
    ],
    [
      "sf.proc.name = l",
      "2:29: warning: = compares with the text l; for the list of that name write in (l)",
    ],
  ])("%s", async (condition, expected) => {
    const { errors, warnings } = await compileText(
      `${rule(condition)}\n- list: l\n  items: []`,
      "default",
    );
    expect(errors).toEqual([]);
    expect(warnings).toEqual([`a.yaml:${expected}`]);
  });
});

describe("what leads to itself", () => {
  test("macros", async () => {
    const text = `- macro: a\n  condition: sf.ret = 1 or b\n- macro: b\n  condition: a\n${rule("a")}`;
    expect(await errorsOf(text)).toEqual(["a.yaml:4:14: the macro a leads back to itself"]);
  });

  test("macros in upstream's mode, where upstream dies", async () => {
    const text =
      "- macro: a\n  condition: b\n- macro: b\n  condition: a\n- rule: R\n  desc: d\n  condition: a\n";
    const { errors } = await compileText(text, "sysflow");
    expect(errors).toEqual(["a.yaml:4:14: the macro a leads back to itself"]);
  });

  test("lists", async () => {
    const text = `- list: a\n  items: [b]\n- list: b\n  items: [a]\n${rule("sf.proc.name in (a)")}`;
    expect(await errorsOf(text)).toEqual(["a.yaml:6:31: the list a leads back to itself"]);
  });
});

describe("limits are named", () => {
  function chain(length: number, body: (earlier: string) => string): string {
    const macros = ["- macro: m0\n  condition: sf.ret = 1"];
    for (let i = 1; i <= length; i++)
      macros.push(`- macro: m${i}\n  condition: ${body(`m${i - 1}`)}`);
    return `${macros.join("\n")}\n${rule(`m${length}`)}`;
  }

  test("nesting of macros", async () => {
    expect(await errorsOf(chain(limits.nesting - 1, (earlier) => earlier))).toEqual([]);
    const [error] = await errorsOf(chain(limits.nesting, (earlier) => earlier));
    expect(error).toContain(`macros name each other more than ${limits.nesting} deep`);
  });

  test("bombs of macros", async () => {
    const errors = await errorsOf(
      chain(40, (earlier) => `(${earlier} and sf.ret = 1) or (${earlier} and sf.ret = 2)`),
    );
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(
      `more than ${limits.expandedTerms} comparisons, its macros written out`,
    );
  });

  test("regular expressions and literals of all rules", async () => {
    const many = Array.from({ length: limits.regexes + 1 }, (_, index) => `a${index}`);
    const [regexes] = await errorsOf(rule(`sf.proc.exe regex (${many.join(", ")})`));
    expect(regexes).toContain(`there are more than ${limits.regexes} regular expressions`);
    const half = "x".repeat(limits.patternCharacters / 2);
    const [literals] = await errorsOf(rule(`sf.proc.exe contains (${half}a, ${half}b)`));
    expect(literals).toBe(
      `the literals of all rules have more than ${limits.patternCharacters} characters`,
    );
  });

  test("lists", async () => {
    const lists: string[] = [];
    for (let i = 0; i < 3; i++) {
      const items = Array.from({ length: 50_000 }, (_, index) => `x${i}_${index}`);
      lists.push(`- list: l${i}\n  items: [${items.join(",")}]`);
    }
    const [error] = await errorsOf(`${lists.join("\n")}\n${rule("sf.proc.name in (l0, l1, l2)")}`);
    expect(error).toContain(`a list has more than ${limits.listMembers} members`);
    const nested: string[] = ["- list: n0\n  items: [x]"];
    for (let i = 1; i <= limits.nesting; i++) nested.push(`- list: n${i}\n  items: [n${i - 1}]`);
    const [deep] = await errorsOf(
      `${nested.join("\n")}\n${rule(`sf.proc.name in (n${limits.nesting})`)}`,
    );
    expect(deep).toContain(`lists name each other more than ${limits.nesting} deep`);
  }, 60_000);
});

describe("fields that SysFlow records never have", () => {
  const text = `- macro: m
  condition: fd.sip.name = x
- rule: A
  condition: m and evt.latency > 1
- rule: B
  condition: sf.type = PE
- rule: C
  condition: nosuch.a = 1
  skip-if-unknown-filter: true
- rule: D
  condition: m
  source: aws_cloudtrail`;

  test("are errors", async () => {
    expect(await errorsOf(text)).toEqual([
      "a.yaml:2:14: fd.sip.name: no names are looked up: that would tell others what is watched",
      "a.yaml:4:20: evt.latency: it is of one call, and a record may stand for many",
    ]);
  });

  test("make a rule skipped and listed when that is asked for", async () => {
    const { engine, errors, skipped } = await compileText(text, "default", true);
    expect(errors).toEqual([]);
    expect(engine?.rules.map(({ name }) => name)).toEqual(["B"]);
    expect(skipped).toEqual([
      "D: its source is aws_cloudtrail, not syscall",
      "A: fd.sip.name: no names are looked up: that would tell others what is watched; evt.latency: it is of one call, and a record may stand for many",
      "C: no attribute is named nosuch.a",
    ]);
  });

  test("do not hide other errors", async () => {
    const { errors } = await compileText(rule("fd.sip.name = x and nosuch.a = 1"), "default", true);
    expect(errors).toEqual([
      "a.yaml:2:14: fd.sip.name: no names are looked up: that would tell others what is watched",
      "a.yaml:2:34: no attribute is named nosuch.a",
    ]);
  });
});
