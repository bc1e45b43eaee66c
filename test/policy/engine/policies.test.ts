// The way in: policies by their paths, and one error with all that is wrong with them.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../../src/base/errors.ts";
import { openPolicies, type PolicyOptions } from "../../../src/policy/engine/policies.ts";

const options: PolicyOptions = { mode: "default", skipUnsupported: false };

async function inFolder(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "policies-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("of a folder, later files knowing what earlier ones define", async () => {
  const files = {
    "a.yaml": "- macro: m\n  condition: sf.type = PE\n- list: l\n  items: [a]\n",
    "b.yml":
      "- rule: R\n  condition: m and sf.proc.name in (l)\n- rule: S\n  condition: m\n  enabled: false\n",
  };
  await inFolder(files, async (folder) => {
    const { engine, skipped, warnings } = await openPolicies([folder], options);
    expect(engine.rules.map(({ name }) => name)).toEqual(["R"]);
    expect([skipped, warnings]).toEqual([[], []]);
  });
});

test("with errors of all files and steps", async () => {
  const files = {
    "a.yaml": "- rule: R\n  condition: sf.type =\n",
    "b.yaml":
      "- rule: S\n  condition: sf.tipe = PE and macr\n- macro: macro1\n  condition: sf.type = PE\n",
  };
  await inFolder(files, async (folder) => {
    const error = await openPolicies([folder, join(folder, "c")], options).catch((each) => each);
    expect(error).toBeInstanceOf(OperatorError);
    expect(error.code).toBe("POLICY_INVALID");
    expect(error.message).toBe("cannot use the policies: 4 errors; mend what is listed");
    expect(error.detail).toEqual([
      `cannot read the policies ${folder}/c: no such file or directory (ENOENT)`,
      `${folder}/a.yaml:2:23: a value behind = is missing before the end`,
      "    condition: sf.type =",
      "                        ^",
      `${folder}/b.yaml:2:14: no attribute is named sf.tipe; did you mean sf.type?`,
      "    condition: sf.tipe = PE and macr",
      "               ^",
      `${folder}/b.yaml:2:31: no macro is named macr; did you mean macro1?`,
      "    condition: sf.tipe = PE and macr",
      "                                ^",
    ]);
  });
});
