// What a process has in common with others. A relative path is relative to the folder of its process,
// which any of its threads may have changed, and which others share or do not (test/truth/folders.c).
// Flows end with their descriptors, though no close of these is seen, and descriptors are known that
// another process with the same table has opened (ends.c). An exec ends those that are marked for it
// (exec_ends.c). Children that have ended have nothing any more (spawns.c).

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { whyNotLive } from "../support/program/sysflow.ts";
import { buildTruth, observeLive, observeRecorded, runProgram } from "../support/truth/observe.ts";
import { hasCompiler, missingFacts } from "../support/truth/workload.ts";

const reason = hasCompiler ? whyNotLive() : "there is no C compiler";
const folder = fs.mkdtempSync(join(os.tmpdir(), "sysflow-shared-"));
afterAll(() => fs.rmSync(folder, { recursive: true }), 60_000);

const programs = [
  { name: "folders", factsMin: 23 },
  { name: "ends", factsMin: 24 },
  { name: "exec_ends", factsMin: 10 },
  { name: "spawns", factsMin: 20 },
];
const ways = [
  { how: "live", observe: observeLive },
  { how: "replayed", observe: observeRecorded },
];

describe.skipIf(reason !== null).each(programs)(
  `$name (skipped where it says so: ${reason})`,
  ({ name, factsMin }) => {
    let program = "";
    beforeAll(() => {
      program = buildTruth(folder, name);
    });
    test.each(ways)(
      "$how",
      async ({ observe }) => {
        const { facts, records } = await observe(folder, () =>
          runProgram([program, fs.mkdtempSync(join(folder, "in-"))]),
        );
        expect(facts.length).toBeGreaterThanOrEqual(factsMin);
        expect(missingFacts(facts, records)).toEqual([]);
      },
      60_000,
    );
  },
);
