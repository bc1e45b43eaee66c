// Descriptors that a process has from another: known where the collector saw whose they are, and else
// looked up at the first operation on them (test/truth/got.c). A replay cannot look anything up.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { whyNotLive } from "../support/program/sysflow.ts";
import { buildTruth, observeLive, observeRecorded, runProgram } from "../support/truth/observe.ts";
import { hasCompiler, missingFacts } from "../support/truth/workload.ts";

const reason = hasCompiler ? whyNotLive() : "there is no C compiler";
const folder = fs.mkdtempSync(join(os.tmpdir(), "sysflow-got-"));
afterAll(() => fs.rmSync(folder, { recursive: true }), 60_000);

const ways = [
  { how: "live", observe: observeLive, more: ["unseen"], factsMin: 12 },
  { how: "replayed", observe: observeRecorded, more: [], factsMin: 6 },
];

describe.skipIf(reason !== null)(`got (skipped where it says so: ${reason})`, () => {
  let program = "";
  beforeAll(() => {
    program = buildTruth(folder, "got");
  });
  test.each(ways)(
    "$how",
    async ({ observe, more, factsMin }) => {
      const { facts, records } = await observe(folder, () =>
        runProgram([program, fs.mkdtempSync(join(folder, "in-")), ...more]),
      );
      expect(facts.length).toBeGreaterThanOrEqual(factsMin);
      expect(missingFacts(facts, records)).toEqual([]);
    },
    60_000,
  );
});
