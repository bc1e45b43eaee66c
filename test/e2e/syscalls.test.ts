// Every row of the table of system calls: the call is made, with success and with failure, and its
// record is looked for; once in a capture of the project's own, once under the live kernel. The rows
// are taken from the program, so that one without a case in test/syscalls fails here.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SyscallRow } from "../../src/driver/syscall-table.ts";
import { goldenPath } from "../support/captures/golden.ts";
import { everyRecord, RunningSysflow, sysflow, whyNotLive } from "../support/program/sysflow.ts";
import { checkSf } from "../support/records/check-sf.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";
import { settled } from "../support/truth/observe.ts";
import {
  buildSyscalls,
  type Fact,
  hasCompiler,
  missingFacts,
  parseFacts,
  runWorkload,
} from "../support/truth/workload.ts";

const listed = sysflow(["collect", "--list-syscalls", "--json"]);
expect(listed.stderr).toBe("");
const rows = (JSON.parse(listed.stdout) as { syscalls: readonly SyscallRow[] }).syscalls;
const names = rows.map(({ name }) => name);

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-syscalls-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

interface Session {
  /** One without the call refuses it. */
  readonly kernel: "has every call" | "may be old";
  facts: readonly Fact[];
  records: readonly SfRecord[];
}

const ENOSYS = 38;

function expectRow(name: string, { facts, records, kernel }: Session): void {
  const row = rows.find((each) => each.name === name) as SyscallRow;
  const own = facts.filter((fact) => fact["syscall"] === name);
  const outcomes = new Set(own.map((fact) => fact["outcome"]));
  if (kernel === "may be old" && own.length > 0 && own.every((fact) => fact["ret"] === -ENOSYS)) {
    expect(missingFacts(facts, records, (fact) => fact["syscall"] === name)).toEqual([]);
    return;
  }
  expect(outcomes.has("success") || outcomes.has("both"), "it is made with success").toBe(true);
  if (row.onFailure !== "cannot fail") {
    expect(outcomes.has("failure") || outcomes.has("both"), "it is made to fail").toBe(true);
  }
  const good = own.filter((fact) => fact["outcome"] !== "failure");
  for (const flag of row.opFlags) {
    const isSaid = good.some(
      (fact) =>
        row.records.flow.some((kind) => kindOf(fact) === kind) &&
        String(fact["flags"] ?? "EXIT").includes(flag),
    );
    expect(isSaid, `a fact is a record of the row, with ${flag}`).toBe(true);
  }
  const leavesNothing = own.some((fact) => fact["kind"] === "None");
  expect(leavesNothing).toBe(row.onFailure.startsWith("no record"));
  expect(missingFacts(facts, records, (fact) => fact["syscall"] === name)).toEqual([]);
}

function kindOf(fact: Fact): string {
  return fact["kind"] === "Exit" ? "ProcessEvent" : String(fact["kind"]);
}

function replay(name: string, ...more: readonly string[]): { path: string; summary: Summary } {
  const path = join(folder, `${name}.sf`);
  const args = ["collect", "-r", goldenPath("syscalls.scap"), "-w", path, "-e", "tests", "--json"];
  const { status, stdout, stderr } = sysflow([...args, ...everyRecord, ...more]);
  expect(stderr).not.toContain("cannot");
  expect(status).toBe(0);
  return { path, summary: JSON.parse(stdout) as Summary };
}

interface Summary {
  readonly leftOut: readonly { readonly cause: string; readonly count: number }[];
}

const recordedFacts = () => parseFacts(fs.readFileSync(goldenPath("syscalls.facts.jsonl"), "utf8"));

describe("recorded", () => {
  const session: Session = {
    kernel: "has every call",
    facts: recordedFacts(),
    records: [],
  };
  beforeAll(() => {
    const { path } = replay("recorded", "--schema=6");
    session.records = readSf(path);
    expect(checkSf(path)).toEqual([]);
  });

  test.each(names)("%s", (name) => expectRow(name, session));

  test("schema 5 counts what only schema 6 has, and keeps no trace of it", () => {
    const { path, summary } = replay("schema-5");
    const records = readSf(path);
    const isOf6 = (fact: Fact) =>
      rows.some((row) => row.name === fact["syscall"] && row.schema === 6);
    expect(missingFacts(session.facts, records, (fact) => !isOf6(fact))).toEqual([]);
    const events = (of: readonly SfRecord[]) =>
      of.filter(({ kind }) => kind === "FileEvent").length;
    const skipped = summary.leftOut.find(({ cause }) => cause.startsWith("chmod"))?.count;
    expect(skipped).toBe(events(session.records) - events(records));
    expect(skipped).toBeGreaterThanOrEqual(session.facts.filter(isOf6).length);
    const paths = records.map(({ rec }) => String(rec["path"] ?? ""));
    expect(paths.filter((path) => path.endsWith("chmod-missing"))).toEqual([]);
    expect(checkSf(path)).toEqual([]);
  });

  test("consume mode has no file flows but opens; nofiles nothing of files", () => {
    const consumed = readSf(replay("consume", "--schema=6", "--mode=consume").path);
    const flows = consumed.filter(({ kind }) => kind === "FileFlow");
    expect(new Set(flows.map(({ rec }) => rec["opFlags"]))).toEqual(new Set([0x80]));
    const events = (fact: Fact) => fact["kind"] === "FileEvent";
    expect(missingFacts(session.facts, consumed, events)).toEqual([]);
    const nofiles = readSf(replay("nofiles", "--schema=6", "--mode=nofiles").path);
    expect(nofiles.filter(({ kind }) => kind.startsWith("File"))).toEqual([]);
    for (const records of [consumed, nofiles]) {
      const others = (fact: Fact) => ["NetworkFlow", "ProcessEvent"].includes(kindOf(fact));
      expect(missingFacts(session.facts, records, others)).toEqual([]);
    }
  });
});

function liveObstacle(): string | null {
  if (process.getuid?.() !== 0) {
    return "some of the calls need root";
  }
  return hasCompiler ? whyNotLive() : "there is no gcc to build the calls with";
}

const obstacle = liveObstacle();

describe.skipIf(obstacle !== null)(`live (skipped where it says so: ${obstacle})`, () => {
  const session: Session = { kernel: "may be old", facts: [], records: [] };
  beforeAll(async () => {
    const program = buildSyscalls(folder);
    const path = join(folder, "live.sf");
    const args = ["collect", "-k", "ebpf-core", "-w", path, "-G", "100000", "--schema=6"];
    const collector = new RunningSysflow([...args, ...everyRecord, "-e", "tests"]);
    await collector.says("collecting with modern_ebpf");
    session.facts = runWorkload(program, join(folder, "work"));
    await settled(collector);
    collector.kill("SIGTERM");
    const { status, stderr } = await collector.end();
    expect(status, stderr).toBe(0);
    const written = fs.readdirSync(folder).filter((name) => name.startsWith("live."));
    session.records = readSf(join(folder, written[0] ?? ""));
  }, 180_000);

  test.each(names)("%s", (name) => expectRow(name, session));
});
