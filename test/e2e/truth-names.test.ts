// Names are bytes: what a program calls its files, whatever bytes that are, is in the records, in one
// form for events, flows, working directories, programs and arguments. Random names each time; the
// seed is printed, and SYSFLOW_SEED runs them again.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { whyNotLive } from "../support/program/sysflow.ts";
import { arbitraryName } from "../support/truth/arbitrary-names.ts";
import { bytesOf, textOf } from "../support/truth/byte-text.ts";
import { nameFacts } from "../support/truth/name-calls.ts";
import { buildTruth, type Observation, observeBoth } from "../support/truth/observe.ts";
import { type Fact, hasCompiler, missingFacts } from "../support/truth/workload.ts";

const obstacle = hasCompiler ? whyNotLive() : "there is no gcc to build the program with";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-names-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Files of some kinds, such as overlay's, have no handle. */
const handles = ![0x794c7630].includes(fs.statfsSync(folder).type);

const seed = Number(process.env["SYSFLOW_SEED"] ?? Math.trunc(Math.random() * 2 ** 31));

/** Of every kind one, whatever the seed. */
const ordinary: readonly (string | readonly number[])[] = [
  "plain",
  "naïve",
  "файл",
  "日本",
  "😉",
  [0x63, 0x61, 0x66, 0xe9],
  [0xff],
  [0xc3, 0x28],
  [0xed, 0xa0, 0x80],
  "two\nlines",
  "tab\there",
  "escape\u001b[31m",
  " spaces ",
  "back\\slash",
  "\\xe9",
  "\\x5c",
  "unit\\x2dname",
  "gone (deleted)",
  "<NA>",
  "(NULL)",
  "\ufeffmark",
  "\ufffd",
  "n".repeat(250),
];

const names = [
  ...ordinary.map((name) => Buffer.from(name as string)),
  ...fc.sample(arbitraryName, { seed, numRuns: 30 }),
];

/** Runs the program. @returns what it did with each name. */
function callWithNames(program: string): readonly Fact[] {
  const place = fs.mkdtempSync(join(folder, "calls-"));
  const list = join(place, "list");
  fs.writeFileSync(list, Buffer.concat(names.flatMap((name) => [name, Buffer.from([0])])));
  const words = [program, place, list, handles ? "1" : "0"];
  const { pid, status, stderr } = spawnSync(program, words, { env: {} });
  if (status !== 0) {
    throw new Error(`names: status ${status}: ${stderr}`);
  }
  return names.flatMap((name, index) => nameFacts(pid, join(place, String(index)), name, handles));
}

test("the text of a name leads back to its bytes, and no two names have one", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (array) => {
      const bytes = Buffer.from(array);
      const text = textOf(bytes);
      expect(bytesOf(text)).toEqual(bytes);
      expect(Buffer.from(text).toString("utf8")).toBe(text);
    }),
    { numRuns: 1000, seed },
  );
  for (const name of names) {
    expect(bytesOf(textOf(name))).toEqual(name);
  }
});

describe.skipIf(obstacle !== null)(`seed ${seed} (skipped where it says so: ${obstacle})`, () => {
  let sessions: ReadonlyMap<string, Observation> = new Map();
  beforeAll(async () => {
    const program = buildTruth(folder, "names");
    const act = () => callWithNames(program);
    sessions = await observeBoth(folder, act, ["--schema", "6"]);
  }, 120_000);

  describe.each(["live", "replayed"])("%s", (kind) => {
    test("each call is found under the bytes that it was made with", () => {
      const { facts, records } = sessions.get(kind) as Observation;
      expect(facts.length).toBeGreaterThan(names.length * 40);
      expect(missingFacts(facts, records)).toEqual([]);
    }, 60_000);

    test("a path is one File, in flows and events alike", () => {
      const { facts, records } = sessions.get(kind) as Observation;
      const paths = new Set(facts.flatMap(({ kind, path }) => (kind === "FileFlow" ? [path] : [])));
      const ids = new Map<string, Set<string>>();
      for (const { rec } of records.filter(({ kind }) => kind === "File")) {
        const path = String(rec["path"]);
        ids.set(path, (ids.get(path) ?? new Set()).add(String(rec["oid"])));
      }
      for (const path of paths) {
        expect([path, ids.get(String(path))?.size]).toEqual([path, 1]);
      }
    });

    test("working directories keep their bytes", () => {
      const { facts, records } = sessions.get(kind) as Observation;
      const found = new Set(
        records.filter(({ kind }) => kind === "Process").map(({ rec }) => String(rec["cwd"])),
      );
      const wanted = facts.flatMap(({ flags, path }) =>
        flags === "RMDIR" && /\/\d+\//.test(String(path)) ? [`${path}/`] : [],
      );
      expect(wanted).toHaveLength(names.length);
      expect(wanted.filter((cwd) => !found.has(cwd))).toEqual([]);
    });
  });
});
