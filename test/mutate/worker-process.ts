// A worker seen from outside: begun, asked one thing at a time, ended by force where a mutant holds it
// or lets it grow.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { monotonicMs } from "../../src/base/clock.ts";
import {
  type Answer,
  type Baseline,
  type Load,
  limitMs,
  type Task,
  type TestPlan,
} from "./worker.ts";

export interface Outcome {
  readonly outcome: "killed" | "hung" | "survived" | "unreached";
  /** The test that failed, where it was one. */
  readonly by: TestPlan | null;
}

export interface TryTask {
  readonly mutant: number | null;
  readonly tests: readonly TestPlan[];
  /** Whether a test that fails must pass without the mutant, here. */
  readonly isChecked: boolean;
}

const WORKER = join(import.meta.dir, "worker.ts");
/** To load all tests, unchanged. */
const loadMs = 60_000;
/** What else a mutant may take, all tests together. */
const graceMs = 3000;
/** By the clock, since others may need the processors too. */
const timesSlower = 10;
const watchEveryMs = 250;
const pageBytes = 4096;
/** A worker of this size is not given another mutant; one of twice that is ended. */
const bytesMax = 1.25e9;

const logShown = 1000;

let begun = 0;

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #log: string;
  #isEnded = false;
  #why = "";
  /** Whether it can be given another mutant. */
  isFit = true;

  /** @param folder of the run: its setup.json, its tmp */
  constructor(folder: string) {
    this.#log = join(folder, `log-${++begun}.txt`);
    const log = openSync(this.#log, "w");
    this.#child = spawn(process.execPath, [WORKER, join(folder, "setup.json")], {
      stdio: ["pipe", "ignore", log, "pipe"],
      env: { ...process.env, TMPDIR: join(folder, "tmp") },
    });
    closeSync(log);
    const kill = () => this.#kill();
    process.once("exit", kill);
    this.#child.on("exit", () => {
      process.off("exit", kill);
      this.#isEnded = true;
    });
    // What is written to one that has just ended is of no use to anyone.
    this.#child.stdin?.on("error", () => undefined);
    const lines = createInterface({ input: this.#child.stdio[3] as Readable });
    this.#answers = lines[Symbol.asyncIterator]();
  }

  /** Loads tests unchanged. @throws Error where they do not load */
  async load(testFiles: readonly string[]): Promise<Load> {
    const load = await this.loadWith(null, testFiles, { ticks: null, ms: loadMs });
    if (load === null) {
      throw this.#failure("the tests do not load");
    }
    return load;
  }

  /** @param mutant on from the first line on @returns null where the tests do not load with it */
  async loadWith(
    mutant: number | null,
    testFiles: readonly string[],
    max: { readonly ticks: number | null; readonly ms: number },
  ): Promise<Load | null> {
    this.#ask({ kind: "load", testFiles, mutant, ticksMax: max.ticks });
    const answer = await this.#next(max.ms);
    this.#why = answer?.kind === "unloadable" ? answer.why : "";
    return answer?.kind === "loaded" ? answer.load : null;
  }

  /** Runs all tests unchanged. */
  async measure(onTest: (baseline: Baseline) => void): Promise<void> {
    this.#ask({ kind: "measure" });
    for (;;) {
      const answer = await this.#next(Number.POSITIVE_INFINITY);
      if (answer?.kind === "done") {
        return;
      }
      if (answer?.kind !== "baseline") {
        throw this.#failure("the tests end their process, or it grows beyond what it may");
      }
      onTest(answer.baseline);
    }
  }

  /** @returns null where this process is worn, and a fresh one must say */
  async tryMutant(task: TryTask): Promise<Outcome | null> {
    this.#ask({ kind: "try", ...task });
    const answer = await this.#next(maxMs(task));
    if (answer === null) {
      return { outcome: "hung", by: null };
    }
    this.isFit &&= this.#bytes() < bytesMax;
    switch (answer.kind) {
      case "survived":
        return { outcome: "survived", by: null };
      case "killed":
      case "hung":
        this.isFit &&= answer.isFit;
        return { outcome: answer.kind, by: answer.by };
      default:
        this.isFit = false;
        return null;
    }
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    const deadline = monotonicMs() + 2000;
    while (!this.#isEnded && monotonicMs() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#kill();
  }

  #failure(what: string): Error {
    const said = this.#why || readFileSync(this.#log, "utf8").trim().slice(-logShown);
    return new Error(`${what}; they run unchanged with \`npm run test:one\`? ${said}`);
  }

  #ask(task: Task): void {
    this.#child.stdin?.write(`${JSON.stringify(task)}\n`);
  }

  /** @param limit in ms of processor time @returns null where it ended, or had to be ended */
  async #next(limit: number): Promise<Answer | null> {
    const start = monotonicMs();
    const startCpu = this.#cpuMs();
    const watch = setInterval(() => {
      const isLate = monotonicMs() - start > limit * timesSlower;
      if (isLate || this.#cpuMs() - startCpu > limit || this.#bytes() > 2 * bytesMax) {
        this.#kill();
      }
    }, watchEveryMs);
    try {
      const { value, done } = await this.#answers.next();
      this.isFit &&= done !== true;
      return done === true ? null : (JSON.parse(value) as Answer);
    } finally {
      clearInterval(watch);
    }
  }

  /** What it has used of the processors, by hundredths of a second. */
  #cpuMs(): number {
    try {
      const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10;
    } catch {
      return 0;
    }
  }

  #bytes(): number {
    try {
      const pages = readFileSync(`/proc/${this.#child.pid}/statm`, "utf8").split(" ")[1];
      return Number(pages) * pageBytes;
    } catch {
      return 0;
    }
  }

  #kill(): void {
    if (!this.#isEnded) {
      this.#child.kill("SIGKILL");
    }
  }
}

/** All its tests at their usual pace and a half, and one that takes as long as one may. */
function maxMs(task: TryTask): number {
  const usual = task.tests.reduce((sum, plan) => sum + plan.ms, 0);
  const longest = Math.max(0, ...task.tests.map(limitMs));
  return usual * 3 + longest + graceMs;
}
