// Names that count from elsewhere than the working directory (openat2 with a root of its own, targets
// of symbolic links, descriptors without a path) and files that have no name.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whyNotLive } from "../support/program/sysflow.ts";
import { buildTruth, type Observation, observeBoth, runProgram } from "../support/truth/observe.ts";
import { asWords, hasCompiler, missingFacts } from "../support/truth/workload.ts";

const obstacle = hasCompiler ? whyNotLive() : "there is no gcc to build the program with";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-places-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe.skipIf(obstacle !== null)(`places (skipped where it says so: ${obstacle})`, () => {
  let sessions: ReadonlyMap<string, Observation> = new Map();
  beforeAll(async () => {
    const program = buildTruth(folder, "places");
    const act = () => runProgram([program, fs.mkdtempSync(join(folder, "run-"))]);
    sessions = await observeBoth(folder, act, ["--schema", "6"]);
  }, 120_000);

  describe.each(["live", "replayed"])("%s", (kind) => {
    test("each name is the one of the file that the kernel took", () => {
      const { facts, records } = sessions.get(kind) as Observation;
      expect(facts).toHaveLength(18);
      expect(missingFacts(facts, records)).toEqual([]);
    });

    test("a file without a name is a file, and no folder", () => {
      const { records } = sessions.get(kind) as Observation;
      const nameless = asWords(records).filter(
        ({ words }) =>
          words["kind"] === "FileFlow" && /\/run-[^/]*\/#\d+$/.test(String(words["path"])),
      );
      expect(nameless.map(({ words }) => words["restype"])).toEqual(["f", "f", "f"]);
    });
  });
});
