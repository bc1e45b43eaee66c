// Flows end with their descriptors, though no close of these is seen, and descriptors are known that
// another process with the same table has opened (test/truth/ends.c). An exec ends those that are
// marked for it (test/truth/exec_ends.c).
import { afterAll, beforeAll, expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { buildTruth, observeLive, observeRecorded, runProgram } from "../support/observe.ts";
import { whyNotLive } from "../support/sysflow.ts";
import { hasCompiler, missingFacts } from "../support/workload.ts";

const reason = hasCompiler ? whyNotLive() : "there is no C compiler";
let folder = "";
const programs = ["ends", "exec_ends"] as const;
const built = new Map<string, string>();

beforeAll(() => {
  folder = fs.mkdtempSync(join(os.tmpdir(), "sysflow-ends-"));
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
      expect(facts.length).toBeGreaterThan(9);
      expect(missingFacts(facts, records)).toEqual([]);
    },
    60_000,
  );
}
