// Every option, operand and variable that needs no kernel to show what it does, and a bad value of
// each, on the program as a whole. A name without a row fails: test/support/options/option-rows.ts has them.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { collectOptions } from "../../src/cli/option-table.ts";
import type { OptionSpec } from "../../src/cli/option-types.ts";
import { everyOption } from "../support/options/every-option.ts";
import { writeOptionCapture } from "../support/options/option-capture.ts";
import { rows } from "../support/options/option-rows.ts";
import { capture, fails, folder } from "../support/options/option-runs.ts";

const hasLibrary = existsSync(join(import.meta.dir, "../../dist/capture.node"));
beforeAll(() => {
  if (hasLibrary) {
    writeOptionCapture(capture);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test("each option, operand and variable has a row, and none has one that is not there", () => {
  expect(Object.keys(rows).sort()).toEqual([...everyOption()]);
});

test("each that acts on the live kernel alone is left to test/e2e", () => {
  const names = collectOptions.flatMap((option: OptionSpec) =>
    option.isLiveOnly === true ? [`collect --${option.long}`] : [],
  );
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => rows[name]?.works !== null)).toEqual([]);
});

describe.skipIf(!hasLibrary)("every option (skipped without dist/capture.node)", () => {
  const timeoutMs = 60_000;
  test.each(Object.entries(rows).filter(([, { works }]) => works !== null))(
    "%s changes what it says",
    (_, { works }) => works?.(),
    timeoutMs,
  );

  test.each(Object.entries(rows))(
    "%s: a bad value is told",
    (_, { bad }) => {
      if (typeof bad === "function") {
        bad();
      } else {
        bad.forEach(fails);
      }
    },
    timeoutMs,
  );
});
