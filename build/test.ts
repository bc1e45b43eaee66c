// `npm test`: every check and every test, cheap ones first, then one closing line with the sums. A
// tool counts as one test. `--only GROUP` runs one of check, unit, native, e2e, kernels, runtimes.

import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { aptInstall } from "./base/apt-install.ts";
import { cacheRoot } from "./base/cache-root.ts";
import { entryPoint, run, type Step, step } from "./base/run.ts";
import { compile } from "./compile.ts";
import { compileS390x } from "./compile-s390x.ts";
import { clangFormat } from "./format.ts";
import { buildLibrary } from "./library.ts";
import { buildNative } from "./native/native-build.ts";
import { clangTidy } from "./native/tidy.ts";
import { executablePath } from "./ship/shipped.ts";
import { emulatedTests } from "./test-s390x.ts";

const ROOT = join(import.meta.dir, "..");
const TOOLS = join(ROOT, "node_modules/.bin");
const KNIP = join(ROOT, "node_modules/knip/bin/knip.js");
/** What tests run the executables in and watch them with, beside what a build needs. */
const PACKAGES = ["gcc", "libc6-dev", "podman", "python3-avro", "qemu-user", "runc", "strace"];
/** Tells test/support/program/sysflow.ts what to run. */
const SHIPPED = "SYSFLOW_TEST_COMMAND";
const QUIET: Step = { title: "", note: () => undefined };
const GROUPS = ["check", "unit", "native", "e2e"] as const;
/** Kernels in emulators, and container runtimes: minutes, and much from the mirror. Only when asked for. */
const ASKED_FOR = ["kernels", "runtimes"] as const;
type Group = (typeof GROUPS | typeof ASKED_FOR)[number];

/** Sums over all groups. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** One tool: its name, and what fails with a message when it finds something. */
interface Tool {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

async function main(): Promise<void> {
  const groups = wantedGroups();
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  if (groups.includes("check")) await Promise.all(checks().map((tool) => runTool(tool, counts)));
  const others = groups.filter((group) => group !== "check");
  if (others.length > 0 && (await runTool({ name: "build", run: build }, counts))) {
    await runBuilt(others, counts);
  }
  process.exitCode = counts.failed === 0 ? 0 : 1;
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
}

/** The groups that need a build. All that is built, first: unit tests try the toolchains. */
async function runBuilt(groups: readonly Group[], counts: Counts): Promise<void> {
  const s390x = { name: "build for s390x", run: compileS390x };
  const isWanted = groups.includes("e2e") || groups.includes("kernels");
  if (isWanted) await runTool(s390x, counts);
  const emulated = groups.includes("native") ? await emulatedTools(counts) : [];
  if (groups.includes("unit")) {
    await runTool({ name: "build of the library's package", run: buildLibrary }, counts);
    await runTests("unit", counts);
  }
  if (groups.includes("native")) {
    await runTool(layoutCheck(), counts);
    for (const tool of await nativeChecks()) await runTool(tool, counts);
    await runTests("native", counts);
    for (const tool of emulated) await runTool(tool, counts);
  }
  if (groups.includes("e2e")) await runTests("e2e", counts);
  for (const group of ASKED_FOR) if (groups.includes(group)) await runTests(group, counts);
}

function wantedGroups(): readonly Group[] {
  const at = process.argv.indexOf("--only");
  if (at < 0) return GROUPS;
  const names = (process.argv[at + 1] ?? "").split(",");
  const all = [...GROUPS, ...ASKED_FOR];
  const groups = all.filter((group) => names.includes(group));
  if (groups.length === names.length) return groups;
  throw new Error(`--only takes ${all.join(", ")}, not "${names.join(",")}"`);
}

function checks(): Tool[] {
  const options = { cwd: ROOT };
  const biome = [join(TOOLS, "biome"), "check", "--config-path=build/lint.json"];
  const strict = ["--error-on-warnings", "--max-diagnostics=100", "."];
  return [
    { name: "types", run: () => run([join(TOOLS, "tsc"), "--noEmit", "-p", "."], options) },
    { name: "lint", run: () => run([...biome, ...strict], options) },
    { name: "clang-format", run: () => clangFormat(["--dry-run", "-Werror"], QUIET) },
    {
      name: "knip",
      // Debian 12's own Node is too old for it.
      run: () =>
        run([process.execPath, KNIP, "-c", "build/knip.json", "--no-config-hints"], options),
    },
  ];
}

/** What is shipped for this machine, the library that the sources load, and what tests call for. */
async function build(): Promise<void> {
  await step("packages for tests", (step) => aptInstall(PACKAGES, step));
  await compile();
  await buildNative();
}

/** The C++ tests once more, on a machine with the other byte order. */
async function emulatedTools(counts: Counts): Promise<readonly Tool[]> {
  let tools: readonly Tool[] = [];
  const find = async () => {
    tools = await emulatedTests();
  };
  await runTool({ name: "native tests' build for s390x", run: find }, counts);
  return tools;
}

function layoutCheck(): Tool {
  const command = [process.execPath, "build/generate/layout.ts", "--check"];
  return { name: "generated layout", run: () => run(command, { cwd: ROOT }) };
}

/** clang-tidy, then each program below native/test under the sanitizers, on all captures there are. */
async function nativeChecks(): Promise<Tool[]> {
  const tools: Tool[] = [{ name: "clang-tidy", run: () => clangTidy(QUIET) }];
  const sources = await glob("native/test/**/*.cc");
  if (sources.length === 0) return tools;
  const captures = [
    ...(await capturesIn(join(ROOT, "../shared/reference/captures"))),
    ...(await capturesIn(join(ROOT, "test/golden"))),
  ];
  const env = {
    ASAN_OPTIONS: "detect_leaks=1:detect_stack_use_after_return=1",
    UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1",
  };
  let programs: ReadonlyMap<string, string> = new Map();
  const build = async () => {
    programs = (await buildNative(undefined, "asan")).programs;
  };
  tools.push({ name: "native tests' build under ASan and UBSan", run: build });
  for (const source of sources.sort()) {
    const name = (source.split("/").at(-1) ?? "").replace(/\.cc$/, "");
    const body = () => run([programs.get(name) ?? name, ...captures], { cwd: ROOT, env });
    tools.push({ name: `${name} under ASan and UBSan`, run: body });
  }
  return tools;
}

async function capturesIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith(".scap"));
  return names.sort().map((name) => join(folder, name));
}

async function runTool(tool: Tool, counts: Counts): Promise<boolean> {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    await tool.run();
    counts.passed++;
    process.stdout.write(`(pass) ${tool.name} [${seconds()}]\n`);
    return true;
  } catch (error) {
    counts.failed++;
    const text = error instanceof Error ? error.message : String(error);
    process.stdout.write(`${text}\n(fail) ${tool.name} [${seconds()}]\n`);
    return false;
  }
}

/** Runs one group of test files under `bun test`, each group in a process of its own. */
async function runTests(group: Exclude<Group, "check">, counts: Counts): Promise<void> {
  const files = (await glob("test/**/*.test.ts")).filter((name) => groupOf(name) === group);
  if (files.length === 0) return;
  process.stdout.write(`\n${group} tests\n`);
  const report = join(cacheRoot(), `junit-${group}-${process.pid}.xml`);
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const timeout = group === "unit" ? 20_000 : 120_000;
  const names = files.sort().map((name) => `./${name}`);
  const command = [process.execPath, "test", `--timeout=${timeout}`, ...reporter, ...names];
  const child = Bun.spawn(command, {
    cwd: ROOT,
    // Else a test could fall back on the sources; what is shipped is what must pass.
    env: { ...process.env, [SHIPPED]: JSON.stringify([executablePath("sysflow")]) },
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  const status = await child.exited;
  const sums = existsSync(report) ? readReport(await Bun.file(report).text()) : null;
  if (existsSync(report)) await Bun.file(report).delete();
  counts.passed += sums?.passed ?? 0;
  counts.skipped += sums?.skipped ?? 0;
  counts.failed += sums?.failed ?? 0;
  // A crash leaves no report, or one that lacks what came after.
  if (status !== 0 && (sums?.failed ?? 0) === 0) {
    counts.failed++;
    process.stdout.write(`(fail) ${group} tests ended with ${child.signalCode ?? status}\n`);
  }
}

function groupOf(name: string): Group {
  if (name.startsWith("test/native/")) return "native";
  const asked = ASKED_FOR.find((group) => name.startsWith(`test/${group}/`));
  if (asked !== undefined) return asked;
  return name.startsWith("test/e2e/") ? "e2e" : "unit";
}

/** The sums in the first line of a JUnit report; null where it has none. */
export function readReport(xml: string): Counts | null {
  const head = xml.match(/<testsuites\b[^>]*>/)?.[0];
  if (head === undefined) return null;
  const number = (name: string) => Number(head.match(new RegExp(` ${name}="(\\d+)"`))?.[1] ?? 0);
  const failed = number("failures") + number("errors");
  const skipped = number("skipped");
  return { passed: number("tests") - failed - skipped, failed, skipped };
}

async function glob(pattern: string): Promise<string[]> {
  return await Array.fromAsync(new Bun.Glob(pattern).scan({ cwd: ROOT }));
}

if (import.meta.main) await entryPoint(main);
