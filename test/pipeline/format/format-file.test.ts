// Conditions in one form: where lines are parted, what is left alone, and that a second time changes
// nothing.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatFile } from "../../../src/pipeline/format/format-file.ts";
import { Problems } from "../../../src/policy/language/problem.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import { hasReference, referencePath } from "../../support/captures/reference.ts";

function formatted(text: string, name = "x.yaml"): string {
  const problems = new Problems();
  const result = formatFile(new SourceFile(name, text), problems);
  expect(problems.list).toEqual([]);
  return result;
}

/** Of a macro with this condition, as it stands in the file. */
const conditionOf = (condition: string) =>
  formatted(`- macro: m\n  condition: ${condition}\n`).replace(/^- macro: m\n {2}condition:/, "");

const long = (letter: string) => `sf.file.path startswith /${letter.repeat(30)}`;

describe("a condition", () => {
  test.each([
    ["sf.type=FF", " sf.type = FF\n"],
    ["((sf.type = FF))", " sf.type = FF\n"],
    ["not  (sf.type=FF and m2)", " not (sf.type = FF and m2)\n"],
    ["a exists and exists b", " a exists and exists b\n"],
    ["a or b and c", " a or (b and c)\n"],
    ["(a and b) and c", " (a and b) and c\n"],
    ["x in (a,b,  c)", " x in (a, b, c)\n"],
    ["x in names", " x in names\n"],
    ["tolower( x ) = a", " tolower( x ) = a\n"],
    ['>\n    x =   "a: b"', ' >\n    x = "a: b"\n'],
    [`${long("a")} or ${long("b")}`, ` >\n    ${long("a")}\n    or ${long("b")}\n`],
    [
      `not (${long("a")} or ${long("b")} and ${long("c")})`,
      ` >\n    not (\n      ${long("a")}\n      or (\n        ${long("b")}\n        and ${long("c")}\n      )\n    )\n`,
    ],
  ])("%j", (condition, result) => {
    const text = conditionOf(condition);
    expect(text).toBe(result);
    expect(conditionOf(text.trim())).toBe(text);
  });

  test("of a long list has its members in lines", () => {
    const members = Array.from({ length: 30 }, (_, i) => `/usr/bin/program${i}`);
    const text = conditionOf(`sf.proc.exe in (${members.join(",")})`);
    const lines = text.split("\n");
    expect(lines[1]).toBe("    sf.proc.exe in (");
    expect(lines.at(-2)).toBe("    )");
    expect(lines.every((line) => line.length <= 100)).toBe(true);
    expect(text.match(/program[0-9]+/g)).toHaveLength(30);
  });

  test.each(["'sf.type=FF'", '"sf.type=FF"', ">\n    sf.type=FF # why"])(
    "is left alone: %j",
    (condition) => {
      expect(conditionOf(condition)).toBe(` ${condition}\n`);
    },
  );
});

describe("a file", () => {
  test("keeps all else, byte for byte", () => {
    const text =
      "# head\n\n- rule:   A  # x\n  desc: >\n    d  e\n  condition:   sf.type=FF\n  tags: [ a,b ]\n\n\n";
    expect(formatted(text)).toBe(
      text.replace("condition:   sf.type=FF", "condition: sf.type = FF"),
    );
  });

  test("may append to a condition what is none by itself", () => {
    const text = "- macro: m\n  append: true\n  condition: or sf.type=FF\n";
    expect(formatted(text)).toBe(text);
  });

  const own = join(import.meta.dir, "../../../src/policy/defaults");
  const files = readdirSync(own).filter((name) => name.endsWith(".yaml"));
  test.each(files)("%s is in form the second time", (name) => {
    const once = formatted(readFileSync(join(own, name), "utf8"), name);
    expect(formatted(once, name)).toBe(once);
  });

  test.skipIf(!hasReference)("of Falco's, too (skipped without reference data)", () => {
    const once = formatted(readFileSync(referencePath("policies/tests/falco.yaml"), "utf8"));
    expect(formatted(once)).toBe(once);
    expect(once.split("\n").filter((line) => /^ {4}(and|or) /.test(line)).length).toBeGreaterThan(
      200,
    );
  });
});
