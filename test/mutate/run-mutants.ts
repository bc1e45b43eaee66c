// Runs the mutants of some sources: the unchanged tests once, to learn which test comes by which place,
// then each mutant with the tests that do, the quickest first, until one fails. What is changed in a
// file's first moments (a table, a constant) is there before any test: such a mutant gets a process of
// its own. Nothing is written but below a folder of the user's cache, which is gone at the end.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Mutant, mutantsOf, sitesIn } from "./mutations.ts";
import { switchedSource } from "./switched-source.ts";
import {
  type Baseline,
  type Load,
  type LoadTask,
  type Task,
  type TestPlan,
  type WorkerSetup,
  withGrace,
} from "./worker.ts";
import { type Outcome, WorkerProcess } from "./worker-process.ts";

export interface RunOptions {
  readonly root: string;
  /** Paths from the root. */
  readonly sources: readonly string[];
  readonly testFiles: readonly string[];
  /** What those files share, and loads without them. */
  readonly support: readonly string[];
  /** Where a folder for this run is made. */
  readonly cache: string;
  /** Whether it shall be tried; all are where absent. */
  readonly isWanted?: (mutant: Mutant) => boolean;
  readonly seed: number;
  readonly jobs?: number;
  readonly onProgress?: (done: number, total: number, what: string) => void;
}

export interface Result {
  readonly mutant: Mutant;
  /** "unreached" of one whose place no test comes by: it has survived as well. */
  readonly outcome: "killed" | "hung" | "survived" | "unreached";
  /** The test that failed. */
  readonly test: string | null;
}

export interface RunResults {
  readonly results: readonly Result[];
  /** Tests that cannot be used: they fail unchanged, or when they run a second time. */
  readonly unfitTests: readonly string[];
}

/** What is known once the tests ran unchanged. */
interface Plans {
  readonly folder: string;
  readonly testFiles: readonly string[];
  readonly mutants: readonly Mutant[];
  readonly baselines: readonly Baseline[];
  readonly load: Load;
}

/** The tests for one mutant. */
interface MutantPlan {
  /** Those that know nothing of it before they run: they share a process with other mutants. */
  readonly shared: readonly TestPlan[];
  /** Those with something that was made while they were loaded: a process of its own. */
  readonly alone: readonly TestPlan[];
}

export async function runMutants(options: RunOptions): Promise<RunResults> {
  mkdirSync(options.cache, { recursive: true });
  const folder = mkdtempSync(join(options.cache, "run-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    const plans = await prepare(options, folder);
    const results = await tryAll(options, plans);
    const unfit = plans.baselines.filter((one) => one.failure !== null);
    return { results, unfitTests: unfit.map((one) => `${one.file}: ${one.name}: ${one.failure}`) };
  } finally {
    process.off("exit", remove);
    remove();
  }
}

async function prepare(options: RunOptions, folder: string): Promise<Plans> {
  const { root, sources, testFiles, support, seed } = options;
  mkdirSync(join(folder, "tmp"));
  const mutants: Mutant[] = [];
  const switched: Record<string, string> = {};
  for (const [at, source] of sources.entries()) {
    const text = readFileSync(join(root, source), "utf8");
    switched[source] = join(folder, `${at}.ts`);
    writeFileSync(switched[source], switchedText(source, text, mutants, options.isWanted));
  }
  const setup: WorkerSetup = { root, switched, support, mutants: mutants.length, seed };
  writeFileSync(join(folder, "setup.json"), JSON.stringify(setup));
  const worker = await WorkerProcess.begin(folder, { testFiles, mutant: null, ticksMax: null });
  const { load } = worker;
  const baselines: Baseline[] = [];
  await worker.measure((baseline) => {
    baselines.push(baseline);
    options.onProgress?.(baselines.length, load.tests, "tests, unchanged");
  });
  await worker.end();
  return { folder, testFiles, mutants, baselines, load };
}

/** Adds the file's mutants to `mutants`. */
function switchedText(
  source: string,
  text: string,
  mutants: Mutant[],
  isWanted: RunOptions["isWanted"] = () => true,
): string {
  const { sites, loops } = sitesIn(source, text);
  const all = mutantsOf(source, text, sites);
  const firsts: number[] = [];
  let count = 0;
  for (const site of sites) {
    firsts.push(count);
    count += site.changes.length;
  }
  const numbers = all.map((one) => (isWanted(one) ? mutants.push(one) - 1 : null));
  const numberOf = (site: number, change: number) => numbers[(firsts[site] ?? 0) + change] ?? null;
  return switchedSource(text, sites, loops, numberOf);
}

async function tryAll(options: RunOptions, plans: Plans): Promise<readonly Result[]> {
  const { mutants } = plans;
  const mutantPlans = planned(plans);
  const results: Result[] = new Array(mutants.length);
  let next = 0;
  let done = 0;
  const work = async () => {
    const lane = new Lane(plans);
    for (let at = next++; at < mutants.length; at = next++) {
      const outcome = await lane.tryMutant(at, mutantPlans[at] as MutantPlan);
      results[at] = { mutant: mutants[at] as Mutant, ...outcome };
      options.onProgress?.(++done, mutants.length, "mutants");
    }
    await lane.end();
  };
  const jobs = options.jobs ?? Math.max(1, Math.floor(availableParallelism() / 2));
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

/**
 * The tests of each mutant, the quickest first. What is changed while sources are loaded may be used
 * anywhere: such a mutant gets all tests, those that come by its file first. What is changed while a test
 * file is loaded concerns the tests of that file.
 */
function planned({ mutants, baselines, load }: Plans): readonly MutantPlan[] {
  const fit = baselines.filter((one) => one.failure === null).sort((a, b) => a.ms - b.ms);
  const all = fit.map(({ file, at, ms, ticks }) => ({ file, at, ms, ticks }));
  const reaching = mutants.map(() => new Set<TestPlan>());
  const nearFile = new Map<string, Set<TestPlan>>();
  for (const [place, { hits }] of fit.entries()) {
    const plan = all[place] as TestPlan;
    for (const hit of hits) {
      const source = mutants[hit]?.file ?? "";
      reaching[hit]?.add(plan);
      nearFile.set(source, (nearFile.get(source) ?? new Set()).add(plan));
    }
  }
  const atLoad = new Set(load.hits);
  const atLoadOf = mutants.map(() => new Set<string>());
  for (const [file, hits] of Object.entries(load.hitsOfFiles)) {
    hits.forEach((hit) => {
      atLoadOf[hit]?.add(file);
    });
  }
  return mutants.map((mutant, at) => {
    const near = nearFile.get(mutant.file) ?? new Set();
    const inOrder = [...near, ...all.filter((plan) => !near.has(plan))];
    if (atLoad.has(at)) {
      return { shared: [], alone: inOrder };
    }
    const files = atLoadOf[at] ?? new Set();
    const shared = [...(reaching[at] ?? [])].filter((plan) => !files.has(plan.file));
    return { shared, alone: inOrder.filter((plan) => files.has(plan.file)) };
  });
}

/** One worker after another, for one mutant after another. */
class Lane {
  readonly #plans: Plans;
  #worker: WorkerProcess | null = null;

  constructor(plans: Plans) {
    this.#plans = plans;
  }

  async tryMutant(mutant: number, { shared, alone }: MutantPlan): Promise<Outcome> {
    let outcome: Outcome | null = { outcome: "unreached", test: null };
    if (shared.length > 0) {
      const { testFiles } = this.#plans;
      this.#worker ??= await this.#begin({ testFiles, mutant: null, ticksMax: null });
      outcome = await this.#worker.tryMutant({ mutant, tests: shared, isChecked: true });
      if (!this.#worker.isFit) {
        await this.end();
      }
      outcome ??= await this.#inFresh({ mutant, tests: shared, isChecked: false }, null);
    }
    const isKilled = outcome.outcome === "killed" || outcome.outcome === "hung";
    return isKilled || alone.length === 0
      ? outcome
      : await this.#inFresh({ mutant, tests: alone, isChecked: false }, mutant);
  }

  async end(): Promise<void> {
    await this.#worker?.end();
    this.#worker = null;
  }

  async #inFresh(task: Task, mutantAtLoad: number | null): Promise<Outcome> {
    const files = new Set(task.tests.map((plan) => plan.file));
    const testFiles = this.#plans.testFiles.filter((name) => files.has(name));
    const { ms, ticks } = this.#plans.load;
    let worker: WorkerProcess;
    try {
      const ticksMax = withGrace(ticks);
      const loading = { testFiles, mutant: mutantAtLoad, ticksMax };
      worker = await WorkerProcess.begin(this.#plans.folder, loading, loadLimitMs(ms));
    } catch {
      return { outcome: "killed", test: "the loading of the tests" };
    }
    const known = this.#plans.baselines.filter((one) => files.has(one.file)).length;
    const outcome =
      worker.load.tests === known
        ? await worker.tryMutant(task)
        : ({ outcome: "killed", test: "the number of tests" } as const);
    await worker.end();
    return outcome ?? { outcome: "killed", test: "a test in a process of its own" };
  }

  #begin(task: LoadTask): Promise<WorkerProcess> {
    return WorkerProcess.begin(this.#plans.folder, task);
  }
}

/** Also on a machine that has become busier since. */
function loadLimitMs(ms: number): number {
  return ms * 10 + 3000;
}
