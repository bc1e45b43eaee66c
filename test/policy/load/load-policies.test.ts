// What policy files say: YAML and upstream's own form, and how later items change earlier ones.

import { describe, expect, test } from "bun:test";
import type { LoadedRule } from "../../../src/policy/load/loaded.ts";
import { expressionText } from "../../support/policy/expression-text.ts";
import { loadText, loadTexts } from "../../support/policy/load-text.ts";

function conditionsOf(rules: readonly LoadedRule[]): string[] {
  return rules.map(({ condition }) => expressionText(condition.expression));
}

/** The only rule of a text without problems. */
function ruleOf(text: string): LoadedRule {
  const { policies, lines } = loadText(text);
  expect(lines).toEqual([]);
  expect(policies.rules).toHaveLength(1);
  return policies.rules[0] as LoadedRule;
}

const full = `
- rule: Read of a secret
  desc: >
    Someone reads
    what is secret
  condition: >
    sf.type = FF   # of files
    and sf.file.path startswith "/etc/shadow"
  output: "read (%proc.name)"
  priority: WARNING
  tags:
    - mitre_credential_access
    - 'T1003, T1004'
  actions: [hash, tag(x)]
  prefilter: [FF, FE]
  enabled: false
  skip-if-unknown-filter: true
  source: syscall
`;

describe("a rule in YAML", () => {
  test("has all that it says", () => {
    expect(ruleOf(full)).toMatchObject({
      name: "Read of a secret",
      description: "Someone reads what is secret",
      output: "read (%proc.name)",
      priority: "warning",
      severity: "medium",
      tags: ["mitre_credential_access", "T1003, T1004"],
      actions: ["hash", "tag(x)"],
      prefilter: ["FF", "FE"],
      isEnabled: false,
      skipsIfUnknown: true,
    });
  });

  test("has a comment in its folded condition", () => {
    expect(conditionsOf([ruleOf(full)])).toEqual([
      '(sf.type = FF and sf.file.path startswith "/etc/shadow")',
    ]);
  });

  test("may leave out all but its condition", () => {
    expect(ruleOf("- rule: R\n  condition: m")).toMatchObject({
      description: "",
      output: "",
      priority: "low",
      severity: "low",
      tags: [],
      actions: [],
      prefilter: [],
      isEnabled: true,
      skipsIfUnknown: false,
      unless: [],
    });
  });

  test.each([
    ["plain", "condition: a = 'b c'\n    and d = e"],
    ["in double marks", `condition: "a = 'b c' and\n    d = e"`],
    ["in single marks", "condition: 'a = ''b c'' and d = e'"],
    ["folded", "condition: >-\n    a = 'b c'\n\n    and d = e"],
    ["literal", "condition: |\n    a = 'b c'\n    and d = e\n"],
    ["by an alias", "desc: &x a = 'b c' and d = e\n  condition: *x"],
  ])("a condition %s", (_, condition) => {
    expect(conditionsOf([ruleOf(`- rule: R\n  ${condition}`)])).toEqual(['(a = "b c" and d = e)']);
  });

  test.each([
    ["debug", "low"],
    ["Info", "low"],
    ["INFORMATIONAL", "low"],
    ["notice", "low"],
    ["warning", "medium"],
    ["error", "high"],
    ["critical", "high"],
    ["alert", "high"],
    ["emergency", "high"],
    ["low", "low"],
    ["medium", "medium"],
    ["high", "high"],
  ])("the priority %s", (word, severity) => {
    const rule = ruleOf(`- rule: R\n  condition: m\n  priority: ${word}`);
    expect([rule.priority, rule.severity as string]).toEqual([word.toLowerCase(), severity]);
  });

  test("is skipped with another source, and that is said", () => {
    const { policies } = loadText("- rule: R\n  condition: ka.x = y\n  source: k8s_audit");
    expect(policies.rules).toEqual([]);
    expect(policies.skipped).toMatchObject([
      {
        name: "R",
        reason: "its source is k8s_audit, not syscall",
        place: { file: "a.yaml", line: 1 },
      },
    ]);
  });
});

describe("other items", () => {
  test("macros, lists, filters and requirements", () => {
    const { policies, lines } = loadText(`
- required_engine_version: 0.31.0
- required_plugin_versions:
  - name: container
    version: 0.2.0
- macro: m
  condition: a = b
- list: l
  items: [x, "y", 'z']
- list: empty
  items: []
- filter: f
  condition: m
- drop: d
  desc: what is dropped
  condition: not m
  enabled: false
`);
    expect(lines).toEqual([]);
    expect([...policies.scope.macros.keys()]).toEqual(["m"]);
    expect(policies.scope.lists.get("l")?.items).toMatchObject([
      { text: "x", isQuoted: false, place: { line: 9, column: 11 } },
      { text: "y", isQuoted: true },
      { text: "z", isQuoted: true },
    ]);
    expect(policies.scope.lists.get("empty")?.items).toEqual([]);
    expect(policies.filters).toMatchObject([
      { name: "f", isEnabled: true },
      { name: "d", isEnabled: false },
    ]);
  });

  test("several documents, an empty file", () => {
    expect(
      loadText("- rule: A\n  condition: m\n---\n- rule: B\n  condition: m").policies.rules,
    ).toHaveLength(2);
    expect(loadText("# nothing\n").lines).toEqual([]);
  });
});

describe("later items", () => {
  test("append, in the old way", () => {
    const { policies, lines } = loadTexts([
      `
- list: l
  items: [a]
- macro: m
  condition: a = b
- rule: R
  condition: x = y or m
  tags: [one]
`,
      `
- list: l
  items: [b]
  append: true
- macro: m
  condition: or a = c
  append: true
- rule: R
  condition: and not z
  tags: [two]
  append: true
`,
    ]);
    expect(lines).toEqual([]);
    expect(policies.scope.lists.get("l")?.items.map(({ text }) => text)).toEqual(["a", "b"]);
    const macro = policies.scope.macros.get("m");
    expect(macro && expressionText(macro.condition.expression)).toBe("(a = b or a = c)");
    expect(conditionsOf(policies.rules)).toEqual(["(x = y or (macro:m and not macro:z))"]);
    expect(policies.rules[0]?.tags).toEqual(["one", "two"]);
  });

  test("override key by key", () => {
    const { policies, lines } = loadText(`
- list: l
  items: [a]
- macro: m
  condition: a = b
- rule: R
  desc: one
  condition: x = y
  output: out
  priority: low
  tags: [one]
  actions: [hash]
- list: l
  items: [b]
  override: {items: replace}
- macro: m
  condition: c = d
  override: {condition: replace}
- rule: R
  desc: two
  condition: or v = w
  output: (%x)
  priority: high
  enabled: false
  tags: [two]
  actions: [tag]
  prefilter: [PE]
  override:
    desc: append
    condition: append
    output: append
    priority: replace
    enabled: replace
    tags: replace
    actions: append
    prefilter: replace
`);
    expect(lines).toEqual([]);
    expect(policies.scope.lists.get("l")?.items.map(({ text }) => text)).toEqual(["b"]);
    expect(policies.rules).toMatchObject([
      {
        description: "one two",
        output: "out (%x)",
        severity: "high",
        isEnabled: false,
        tags: ["two"],
        actions: ["hash", "tag"],
        prefilter: ["PE"],
      },
    ]);
    expect(conditionsOf(policies.rules)).toEqual(["(x = y or v = w)"]);
  });

  test("enable and disable a rule, as Falco's old files do", () => {
    const { policies, lines } = loadText(
      "- rule: R\n  condition: m\n- rule: R\n  enabled: false\n",
    );
    expect(lines).toEqual([]);
    expect(policies.rules).toMatchObject([{ isEnabled: false }]);
  });

  test("replace macros and lists, but not rules", () => {
    const { policies, heads } = loadText(`
- macro: m
  condition: a = b
- list: l
  items: [x]
- rule: R
  condition: m
- macro: m
  condition: c = d
- list: l
  items: [y]
- rule: R
  condition: n
`);
    expect(conditionsOf(policies.rules)).toEqual(["macro:m", "macro:n"]);
    const macro = policies.scope.macros.get("m");
    expect(macro && expressionText(macro.condition.expression)).toBe("c = d");
    expect(policies.scope.lists.get("l")?.items).toMatchObject([{ text: "y" }]);
    expect(heads).toEqual([
      "a.yaml:12:3: warning: the rule R is also at a.yaml:6; both are kept (to change it, use override)",
    ]);
    expect(policies.warnings).toHaveLength(1);
  });
});

describe("exceptions", () => {
  function unless(exceptions: string): string[] {
    const rule = ruleOf(`- rule: R\n  condition: m\n  exceptions:\n${exceptions}`);
    return rule.unless.map(({ expression }) => expressionText(expression));
  }

  test("tuples, with and without comps", () => {
    expect(
      unless(`
    - name: a
      fields: [proc.name, fd.name]
      values:
        - [cat, '"/etc/x"']
        - ["dog", /etc/y]
    - name: b
      fields: [proc.name, fd.name, basename(proc.exe)]
      comps: [in, startswith, =]
      values:
        - [[x, "y"], /z, w]
    - name: c
      fields: [proc.pname]
`),
    ).toEqual([
      '(proc.name = "cat" and fd.name = "/etc/x")',
      '(proc.name = "dog" and fd.name = "/etc/y")',
      '(proc.name in {x, "y"} and fd.name startswith "/z" and basename(proc.exe) = "w")',
    ]);
  });

  test("one field without brackets", () => {
    expect(
      unless(`
    - name: a
      fields: proc.name
      values: [cat, dogs]
    - name: b
      fields: fd.name
      comps: startswith
      values: [/etc, /usr]
`),
    ).toEqual([
      "proc.name in {cat}",
      "proc.name in {dogs}",
      'fd.name startswith "/etc"',
      'fd.name startswith "/usr"',
    ]);
  });

  test("values are appended", () => {
    const rule = ruleOf(`
- rule: R
  condition: m
  exceptions:
    - name: a
      fields: [proc.name]
      values: [[one]]
- rule: R
  exceptions:
    - name: a
      values: [[two]]
    - name: b
      fields: fd.name
      values: [three]
  append: true
`);
    expect(rule.unless.map(({ expression }) => expressionText(expression))).toEqual([
      'proc.name = "one"',
      'proc.name = "two"',
      "fd.name in {three}",
    ]);
  });
});

describe("upstream's form where YAML does not take it", () => {
  test.each([
    ["on one line", "- rule: R one desc: d x condition: a = b and c priority: high tags: [x, 'y']"],
    [
      "with odd indentation",
      "- rule: R one\n desc: d x\n   condition: a = b and\n\t c\n priority: high\n tags: [x, 'y']",
    ],
    [
      "with a comment within",
      "- rule: R one\n  desc: d x\n  condition: a = b\n  # why\n    and c\n  priority: high\n  tags: [x, 'y']",
    ],
  ])("%s", (_, text) => {
    const rule = ruleOf(text);
    expect(rule).toMatchObject({
      name: "R one",
      description: "d x",
      severity: "high",
      tags: ["x", "y"],
    });
    expect(conditionsOf([rule])).toEqual(["(a = b and macro:c)"]);
  });
});
