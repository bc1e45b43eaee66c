// Unix sockets go by the bytes of their names, each by one whichever descriptor leads to it; what has
// no name goes by what /proc calls it; and a file that was removed before the collector began goes by
// the path that it had.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { begunBefore } from "../support/truth/begun-before.ts";
import { buildTruth, type Observation, runProgram, ways } from "../support/truth/observe.ts";
import { asWords, hasCompiler, missingFacts } from "../support/truth/workload.ts";

const isRoot = process.getuid?.() === 0;
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-unix-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Paths of flows of the program that no fact has: each would be a name that is none. */
function falsePaths({ facts, records }: Observation, program: string): readonly string[] {
  const told = new Set(facts.map(({ path }) => path));
  const flows = asWords(records).filter(
    // The first three are where it tells its facts.
    ({ words }) =>
      words["kind"] === "FileFlow" && words["exe"] === program && Number(words["fd"]) > 2,
  );
  return flows.map(({ words }) => String(words["path"])).filter((path) => !told.has(path));
}

describe.skipIf(!isRoot || !hasCompiler)("while it collects", () => {
  const program = hasCompiler ? buildTruth(folder, "sockets") : "";

  test.each(ways)(
    "each socket has its name, %s",
    async (_, observe) => {
      // A path of a socket has at most 108 bytes, the names included.
      const place = fs.mkdtempSync(join(tmpdir(), "unix-"));
      const observation = await observe(folder, () => runProgram([program, place]));
      fs.rmSync(place, { recursive: true });
      expect(missingFacts(observation.facts, observation.records)).toEqual([]);
      expect(falsePaths(observation, program)).toEqual([]);
    },
    60_000,
  );
});

describe.skipIf(!isRoot || !hasCompiler)("before it collects", () => {
  const program = hasCompiler ? buildTruth(folder, "before") : "";

  test.each(ways)(
    "what was opened, and perhaps removed, has its path, %s",
    async (_, observe) => {
      const place = fs.mkdtempSync(join(tmpdir(), "before-"));
      const { ready, act } = begunBefore(program, place);
      await ready;
      const observation = await observe(folder, act);
      fs.rmSync(place, { recursive: true });
      expect(missingFacts(observation.facts, observation.records)).toEqual([]);
      const cwds = observation.records
        .filter(({ kind, rec }) => kind === "Process" && rec["exe"] === program)
        .map(({ rec }) => rec["cwd"]);
      expect(new Set(cwds)).toEqual(new Set([`${place}/folder/`]));
    },
    60_000,
  );
});
