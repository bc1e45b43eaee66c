// Files of Sigma rules: what of a document becomes what of a rule, files with several documents, and
// which records a rule is asked of.

import { describe, expect, test } from "bun:test";
import type { Expression, OperandList, Span } from "../../../src/policy/language/ast.ts";
import { limits } from "../../../src/policy/language/limits.ts";
import type { LoadedRule } from "../../../src/policy/load/loaded.ts";
import { expressionText } from "../../support/policy/expression-text.ts";
import { fieldMapOf, loadSigmaText, ruleWith } from "../../support/policy/sigma-rules.ts";

const detection = "detection: {a: {Image: x}, condition: a}\n";

function onlyRule(text: string): LoadedRule {
  const { rules, heads } = loadSigmaText(text);
  expect(heads).toEqual([]);
  expect(rules).toHaveLength(1);
  return rules[0] as LoadedRule;
}

describe("what a rule has", () => {
  test("all of it", () => {
    const rule = onlyRule(`# a comment
title: Some 100% title
id: 0f79c4d2-4e1f-4683-9c36-b5469a665e06
status: test
description: |
  First line.
  Second line.
author: nobody
tags:
  - attack.t1059
  - cve.2021-44228
logsource: {product: linux, category: process_creation}
${detection}falsepositives: [none]
level: high
own-field: 1
`);
    expect(rule).toMatchObject({
      name: "0f79c4d2-4e1f-4683-9c36-b5469a665e06",
      description: "First line.\nSecond line.",
      severity: "high",
      priority: "high",
      tags: ["attack.t1059", "cve.2021-44228"],
      prefilter: ["PE"],
      isEnabled: true,
      place: { file: "a.yml", line: 2, column: 1 },
    });
    expect(rule.output).toBe(
      "Some 100\uFF05 title (user=%sf.proc.user command=%sf.proc.cmdline parent=%sf.pproc.cmdline)",
    );
  });

  const who = "user=%sf.proc.user command=%sf.proc.cmdline parent=%sf.pproc.cmdline";
  test.each([
    ["process_creation", who],
    ["file_event", `${who} file=%sf.file.path to=%sf.file.newpath`],
    ["file_access", `${who} file=%sf.file.path`],
    ["network_connection", `${who} from=%sf.net.sip:%sf.net.sport to=%sf.net.dip:%sf.net.dport`],
  ])("an output with what matters of %s", (category, output) => {
    const rule = onlyRule(`title: T\nlogsource: {category: ${category}}\n${detection}`);
    expect(rule.output).toBe(`T (${output})`);
  });

  test("empty keys are as missing ones", () => {
    const empty = "level:\nstatus:\ntags:\nlogsource:\ndescription:\n";
    const rule = onlyRule(`title:\nid: I\n${empty}${detection}`);
    const { name, description, severity, tags, output } = rule;
    expect([name, description, severity, tags]).toEqual(["I", "", "informational", []]);
    expect(output).toStartWith("I (");
  });

  test("a timeframe is no search", () => {
    const rule = onlyRule(ruleWith("timeframe: 5m\na:\n  Image: x\ncondition: 1 of them"));
    expect(expressionText(rule.condition.expression)).toBe('tolower(sf.proc.exe) = "x"');
  });

  test("at the least", () => {
    const rule = onlyRule(`title: T\n${detection}`);
    const { name, description, severity, tags, prefilter } = rule;
    expect([name, description, severity, tags, prefilter]).toEqual([
      "T",
      "T",
      "informational",
      [],
      [],
    ]);
  });

  test.each(["informational", "low", "medium", "high", "critical", "HIGH"])("level %s", (level) => {
    const rule = onlyRule(`title: T\nlevel: ${level}\n${detection}`);
    expect(rule.severity).toBe(level.toLowerCase() as LoadedRule["severity"]);
  });

  test("a status of unsupported leaves it out", () => {
    const { rules, skipped } = loadSigmaText(`title: T\nstatus: unsupported\n${detection}`);
    expect(rules).toEqual([]);
    expect(skipped).toEqual(["1: T: its status is unsupported"]);
  });
});

describe("the text of a condition", () => {
  const text = [
    "logsource: {category: process_creation}",
    ruleWith(
      "a:\n  Image|endswith: [/a, 'b \"q\"']\n  User|neq: [x, y]\n" +
        "b:\n  ParentImage|re: p\n  Image|exists: false\ncondition: a or b",
    ),
  ].join("\n");
  const { condition } = onlyRule(text);
  const { expression, passage } = condition;

  test("is of the engine's language", () => {
    expect(passage.text).toBe(
      'sf.opflags = "EXEC" and sf.ret >= "0" and ((' +
        '(tolower(sf.proc.exe) endswith "/a" or tolower(sf.proc.exe) endswith \'b "q"\') and ' +
        'not tolower(sf.proc.user) in ("x", "y")) or ' +
        '(sf.pproc.exe regex "(?s:.*)(?-s:p)(?s:.*)" and not exists sf.proc.exe))',
    );
  });

  test("has its parts where the tree says", () => {
    const shown = (of: { span: Span }) => passage.text.slice(of.span.start, of.span.end);
    const terms = expression.kind === "and" ? expression.terms : [];
    expect(shown(expression)).toBe(passage.text);
    expect(terms.slice(0, 2).map(shown)).toEqual(['sf.opflags = "EXEC"', 'sf.ret >= "0"']);
    const [first, second] = terms[2]?.kind === "or" ? terms[2].terms : [];
    const [any, not] = first?.kind === "and" ? first.terms : [];
    const [a] = any?.kind === "or" ? any.terms : [];
    const compared = a?.kind === "compare" ? [a, a.left, a.right] : [];
    expect(compared.map(shown)).toEqual([
      'tolower(sf.proc.exe) endswith "/a"',
      "tolower(sf.proc.exe)",
      '"/a"',
    ]);
    expect(shown(not as Expression)).toBe('not tolower(sf.proc.user) in ("x", "y")');
    const inner = not?.kind === "not" && not.term.kind === "compare" ? not.term.right : null;
    expect(shown(inner as OperandList)).toBe('("x", "y")');
    expect((inner as OperandList).items.map(shown)).toEqual(['"x"', '"y"']);
    const exists = second?.kind === "and" ? (second.terms[1] as Expression) : null;
    expect(shown(exists as Expression)).toBe("not exists sf.proc.exe");
  });

  test("leads to the places in the file", () => {
    const place = (part: string) => {
      const { line, column } = passage.place(passage.text.indexOf(part));
      return `${line}:${column}`;
    };
    expect(place("EXEC")).toBe("1:13");
    expect(place('"/a"')).toBe("5:22");
    expect(place('"q"')).toBe("5:26");
    expect(place("tolower(sf.proc.user)")).toBe("6:5");
    expect(place('"y"')).toBe("6:19");
    expect(place("exists")).toBe("9:19");
    expect(place("regex")).toBe("8:21");
  });
});

describe("logsource", () => {
  const opened = '(sf.opflags = "OPEN" and sf.file.openflags in {"CREAT", "TRUNC"})';
  const named =
    '(sf.opflags in {"LINK", "SYMLINK", "RENAME", "MKNOD", "RESIZE"} and sf.ret >= "0")';
  test.each([
    ["", "", []],
    ["logsource: {product: linux}", "", []],
    ["logsource: {product: Linux, service: sysmon}", "", []],
    ["logsource: {product: linux, service: sysflow}", "", []],
    ["logsource: {category: process_creation}", 'sf.opflags = "EXEC" and sf.ret >= "0"', ["PE"]],
    ["logsource: {category: process_termination}", 'sf.opflags = "EXIT"', ["PE"]],
    [
      "logsource: {category: file_event}",
      `(${named} or (sf.file.type = "f" and (sf.opflags = "WRITE" or ${opened})))`,
      ["FE", "FF"],
    ],
    ["logsource: {category: file_access}", 'sf.opflags = "OPEN"', ["FF"]],
    ["logsource: {category: file_delete}", 'sf.opflags = "UNLINK" and sf.ret >= "0"', ["FE"]],
    ["logsource: {category: file_rename}", 'sf.opflags = "RENAME" and sf.ret >= "0"', ["FE"]],
    [
      "logsource: {category: network_connection}",
      '(sf.opflags in {"CONNECT", "ACCEPT"} or sf.net.proto = "17")',
      ["NF"],
    ],
  ])("%s", (logsource, guard, kinds) => {
    const { condition, prefilter } = onlyRule(`title: T\n${logsource}\n${detection}`);
    const own = 'tolower(sf.proc.exe) = "x"';
    const expected = guard === "" ? own : `(${guard} and ${own})`;
    expect(expressionText(condition.expression)).toBe(expected);
    expect(prefilter).toEqual(kinds);
  });

  test.each([
    ["{product: windows, category: process_creation}", "it is for logs of the product windows"],
    [
      "{product: linux, service: auditd}",
      "it is for the log of auditd, which no record stands for",
    ],
    ["{category: webserver}", "no record stands for the category webserver"],
  ])("%s is left out", (logsource, reason) => {
    const { rules, heads, skipped } = loadSigmaText(
      `title: T\nlogsource: ${logsource}\ndetection: {a: {Unknown: x}, condition: a}\n`,
    );
    expect([...heads, ...rules]).toEqual([]);
    expect(skipped).toEqual([`1: T: ${reason}`]);
  });
});

describe("several documents", () => {
  const rules = (text: string): string[] => {
    const { rules, heads } = loadSigmaText(text);
    return [
      ...heads,
      ...rules.map(({ name, severity, condition }) => {
        return `${name} ${severity} ${expressionText(condition.expression)}`;
      }),
    ];
  };

  test("are rules of their own", () => {
    expect(rules(`title: A\n${detection}---\n---\ntitle: B\n${detection}`)).toEqual([
      'A informational tolower(sf.proc.exe) = "x"',
      'B informational tolower(sf.proc.exe) = "x"',
    ]);
  });

  test("global ones hold for all that follow, up to a reset", () => {
    const global = "action: global\nlevel: low\ndetection: {a: {Image: x}, condition: a}\n";
    const second = "action: global\ndetection: {b: {Image: z}}\n";
    const text = [
      global,
      "title: A\n",
      second,
      "title: B\nlevel: high\ndetection: {a: {User: y}, condition: a or b}\n",
      "action: reset\n",
      `title: C\n${detection}`,
    ].join("---\n");
    expect(rules(text)).toEqual([
      'A low tolower(sf.proc.exe) = "x"',
      'B high ((tolower(sf.proc.exe) = "x" and tolower(sf.proc.user) = "y") ' +
        'or tolower(sf.proc.exe) = "z")',
      'C informational tolower(sf.proc.exe) = "x"',
    ]);
  });

  test("a repeated one is the rule before it with changes", () => {
    const text = `title: A\nlevel: low\n${detection}---\naction: repeat\ntitle: B\ndetection: {a: {Image: y}}\n---\naction: repeat\nlevel: high\n`;
    expect(rules(text)).toEqual([
      'A low tolower(sf.proc.exe) = "x"',
      'B low tolower(sf.proc.exe) = "y"',
      'B high tolower(sf.proc.exe) = "y"',
    ]);
  });

  test.each(["", " "])("cannot repeat without bound, indented with %j", (indent) => {
    const lines = Array.from({ length: 6000 }, (_, index) => `${indent}k${index}: x\n`).join("");
    const keys = indent === "" ? lines : `other:\n${lines}`;
    const text = `action: global\n${keys}${`---\ntitle: T\n${detection}`.repeat(100)}`;
    const message = `the documents of the file repeat more than ${limits.yamlValues} keys together`;
    expect(rules(text)).toEqual([expect.stringContaining(message)]);
  });

  test("may each repeat a rule that is large", () => {
    const keys = Array.from({ length: 6000 }, (_, index) => `k${index}: x\n`).join("");
    const again = "---\naction: repeat\nlevel: low\n";
    expect(rules(`title: A\n${keys}${detection}${again.repeat(50)}`)).toHaveLength(51);
    const message = `the documents of the file repeat more than ${limits.yamlValues} keys together`;
    expect(rules(`title: A\n${keys}${detection}${again.repeat(100)}`)).toEqual([
      expect.stringContaining(message),
    ]);
    const others = `---\ntitle: B\n${detection}`;
    expect(rules(`title: A\n${keys}${detection}${others.repeat(100)}`)).toHaveLength(101);
  });

  test.each([
    ["action: repeat\n", "a.yml:1:1: action: repeat needs a rule before it in the file"],
    ["action: again\n", 'a.yml:1:9: action: must be global, reset or repeat, not "again"'],
    ["action: [global]\n", "a.yml:1:9: action: must be global, reset or repeat, not a list"],
  ])("%j", (text, expected) => {
    expect(rules(text)).toEqual([expected]);
  });
});

describe("a file of field mappings", () => {
  const imageIn = (map: string) => {
    const { fields, heads } = fieldMapOf(map);
    const { rules, heads: own } = loadSigmaText(`title: T\n${detection}`, { fields });
    const [rule] = rules;
    const text = rule === undefined ? "" : expressionText(rule.condition.expression);
    return [...heads, ...own, text].filter((each) => each !== "");
  };

  test.each([
    ["fieldmappings: {Image: sf.proc.name}", 'tolower(sf.proc.name) = "x"'],
    ["fieldmappings: {User: sf.proc.name}", 'tolower(sf.proc.exe) = "x"'],
    [
      "title: of another program\norder: 1\nfieldmappings:\n  Image: [sf.proc.name, sf.pproc.name]",
      '(tolower(sf.proc.name) = "x" or tolower(sf.pproc.name) = "x")',
    ],
    ["fieldmappings: {Image: 'sf.ke.message[kind]'}", 'tolower(sf.ke.message[kind]) = "x"'],
    [
      "fieldmappings: {Image: sf.proc.size}",
      "a.yml:2:17: T: the field Image is mapped to sf.proc.size: there is no such attribute",
    ],
  ])("%j", (map, expected) => {
    expect(imageIn(map)).toEqual([expected]);
  });

  test.each([
    ["title: x", "map.yml:1:1: a file of field mappings has the key fieldmappings"],
    [
      "fieldmappings: x",
      'map.yml:1:16: fieldmappings: must be lines such as Image: sf.proc.exe, not "x"',
    ],
    [
      "fieldmappings: {Image: {a: b}}",
      "map.yml:1:24: Image: must be an attribute or a list of them, not keys with values",
    ],
    [
      "fieldmappings: {Image: [[a]]}",
      "map.yml:1:24: Image: must be an attribute or a list of them, not a list",
    ],
    [
      "fieldmappings: {Image: }",
      "map.yml:1:24: Image: must be an attribute or a list of them, not nothing",
    ],
  ])("%j is refused", (map, expected) => {
    expect(fieldMapOf(map).heads).toEqual([expected]);
    expect(fieldMapOf(map).codes).toEqual([
      expected.includes("has the key") ? "POLICY_KEY" : "POLICY_VALUE",
    ]);
  });
});
