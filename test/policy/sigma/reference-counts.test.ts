// Upstream's Sigma rules on its traces, against what its own processor counted. Each difference is
// listed with the defect of upstream's that it comes from.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { makeProgram } from "../../../src/policy/compile/program.ts";
import { PolicyEngine } from "../../../src/policy/engine/policy-engine.ts";
import { Problems } from "../../../src/policy/language/problem.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import { readPolicyFiles } from "../../../src/policy/load/policy-files.ts";
import { loadAll } from "../../../src/policy/sigma/load-all.ts";
import { hasReference, referencePath } from "../../support/captures/reference.ts";
import { countMatches } from "../../support/policy/run-policies.ts";

const webshell = "818f7b24-0fba-4c49-a073-8b755573b9c7";
const accounts = "b45e3d6f-42c6-47d8-a478-df6bd6cf534c";
const systemInfo = "42df45e7-e6e9-43b5-8f26-bec5b39cc239";
const networkInfo = "e7bd1cfa-b446-4c88-8afb-403bcd79e3fa";
const records = "*records*";

/** Rule by rule and trace by trace: `trace rule count`, those with matches. */
type Row = string;

function upstreamRows(): Row[] {
  const text = readFileSync(referencePath("golden/rule-counts.tsv"), "utf8");
  const rows = text.split("\n").map((line) => line.split("\t"));
  return rows
    .filter(([, policies, , , count]) => policies === "sigma/rules" && count !== "0")
    .map(([, , trace, rule, count]) => `${trace} ${rule} ${count}`)
    .sort();
}

const traces = ["tcp", "httpd", "shellshock", "k8s_small", "mon.1531776682"];

async function ownRows(files: readonly SourceFile[], problems: Problems): Promise<Row[]> {
  const policies = loadAll(files, { mode: "default", skipUnsupported: false }, problems);
  const program = await makeProgram(policies, { skipUnsupported: false }, problems);
  expect(problems.list).toEqual([]);
  expect(policies.rules).toHaveLength(51);
  const rows: Row[] = [];
  for (const trace of traces) {
    const path = referencePath(`traces/${trace}.sf`);
    const counts = await countMatches(new PolicyEngine(program), path);
    const sum = [...counts.records.values()].reduce((all, count) => all + count, 0);
    if (sum > 0) rows.push(`${trace}.sf ${records} ${sum}`);
    for (const [rule, count] of counts.rules) rows.push(`${trace}.sf ${rule} ${count}`);
  }
  return rows.sort();
}

function reference(...names: readonly string[]): SourceFile[] {
  return readPolicyFiles(
    names.map((name) => referencePath(`policies/sigma/${name}`)),
    new Problems(),
  );
}

/** Asked of all records, as upstream does. */
function withoutLogSource({ name, text }: SourceFile): SourceFile {
  return new SourceFile(name, text.replace(/^logsource:\n(?: .*\n)+/m, ""));
}

describe.skipIf(!hasReference)("upstream's rules", () => {
  test("with its field map, asked of all records", async () => {
    const files = reference("rules", "config").map(withoutLogSource);
    const own = await ownRows(files, new Problems());
    const upstream = upstreamRows();
    expect(own.filter((row) => !upstream.includes(row))).toEqual([
      // A list of maps means any of them; upstream wants all of them.
      `k8s_small.sf ${records} 558`,
      `k8s_small.sf ${networkInfo} 520`,
    ]);
    expect(upstream.filter((row) => !own.includes(row))).toEqual([`k8s_small.sf ${records} 38`]);
  });

  test("with its field map: only of started programs, as their logsource says", async () => {
    expect(await ownRows(reference("rules", "config"), new Problems())).toEqual(
      [
        `k8s_small.sf ${records} 46`,
        `k8s_small.sf ${webshell} 3`,
        `k8s_small.sf ${networkInfo} 43`,
        `mon.1531776682.sf ${records} 38`,
        `mon.1531776682.sf ${systemInfo} 19`,
        `mon.1531776682.sf ${webshell} 38`,
        `shellshock.sf ${records} 2`,
        `shellshock.sf ${webshell} 2`,
        `shellshock.sf ${accounts} 1`,
      ].sort(),
    );
  });

  test("with the map of this program, where ParentImage is the parent alone", async () => {
    expect(await ownRows(reference("rules"), new Problems())).toEqual(
      [
        `k8s_small.sf ${records} 46`,
        `k8s_small.sf ${webshell} 3`,
        `k8s_small.sf ${networkInfo} 43`,
        `mon.1531776682.sf ${records} 38`,
        `mon.1531776682.sf ${systemInfo} 19`,
        `mon.1531776682.sf ${webshell} 19`,
        `shellshock.sf ${records} 1`,
        `shellshock.sf ${accounts} 1`,
      ].sort(),
    );
  });
});
