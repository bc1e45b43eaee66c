// Upstream's grammar to the letter: its tokens, and what it refuses, where, in one file after another.

import { describe, expect, test } from "bun:test";
import { sysflowTokens } from "../../../src/policy/language/sysflow-lexer.ts";
import { trimQuotes } from "../../../src/policy/language/sysflow-parser.ts";
import { expressionText } from "../../support/policy/expression-text.ts";
import { loadText } from "../../support/policy/load-text.ts";

describe("tokens", () => {
  test.each([
    ["rule rules Rule", "keyword:rule id:rules id:Rule"],
    ["high HIGH hight", "severity:high severity:HIGH id:hight"],
    ["a-b.c*_1 1.5 12abc", "id:a-b.c*_1 id:1.5 id:12abc"],
    ["/usr/bin ./x .y a/b a*/b", "path:/usr/bin path:./x path:.y path:a/b path:a*/b"],
    ["a:b mitre:T1059 a: b", "tag:a:b tag:mitre:T1059 id:a define:: id:b"],
    ["a[0.b] a:[x] a[x:y][z] a[", "id:a[0.b] id:a:[x] id:a[x:y][z] id:a symbol:["],
    ["a[#] a[-1] a[]", "id:a symbol:["],
    ["rule: > x :> y", "keyword:rule define:: > id:x define::> id:y"],
    ['"a b" \'c\' "it\'s"', `string:"a b" string:'c' string:"it's"`],
    [`'"x y"' "'z'"`, `string:'"x y"' string:"'z'"`],
    ["\\\"a\\\" ''b''", "string:\\\"a\\\" string:''b''"],
    ['a = "" and b = ""', 'id:a symbol:= string:"" and b = ""'],
    ['a = "" and b = "x"', 'id:a symbol:= string:"" keyword:and id:b symbol:= string:"x"'],
    ['"a\nb"', 'other:" id:a id:b other:"'],
    [
      "< <= > >= = != ! - ( ) [ ] ,",
      "symbol:< symbol:<= symbol:> symbol:>= symbol:= symbol:!= other:! symbol:- symbol:( symbol:) symbol:[ symbol:] symbol:,",
    ],
    ["a # b\nc\td\fe", "id:a id:c id:d id:e"],
    ["a#b", "id:a"],
    ["skip-if-unknown-filter skip-if", "keyword:skip-if-unknown-filter id:skip-if"],
  ])("%j", (text, expected) => {
    const tokens = sysflowTokens(text).slice(0, -1);
    const shown = tokens.map(({ kind, text: each }) => `${kind}:${each}`);
    expect(shown.slice(0, expected.split(/ (?=[a-z]+:)/).length).join(" ")).toBe(expected);
  });

  test("end with the end", () => {
    expect(sysflowTokens("a ").at(-1)).toEqual({ kind: "end", text: "", start: 2, end: 2 });
  });

  test.each([
    ["", ""],
    ['"', ""],
    ["'a", "a"],
    [`"a'`, "a"],
    [`''a''`, "'a'"],
    ["a", "a"],
  ])("marks of %j", (text, expected) => {
    expect(trimQuotes(text)).toBe(expected);
  });
});

describe("items", () => {
  test("with all that a rule may have, in one line or many, the first of a key counting", () => {
    const text =
      "- rule: A b, (c): x desc: > what\n  it is condition: a = b and not c priority: LOW output: %x y tags: [p, \"q r\", 's,t',] " +
      "actions: [] prefilter: [PE] enabled: 'false' warn_evttypes: x skip-if-unknown-filter: y priority: high";
    const { policies, lines } = loadText(text, "sysflow");
    expect(lines).toEqual([]);
    expect(policies.rules).toMatchObject([
      {
        name: "A b, (c): x",
        description: "what\n  it is",
        priority: "low",
        output: "%x y",
        tags: ["p", "q r", "s", "t", ""],
        actions: [""],
        prefilter: ["PE"],
        isEnabled: false,
        skipsIfUnknown: false,
      },
    ]);
    const condition = policies.rules[0]?.condition.expression;
    expect(condition && expressionText(condition)).toBe("(a = b and not macro:c)");
  });

  test("a rule sees the latest macro before it, or the last of its file; files know earlier ones", () => {
    const { policies } = loadText(
      "- rule: R desc: d condition: m\n- macro: m condition: a = b\n- rule: S desc: d condition: m\n- macro: m condition: c = d",
      "sysflow",
    );
    const seen = policies.rules.map(({ scope }) => {
      const macro = scope.macros.get("m");
      return macro && expressionText(macro.condition.expression);
    });
    expect(seen).toEqual(["c = d", "a = b"]);
  });

  test("alert is low, and another word for enabled is true with a warning", () => {
    const { policies, heads } = loadText(
      "- rule: R desc: d condition: m priority: alert enabled: maybe",
      "sysflow",
    );
    expect(policies.rules).toMatchObject([{ priority: "alert", severity: "low", isEnabled: true }]);
    expect(heads).toEqual(["a.yaml:1:57: warning: enabled: must be true or false, not maybe"]);
  });
});

describe("conditions", () => {
  test.each([
    ["a exists and not /x = b", "(exists a and not /x = b)"],
    ["< = a or b = >", '("<" = a or b = ">")'],
    ["a in ([b], c)", "a in {c}"],
    ["a pmatch ('x', [y], b:c)", 'a pmatch {"x", b:c}'],
    [
      "a icontains b and a startswith c and a endswith d",
      "(a icontains b and a startswith c and a endswith d)",
    ],
    ["((m)) and (a <= 1 or a >= 2)", "(macro:m and (a <= 1 or a >= 2))"],
    [
      new Array(500).fill("(a = b)").join(" and "),
      `(${new Array(500).fill("a = b").join(" and ")})`,
    ],
  ])("%j", (text, expected) => {
    const { policies, lines } = loadText(`- macro: m condition: ${text}`, "sysflow");
    expect(lines).toEqual([]);
    const macro = policies.scope.macros.get("m");
    expect(macro && expressionText(macro.condition.expression)).toBe(expected);
  });

  test.each([
    ...["rule", "filter", "drop", "macro", "list", "name", "items", "condition", "desc", "actions"],
    ...["output", "priority", "tags", "prefilter", "enabled", "append", "required_engine_version"],
    ...["warn_evttypes", "skip-if-unknown-filter", "and", "or", "not", "in", "contains"],
    ...[
      "icontains",
      "startswith",
      "endswith",
      "pmatch",
      "exists",
      "low",
      "Medium",
      "HIGH",
      "emergency",
    ],
    ...["alert", "critical", "error", "warning", "notice", "info", "informational", "debug"],
  ])("the word %s is no value", (word) => {
    const { heads } = loadText(`- macro: m condition: a = ${word}`, "sysflow");
    expect(heads).toEqual([`a.yaml:1:27: a name or a value must stand here, not ${word}`]);
  });
});

describe("faults", () => {
  test.each([
    ["# nothing", "1:1: the file has no items"],
    ["rule: R", "1:1: - must stand here, not rule"],
    [
      "- name: x",
      "1:3: rule, filter, drop, macro, list or required_engine_version must stand here, not name",
    ],
    ["- rule: condition: a = b", "1:9: a text must stand here, not condition"],
    ["- rule: R condition: a = b", "1:11: desc must stand here, not condition"],
    ["- rule R", "1:8: : must stand here, not R"],
    ["- rule: R desc: d condition: a =", "1:33: a name or a value must stand here, not the end"],
    [
      "- rule: R desc: d condition: a b",
      "1:32: and, or, a key or an item with - must stand here, not b",
    ],
    [
      "- rule: R desc: d condition: a exists b",
      "1:39: and, or, a key or an item with - must stand here, not b",
    ],
    ["- rule: R desc: d condition: a = low", "1:34: a name or a value must stand here, not low"],
    [
      "- rule: R desc: d condition: exists a",
      "1:30: a name or a value must stand here, not exists",
    ],
    ["- rule: R desc: d condition: a in b", "1:35: ( must stand here, not b"],
    ["- rule: R desc: d condition: a in (b,)", "1:38: a name or a value must stand here, not )"],
    ["- rule: R desc: d condition: (a = b", "1:36: ) must stand here, not the end"],
    ["- rule: R desc: d condition: '/x'", "1:34: an operator must stand here, not the end"],
    [
      "- rule: R desc: d condition: m priority: urgent",
      "1:42: a priority such as low, medium or high must stand here, not urgent",
    ],
    [
      "- rule: R desc: d condition: m tags: [a,,b]",
      "1:41: a name or a value must stand here, not ,",
    ],
    ["- rule: R desc: d condition: m tags: [a b]", "1:41: ] must stand here, not b"],
    ["- filter: 'x' condition: m", "1:11: a name without quotation marks must stand here, not 'x'"],
    ["- list: l items: x", "1:18: [ must stand here, not x"],
  ])("%j", (text, expected) => {
    expect(loadText(text, "sysflow").heads).toEqual([`a.yaml:${expected}`]);
  });

  test("of all items", () => {
    const text =
      "- rule: R desc: d condition: (\n- macro: m condition: a = b\n- list: l items: x\n- macro: n condition: or";
    expect(loadText(text, "sysflow").heads).toEqual([
      "a.yaml:2:1: a name or a value must stand here, not -",
      "a.yaml:3:18: [ must stand here, not x",
      "a.yaml:4:23: a name or a value must stand here, not or",
    ]);
  });

  test("nesting has a limit", () => {
    const text = `- macro: m condition: ${"(".repeat(1000)}`;
    expect(loadText(text, "sysflow").heads).toEqual([
      "a.yaml:1:223: the condition nests deeper than 200",
    ]);
  });
});
