// The project's own captures: each was recorded while the workload of test/workload ran, which left
// beside it what it did (NAME.facts.jsonl); NAME.jsonl holds the records that must come out.
// UPDATE_GOLDEN=1 writes the latter anew: look at what changes. test/golden/README.md says how they
// were recorded.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  goldenCaptures,
  goldenLine,
  goldenLines,
  goldenOptions,
  goldenPath,
} from "../support/captures/golden.ts";
import { everyRecord, sysflow } from "../support/program/sysflow.ts";
import { checkSf } from "../support/records/check-sf.ts";
import { readSf } from "../support/records/read-sf.ts";
import { missingFacts, parseFacts } from "../support/truth/workload.ts";

const isUpdate = process.env["UPDATE_GOLDEN"] === "1";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-golden-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe.each(goldenCaptures)("%s", (name) => {
  const path = join(folder, `${name}.sf`);

  test("replays to the records that it must give", () => {
    const capture = goldenPath(`${name}.scap`);
    const args = ["collect", "-r", capture, "-w", path, "-e", "tests", "--json"];
    const { status, stdout, stderr } = sysflow([...args, ...everyRecord, ...goldenOptions(name)]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const records = readSf(path);
    expect(JSON.parse(stdout).recordsTotal).toBe(records.length);
    const lines = records.map(goldenLine);
    if (isUpdate) {
      fs.writeFileSync(goldenPath(`${name}.jsonl`), `${lines.join("\n")}\n`);
    }
    expect(lines).toEqual(goldenLines(name));
    expect(checkSf(path)).toEqual([]);
  });

  test("holds every operation of the workload", () => {
    const facts = parseFacts(fs.readFileSync(goldenPath(`${name}.facts.jsonl`), "utf8"));
    expect(missingFacts(facts, readSf(path))).toEqual([]);
  });
});

test("what schema 5 has no place for is said and summed up, once, however short the replay", () => {
  const args = ["collect", "-r", goldenPath("ipv6.scap"), "-w", join(folder, "five.sf")];
  const { status, stdout, stderr } = sysflow([...args, "--json", ...everyRecord]);
  expect(stderr).toBe(
    "sysflow: warning: operations on IPv6 sockets are left out and counted: schema 5 has no place " +
      "for their addresses; to have them, use --schema 6\n",
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 5,
    leftOut: [{ stage: "collect", cause: "IPv6 operations (no place in schema 5)", count: 38 }],
  });
});

test("the live table alone shows what it is, and has nothing to leave out", () => {
  const args = ["collect", "-r", goldenPath("ipv6.scap"), "--print"];
  const { status, stdout, stderr } = sysflow([...args, ...everyRecord]);
  expect(stdout).toMatch(/ CWR {2}SC {3}tcp \[::1\]:\d+ → \[::1\]:\d+ /);
  expect(stderr).not.toContain("left out");
  expect(status).toBe(0);
});
