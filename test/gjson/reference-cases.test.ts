// The path language as GJSON itself evaluates it: some hundred documents and paths with what the
// library of 1.19 made of them.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { compilePath, exists, get } from "../../src/gjson/gjson.ts";
import { hasReference, referencePath } from "../support/captures/reference.ts";

interface Case {
  readonly id: string;
  readonly json: string;
  readonly path: string;
  readonly value: string;
  readonly type: string;
  readonly exists: boolean;
}

function casesIn(text: string): readonly Case[] {
  const [, ...rows] = text.trimEnd().split("\n");
  return rows.map((row) => {
    const [id = "", , ...cells] = row.split("\t").map(plain);
    const [json = "", path = "", value = "", type = "", found = ""] = cells;
    return { id, json, path, value, type, exists: found === "true" };
  });
}

function plain(cell: string): string {
  const letters: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", "\\": "\\" };
  return cell.replace(/\\([\\tnr])/g, (_, letter: string) => letters[letter] ?? "");
}

describe.skipIf(!hasReference)("GJSON's answers (skipped without reference data)", () => {
  const cases = hasReference
    ? casesIn(readFileSync(referencePath("golden/gjson-cases.tsv"), "utf8"))
    : [];

  test("are there", () => {
    expect(cases.length).toBeGreaterThan(600);
  });

  test.each(cases)("case $id: $path", (row) => {
    const found = compilePath(row.path).find(row.json);
    expect({ exists: found.exists, type: found.type as string, value: found.value }).toEqual({
      exists: row.exists,
      type: row.type,
      value: row.value,
    });
    expect(get(row.json, row.path)).toBe(row.value);
    expect(exists(row.json, row.path)).toBe(row.exists);
  });
});
