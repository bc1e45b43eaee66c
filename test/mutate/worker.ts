// The process in which mutants run: it loads the tests once, with the switched sources in place of the
// real ones, and then tries one mutant after another. Its argument is a file of JSON, a WorkerSetup. It
// is given tasks on standard input, a line each, and answers on descriptor 3. Who runs it ends it where a
// mutant holds it for too long.

import { readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { plugin } from "bun";
import { assert } from "../../src/base/assert.ts";
import { seedCases } from "./fewer-cases.ts";
import { runEndings, runTest, type TestCase, testsOf } from "./harness.ts";
import {
  allowTicks,
  installSwitches,
  isHanging,
  switchOn,
  takeHits,
  ticksTaken,
} from "./switches.ts";

/** What all workers of a run are begun with. */
export interface WorkerSetup {
  readonly root: string;
  /** From a source's path below the root to the file that is loaded in its place. */
  readonly switched: Readonly<Record<string, string>>;
  /** What they share: loaded before them, so that it is known who ran which code while loading. */
  readonly support: readonly string[];
  readonly mutants: number;
  readonly seed: number;
}

/** What is asked of it. */
export type Task =
  /** To load these files, anew where they are loaded already, with a mutant on from the first line. */
  | {
      readonly kind: "load";
      readonly testFiles: readonly string[];
      readonly mutant: number | null;
      readonly ticksMax: number | null;
    }
  /** To run all of their tests. */
  | { readonly kind: "measure" }
  /** To run some, in that order, with the mutant on while they run, and with what was on at loading. */
  | {
      readonly kind: "try";
      readonly mutant: number | null;
      readonly tests: readonly TestPlan[];
      /** A failure says nothing where the test fails without the mutant too. */
      readonly isChecked: boolean;
    };

export interface TestPlan {
  readonly file: string;
  /** Its place in its file. */
  readonly at: number;
  readonly ms: number;
  readonly ticks: number;
}

/** How a test went unchanged. */
export interface Baseline extends TestPlan {
  readonly name: string;
  /** null where it passed, twice. */
  readonly failure: string | null;
  /** The mutants whose places it came by. */
  readonly hits: readonly number[];
}

/** What happened while the tests were loaded, before any of them ran. */
export interface Load {
  readonly tests: number;
  readonly ms: number;
  readonly ticks: number;
  /** The mutants whose places were come by in sources and in what tests share. */
  readonly hits: readonly number[];
  /** The same of each test file: it calls the sources to make its tables. */
  readonly hitsOfFiles: Readonly<Record<string, readonly number[]>>;
  readonly msOfFiles: Readonly<Record<string, number>>;
}

export type Answer =
  | { readonly kind: "loaded"; readonly load: Load }
  | { readonly kind: "unloadable"; readonly why: string }
  | { readonly kind: "baseline"; readonly baseline: Baseline }
  | { readonly kind: "done" }
  | { readonly kind: "survived" }
  | {
      readonly kind: "killed" | "hung";
      readonly by: TestPlan;
      readonly name: string;
      /** Whether another mutant can be tried here. */
      readonly isFit: boolean;
    }
  /** The test fails here without the mutant too. */
  | { readonly kind: "unfit" };

const answers = 3;
/** A test may take so many times what it takes unchanged, and so much more. */
const timesSlower = 10;
const graceMs = 3000;
const graceTicks = 200_000;

let stray: string | null = null;
/** The temporary files that test files made while they were loaded. */
let madeAtLoad: ReadonlySet<string> = new Set();

/** @returns how many steps a mutant may take where so many are usual */
export function withGrace(ticks: number): number {
  return ticks * timesSlower + graceTicks;
}

export function limitMs(plan: Pick<TestPlan, "ms">): number {
  return plan.ms * timesSlower + graceMs;
}

async function main(setup: WorkerSetup): Promise<void> {
  seedCases(setup.seed);
  for (const name of ["unhandledRejection", "uncaughtException"] as const) {
    process.on(name, (error: unknown) => {
      stray = textOf(error);
    });
  }
  installSwitches(setup.mutants);
  install(setup);
  let tests: Tests = new Map();
  let atLoad: number | null = null;
  for await (const line of createInterface({ input: process.stdin })) {
    const task = JSON.parse(line) as Task;
    switch (task.kind) {
      case "load":
        atLoad = task.mutant;
        tests = await load(setup, task);
        break;
      case "measure":
        await measure(tests);
        answer({ kind: "done" });
        break;
      case "try":
        answer(await tryMutant(task, tests, atLoad));
        break;
      default:
        task satisfies never;
    }
  }
  await unload(setup.root);
  process.exit(0);
}

type Tests = ReadonlyMap<string, readonly TestCase[]>;

/** Answers, with what happened or why it cannot be done. */
async function load(setup: WorkerSetup, task: Extract<Task, { kind: "load" }>): Promise<Tests> {
  await unload(setup.root);
  const start = performance.now();
  const tests = new Map<string, readonly TestCase[]>();
  const hitsOfFiles: Record<string, readonly number[]> = {};
  const msOfFiles: Record<string, number> = {};
  takeHits();
  switchOn(task.mutant);
  allowTicks(task.ticksMax ?? Number.POSITIVE_INFINITY);
  try {
    for (const name of [...Object.keys(setup.switched), ...setup.support]) {
      await import(join(setup.root, name));
    }
    const hits = takeHits();
    for (const name of task.testFiles) {
      const startOfFile = performance.now();
      tests.set(name, await testsOf(name, () => import(join(setup.root, name))));
      hitsOfFiles[name] = takeHits();
      msOfFiles[name] = performance.now() - startOfFile;
    }
    const count = [...tests.values()].reduce((sum, one) => sum + one.length, 0);
    const ms = performance.now() - start;
    const ticks = ticksTaken();
    answer({ kind: "loaded", load: { tests: count, ms, ticks, hits, hitsOfFiles, msOfFiles } });
  } catch (error) {
    answer({ kind: "unloadable", why: textOf(error) });
  }
  madeAtLoad = leftovers();
  return tests;
}

/** All modules but our own are forgotten, with what they made. */
async function unload(root: string): Promise<void> {
  switchOn(null);
  allowTicks(Number.POSITIVE_INFINITY);
  await runEndings();
  for (const path of Object.keys(require.cache)) {
    const isOurs = path.startsWith(import.meta.dir);
    if (!isOurs && /^(src|test|build)\/.*\.ts$/.test(path.slice(root.length + 1))) {
      delete require.cache[path];
    }
  }
}

/** Sources get their switched text, tests what takes the place of `bun:test` and `fast-check`. */
function install({ root, switched }: WorkerSetup): void {
  plugin({
    name: "mutants",
    setup: (build) => {
      build.onLoad({ filter: /\/(src|test)\/.*\.ts$/ }, ({ path }) => {
        const other = switched[path.slice(root.length + 1)];
        if (other !== undefined) {
          return { contents: readFileSync(other, "utf8"), loader: "ts" };
        }
        const text = readFileSync(path, "utf8");
        const isOurs = path.startsWith(import.meta.dir);
        return { contents: isOurs ? text : redirected(text), loader: "ts" };
      });
    },
  });
}

function redirected(text: string): string {
  const ours = (name: string) => `from ${JSON.stringify(join(import.meta.dir, name))}`;
  return text
    .replaceAll('from "bun:test"', ours("harness.ts"))
    .replaceAll('from "fast-check"', ours("fewer-cases.ts"));
}

/** Twice each: the second says how long it takes when warm, and whether it can be run again. */
async function measure(tests: Tests): Promise<void> {
  allowTicks(Number.POSITIVE_INFINITY);
  const all = [...tests.values()].flatMap((ofFile) => [...ofFile.entries()]);
  for (const [at, test] of all) {
    takeHits();
    const first = await failureOf(test, Number.POSITIVE_INFINITY);
    const hits = takeHits();
    allowTicks(Number.POSITIVE_INFINITY);
    const start = performance.now();
    const failure = first ?? (await failureOf(test, Number.POSITIVE_INFINITY));
    const ms = performance.now() - start;
    const ticks = ticksTaken();
    const { file, name } = test;
    answer({ kind: "baseline", baseline: { file, at, name, ms, ticks, failure, hits } });
  }
}

async function tryMutant(
  task: Extract<Task, { kind: "try" }>,
  tests: Tests,
  mutantAtLoad: number | null,
): Promise<Answer> {
  for (const plan of task.tests) {
    const test = tests.get(plan.file)?.[plan.at];
    assert(test !== undefined, "the tests asked for are loaded");
    switchOn(task.mutant);
    allowTicks(withGrace(plan.ticks));
    const failure = await failureOf(test, limitMs(plan));
    const isHung = isHanging() || failure === tooLong;
    switchOn(mutantAtLoad);
    allowTicks(Number.POSITIVE_INFINITY);
    if (failure !== null || isHung) {
      const name = `${test.file}: ${test.name}`;
      const isRight = isHung || !task.isChecked || (await failureOf(test, limitMs(plan))) === null;
      const kind = isHung ? "hung" : "killed";
      const isFit = failure !== tooLong;
      return isRight ? { kind, by: plan, name, isFit } : { kind: "unfit" };
    }
  }
  return { kind: "survived" };
}

const tooLong = "it takes too long";

/** @returns null where it passed */
async function failureOf(test: TestCase, limit: number): Promise<string | null> {
  stray = null;
  try {
    const run = runTest(test);
    await (Number.isFinite(limit) ? Promise.race([run, lateness(limit)]) : run);
    return stray;
  } catch (error) {
    return error === tooLong ? tooLong : textOf(error);
  } finally {
    for (const path of leftovers()) {
      if (!madeAtLoad.has(path)) {
        rmSync(path, { recursive: true, force: true });
      }
    }
  }
}

/** What is in the folder for temporary files: a test that runs again must find what it found before. */
function leftovers(): ReadonlySet<string> {
  const names = readdirSync(tmpdir(), { recursive: true, encoding: "utf8" });
  return new Set(names.map((name) => join(tmpdir(), name)));
}

function lateness(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(tooLong), ms).unref();
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function answer(one: Answer): void {
  writeSync(answers, `${JSON.stringify(one)}\n`);
}

if (import.meta.main) {
  await main(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as WorkerSetup);
}
