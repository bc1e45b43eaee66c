// What the collector makes of small programs that do one thing each (test/truth): collected live while
// they run, and replayed from a capture that was recorded while they run once more. A program prints
// what it did as facts (test/workload/workload.h), so one list of them is held against both.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { readSf, type SfRecord } from "./read-sf.ts";
import { everyRecord, type Run, RunningSysflow, sysflow } from "./sysflow.ts";
import { compileC, type Fact, parseFacts } from "./workload.ts";

const sources = join(import.meta.dir, "../truth");
const facts = join(import.meta.dir, "../workload/facts.c");

/** The rings are read within milliseconds, but this host may be busy. */
const settleMs = 1000;

export interface Observation {
  /** What was done meanwhile, in the programs' own words. */
  readonly facts: readonly Fact[];
  readonly records: readonly SfRecord[];
  /** The .sf file, and how the collector that wrote it ended. */
  readonly path: string;
  readonly run: Run;
}

/** What is done while it is being looked at; what it returns are the facts of it. */
export type Act = () => readonly Fact[] | Promise<readonly Fact[]>;

/** @returns the path of the static program made of `test/truth/NAME.c`. */
export function buildTruth(folder: string, name: string, flags: readonly string[] = []): string {
  return compileC(join(folder, name), [join(sources, `${name}.c`), facts], flags);
}

/** Runs a program to its end. @returns the facts it printed. @throws Error where it went wrong. */
export function runProgram(command: readonly string[]): readonly Fact[] {
  const [program = "", ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env: {} });
  if (status !== 0) {
    throw new Error(`${command.join(" ")}: status ${status}: ${stderr}`);
  }
  return stdout === "" ? [] : parseFacts(stdout);
}

/** Collects live into `folder` while `act` goes on. */
export async function observeLive(
  folder: string,
  act: Act,
  options: readonly string[] = [],
): Promise<Observation> {
  const prefix = fs.mkdtempSync(join(folder, "live-"));
  const target = join(prefix, "live.sf");
  const args = ["collect", "-k", "ebpf-core", "-w", target, "-G", "100000", "-e", "tests"];
  const collector = new RunningSysflow([...args, "--json", ...everyRecord, ...options]);
  await collector.says("collecting with modern_ebpf");
  const facts = await act();
  await Bun.sleep(settleMs);
  collector.kill("SIGTERM");
  const run = await collector.end();
  if (run.status !== 0) {
    throw new Error(`sysflow ended with ${run.status}: ${run.stderr}`);
  }
  const [file = ""] = fs.readdirSync(prefix);
  const path = join(prefix, file);
  return { facts, records: readSf(path), path, run };
}

/** Records a capture into `folder` while `act` goes on, and replays it. */
export async function observeRecorded(
  folder: string,
  act: Act,
  options: readonly string[] = [],
): Promise<Observation> {
  const place = fs.mkdtempSync(join(folder, "recorded-"));
  const capture = join(place, "capture.scap");
  const recorder = new RunningSysflow(["record", "-k", "ebpf-core", "-w", capture]);
  await recorder.says("recording with modern_ebpf");
  const facts = await act();
  await Bun.sleep(settleMs);
  recorder.kill("SIGTERM");
  const recorded = await recorder.end();
  if (recorded.status !== 0) {
    throw new Error(`sysflow record ended with ${recorded.status}: ${recorded.stderr}`);
  }
  const path = join(place, "replayed.sf");
  const args = ["collect", "-r", capture, "-w", path, "-e", "tests", "--json"];
  const run = sysflow([...args, ...everyRecord, ...options]);
  if (run.status !== 0) {
    throw new Error(`sysflow collect -r ended with ${run.status}: ${run.stderr}`);
  }
  return { facts, records: readSf(path), path, run };
}
