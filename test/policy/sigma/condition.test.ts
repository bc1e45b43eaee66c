// The conditions of Sigma rules: what they mean, and where and how faults in them are told.

import { describe, expect, test } from "bun:test";
import { limits } from "../../../src/policy/language/limits.ts";
import { Budget } from "../../../src/policy/sigma/terms.ts";
import { conditionText, loadSigmaText, ruleWith } from "../../support/policy/sigma-rules.ts";

const searches = ["a", "b", "sel_1", "sel_2", "sel-3", "_hidden", "not_mine"];

/** The condition with each search as its name. */
function condition(text: string): string {
  const lines = searches.map((name) => `${name}:\n  Image|cased: ${name}`).join("\n");
  return conditionText(`${lines}\ncondition: ${text}`).replace(/sf\.proc\.exe = "([^"]*)"/g, "$1");
}

test.each([
  ["a", "a"],
  ["a and b", "(a and b)"],
  ["a AND NOT b Or sel_1", "((a and not b) or sel_1)"],
  ["a or b and sel_1", "(a or (b and sel_1))"],
  ["(a or b) and sel_1", "((a or b) and sel_1)"],
  ["(a or b)and(sel_1)", "((a or b) and sel_1)"],
  ["not a and b", "(not a and b)"],
  ["not (a and b)", "not (a and b)"],
  ["not not a", "a"],
  ["1 of sel*", "(sel_1 or sel_2 or sel-3)"],
  ["any of sel_*", "(sel_1 or sel_2)"],
  ["all of sel_*", "(sel_1 and sel_2)"],
  ["all of *_?", "(sel_1 and sel_2)"],
  ["1 of sel_1*", "sel_1"],
  ["1 of s*_*", "(sel_1 or sel_2)"],
  ["1 of *l*1", "sel_1"],
  ["1 of *t_*e", "not_mine"],
  ["1 of *", "(a or b or sel_1 or sel_2 or sel-3 or not_mine)"],
  ["1 of s*l*1", "sel_1"],
  ["1 of sel_??", "no search is named like sel_??"],
  ["1 of sel", "no search is named like sel"],
  ["all of sel_1", "sel_1"],
  ["1 of them", "(a or b or sel_1 or sel_2 or sel-3 or not_mine)"],
  ["all of them", "(a and b and sel_1 and sel_2 and sel-3 and not_mine)"],
  ["1 of _*", "_hidden"],
  ["_hidden", "_hidden"],
  ["not_mine", "not_mine"],
  ["sel-3 and not 1 of sel_*", "(sel-3 and not (sel_1 or sel_2))"],
  ["not all of sel_* or a", "(not (sel_1 and sel_2) or a)"],
  ["[a, b and sel_1]", "(a or (b and sel_1))"],
  ["\n  - a\n  - not b", "(a or not b)"],
  [">\n    a\n    and b", "(a and b)"],
])("%s", (text, expected) => {
  expect(condition(text).replace(/^a.yml:\S+ /, "")).toBe(expected);
});

describe("faults", () => {
  const at = (text: string) => condition(text).replace(`a.yml:${3 + 2 * searches.length}:`, "");
  test.each([
    ["a and", "19: a search must stand here, not the end"],
    ["and a", "14: a search must stand here, not and"],
    ["a or or b", "19: a search must stand here, not or"],
    ["(a", "14: this ( is never closed"],
    ["(a b)", "17: ) must stand here, not b"],
    ["a)", "15: this ) closes nothing"],
    ["a b", "16: and or or must stand before b"],
    ["a and sel_3", "20: there is no search sel_3; did you mean sel_1?"],
    ["of of them", "14: 1 of or all of must stand here, not of of"],
    ["a and )", "20: a search must stand here, not )"],
    ["a and |", "20: a search must stand here, not |"],
    ["a and them", "20: there is no search them"],
    ["1 of |", "19: them or a pattern of names must stand behind of"],
    ["2 of them", "14: 1 of or all of must stand here, not 2 of"],
    ["1 of", "18: them or a pattern of names must stand behind of"],
    ["1 of (a)", "19: them or a pattern of names must stand behind of"],
    ["1 of x*", "19: no search is named like x*"],
    ["''", "15: a search must stand here, not the end"],
    ["[]", "14: condition: must not be empty"],
    ["[a, {b: c}]", "18: condition: must be a text, not keys with values"],
    ["a | count() > 5", "16: T: aggregations are not supported: this one is | count() > 5"],
    ["a | near b", "16: T: aggregations are not supported: this one is | near b"],
    ["'a and c'", "21: there is no search c"],
  ])("%s", (text, expected) => {
    expect(at(text)).toBe(expected);
  });

  test("of the second condition, on its own line", () => {
    expect(at("\n  - a\n  - a and nothing")).toBe("a.yml:19:13: there is no search nothing");
  });
});

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
}

describe("limits", () => {
  const nested = (depth: number) => `${"(".repeat(depth)}a${")".repeat(depth)}`;

  test("parentheses", () => {
    expect(condition(nested(limits.conditionDepth))).toBe("a");
    expect(condition(`(a) and ${nested(limits.conditionDepth)}`)).toBe("(a and a)");
    expect(condition(nested(limits.conditionDepth + 1))).toContain(
      `the condition nests deeper than ${limits.conditionDepth}`,
    );
    expect(
      condition(
        Array(limits.conditionDepth + 1)
          .fill("(a)")
          .join(" and "),
      ),
    ).toStartWith("(a");
    expect(condition("not ".repeat(limits.conditionDepth + 1).concat("a"))).toContain("deeper");
  });

  test("comparisons", () => {
    const budget = new Budget();
    budget.take(limits.sigmaComparisons, 0);
    expect(budget.taken).toBe(limits.sigmaComparisons);
    const fault = thrownBy(() => budget.take(1, 7));
    expect(fault).toMatchObject({ code: "POLICY_LIMIT", offset: 7 });
  });

  test("words", () => {
    const many = `a${" or a".repeat(limits.conditionTokens / 2)}`;
    expect(condition(many)).toContain(`more than ${limits.conditionTokens} words`);
    // Four words each but for the last, which has three.
    const all = `(a)${" or (a)".repeat(limits.conditionTokens / 4 - 1)}`;
    expect(condition(`not ${all}`)).toStartWith("(not a or a");
    expect(condition(`not not ${all}`)).toContain(`more than ${limits.conditionTokens} words`);
  });

  test("searches that are named again and again", () => {
    const values = Array.from({ length: 300 }, (_, index) => `v${index}`).join(", ");
    const detection = `s:\n  Image|contains: [${values}]\ncondition: s${" or s".repeat(200)}`;
    expect(conditionText(detection)).toContain(
      `more than ${limits.sigmaComparisons} comparisons together`,
    );
  });

  test("a global document before many rules", () => {
    const values = Array.from({ length: 2000 }, (_, index) => `v${index}`).join(", ");
    const detection = ruleWith(`s:\n  Image|contains: [${values}]\ncondition: s`);
    const text = `action: global\n${detection}${"---\nlevel: low\n".repeat(30)}`;
    const { heads } = loadSigmaText(text);
    expect(heads[0]).toContain(`more than ${limits.sigmaComparisons} comparisons together`);
  });
});
