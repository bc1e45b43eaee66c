// `npm run mutate`: how much of some sources the tests hold. Each mutant is the source with one small
// change; one that no test notices is listed. Status 1 where fewer than 95 of 100 are noticed.

import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "../../build/base/cache-root.ts";
import { monotonicMs } from "../../src/base/clock.ts";
import { fileGraph, reachedFrom } from "../support/tidy/import-graph.ts";
import { filesBelow, ROOT } from "../support/tidy/sources.ts";
import { equivalents } from "./equivalents.ts";
import { type Mutant, mutantsOf, sitesIn } from "./mutations.ts";
import { ProgressLine } from "./progress-line.ts";
import { barPercent, judge, percentOf, reportJson, reportText, sumsOf } from "./report.ts";
import { runMutants } from "./run-mutants.ts";

const HELP = `usage: npm run mutate -- PLACE… [options]

Changes the sources in a small way, thousands of times, and runs the tests that come by each change.
A change that no test notices is listed as FILE:LINE:COLUMN was → became. Nothing in src/ is touched.

PLACE is a folder, a file, or a line of one (FILE:LINE).

  --tests DIR  only the tests in a folder, such as test/avro; those that come by it elsewhere too
               unless given
  --sample N   only N of all mutants
  --seed S     chooses those, and what property tests make up; 1 unless given
  --jobs N     how many at a time; half the processors unless given
  --json       one JSON object in place of text
  --help       this text

The status is 0 where at least ${barPercent} % are noticed, 1 where fewer are, 2 for a wrong word.

  npm run mutate -- src/avro
  npm run mutate -- src/sysflow src/read --sample 500 --seed 7
  npm run mutate -- src/collect/flows/file-flow.ts:107
`;

/**
 * Those that run other programs, or replay so much that a mutant would take a minute, and the one whose
 * tests look together at what was written once, so that none of them can be run by itself.
 */
const LEFT_OUT = [
  /^test\/(bench|build|cli|e2e|kernels|mutate|native)\//,
  /^test\/compat\/(python|reference|schema)/,
  /^test\/collect\/flows\/flow-rules\.prop/,
  /^test\/write\/(outputs-apart|file\/kill|socket\/(python|readers-in-trouble))/,
];

interface Wishes {
  readonly places: readonly string[];
  /** What the names of test files begin with. */
  readonly tests: string;
  readonly sample: number | null;
  readonly seed: number;
  readonly jobs: number | null;
  readonly asJson: boolean;
}

class UsageError extends Error {}

async function main(words: readonly string[]): Promise<number> {
  if (words.includes("--help")) {
    process.stdout.write(HELP);
    return 0;
  }
  const wishes = wishesOf(words);
  const sources = [...new Set(wishes.places.flatMap(sourcesAt))].sort();
  const wanted = wantedMutants(sources, wishes);
  const start = monotonicMs();
  const progress = new ProgressLine();
  const run = await runMutants({
    root: ROOT,
    sources,
    ...testsOf(sources, wishes.tests),
    cache: join(cacheRoot(), "mutate"),
    isWanted: (mutant) => wanted.has(keyOf(mutant)),
    seed: wishes.seed,
    ...(wishes.jobs === null ? {} : { jobs: wishes.jobs }),
    onProgress: (done, total, what) => progress.update(done, total, what),
  });
  progress.close();
  const isWhole = wishes.sample === null && wishes.places.every((place) => !place.includes(":"));
  const judged = judge(run, equivalents, isWhole ? sources : []);
  const seconds = Math.round((monotonicMs() - start) / 1000);
  const write = wishes.asJson ? reportJson : reportText;
  process.stdout.write(write(judged, seconds));
  return percentOf(sumsOf(judged.results)) >= barPercent && judged.complaints.length === 0 ? 0 : 1;
}

function wishesOf(words: readonly string[]): Wishes {
  const places: string[] = [];
  const numbers = new Map<string, number>();
  let asJson = false;
  let tests = "test/";
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (["--sample", "--seed", "--jobs"].includes(word)) {
      const text = words[++at] ?? "";
      if (!/^[1-9]\d{0,8}$/.test(text)) {
        throw new UsageError(`${word} takes a whole number from 1 on, not "${text}"`);
      }
      numbers.set(word, Number(text));
    } else if (word === "--tests") {
      tests = words[++at] ?? "";
    } else if (word === "--json") {
      asJson = true;
    } else if (word.startsWith("-")) {
      throw new UsageError(`there is no option ${word}`);
    } else {
      places.push(word.replace(/\/$/, ""));
    }
  }
  if (places.length === 0) {
    throw new UsageError("it takes a folder or file of src/, such as src/avro");
  }
  const sample = numbers.get("--sample") ?? null;
  return {
    places,
    tests,
    sample,
    seed: numbers.get("--seed") ?? 1,
    jobs: numbers.get("--jobs") ?? null,
    asJson,
  };
}

function sourcesAt(place: string): readonly string[] {
  const path = place.split(":")[0] ?? "";
  const stats = path.startsWith("src/")
    ? statSync(join(ROOT, path), { throwIfNoEntry: false })
    : null;
  const sources = stats?.isDirectory() ? filesBelow(path, /\.ts$/) : stats?.isFile() ? [path] : [];
  if (sources.length === 0) {
    throw new UsageError(`${place} is no folder and no file of src/`);
  }
  return sources;
}

/** @returns their keys */
function wantedMutants(sources: readonly string[], { places, sample, seed }: Wishes): Set<string> {
  const inPlace = (one: Mutant) =>
    places.some((place) => {
      const [path = "", line] = place.split(":");
      const isIn = one.file === path || one.file.startsWith(`${path}/`);
      return isIn && (line === undefined || Number(line) === one.line);
    });
  const keys = sources
    .flatMap((file) => {
      const text = readFileSync(join(ROOT, file), "utf8");
      return mutantsOf(file, text, sitesIn(file, text).sites);
    })
    .filter(inPlace)
    .map(keyOf);
  // By their hashes: the choice stays nearly the same where a few mutants come or go.
  const hashed = keys.map((key) => [hashOf(`${seed} ${key}`), key] as const);
  const chosen = hashed.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, sample ?? keys.length);
  return new Set(chosen.map(([, key]) => key));
}

function keyOf({ file, line, column, was, became }: Mutant): string {
  return [file, line, column, was, became].join(" ");
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The test files that load one of the sources, and what they share. */
function testsOf(sources: readonly string[], begin: string) {
  const own = new Set(sources);
  // Generators of build/ have tests too.
  const files = ["src", "test", "build"].flatMap((folder) => filesBelow(folder, /\.ts$/));
  const graph = fileGraph(ROOT, files, false);
  const testFiles = [...graph.keys()]
    .filter((name) => name.startsWith(begin) && /^test\/.*\.test\.ts$/.test(name))
    .filter((name) => !LEFT_OUT.some((pattern) => pattern.test(name)))
    .filter((name) => [...reachedFrom(graph, name)].some((reached) => own.has(reached)));
  if (testFiles.length === 0) {
    throw new UsageError(`no test in ${begin} loads these sources`);
  }
  const reached = new Set(testFiles.flatMap((name) => [...reachedFrom(graph, name)]));
  const support = [...reached].filter((name) => /^(test|build)\/.*(?<!\.test)\.ts$/.test(name));
  return { testFiles, support };
}

// So that "exit" is told to who has processes and files to take away.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(1));
}
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
