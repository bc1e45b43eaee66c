// Everything that is wrong with policy files is told at once, each with its place.

import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../../../src/policy/language/limits.ts";
import { Problems, problemLines } from "../../../src/policy/language/problem.ts";
import { readPolicyFiles } from "../../../src/policy/load/policy-files.ts";
import { loadText } from "../../support/policy/load-text.ts";

/** A file, and the only thing that is said of it. */
const faults: [string, string][] = [
  ["- rule: R\n  desc: x", "1:3: the rule R needs a condition"],
  ["- macro: m", "1:3: the macro m needs a condition"],
  ["- filter: f", "1:3: the filter f needs a condition"],
  ["- list: l", "1:3: the list l needs items"],
  ["- rule: ''\n  condition: m", "1:3: rule: needs a name"],
  ["- rule: [a]\n  condition: m", "1:3: rule: needs a name"],
  ["- ruel: R", "1:3: an item begins with rule, macro, list or filter; did you mean rule?"],
  ["- just text", "1:3: an item has keys, such as rule: and condition:"],
  ["rule: R", "1:1: not YAML: a policy file is a list of items that begin with -"],
  ["- rule: R\n  conditon: m", "2:3: rule has no key conditon; did you mean condition?"],
  ["- drop: R\n  condition: m\n  tags: []", "3:3: filter has no key tags"],
  ["- rule: R\n  condition: m\n  desc: a\n  desc: b", "4:3: desc: stands twice in one item"],
  ["- rule: R\n  condition: [m]", "2:14: condition: must be a text"],
  ["- rule: R\n  condition: a = b and", "2:23: a comparison or a macro is missing before the end"],
  ["- rule: R\n  condition: >\n    a =\n    = b", "4:5: a value behind = is missing before ="],
  ['- rule: R\n  condition: "a = \\"b\\" c"', "2:25: and or or must stand before c"],
  [
    "- rule: R\n  condition: m\n  priority: hihg",
    "3:13: priority: hihg is none of low, medium, high, emergency, alert, critical, error, warning, notice, info, informational, debug",
  ],
  [
    "- rule: R\n  condition: m\n  enabled: maybe",
    "3:12: enabled: must be true or false, not maybe",
  ],
  ["- rule: R\n  condition: m\n  tags: a, b", "3:9: tags: must be a list of texts, such as [a, b]"],
  ["- list: l\n  items: [a, [b]]", "2:10: items: must be a list of texts, such as [a, b]"],
  [
    "- rule: R\n  condition: m\n  prefilter: [PE, PX]",
    "3:19: prefilter: PX is no type of record; it must be one of PE, FE, FF, NF, NE, PF, KE",
  ],
  [
    "- list: l\n  items: []\n- list: ll\n  items: [x]\n  append: true",
    "3:3: no earlier list is named ll; did you mean l?",
  ],
  ["- rule: R\n  condition: m\n  override: {condition: append}", "1:3: no earlier rule is named R"],
  [
    "- rule: R\n  condition: m\n- rule: R\n  priority: low\n  override: {priority: append}",
    "5:24: override: priority can be replace",
  ],
  [
    "- rule: R\n  condition: m\n- rule: R\n  tags: [a]\n  override: {tags: add}",
    "5:20: override: tags can be append or replace",
  ],
  [
    "- rule: R\n  condition: m\n- rule: R\n  tags: [a]\n  override: {desc: append, tags: append}",
    "5:14: override: names desc, which the item does not have",
  ],
  [
    "- rule: R\n  condition: m\n- rule: R\n  desc: x\n  tags: [a]\n  override: {tags: append}",
    "4:3: desc: stands beside override, which does not name it",
  ],
  [
    "- rule: R\n  condition: m\n  override: append",
    "3:13: override: needs keys, such as condition: append",
  ],
  [
    "- required_engine_version: new",
    "1:28: required_engine_version: must be a version such as 0.31.0, not new",
  ],
  [
    "- required_plugin_versions:\n  - version: 1",
    "2:5: required_plugin_versions: needs items with name: and version:",
  ],
];

describe("one fault each", () => {
  test.each(faults)("%j", (text, expected) => {
    expect(loadText(text).heads).toEqual([`a.yaml:${expected}`]);
  });

  test.each([
    [
      "- required_engine_version: 99",
      "1:28: warning: the file asks for engine 99; what is known here is 0.60.0",
    ],
    [
      "- required_plugin_versions:\n  - name: json",
      "2:5: warning: the file asks for the plugin json, which there is not",
    ],
  ])("a warning: %j", (text, expected) => {
    expect(loadText(text).heads).toEqual([`a.yaml:${expected}`]);
  });

  test.each([
    ["{}", "4:15: exceptions: must be a list"],
    ["[x]", "4:16: an exception has name:, fields: and values:"],
    ["[{fields: a}]", "4:16: an exception needs a name"],
    ["[{name: a, value: []}]", "4:26: an exception has no key value; did you mean values?"],
    ["[{name: a, values: []}]", "4:16: the exception a needs fields"],
    ["[{name: a, fields: [x, y], comps: [=]}]", "4:49: the exception a has 2 fields and 1 comps"],
    ["[{name: a, fields: [x], comps: [equals]}]", "4:47: equals is no operator"],
    ["[{name: a, fields: [x], values: y}]", "4:47: values: must be a list"],
    [
      "[{name: a, fields: [x, y], values: [[z]]}]",
      "4:51: the exception a has 2 fields, and here are 1 values",
    ],
    [
      "[{name: a, fields: [x y], values: [[z]]}]",
      "4:35: one attribute must stand here, and then the end",
    ],
    ["[{name: a, fields: [[x]], values: [[z]]}]", "4:35: a text must stand here"],
  ])("exceptions %s", (value, expected) => {
    const text = `\n- rule: R\n  condition: m\n  exceptions: ${value}`;
    expect(loadText(text).heads).toEqual([`a.yaml:${expected}`]);
  });
});

test("all at once, with lines and carets", () => {
  const { lines } = loadText(`- rule: A
  condition: a = (
- macro: m
\tcondition: x
- rule: B
  condition: a = "b
`);
  expect(lines).toEqual([
    "a.yaml:2:19: a value or ) is missing before the end",
    "    condition: a = (",
    "                    ^",
    "a.yaml:6:18: the quotation that begins here has no end",
    '    condition: a = "b',
    "                   ^",
  ]);
});

test("a long line is cut around the caret, and controls are not shown as they are", () => {
  const { lines } = loadText(
    `- rule: R\n  condition: "${"x = y or ".repeat(20)}\u001b[31m = \t= ${"z".repeat(99)}"`,
  );
  expect(lines.join("\n")).not.toContain("\u001b");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
  const caret = lines[2]?.indexOf("^") ?? -1;
  expect(lines[1]?.slice(caret, caret + 3)).toBe("[31");
});

describe("limits are named", () => {
  test("of one file", () => {
    const long = `# ${"x".repeat(limits.fileBytes)}`;
    expect(loadText(long).heads).toEqual([
      `a.yaml:1:1: the file has more than ${limits.fileBytes} bytes, the limit of one policy file`,
    ]);
    expect(loadText("\n".repeat(limits.fileLines)).heads).toEqual([
      `a.yaml:1:1: the file has more than ${limits.fileLines} lines, the limit of one policy file`,
    ]);
  });

  test("of YAML", () => {
    const bomb = ["- list: a", "  items: &a [x,x,x,x,x,x,x,x,x,x]"];
    for (const name of "bcdefgh") {
      const inner = String.fromCharCode(name.charCodeAt(0) - 1);
      bomb.push(`- list: ${name}`, `  items: &${name} [${Array(10).fill(`*${inner}`).join(",")}]`);
    }
    expect(loadText(bomb.join("\n")).heads).toContain(
      `a.yaml:1:1: the file has more than ${limits.yamlValues} values, aliases followed`,
    );
    expect(loadText("- &a [*a]").heads).toEqual([
      `a.yaml:1:1: the file nests deeper than ${limits.yamlDepth}`,
    ]);
    const deep = `- ${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    expect(loadText(deep).heads).toEqual([
      expect.stringMatching(/^a\.yaml:1:\d+: not YAML: it nests too deeply$/),
    ]);
  });

  test("of changes to one item", () => {
    const text = `- list: l\n  items: []\n${"- list: l\n  items: [a]\n  append: true\n".repeat(limits.changes + 1)}`;
    expect(loadText(text).heads).toEqual([
      `a.yaml:${limits.changes * 3 + 3}:3: the list l is changed more than ${limits.changes} times`,
    ]);
  });

  test("of problems that are told", () => {
    const { heads } = loadText("- rule: R\n".repeat(1000));
    expect(heads).toHaveLength(200);
  });
});

describe("files", () => {
  function inFolder(body: (folder: string) => void): void {
    const folder = mkdtempSync(join(tmpdir(), "policies-"));
    try {
      body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  function read(paths: readonly string[]): { names: string[]; heads: string[] } {
    const problems = new Problems();
    const files = readPolicyFiles(paths, problems);
    const heads = problems.list.map((problem) => problemLines(problem)[0] ?? "");
    return { names: files.map(({ name }) => name), heads };
  }

  test("of folders, in lexical order", () => {
    inFolder((folder) => {
      mkdirSync(join(folder, "b"));
      mkdirSync(join(folder, "..data"));
      for (const name of ["c.yml", "b/x.yaml", "a.yaml", ".h.yaml", "..data/y.yaml", "n.txt"]) {
        writeFileSync(join(folder, name), "");
      }
      symlinkSync("a.yaml", join(folder, "l.yaml"));
      const names = ["a.yaml", "b/x.yaml", "c.yml", "l.yaml"].map((name) => join(folder, name));
      expect(read([folder])).toEqual({ names, heads: [] });
      expect(read([join(folder, "n.txt")]).names).toHaveLength(1);
    });
  });

  test("that cannot be read, all told", () => {
    inFolder((folder) => {
      writeFileSync(join(folder, "bytes.yaml"), Buffer.from([0x2d, 0xff]));
      writeFileSync(join(folder, "big.yaml"), Buffer.alloc(limits.fileBytes + 1));
      mkdirSync(join(folder, "empty"));
      mkdirSync(join(folder, "folder.yaml"));
      symlinkSync("/dev/zero", join(folder, "zero.yaml"));
      expect(read([join(folder, "none"), folder, join(folder, "empty")]).heads).toEqual([
        `cannot read the policies ${folder}/none: no such file or directory (ENOENT)`,
        `${folder}/big.yaml has more than ${limits.fileBytes} bytes, the limit of one policy file`,
        `${folder}/bytes.yaml is no text in UTF-8`,
        `cannot read ${folder}/zero.yaml: it is no regular file`,
      ]);
      expect(read([join(folder, "empty")]).heads).toEqual([
        `the folder ${folder}/empty has no policies: files that end in .yaml or .yml`,
      ]);
    });
  });
});
