// What the README says of the language of rules.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { limits } from "../../src/policy/language/limits.ts";
import { comparisons } from "../../src/policy/language/parser.ts";
import { expressionText } from "../support/policy/expression-text.ts";
import { compileText } from "../support/policy/run-policies.ts";

const readme = readFileSync(join(import.meta.dir, "../../README.md"), "utf8");
const section = readme.split("\n## The language of rules\n")[1]?.split("\n## ")[0] ?? "";

describe("the README's language of rules", () => {
  test("has an example that compiles, whole and without a warning", async () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
    const { engine, errors, warnings, policies } = await compileText(example, "default");
    expect({ errors, warnings }).toEqual({ errors: [], warnings: [] });
    expect(engine?.rules).toHaveLength(1);
    expect(engine?.filters).toHaveLength(1);
    const condition = policies.rules[0]?.condition.expression;
    expect(condition && expressionText(condition)).toEndWith("and not sf.proc.user = test)");
  });

  test("names each operator", () => {
    const table = section.split("| operators |")[1]?.split("\n\n")[0] ?? "";
    const named = [...table.matchAll(/`([^`(]+?)`/g)].map((match) => match[1]);
    const missing = [...comparisons.keys(), "exists"].filter((each) => !named.includes(each));
    expect(missing).toEqual([]);
  });

  test("has the limits", () => {
    const text = section.replaceAll("\n", " ");
    const count = (value: number) => value.toLocaleString("en");
    expect(text).toContain(
      `at most ${limits.fileBytes / 2 ** 20} MiB and ${count(limits.fileLines)} lines`,
    );
    expect(text).toContain(`a list ${count(limits.listMembers)} members`);
    expect(text).toContain(`name each other ${limits.nesting} deep`);
    expect(text).toContain(`${count(limits.expandedTerms)} comparisons`);
  });
});
