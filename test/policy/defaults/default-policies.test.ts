// The rules that come with the program: each is whole, tagged and has its deeds.

import { describe, expect, test } from "bun:test";
import { basename } from "node:path";
import { defaultPolicyFiles } from "../../../src/policy/defaults/default-policies.ts";
import { compilePolicies } from "../../../src/policy/engine/policies.ts";
import { Problems } from "../../../src/policy/language/problem.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import { loadPolicies } from "../../../src/policy/load/load-policies.ts";
import { defaultDeeds } from "../../support/deeds/default-deeds.ts";
import { filesBelow, read } from "../../support/tidy/sources.ts";

const problems = new Problems();
const { rules, skipped, warnings } = loadPolicies(defaultPolicyFiles(), "default", problems);

const tactics = [
  "mitre_initial_access",
  "mitre_execution",
  "mitre_persistence",
  "mitre_privilege_escalation",
  "mitre_defense_evasion",
  "mitre_credential_access",
  "mitre_discovery",
  "mitre_lateral_movement",
  "mitre_command_and_control",
  "mitre_exfiltration",
  "mitre_impact",
];
const places = ["host", "container"];
const subjects = ["shell", "network", "file", "process", "mount"];
const technique = /^T\d{4}(\.\d{3})?$/;

test("they load without a word, and there are at least thirty", () => {
  expect([problems.list, skipped, warnings]).toEqual([[], [], []]);
  expect(rules.length).toBeGreaterThanOrEqual(30);
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  expect(rules.filter(({ isEnabled }) => !isEnabled)).toEqual([]);
});

test("every file of the folder is among them", () => {
  const files = filesBelow("src/policy/defaults", /\.yaml$/).map((name) => name.split("/").pop());
  const loaded = defaultPolicyFiles().map(({ name }) => name.replace("default:", ""));
  expect(loaded.toSorted()).toEqual(files as string[]);
});

describe("each says what it is about", () => {
  test.each(rules.map((rule) => [rule.name, rule] as const))("%s", (_, rule) => {
    expect(rule.description).not.toBe("");
    expect(rule.output).toContain("%proc.cmdline");
    expect(rule.output.includes("%container.id")).toBe(rule.tags.includes("container"));
    expect(rule.tags.some((tag) => places.includes(tag))).toBe(true);
    expect(rule.tags.some((tag) => subjects.includes(tag))).toBe(true);
    expect(rule.tags.some((tag) => technique.test(tag))).toBe(true);
    const ofMitre = rule.tags.filter((tag) => tag.startsWith("mitre_"));
    expect(ofMitre).not.toEqual([]);
    expect(ofMitre.filter((tag) => !tactics.includes(tag))).toEqual([]);
  });
});

test("each has a deed that it must see and one that it must not, and no other rule is named", () => {
  const named = new Set(defaultDeeds.map(({ rule }) => rule));
  expect([...named].sort()).toEqual(rules.map(({ name }) => name).toSorted());
});

test("README tells how many there are, and of which topics", () => {
  const readme = read("README.md").replace(/\s+/g, " ");
  expect(readme).toContain(`holds ${rules.length} rules of its own`);
  for (const name of filesBelow("src/policy/defaults", /\.yaml$/)) {
    const topic = basename(name, ".yaml");
    if (topic !== "common") expect(readme).toContain(`\`${topic}\``);
  }
});

test("an operator's file adds to their lists and switches rules off", async () => {
  const text = `
- list: backup_programs
  items: [our-backup]
  append: true
- rule: Network scanner started
  enabled: false
`;
  const own = new SourceFile("own.yaml", text);
  const { loaded } = await compilePolicies([...defaultPolicyFiles(), own], {
    mode: "default",
    skipUnsupported: false,
  });
  const members = loaded.scope.lists.get("backup_programs")?.items.map((item) => item.text);
  expect(members).toContain("our-backup");
  expect(members).toContain("restic");
  const scanner = loaded.rules.find(({ name }) => name === "Network scanner started");
  expect(scanner?.isEnabled).toBe(false);
});
