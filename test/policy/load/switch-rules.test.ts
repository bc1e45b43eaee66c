// Rules are switched off by name or tag, and words that name none are errors.

import { expect, test } from "bun:test";
import { Problems } from "../../../src/policy/language/problem.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import { loadPolicies } from "../../../src/policy/load/load-policies.ts";
import { type Unwanted, withoutRules } from "../../../src/policy/load/switch-rules.ts";

const text = `
- rule: first
  desc: one
  condition: sf.type = PE
  tags: [host, shell]
- rule: second
  desc: two
  condition: sf.type = FE
  tags: [host]
- rule: third
  desc: three
  condition: sf.type = FF
`;

function left(unwanted: Partial<Unwanted>) {
  const problems = new Problems();
  const loaded = loadPolicies([new SourceFile("rules.yaml", text)], "default", problems);
  const policies = withoutRules(loaded, { rules: [], tags: [], ...unwanted }, problems);
  return {
    names: policies.rules.map(({ name }) => name),
    faults: problems.list.map(({ message }) => message),
  };
}

test.each<[Partial<Unwanted>, string[]]>([
  [{}, ["first", "second", "third"]],
  [{ rules: ["second"] }, ["first", "third"]],
  [{ tags: ["shell"] }, ["second", "third"]],
  [{ tags: ["host"] }, ["third"]],
  [{ rules: ["third"], tags: ["shell"] }, ["second"]],
])("%j leaves %j", (unwanted, names) => {
  expect(left(unwanted)).toEqual({ names, faults: [] });
});

test("words that no rule has are named, with the nearest that one has", () => {
  expect(left({ rules: ["secnd"], tags: ["shells", "unheard"] }).faults).toEqual([
    "no rule to switch off has the name secnd; did you mean second?",
    "no rule to switch off has the tag shells; did you mean shell?",
    "no rule to switch off has the tag unheard",
  ]);
});
