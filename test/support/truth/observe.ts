// What the collector makes of small programs that do one thing each (test/truth): collected live while
// they run, and replayed from a capture that was recorded while they run once more. A program prints
// what it did as facts (test/workload/workload.h), so one list of them is held against both.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { everyRecord, type Run, RunningSysflow, sysflow } from "../program/sysflow.ts";
import { readSf, type SfRecord } from "../records/read-sf.ts";
import { compileC, type Fact, parseFacts } from "./workload.ts";

const sources = join(import.meta.dir, "../../truth");
const facts = join(import.meta.dir, "../../workload/facts.c");

/** How long a busy host may take to come to rest. */
const settleMsMax = 15_000;
const sampleMs = 250;
/** Samples that it takes at least: what was done may go on by itself for a moment. */
const restsMin = 3;
/** Of that time, in the kernel's hundredths of a second: what a thread with little to do takes. */
const restTicks = 5;

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

/** The id of its capture thread, undefined before there is one. */
export function captureThread({ pid }: RunningSysflow): string | undefined {
  const tasks = `/proc/${pid}/task`;
  return fs.readdirSync(tasks).find((tid) => {
    try {
      return fs.readFileSync(`${tasks}/${tid}/comm`, "utf8") === "sysflow-capture\n";
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

/**
 * What was done is in the rings by now, and the capture thread reads them as fast as it can. It has
 * seen all of it when it goes to sleep, which it does where the rings are empty; where the kernel does
 * not tell in what a thread waits, when it has little to do for a while.
 */
export async function settled(running: RunningSysflow): Promise<void> {
  const place = `/proc/${running.pid}/task/${captureThread(running)}`;
  const read = (name: string) => fs.readFileSync(`${place}/${name}`, "utf8");
  const sleeps = () => Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(read("status"))?.[1]);
  const ticks = () => {
    const stat = read("stat");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  const end = performance.now() + settleMsMax;
  const sleepsAtFirst = sleeps();
  let before = ticks();
  let samples = 0;
  for (let rests = 0; rests < restsMin && performance.now() < end; samples++) {
    await Bun.sleep(sampleMs);
    // A sleep that began since then; a wait for a free batch has another name.
    const isAsleep = sleeps() > sleepsAtFirst && read("wchan").includes("nanosleep");
    if (isAsleep && samples + 1 >= restsMin) {
      return;
    }
    const now = ticks();
    rests = now - before <= restTicks ? rests + 1 : 0;
    before = now;
  }
}

function expectDone({ status, stderr }: Run, what: string): void {
  if (status !== 0) {
    throw new Error(`sysflow ${what} ended with ${status}: ${stderr}`);
  }
}

/** A live run that is ended when what was done has been seen. @param ready what it says once it sees. */
async function during(words: readonly string[], ready: string, act: Act) {
  const running = new RunningSysflow(words);
  await running.says(ready);
  const facts = await act();
  await settled(running);
  running.kill("SIGTERM");
  const run = await running.end();
  expectDone(run, words[0] ?? "");
  return { facts, run };
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
  const words = [...args, "--json", ...everyRecord, ...options];
  const { facts, run } = await during(words, "collecting with modern_ebpf", act);
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
  const words = ["record", "-k", "ebpf-core", "-w", capture];
  const { facts } = await during(words, "recording with modern_ebpf", act);
  const path = join(place, "replayed.sf");
  const args = ["collect", "-r", capture, "-w", path, "-e", "tests", "--json"];
  const run = sysflow([...args, ...everyRecord, ...options]);
  expectDone(run, "collect -r");
  return { facts, records: readSf(path), path, run };
}

/** The two ways to look, each with its name. */
export const ways: readonly (readonly [string, typeof observeLive])[] = [
  ["live", observeLive],
  ["replayed", observeRecorded],
];

/** Lets `act` go on once for each way. @returns what was seen, by the way's name. */
export async function observeBoth(
  folder: string,
  act: Act,
  options: readonly string[] = [],
): Promise<ReadonlyMap<string, Observation>> {
  const seen = new Map<string, Observation>();
  for (const [name, observe] of ways) {
    seen.set(name, await observe(folder, act, options));
  }
  return seen;
}
