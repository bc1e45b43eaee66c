// `bun run bench`: replays one large capture with `sysflow collect` and with the bare next() loop of
// the same library, in turn and in fresh processes, and reports the ratios of their medians. The
// capture is recorded here on first use (root and a fitting kernel needed) and kept in the cache
// folder; `--capture FILE` measures another. Then what a start costs, churn, colliding keys, reading,
// joining, iterating, attributes, JSON paths and rules: status 1 where those miss their gates.
// `--rounds N` (5), `--json`.

import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../../build/base/cache-root.ts";
import { compile } from "../../build/compile.ts";
import { buildNative } from "../../build/native/native-build.ts";
import { churnPassed, churnText, measureChurn } from "./churn.ts";
import { flatteningPassed, flatteningText, measureFlattening } from "./flatten.ts";
import { measurePaths, pathsPassed, pathsText } from "./gjson.ts";
import { hostileKeysPassed, hostileKeysText, measureHostileKeys } from "./hostile-keys.ts";
import { iteratingPassed, iteratingText, measureIterating } from "./iterate.ts";
import { joiningPassed, joiningText, measureJoining } from "./join.ts";
import { measurePolicies, policiesPassed, policiesText } from "./policies.ts";
import { measureReading, readingPassed, readingText } from "./read.ts";
import { measureStarts, START_ROUNDS, startText } from "./start.ts";

const ROOT = join(import.meta.dir, "../..");
const SYSFLOW = join(ROOT, "dist/sysflow");
/** The load makes an enter and an exit event of each call; the target is 5 M events at least. */
const LOAD_CALLS = 5_000_000;
const EVENTS_MIN = 5_000_000;

/** One run of one program. */
interface Run {
  readonly events: number;
  readonly wallSec: number;
  readonly cpuSec: number;
  readonly maxRssMb: number;
  /** CPU of the capture thread alone, where the program tells. */
  readonly captureSec: number | null;
}

async function main(): Promise<void> {
  const rounds = Number(option("--rounds") ?? 5);
  await compile();
  const programs = (await buildNative()).programs;
  const floorProgram = programs.get("next_floor");
  const keysProgram = programs.get("hostile_keys");
  if (floorProgram === undefined || keysProgram === undefined) {
    throw new Error("the programs of native/bench were not built");
  }
  const folder = join(cacheRoot(), "bench");
  await mkdir(folder, { recursive: true });
  const capture = option("--capture") ?? (await recordedCapture(folder));
  const output = join(folder, "bench.sf");
  const floor: Run[] = [];
  const ours: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    floor.push(await measure([floorProgram, capture]));
    ours.push(await measure([SYSFLOW, "collect", "-r", capture, "-w", output, "--json"]));
  }
  await rm(output, { force: true });
  report(floor, ours);
  progress("starts and sizes");
  const starts = await measureStarts(START_ROUNDS, true);
  const asJson = process.argv.includes("--json");
  process.stdout.write(asJson ? `${JSON.stringify(starts)}\n` : startText(starts));
  const churn = await measureChurn();
  process.stdout.write(asJson ? `${JSON.stringify(churn)}\n` : churnText(churn));
  const keys = await measureHostileKeys(keysProgram);
  process.stdout.write(asJson ? `${JSON.stringify(keys)}\n` : hostileKeysText(keys));
  const reading = await measureReading();
  process.stdout.write(asJson ? `${JSON.stringify(reading)}\n` : readingText(reading));
  const joining = await measureJoining();
  process.stdout.write(asJson ? `${JSON.stringify(joining)}\n` : joiningText(joining));
  const iterating = await measureIterating();
  process.stdout.write(asJson ? `${JSON.stringify(iterating)}\n` : iteratingText(iterating));
  const flattening = await measureFlattening();
  process.stdout.write(asJson ? `${JSON.stringify(flattening)}\n` : flatteningText(flattening));
  const paths = await measurePaths();
  process.stdout.write(asJson ? `${JSON.stringify(paths)}\n` : pathsText(paths));
  const rules = await measurePolicies();
  process.stdout.write(asJson ? `${JSON.stringify(rules)}\n` : policiesText(rules));
  const passed = churnPassed(churn) && hostileKeysPassed(keys) && readingPassed(reading);
  const joined = joiningPassed(joining) && iteratingPassed(iterating);
  const asked = flatteningPassed(flattening) && pathsPassed(paths) && policiesPassed(rules);
  process.exitCode = passed && joined && asked ? 0 : 1;
}

async function recordedCapture(folder: string): Promise<string> {
  const capture = join(folder, "load.scap");
  if (existsSync(capture)) return capture;
  progress("recording a capture under load");
  const load = join(folder, "load");
  await checked(["gcc", "-O2", "-o", load, join(import.meta.dir, "load.c")]);
  const data = join(folder, "data");
  const part = `${capture}.part`;
  const record = [SYSFLOW, "record", "-w", part, "--buffer-bytes", "256M", "--"];
  await checked([...record, load, data, String(LOAD_CALLS)]);
  await rm(data, { recursive: true, force: true });
  await checked(["mv", part, capture]);
  return capture;
}

async function checked(command: readonly string[]): Promise<void> {
  const child = Bun.spawn([...command], { stdio: ["ignore", "inherit", "inherit"] });
  if ((await child.exited) !== 0) throw new Error(`failed: ${command.join(" ")}`);
}

async function measure(command: readonly string[]): Promise<Run> {
  const start = performance.now();
  const child = Bun.spawn([...command], { stdio: ["ignore", "pipe", "ignore"] });
  const text = await new Response(child.stdout).text();
  const status = await child.exited;
  const wallSec = (performance.now() - start) / 1000;
  const usage = child.resourceUsage();
  if (status !== 0 || usage === undefined) {
    throw new Error(`${command.join(" ")} ended with status ${status}`);
  }
  const told = JSON.parse(text) as { events: number; cpuSec?: { capture: number } };
  return {
    events: told.events,
    wallSec,
    cpuSec: Number(usage.cpuTime.total) / 1e6,
    maxRssMb: usage.maxRSS / 1024 / 1024,
    captureSec: told.cpuSec?.capture ?? null,
  };
}

function report(floor: readonly Run[], ours: readonly Run[]): void {
  const events = ours[0]?.events ?? 0;
  const rows = [summary("next() loop", floor, events), summary("collect -r -w", ours, events)];
  const [base, own] = rows as [Row, Row];
  const ratios = { cpu: own.cpuSec / base.cpuSec, wall: own.wallSec / base.wallSec };
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ events, rows, ratios })}\n`);
    return;
  }
  const lines = rows.map(
    (row) =>
      `${row.name.padEnd(14)} ${(row.eventsPerSec / 1e6).toFixed(2)} M events/s  ` +
      `CPU ${row.cpuSec.toFixed(2)} s (${row.cpuNsPerEvent.toFixed(0)} ns/event)  ` +
      `wall ${row.wallSec.toFixed(2)} s  peak RSS ${row.maxRssMb.toFixed(0)} MB` +
      (row.captureSec === null
        ? ""
        : `  capture thread ${row.captureSec.toFixed(2)} s, the rest ` +
          `${(row.cpuSec - row.captureSec).toFixed(2)} s`),
  );
  const few = events < EVENTS_MIN ? `  (fewer than ${EVENTS_MIN} events: not representative)` : "";
  process.stdout.write(
    `${events} events, medians of ${ours.length} rounds${few}\n${lines.join("\n")}\n` +
      `ratio          CPU ${ratios.cpu.toFixed(2)}  wall ${ratios.wall.toFixed(2)}\n`,
  );
}

interface Row {
  readonly name: string;
  readonly eventsPerSec: number;
  readonly cpuSec: number;
  readonly cpuNsPerEvent: number;
  readonly wallSec: number;
  readonly maxRssMb: number;
  readonly captureSec: number | null;
}

function summary(name: string, runs: readonly Run[], events: number): Row {
  const cpuSec = median(runs.map((run) => run.cpuSec));
  const wallSec = median(runs.map((run) => run.wallSec));
  const capture = runs.map((run) => run.captureSec).filter((seconds) => seconds !== null);
  return {
    name,
    eventsPerSec: events / wallSec,
    cpuSec,
    cpuNsPerEvent: (cpuSec / events) * 1e9,
    wallSec,
    maxRssMb: median(runs.map((run) => run.maxRssMb)),
    captureSec: capture.length > 0 ? median(capture) : null,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

await main();
