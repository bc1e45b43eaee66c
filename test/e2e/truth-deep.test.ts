// Paths as long as the kernel takes them, behind working directories that are deeper still: whole up to
// the bound of the README, and beyond it cut, counted, and each with a text of its own.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whyNotLive } from "../support/program/sysflow.ts";
import {
  buildTruth,
  type Observation,
  observeBoth,
  observeLive,
  observeRecorded,
} from "../support/truth/observe.ts";
import { asWords, type Fact, hasCompiler, missingFacts } from "../support/truth/workload.ts";

const obstacle = hasCompiler ? whyNotLive() : "there is no gcc to build the program with";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-deep-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const levels = 100;
const wholeBytes = 16 * 1024;

function goDown(program: string): readonly Fact[] {
  const place = fs.mkdtempSync(join(folder, "run-"));
  const { pid, status, stderr } = spawnSync(program, [place, String(levels)], { env: {} });
  if (status !== 0) {
    throw new Error(`deep: status ${status}: ${stderr}`);
  }
  const flow = (path: string): Fact => ({
    kind: "FileFlow",
    pid,
    path,
    flags: "OPEN WRITE_SEND CLOSE",
    writeBytes: 1,
  });
  const facts: Fact[] = [flow(`${place}/home`)];
  for (let level = 1; level <= levels; level++) {
    const at = place + `/${"n".repeat(200)}`.repeat(level);
    if (at.length + 6 < 4096) {
      const unlink = { kind: "FileEvent", pid, flags: "UNLINK", ret: 0, path: `${at}/whole` };
      facts.push(flow(`${at}/whole`), unlink);
    }
    const renamed = { path: `${at}/here`, newPath: `${at}/there` };
    facts.push(
      { kind: "FileEvent", pid, flags: "MKDIR", ret: 0, path: at },
      flow(`${at}/here`),
      { kind: "FileEvent", pid, flags: "RENAME", ret: 0, ...renamed },
      { kind: "FileEvent", pid, flags: "UNLINK", ret: 0, path: `${at}/there` },
      { kind: "FileEvent", pid, flags: "RMDIR", ret: 0, path: at },
    );
  }
  return facts;
}

describe.skipIf(obstacle !== null)(`deep (skipped where it says so: ${obstacle})`, () => {
  let sessions: ReadonlyMap<string, Observation> = new Map();
  beforeAll(async () => {
    const program = buildTruth(folder, "deep");
    const act = () => goDown(program);
    sessions = await observeBoth(folder, act);
  }, 120_000);

  describe.each(["live", "replayed"])("%s", (kind) => {
    test("what is within the bound is whole, and the way home is found", () => {
      const { facts, records } = sessions.get(kind) as Observation;
      const isWhole = (fact: Fact) =>
        String(fact["newPath"] ?? fact["path"]).length <= wholeBytes && fact["flags"] !== "RMDIR";
      expect(facts.filter(isWhole).length).toBeGreaterThan(300);
      expect(missingFacts(facts, records, isWhole)).toEqual([]);
    });

    test("what is cut is counted, and two paths are never one", () => {
      const { facts, records, run } = sessions.get(kind) as Observation;
      const pid = facts[0]?.["pid"];
      const flows = asWords(records).filter(
        ({ words }) => words["kind"] === "FileFlow" && words["pid"] === pid,
      );
      const here = flows.map(({ words }) => String(words["path"])).filter((at) => /n\//.test(at));
      const cut = here.filter((path) => path.includes("\\x00"));
      const wanted = facts.filter(
        ({ kind, path }) => kind === "FileFlow" && String(path).length > wholeBytes,
      );
      expect(wanted.length).toBeGreaterThan(10);
      expect(new Set(cut).size).toBe(wanted.length);
      const { losses } = JSON.parse(run.stdout) as { losses: { cause: string; count: number }[] };
      const counted = losses.find(({ cause }) => cause === "paths cut (too long)")?.count ?? 0;
      expect(counted).toBeGreaterThanOrEqual(wanted.length);
    });
  });
});

/** What each of the programs makes, and where that program lies: live, and where /proc is no more. */
function runDeep(program: string): readonly Fact[] {
  const place = fs.mkdtempSync(join(folder, "exec-"));
  const { status, stderr } = spawnSync(program, [program, place], { env: {} });
  spawnSync("rm", ["-rf", place]); // deeper than other ways to remove it can go
  if (status !== 0) {
    throw new Error(`deep_exec: status ${status}: ${stderr}`);
  }
  const deep = `${place}/${"d/".repeat(120)}program`;
  const makes = (name: string, exe: string, exeReplayed = exe): Fact => ({
    kind: "FileEvent",
    flags: "MKDIR",
    path: join(place, name),
    exe,
    exeReplayed,
  });
  return [
    makes("not-so-deep", `${place}/${"s/".repeat(60)}program`),
    makes("from-there", deep),
    makes("by-descriptor", deep),
    makes("by-link", deep, `<NA>/${"d/".repeat(95)}program`),
    makes("beyond-path-max", `${place}/${`${"n".repeat(250)}/`.repeat(20)}program`),
  ];
}

describe.skipIf(obstacle !== null)("programs that lie deep", () => {
  test.each(["live", "replayed"])(
    "%s: are whole, or begin with what says that they are not",
    async (way) => {
      const program = buildTruth(folder, "deep_exec");
      const observe = way === "live" ? observeLive : observeRecorded;
      const { facts, records } = await observe(folder, () => runDeep(program));
      const wanted = facts.map(({ exeReplayed, ...fact }) => ({
        ...fact,
        exe: way === "live" ? fact["exe"] : exeReplayed,
      })) as readonly Fact[];
      expect(missingFacts(wanted, records)).toEqual([]);
    },
    120_000,
  );
});
