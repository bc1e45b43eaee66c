// Files of both languages in one set.

import { expect, test } from "bun:test";
import { Problems, problemLines } from "../../../src/policy/language/problem.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import { loadAll } from "../../../src/policy/sigma/load-all.ts";
import { expressionText } from "../../support/policy/expression-text.ts";
import { ruleWith } from "../../support/policy/sigma-rules.ts";

const falco = "- rule: F\n  desc: d\n  condition: sf.type = PE\n";
const sigma = ruleWith("a:\n  Image: x\ncondition: a");
const map = "title: m\nfieldmappings:\n  Image: sf.proc.name\n";

function loaded(texts: readonly string[], skipUnsupported = false): readonly string[] {
  const problems = new Problems();
  const files = texts.map((text, index) => new SourceFile(`${index}.yml`, text));
  const { rules, skipped } = loadAll(files, { mode: "default", skipUnsupported }, problems);
  return [
    ...problems.list.map((each) => problemLines(each)[0] ?? ""),
    ...rules.map(({ name, condition }) => `${name}: ${expressionText(condition.expression)}`),
    ...skipped.map(({ name, reason }) => `${name} skipped: ${reason}`),
  ];
}

test("each is read as what it is", () => {
  expect(loaded([sigma, falco])).toEqual(["F: sf.type = PE", 'T: tolower(sf.proc.exe) = "x"']);
});

test("a file of field mappings holds for Sigma rules before and behind it", () => {
  const mapped = 'T: tolower(sf.proc.name) = "x"';
  expect(loaded([sigma, map, falco, sigma])).toEqual(["F: sf.type = PE", mapped, mapped]);
});

test("of two maps the later one counts", () => {
  const other = "fieldmappings:\n  Image: sf.pproc.name\n";
  expect(loaded([map, other, sigma])).toEqual(['T: tolower(sf.pproc.name) = "x"']);
});

test("what is wrong in any of them is told", () => {
  const wrong = ruleWith("a:\n  Nothing: x\ncondition: a");
  const problems = [
    "0.yml:1:3: the rule R needs a condition",
    "1.yml:4:5: T: there is no attribute for the field Nothing: records do not have it",
  ];
  expect(loaded(["- rule: R\n  desc: d\n", wrong])).toEqual(problems);
  expect(loaded([falco, wrong], true)).toEqual([
    "F: sf.type = PE",
    "T skipped: there is no attribute for the field Nothing: records do not have it",
  ]);
});

test("Sigma rules have no other meaning than today's", () => {
  const problems = new Problems();
  const files = [new SourceFile("a.yml", falco), new SourceFile("b.yml", sigma)];
  loadAll(files, { mode: "sysflow", skipUnsupported: false }, problems);
  expect(problems.list.map(({ code }) => code)).toEqual(["POLICY_VALUE"]);
  expect(problems.list.map((each) => problemLines(each)[0])).toEqual([
    "b.yml:1:1: a Sigma rule cannot be run as upstream runs it: leave the mode sysflow out",
  ]);
});

test("what is doubtful is among the policies' warnings", () => {
  const problems = new Problems();
  const files = [new SourceFile("a.yml", `status: new\n${sigma}`)];
  const { warnings } = loadAll(files, { mode: "default", skipUnsupported: false }, problems);
  expect(warnings).toEqual(problems.list);
  expect(warnings.map(({ severity, code }) => [severity, code])).toEqual([
    ["warning", "POLICY_DOUBTFUL"],
  ]);
});

test("a correlation is no rule of Falco's form", () => {
  const [only] = loaded(["title: C\ncorrelation:\n  type: temporal\n"]);
  expect(only).toBe("0.yml:2:1: C: correlation rules are not supported: this one is temporal");
});
