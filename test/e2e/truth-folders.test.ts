// A relative path is relative to the folder of its process, which any of its threads may have changed:
// test/truth/thread_folders.c.
import { afterAll, beforeAll, expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { buildTruth, observeLive, observeRecorded, runProgram } from "../support/observe.ts";
import { whyNotLive } from "../support/sysflow.ts";
import { hasCompiler, missingFacts } from "../support/workload.ts";

const reason = hasCompiler ? whyNotLive() : "there is no C compiler";
let folder = "";
let program = "";

beforeAll(() => {
  folder = fs.mkdtempSync(join(os.tmpdir(), "sysflow-folders-"));
  program = reason === null ? buildTruth(folder, "thread_folders") : "";
});
afterAll(() => fs.rmSync(folder, { recursive: true }), 60_000);

const act = () => runProgram([program, fs.mkdtempSync(join(folder, "in-"))]);

for (const [how, observe] of [
  ["live", observeLive],
  ["replayed", observeRecorded],
] as const) {
  test.skipIf(reason !== null)(
    `folders that threads change, ${how}`,
    async () => {
      const { facts, records } = await observe(folder, act);
      expect(facts.length).toBeGreaterThan(7);
      expect(missingFacts(facts, records)).toEqual([]);
    },
    60_000,
  );
}
