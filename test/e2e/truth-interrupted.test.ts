// A handler of a signal that returns to the call which it has interrupted looks like one more call; and
// a program may try numbers that no call has (test/truth/interrupted.c). Neither is an operation.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { whyNotLive } from "../support/program/sysflow.ts";
import { buildTruth, type Observation, observeBoth, runProgram } from "../support/truth/observe.ts";
import { asWords, hasCompiler, missingFacts } from "../support/truth/workload.ts";

const obstacle = hasCompiler ? whyNotLive() : "there is no C compiler";
const folder = fs.mkdtempSync(join(os.tmpdir(), "sysflow-interrupted-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const made = /^(OPEN|READ_RECV|WRITE_SEND|CLOSE|TRUNCATE|EXEC|EXIT|CLONE|MMAP)$/;

describe.skipIf(obstacle !== null)(`interrupted (skipped where it says so: ${obstacle})`, () => {
  let sessions: ReadonlyMap<string, Observation> = new Map();
  beforeAll(async () => {
    const program = buildTruth(folder, "interrupted");
    const act = () => runProgram([program, fs.mkdtempSync(join(folder, "run-"))]);
    sessions = await observeBoth(folder, act, ["--schema", "6"]);
  }, 120_000);

  describe.each(["live", "replayed"])("%s", (kind) => {
    test("calls that go on are operations on what they were given", () => {
      const { facts, records } = sessions.get(kind) as Observation;
      expect(facts.length).toBe(2 * 19 + 1);
      expect(missingFacts(facts, records)).toEqual([]);
    });

    test("nothing else is recorded", () => {
      const { facts, records } = sessions.get(kind) as Observation;
      const pid = facts[0]?.["pid"];
      const own = asWords(records).filter(({ words }) => words["pid"] === pid);
      expect(own.length).toBeGreaterThan(facts.length);
      const strays = own.filter(({ words }) => {
        const flags = String(words["flags"] ?? "").split(" ");
        const isMapped = flags.includes("MMAP") && String(words["path"]).endsWith("mapped");
        return (
          words["kind"] === "NetworkFlow" || isMapped || !flags.every((flag) => made.test(flag))
        );
      });
      expect(strays.map(({ words }) => words)).toEqual([]);
    });
  });
});
