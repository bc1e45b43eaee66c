// What a million processes, connections, paths … that pass through or stay do to memory and speed:
// `bun test/bench/churn.ts [--rounds N] [--only NAME] [--json]`. Each scenario runs in a process of
// its own, through the test engine, libsinsp, the collector and the writer. Ends with status 1 where
// the last tenth is slower than the gate allows or memory goes beyond the scenario's bound.
//
// Speed is by CPU time: other programs on the machine then change it less. A tenth is one of rounds.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBatch } from "../../src/capture/batch-reader.ts";
import { openCapture } from "../../src/capture/capture.ts";
import { Collector } from "../../src/collect/collector.ts";
import { FanOut } from "../../src/write/fan-out.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { flowOptions } from "../support/collect/collect.ts";
import {
  type ChurnScenario,
  churnOptions,
  churnScenarios,
  scenarioNamed,
} from "../support/scripts/churn.ts";
import { startTs } from "../support/scripts/scripted-capture.ts";

const ROUNDS = 1_000_000;
/** Throughput of the last tenth by that of the first. */
const GATE = 0.8;
const TENTHS = 10;

export interface ChurnResult {
  readonly name: string;
  readonly rounds: number;
  readonly events: number;
  /** Rounds a second of CPU time, by tenths. */
  readonly rates: readonly number[];
  /** Last tenth by first. */
  readonly ratio: number;
  /** Resident at the end of each tenth. */
  readonly rssMb: readonly number[];
  readonly peakMb: number;
  readonly peakMbMax: number;
  /** What is in the tables at the end, and what they gave up, where it is more than nothing. */
  readonly tables: Readonly<Record<string, number>>;
}

/** Runs all scenarios, or those whose name contains `only`. */
export async function measureChurn(rounds = ROUNDS, only = ""): Promise<readonly ChurnResult[]> {
  const results: ChurnResult[] = [];
  for (const { name } of churnScenarios.filter((scenario) => scenario.name.includes(only))) {
    process.stderr.write(`bench: churn: ${name}\n`);
    const command = [process.execPath, import.meta.path, "--one", name, "--rounds", String(rounds)];
    const run = Bun.spawn(command, { stdio: ["ignore", "pipe", "inherit"] });
    const text = await new Response(run.stdout).text();
    if ((await run.exited) !== 0) throw new Error(`churn scenario ${name} failed`);
    results.push(JSON.parse(text) as ChurnResult);
  }
  return results;
}

export function churnPassed(results: readonly ChurnResult[]): boolean {
  return results.every(({ ratio, peakMb, peakMbMax }) => ratio >= GATE && peakMb <= peakMbMax);
}

export function churnText(results: readonly ChurnResult[]): string {
  const lines = results.map((result) => {
    const rate = (tenth: number) => `${((result.rates.at(tenth) ?? 0) / 1000).toFixed(0)} k/s`;
    const rss = [0, 4, 9].map((tenth) => (result.rssMb[tenth] ?? 0).toFixed(0)).join(" ");
    const tables = Object.entries(result.tables).map(([name, count]) => `${name} ${count}`);
    return (
      `${result.name.padEnd(22)} ${rate(0).padStart(9)} ${rate(-1).padStart(9)}  ` +
      `${result.ratio.toFixed(2)}  RSS ${rss.padEnd(12)} peak ${result.peakMb.toFixed(0)} of ` +
      `${result.peakMbMax} MB\n  ${tables.join(", ")}`
    );
  });
  const rounds = results[0]?.rounds ?? 0;
  return (
    `churn, ${rounds} rounds each: CPU throughput of the first and the last tenth, their ratio ` +
    `(at least ${GATE}), resident MB after 1, 5 and 10 tenths\n${lines.join("\n")}\n`
  );
}

function runOne(scenario: ChurnScenario, rounds: number): ChurnResult {
  const folder = mkdtempSync(join(tmpdir(), "sysflow-churn-"));
  const path = join(folder, "churn.sf");
  const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: null });
  const collector = new Collector(new FanOut([{ output: writer, onFailure: "end" }]), flowOptions);
  const capture = openCapture(churnOptions(scenario, rounds));
  const cpuAt: number[] = [cpuMicros()];
  const rssMb: number[] = [];
  let last = [0, 0] as [lo: number, hi: number];
  while (!capture.eof) {
    if (!capture.next(1000)) continue;
    const { view } = capture;
    readBatch(view, collector);
    last = [view.lastTsLo, view.lastTsHi];
    const elapsed = Number(BigInt(last[1]) * 2n ** 32n + BigInt(last[0]) - startTs);
    const done = elapsed / scenario.roundNs / rounds;
    if (done >= cpuAt.length / TENTHS && cpuAt.length < TENTHS) {
      cpuAt.push(cpuMicros());
      rssMb.push(statusMb("VmRSS"));
    }
  }
  cpuAt.push(cpuMicros());
  rssMb.push(statusMb("VmRSS"));
  const tables = nonZero({ ...collector.stats(), ...tablesOf(capture.stats()) });
  collector.finish(last[0], last[1]);
  writer.close();
  const { events } = capture.stats();
  capture.close();
  rmSync(folder, { recursive: true });
  const rates = cpuAt.slice(1).map((at, i) => (rounds / TENTHS / (at - (cpuAt[i] ?? 0))) * 1e6);
  return {
    name: scenario.name,
    rounds,
    events,
    rates,
    ratio: (rates.at(-1) ?? 0) / (rates[0] ?? 1),
    rssMb,
    peakMb: statusMb("VmHWM"),
    peakMbMax: scenario.peakMbMax,
    tables,
  };
}

function tablesOf(stats: object): Record<string, number> {
  const wanted = ["threads", "noThread", "noDescriptor", "Full", "Evicted", "Resets"];
  const named = Object.entries(stats).filter(([name]) =>
    wanted.some((word) => name.includes(word)),
  );
  // Both sides have a table of containers.
  return Object.fromEntries(named.map(([name, value]) => [`native ${name}`, Number(value)]));
}

function nonZero(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function statusMb(field: "VmRSS" | "VmHWM"): number {
  const line = readFileSync("/proc/self/status", "utf8")
    .split("\n")
    .find((text) => text.startsWith(field));
  return Number(line?.match(/\d+/)?.[0] ?? 0) / 1024;
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function main(): Promise<void> {
  const rounds = Number(option("--rounds") ?? ROUNDS);
  const one = option("--one");
  if (one !== undefined) {
    process.stdout.write(`${JSON.stringify(runOne(scenarioNamed(one), rounds))}\n`);
    return;
  }
  const results = await measureChurn(rounds, option("--only"));
  const asJson = process.argv.includes("--json");
  process.stdout.write(asJson ? `${JSON.stringify(results)}\n` : churnText(results));
  process.exitCode = churnPassed(results) ? 0 : 1;
}

if (import.meta.main) await main();
