// A relative path is relative to the folder of its process, which any of its threads may have changed
// (test/truth/thread_folders.c), and which others share or do not (test/truth/shared_folders.c).
import { afterAll, beforeAll, expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { buildTruth, observeLive, observeRecorded, runProgram } from "../support/observe.ts";
import { whyNotLive } from "../support/sysflow.ts";
import { hasCompiler, missingFacts } from "../support/workload.ts";

const reason = hasCompiler ? whyNotLive() : "there is no C compiler";
let folder = "";
const programs = ["thread_folders", "shared_folders"] as const;
const built = new Map<string, string>();

beforeAll(() => {
  folder = fs.mkdtempSync(join(os.tmpdir(), "sysflow-folders-"));
  for (const name of reason === null ? programs : []) {
    built.set(name, buildTruth(folder, name));
  }
});
afterAll(() => fs.rmSync(folder, { recursive: true }), 60_000);

for (const [how, observe] of [
  ["live", observeLive],
  ["replayed", observeRecorded],
] as const) {
  test.skipIf(reason !== null).each(programs)(
    `%s, ${how}`,
    async (name) => {
      const { facts, records } = await observe(folder, () =>
        runProgram([built.get(name) as string, fs.mkdtempSync(join(folder, "in-"))]),
      );
      expect(facts.length).toBeGreaterThan(7);
      expect(missingFacts(facts, records)).toEqual([]);
    },
    60_000,
  );
}
