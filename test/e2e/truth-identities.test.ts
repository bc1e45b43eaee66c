// Who a process is and what it runs: its ids in the host's user namespace, programs that cannot be
// run, programs run by other threads, long names and names of what is gone, and since when it is
// there. Each live and replayed, but for what only the snapshot of /proc tells.

import { afterAll, describe, expect, test } from "bun:test";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OP_EXIT } from "../../src/sysflow/op-flags.gen.ts";
import { whyNotLive } from "../support/program/sysflow.ts";
import type { SfRecord } from "../support/records/read-sf.ts";
import { type Act, buildTruth, observeLive, runProgram, ways } from "../support/truth/observe.ts";
import { type Fact, hasCompiler, missingFacts, parseFacts } from "../support/truth/workload.ts";

const obstacle = hasCompiler ? whyNotLive() : "there is no gcc to build the programs with";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-identities-"));
fs.chmodSync(folder, 0o777);
afterAll(() => fs.rmSync(folder, { recursive: true }));

const programs = new Map<string, string>();

function program(name: string): string {
  const path = programs.get(name) ?? buildTruth(folder, name);
  programs.set(name, path);
  return path;
}

/** A folder that any user may write to. */
function place(name: string): string {
  const path = fs.mkdtempSync(join(folder, `${name}-`));
  fs.chmodSync(path, 0o777);
  return path;
}

const kinds: readonly [what: string, name: string, words: readonly string[]][] = [
  ["ids are those that the process has, as the host numbers them", "identities", []],
  ["an exec that fails has the path that it tried", "programs", ["failures"]],
  ["a process ends once, also where its first thread ends before it", "programs", ["threads"]],
  ["argv[0] of any length is not part of the arguments", "programs", ["names"]],
  ["a program whose file is gone says so", "programs", ["gone"]],
];

describe.skipIf(obstacle !== null)("what is recorded of processes is so", () => {
  describe.each(ways)("%s", (way, observe) => {
    test.each(kinds)(
      "%s",
      async (what, name, words) => {
        const act: Act = () => runProgram([program(name), place(`${name}-${way}`), ...words]);
        const { facts, records } = await observe(folder, act);
        expect(facts.length, what).toBeGreaterThan(3);
        expect(missingFacts(facts, records)).toEqual([]);
        for (const exit of facts.filter((fact) => fact["kind"] === "Exit")) {
          expect(exitsOf(records, Number(exit["child"]))).toBe(1);
        }
      },
      120_000,
    );
  });
});

/** EXITs of a process as a whole. */
function exitsOf(records: readonly SfRecord[], pid: number): number {
  return records.filter(({ kind, rec }) => {
    const { hpid } = (rec["procOID"] ?? {}) as { hpid?: bigint };
    const isOfLeader = Number(hpid) === pid && Number(rec["tid"]) === pid;
    return kind === "ProcessEvent" && isOfLeader && rec["opFlags"] === OP_EXIT;
  }).length;
}

describe.skipIf(obstacle !== null)("a process that is older than the collector", () => {
  const threads: readonly [what: string, word: string][] = [
    ["acts itself", "word"],
    ["acts by another thread than its first", "word-of-thread"],
  ];
  test.each(threads)(
    "%s: has its start time, in each run of the collector",
    async (_, word) => {
      const before = BigInt(Date.now()) * 1_000_000n;
      const old = await Older.start([program("programs"), place("older"), word]);
      const after = BigInt(Date.now() + 1) * 1_000_000n;
      const born: bigint[] = [];
      const parents: unknown[] = [];
      for (let run = 0; run < 2; run++) {
        const { facts, records } = await observeLive(folder, () => old.act());
        expect(missingFacts(facts, records)).toEqual([]);
        const process = records.find(({ kind, rec }) => isProcess(kind, rec, old.pid))?.rec ?? {};
        const oid = process["oid"] as { createTS: bigint } | undefined;
        born.push(oid?.createTS ?? -1n);
        parents.push(process["poid"]);
      }
      old.end();
      // /proc tells start times in hundredths of a second, rounded down.
      expect(born[0]).toBeGreaterThan(before - 20_000_000n);
      expect(born[0]).toBeLessThan(after);
      expect(born[1]).toBe(born[0] as bigint);
      expect(parents[1]).toEqual(parents[0]);
    },
    120_000,
  );

  test("and runs from a file that is gone: says so", async () => {
    const copy = join(place("gone"), "program");
    fs.copyFileSync(program("programs"), copy);
    const old = await Older.start([copy, place("older"), "word"]);
    fs.rmSync(copy);
    const { facts, records } = await observeLive(folder, () => old.act());
    old.end();
    expect(facts[0]?.["exe"]).toBe(`${copy} (deleted)`);
    expect(missingFacts(facts, records)).toEqual([]);
  }, 120_000);
});

function isProcess(kind: string, rec: SfRecord["rec"], pid: number): boolean {
  return kind === "Process" && Number((rec["oid"] as { hpid: bigint }).hpid) === pid;
}

/** A program that is there before the collector, and acts when it is told to. */
class Older {
  readonly #child: ChildProcessWithoutNullStreams;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
  }

  static async start(command: readonly string[]): Promise<Older> {
    const [name = "", ...args] = command;
    const child = spawn(name, args, { env: {} });
    await new Promise((resolve) => child.stderr.once("data", resolve));
    return new Older(child);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  async act(): Promise<readonly Fact[]> {
    const line = new Promise<Buffer>((resolve) => this.#child.stdout.once("data", resolve));
    this.#child.stdin.write(".");
    return parseFacts((await line).toString());
  }

  end(): void {
    this.#child.stdin.end();
  }
}
