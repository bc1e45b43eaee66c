// A worker seen from outside: begun, asked one thing at a time, ended by force where a mutant holds it
// or lets it grow.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { assert } from "../../src/base/assert.ts";
import {
  type Answer,
  type Baseline,
  type Load,
  type LoadTask,
  limitMs,
  type Task,
} from "./worker.ts";

export interface Outcome {
  readonly outcome: "killed" | "hung" | "survived" | "unreached";
  readonly test: string | null;
}

const WORKER = join(import.meta.dir, "worker.ts");
/** To load all tests, unchanged. */
const loadMs = 60_000;
/** What else a mutant may take, all tests together. */
const graceMs = 3000;
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
  #load: Load | null = null;
  /** Whether it can be given another mutant. */
  isFit = true;

  private constructor(folder: string, task: LoadTask) {
    begun++;
    this.#log = join(folder, `log-${begun}.txt`);
    const log = openSync(this.#log, "w");
    const taskPath = join(folder, `load-${begun}.json`);
    writeFileSync(taskPath, JSON.stringify(task));
    this.#child = spawn(process.execPath, [WORKER, join(folder, "setup.json"), taskPath], {
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

  /** @param folder of the run: its setup.json, its tmp @throws Error where the tests do not load */
  static async begin(folder: string, task: LoadTask, limit = loadMs): Promise<WorkerProcess> {
    const worker = new WorkerProcess(folder, task);
    const loaded = await worker.#next(limit);
    if (loaded?.kind !== "loaded") {
      await worker.end();
      throw worker.#failure("the tests do not load");
    }
    worker.#load = loaded.load;
    return worker;
  }

  get load(): Load {
    assert(this.#load !== null, "it has loaded");
    return this.#load;
  }

  /** Runs all tests unchanged. */
  async measure(onTest: (baseline: Baseline) => void): Promise<void> {
    this.#ask({ mutant: null, tests: [], isChecked: false });
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
  async tryMutant(task: Task): Promise<Outcome | null> {
    this.#ask(task);
    const limit = task.tests.reduce((sum, plan) => sum + limitMs(plan), graceMs);
    const answer = await this.#next(Math.min(limit, maxMs(task)));
    if (answer === null) {
      return { outcome: "hung", test: "a test that held its process, or ended it" };
    }
    switch (answer.kind) {
      case "survived":
        this.#noteSize();
        return { outcome: "survived", test: null };
      case "killed":
      case "hung":
        this.isFit = answer.isFit;
        this.#noteSize();
        return { outcome: answer.kind, test: answer.test };
      default:
        this.isFit = false;
        return null;
    }
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    const deadline = Date.now() + 2000;
    while (!this.#isEnded && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#kill();
  }

  #failure(what: string): Error {
    const said = readFileSync(this.#log, "utf8").trim().slice(-logShown);
    return new Error(`${what}; they run unchanged with \`npm run test:one\`? ${said}`);
  }

  #ask(task: Task): void {
    this.#child.stdin?.write(`${JSON.stringify(task)}\n`);
  }

  /** @returns null where it ended, or had to be ended */
  async #next(limit: number): Promise<Answer | null> {
    const start = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - start > limit || this.#bytes() > 2 * bytesMax) {
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

  #noteSize(): void {
    this.isFit &&= this.#bytes() < bytesMax;
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
function maxMs(task: Task): number {
  const usual = task.tests.reduce((sum, plan) => sum + plan.ms, 0);
  const longest = Math.max(0, ...task.tests.map(limitMs));
  return usual * 3 + longest + graceMs;
}
