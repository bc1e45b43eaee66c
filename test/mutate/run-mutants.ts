// Runs the mutants of some sources: the unchanged tests once, to learn which test comes by which place,
// then each mutant with the tests that do, the quickest first, until one fails. What is changed in a
// file's first moments (a table, a constant) is there before any test: such a mutant gets a process of
// its own. Nothing is written but below a folder of the user's cache, which is gone at the end.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Mutant, mutantsOf, sitesIn } from "./mutations.ts";
import { switchedSource } from "./switched-source.ts";
import { type Baseline, type Load, type TestPlan, type WorkerSetup, withGrace } from "./worker.ts";
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
  readonly outcome: Outcome["outcome"];
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
  /** What each test file takes, loaded and run, in ms. */
  readonly costs: ReadonlyMap<string, number>;
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
  const worker = new WorkerProcess(folder);
  const load = await worker.load(testFiles);
  const baselines: Baseline[] = [];
  await worker.measure((baseline) => {
    baselines.push(baseline);
    options.onProgress?.(baselines.length, load.tests, "tests, unchanged");
  });
  await worker.end();
  const costs = new Map(Object.entries(load.msOfFiles));
  for (const { file, ms } of baselines) {
    costs.set(file, (costs.get(file) ?? 0) + ms);
  }
  return { folder, testFiles, mutants, baselines, load, costs };
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
      const { outcome } = await lane.tryMutant(at, mutantPlans[at] as MutantPlan);
      results[at] = { mutant: mutants[at] as Mutant, outcome };
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

/** Two workers, and others after them, for one mutant after another. */
class Lane {
  readonly #plans: Plans;
  /** Has all tests loaded, once. */
  #shared: WorkerProcess | null = null;
  /** Loads tests for each mutant. */
  #alone: WorkerProcess | null = null;

  constructor(plans: Plans) {
    this.#plans = plans;
  }

  async tryMutant(mutant: number, { shared, alone }: MutantPlan): Promise<Outcome> {
    let outcome: Outcome = { outcome: "unreached", by: null };
    if (shared.length > 0) {
      const tried = await this.#tryShared(mutant, shared);
      outcome = tried ?? (await this.#tryFresh(mutant, null, shared));
    }
    const isKilled = outcome.outcome === "killed" || outcome.outcome === "hung";
    if (isKilled || alone.length === 0) {
      return outcome;
    }
    return await this.#tryAlone(mutant, alone);
  }

  async end(): Promise<void> {
    await Promise.all([this.#shared?.end(), this.#alone?.end()]);
  }

  async #tryShared(mutant: number, tests: readonly TestPlan[]): Promise<Outcome | null> {
    if (this.#shared?.isFit !== true) {
      await this.#shared?.end();
      this.#shared = new WorkerProcess(this.#plans.folder);
      await this.#shared.load(this.#plans.testFiles);
    }
    return await this.#shared.tryMutant({ mutant, tests, isChecked: true });
  }

  /** File by file, the quickest first: the others are not loaded where one has a test that fails. */
  async #tryAlone(mutant: number, tests: readonly TestPlan[]): Promise<Outcome> {
    const files = [...new Set(tests.map((plan) => plan.file))];
    const cost = (file: string) => this.#plans.costs.get(file) ?? 0;
    for (const file of files.sort((a, b) => cost(a) - cost(b))) {
      const ofFile = tests.filter((plan) => plan.file === file);
      const outcome =
        (await this.#tryFile(mutant, ofFile)) ?? (await this.#tryFresh(mutant, mutant, ofFile));
      if (outcome.outcome !== "survived") {
        return outcome;
      }
    }
    return { outcome: "survived", by: null };
  }

  async #tryFile(mutant: number, tests: readonly TestPlan[]): Promise<Outcome | null> {
    if (this.#alone?.isFit !== true) {
      await this.#alone?.end();
      this.#alone = new WorkerProcess(this.#plans.folder);
    }
    const outcome = await this.#loadAndTry(this.#alone, mutant, mutant, tests);
    if (!this.#alone.isFit || outcome?.outcome === "survived") {
      return outcome;
    }
    // A test that fails must pass here without the mutant, loaded anew.
    const by = outcome?.by == null ? tests.slice(0, 1) : [outcome.by];
    const unchanged = await this.#loadAndTry(this.#alone, null, null, by);
    this.#alone.isFit &&= unchanged?.outcome === "survived";
    return unchanged?.outcome === "survived" ? outcome : null;
  }

  /** In a process of which no mutant has had anything. */
  async #tryFresh(
    mutant: number,
    mutantAtLoad: number | null,
    tests: readonly TestPlan[],
  ): Promise<Outcome> {
    const worker = new WorkerProcess(this.#plans.folder);
    const outcome = await this.#loadAndTry(worker, mutant, mutantAtLoad, tests);
    await worker.end();
    return outcome ?? { outcome: "killed", by: null };
  }

  async #loadAndTry(
    worker: WorkerProcess,
    mutant: number | null,
    mutantAtLoad: number | null,
    tests: readonly TestPlan[],
  ): Promise<Outcome | null> {
    const { ms, ticks } = this.#plans.load;
    const files = [...new Set(tests.map((plan) => plan.file))];
    const max = { ticks: withGrace(ticks), ms: loadLimitMs(ms) };
    const load = await worker.loadWith(mutantAtLoad, files, max);
    const known = this.#plans.baselines.filter((one) => files.includes(one.file)).length;
    if (load?.tests !== known) {
      return { outcome: load === null && !worker.isFit ? "hung" : "killed", by: null };
    }
    return await worker.tryMutant({ mutant, tests, isChecked: false });
  }
}

/** Also on a machine that has become busier since. */
function loadLimitMs(ms: number): number {
  return ms * 10 + 3000;
}
