// The live kernel end to end: a workload whose every operation is known runs under collection, and
// all of it has to be in the .sf file. Everything else on the host is in there too.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OP_CLONE } from "../../src/sysflow/op-flags.gen.ts";
import { everyRecord, RunningSysflow, whyNotLive } from "../support/program/sysflow.ts";
import { checkSf, type Violation } from "../support/records/check-sf.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";
import { settled } from "../support/truth/observe.ts";
import {
  buildWorkload,
  type Fact,
  hasCompiler,
  missingFacts,
  runWorkload,
} from "../support/truth/workload.ts";

const obstacle = hasCompiler ? whyNotLive() : "there is no gcc to build the workload with";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-live-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

interface Session {
  readonly records: readonly SfRecord[];
  readonly violations: readonly Violation[];
  readonly runs: readonly (readonly Fact[])[];
  readonly summary: {
    readonly losses: readonly { readonly stage: string }[];
    readonly ended: string;
    readonly events: number;
  };
}

async function collectWorkload(name: string, times: number): Promise<Session> {
  const program = buildWorkload(folder);
  const path = join(folder, `${name}.sf`);
  const args = ["collect", "-k", "ebpf-core", "-w", path, "-G", "100000", "-e", "tests", "--json"];
  const collector = new RunningSysflow([...args, ...everyRecord]);
  await collector.says("collecting with modern_ebpf");
  const runs: (readonly Fact[])[] = [];
  for (let run = 0; run < times; run++) {
    runs.push(runWorkload(program, join(folder, `${name}-${run}`)));
  }
  await settled(collector);
  collector.kill("SIGTERM");
  const { status, stdout, stderr } = await collector.end();
  if (status !== 0) {
    throw new Error(`sysflow ended with ${status}: ${stderr}`);
  }
  const files = fs.readdirSync(folder).filter((each) => each.startsWith(`${name}.`));
  expect(files.length).toBe(1);
  const written = join(folder, files[0] ?? "");
  const summary = JSON.parse(stdout) as Session["summary"];
  return { records: readSf(written), violations: checkSf(written), runs, summary };
}

/**
 * The kernel reports the end of a process's main thread before that of the others where they end
 * at once, so that such an EXIT of another thread is right.
 */
function realViolations({ records, violations }: Session): readonly Violation[] {
  return violations.filter(({ rule, index }) => {
    const { rec } = records[index] as SfRecord;
    const { hpid } = rec["procOID"] as { hpid: bigint };
    return !(rule === "after-exit" && rec["tid"] !== hpid);
  });
}

/** A child was created when the first of its two CLONE records says: its parent's, or its own. */
function expectOids({ records, runs }: Session): void {
  const pids = new Set(runs.flat().map((fact) => fact["pid"]));
  const created = new Map<number, bigint>();
  const cloned = new Map<number, bigint>();
  for (const { kind, rec } of records) {
    if (kind === "ProcessEvent" && rec["opFlags"] === OP_CLONE) {
      const { createTS, hpid } = rec["procOID"] as { createTS: bigint; hpid: bigint };
      const isOwn = rec["ret"] === 0 && rec["tid"] === hpid;
      const child = isOwn ? Number(hpid) : Number(rec["ret"]);
      if (isOwn && pids.has(child)) {
        created.set(child, createTS);
      }
      if (pids.has(child) && !cloned.has(child)) {
        cloned.set(child, rec["ts"] as bigint);
      }
    }
  }
  // Of each run: itself, ten forks and vforks, a spawn, two clients.
  expect(created.size).toBe(runs.length * 14);
  expect(created).toEqual(cloned);
}

describe.skipIf(obstacle !== null)(`live (skipped where it says so: ${obstacle})`, () => {
  test.each([
    ["ten runs in one session", 10],
    ["one run in a second session", 1],
  ])(
    "every operation of the workload is found: %s",
    async (name, times) => {
      const session = await collectWorkload(name.replaceAll(" ", "-"), times);
      expect(session.runs.length).toBe(times);
      for (const facts of session.runs) {
        expect(facts.length).toBeGreaterThan(90);
        expect(missingFacts(facts, session.records)).toEqual([]);
      }
      expect(realViolations(session)).toEqual([]);
      expectOids(session);
      expect(session.summary.losses.filter(({ stage }) => stage === "kernel")).toEqual([]);
      expect(session.summary.ended).toBe("SIGTERM");
    },
    180_000,
  );
});
