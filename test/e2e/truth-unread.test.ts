// Names that are empty or could not be read are said to be just that: they are no folder, and no file
// in one. Programs that could not be run have the path that was tried, whenever it came into memory.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whyNotLive } from "../support/program/sysflow.ts";
import { buildTruth, type Observation, observeBoth, runProgram } from "../support/truth/observe.ts";
import { asWords, hasCompiler, missingFacts } from "../support/truth/workload.ts";

const obstacle = hasCompiler ? whyNotLive() : "there is no gcc to build the program with";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-unread-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe.skipIf(obstacle !== null)(`unread (skipped where it says so: ${obstacle})`, () => {
  let sessions: ReadonlyMap<string, Observation> = new Map();
  beforeAll(async () => {
    const program = buildTruth(folder, "unread");
    const act = () => runProgram([program, fs.mkdtempSync(join(folder, "run-"))]);
    sessions = await observeBoth(folder, act, ["--schema", "6"]);
  }, 120_000);

  describe.each(["live", "replayed"])("%s", (kind) => {
    test("each call has the names that it was made with, and no others", () => {
      const { facts, records } = sessions.get(kind) as Observation;
      expect(facts.length).toBeGreaterThan(140);
      expect(missingFacts(facts, records)).toEqual([]);
    });

    test("no folder is given for a name", () => {
      const { facts, records } = sessions.get(kind) as Observation;
      const pid = facts[0]?.["pid"];
      const folders = asWords(records).filter(
        ({ words }) =>
          words["pid"] === pid &&
          words["kind"] === "FileEvent" &&
          Number(words["ret"]) < 0 &&
          /\/run-[^/\\]*(\/dir)?$/.test(`${words["path"]}`),
      );
      // A link to the folder by its descriptor was meant so.
      expect(folders.map(({ words }) => words["flags"])).toEqual(["LINK"]);
    });
  });
});
