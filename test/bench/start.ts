// What a start costs: `sysflow version` beside a plain hello that is compiled and packed the same way,
// the size of the file, and the time from the start to the first live event. `bun run bench` ends
// with it; `bun test/bench/start.ts [--rounds N] [--json] [--no-size]` runs it alone.

import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { withWorkFolder } from "../../build/base/cache.ts";
import { run } from "../../build/base/run.ts";
import { COMPILE_FLAGS } from "../../build/compile.ts";
import { X86_64_V2 } from "../../build/pack/cpu.ts";
import { HOSTILE_ENVIRONMENT } from "../../build/pack/hostile-environment.ts";
import { pack } from "../../build/pack/pack.ts";
import { executablePath } from "../../build/ship/shipped.ts";
import { muslLibc } from "../../build/toolchain/musl-libc.ts";
import { muslToolchain } from "../../build/toolchain/musl-toolchain.ts";
import { TARGETS } from "../../build/toolchain/targets.ts";

const EXECUTABLE = executablePath("sysflow");
export const START_ROUNDS = 30;
const LIVE_ROUNDS = 5;
const LIVE_MS_MAX = 30_000;
/** The most that a start may cost of the hello's. */
const RATIO_MAX = 1.3;

/** Times in ms, medians; sizes in bytes. */
export interface StartReport {
  readonly hello: Start;
  readonly version: Start;
  /** Of the two wall times. */
  readonly ratio: number;
  readonly rawBytes: number;
  /** `zstd -19`; null where it was not asked for. */
  readonly zstdBytes: number | null;
  /** Null where live capture cannot be had. */
  readonly live: LiveStart | null;
}

interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
}

interface LiveStart {
  /** From the start of the process to the first record on its standard output. */
  readonly firstRecordMs: number;
  /** What the run's summary says of it, by its own names: load, snapshot, attach. */
  readonly parts: Readonly<Record<string, number>>;
}

/** Measures dist/sysflow, which must be there. */
export async function measureStarts(rounds: number, withSize: boolean): Promise<StartReport> {
  return await withWorkFolder("start", async (folder) => {
    // Both just written, and by the same call: in how large pieces the page cache has a file is
    // otherwise a third of such a start.
    const helloProgram = await copied(await packedHello(folder), join(folder, "hello-copy"));
    const program = await copied(EXECUTABLE, join(folder, "sysflow-copy"));
    const hello: Start[] = [];
    const version: Start[] = [];
    for (let round = 0; round < rounds + 1; round++) {
      const pair = [start([helloProgram]), start([program, "version"])] as const;
      // The first of each maps the file for the first time.
      if (round === 0) continue;
      hello.push(pair[0]);
      version.push(pair[1]);
    }
    const [base, own] = [medianStart(hello), medianStart(version)];
    const file = Bun.file(EXECUTABLE);
    return {
      hello: base,
      version: own,
      ratio: own.wallMs / base.wallMs,
      rawBytes: file.size,
      zstdBytes: withSize ? await zstdBytes() : null,
      live: await liveStart(folder),
    };
  });
}

async function copied(from: string, to: string): Promise<string> {
  await copyFile(from, to);
  return to;
}

/** The shortest program, with the same runtime, loader and C++ library. */
async function packedHello(folder: string): Promise<string> {
  const target = TARGETS["x86_64-linux-musl"];
  const source = join(folder, "hello.ts");
  const program = join(folder, "hello-program");
  // Not process.stdout.write: setting up that stream alone takes three times as long.
  await Bun.write(source, 'console.log("hello");\n');
  const flags = [...COMPILE_FLAGS, `--outfile=${program}`];
  await run([process.execPath, "build", source, ...flags], { cwd: folder });
  const { libstdcxx } = await muslToolchain(target);
  const { bytes } = await pack({
    program,
    loader: await muslLibc(target),
    libraries: [{ name: "libstdc++.so.6", file: libstdcxx }],
    hostileEnvironment: HOSTILE_ENVIRONMENT,
    cpu: X86_64_V2,
  });
  const packed = join(folder, "hello");
  await Bun.write(packed, bytes);
  await chmod(packed, 0o755);
  return packed;
}

/** One run to its end. */
function start(command: readonly string[]): Start {
  const began = performance.now();
  const { exitCode, resourceUsage } = Bun.spawnSync([...command], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const wallMs = performance.now() - began;
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with status ${exitCode}`);
  return { wallMs, cpuMs: Number(resourceUsage.cpuTime.total) / 1000 };
}

async function zstdBytes(): Promise<number> {
  const bytes = await Bun.file(EXECUTABLE).bytes();
  return (await Bun.zstdCompress(bytes, { level: 19 })).length;
}

async function liveStart(folder: string): Promise<LiveStart | null> {
  const check = Bun.spawnSync([EXECUTABLE, "check"], { stdio: ["ignore", "ignore", "ignore"] });
  if (check.exitCode !== 0) return null;
  const times: number[] = [];
  for (let round = 0; round < LIVE_ROUNDS; round++) times.push(await firstRecordMs());
  return { firstRecordMs: median(times), parts: await openingParts(folder) };
}

/** Until the first line of the live table below its heading, while programs start all the time. */
async function firstRecordMs(): Promise<number> {
  const began = performance.now();
  const child = Bun.spawn([EXECUTABLE, "collect", "--print", "--print-rate", "0"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ticker = setInterval(() => Bun.spawn(["true"]), 10);
  const deadline = setTimeout(() => child.kill("SIGKILL"), LIVE_MS_MAX);
  try {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      text += decoder.decode(chunk, { stream: true });
      if (text.split("\n").length > 2) return performance.now() - began;
    }
    throw new Error("sysflow collect --print ended without a record");
  } finally {
    clearInterval(ticker);
    clearTimeout(deadline);
    child.kill("SIGKILL");
    await child.exited;
  }
}

/** The summary's `openSec`, in ms. */
async function openingParts(folder: string): Promise<Readonly<Record<string, number>>> {
  const output = join(folder, "live.sf");
  const command = [EXECUTABLE, "collect", "-w", output, "--duration", "1", "--json"];
  const { openSec = {} } = JSON.parse(await run(command)) as { openSec?: Record<string, number> };
  return Object.fromEntries(Object.entries(openSec).map(([part, sec]) => [part, sec * 1000]));
}

/** The report as lines for a person. */
export function startText(report: StartReport): string {
  const { hello, version, ratio, rawBytes, zstdBytes, live } = report;
  const row = (name: string, { wallMs, cpuMs }: Start) =>
    `${name.padEnd(14)} ${wallMs.toFixed(1)} ms  CPU ${cpuMs.toFixed(1)} ms`;
  const zstd = zstdBytes === null ? "" : `, ${megabytes(zstdBytes)} with zstd -19`;
  const verdict = ratio <= RATIO_MAX ? "" : `  (more than ${RATIO_MAX})`;
  return [
    row("hello", hello),
    row("version", version),
    `ratio          wall ${ratio.toFixed(2)}${verdict}  ` +
      `CPU ${(version.cpuMs / hello.cpuMs).toFixed(2)}`,
    `size           ${megabytes(rawBytes)}${zstd}`,
    live === null
      ? "live           cannot be had here: see sysflow check"
      : liveText(live, version),
    "",
  ].join("\n");
}

function liveText({ firstRecordMs, parts }: LiveStart, version: Start): string {
  const told = Object.entries(parts).map(([part, ms]) => `${part} ${ms.toFixed(0)}`);
  const all = [`the runtime's start ${version.wallMs.toFixed(0)}`, ...told].join(", ");
  return `first record   ${firstRecordMs.toFixed(0)} ms, of which in ms: ${all}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function medianStart(starts: readonly Start[]): Start {
  return {
    wallMs: median(starts.map(({ wallMs }) => wallMs)),
    cpuMs: median(starts.map(({ cpuMs }) => cpuMs)),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

if (import.meta.main) {
  const at = process.argv.indexOf("--rounds");
  const rounds = at < 0 ? START_ROUNDS : Number(process.argv[at + 1]);
  const report = await measureStarts(rounds, !process.argv.includes("--no-size"));
  const asJson = process.argv.includes("--json");
  process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : startText(report));
}
