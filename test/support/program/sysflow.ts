// Runs the program as an operator does: the command that SYSFLOW_TEST_COMMAND names (a JSON list of
// words, which `npm test` sets to the shipped file), else dist/sysflow, or the sources where that is
// missing or older.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "../../..");

/** The words before the arguments. */
export const sysflowCommand: readonly string[] = chooseCommand();

function chooseCommand(): readonly string[] {
  const given = process.env["SYSFLOW_TEST_COMMAND"];
  if (given !== undefined) return JSON.parse(given) as string[];
  const built = join(root, "dist/sysflow");
  const sources = Array.from(new Bun.Glob("src/**/*.ts").scanSync({ cwd: root }));
  const newest = Math.max(...sources.map((name) => statSync(join(root, name)).mtimeMs));
  const isFresh = existsSync(built) && statSync(built).mtimeMs >= newest;
  return isFresh ? [built] : [process.execPath, join(root, "src/main.ts")];
}

export interface Run {
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What upstream's reference files are made with: every flow, and no process flows. */
export const everyRecord: readonly string[] = [
  "--no-process-flows",
  "--no-file-only",
  "--file-read-mode=0",
];

/** Variables of a run, beside a search path. */
export type Variables = Readonly<Record<string, string>>;

/** Runs it to its end. A run longer than `timeoutMs` is killed, which the result shows. */
export function sysflow(
  args: readonly string[],
  timeoutMs = 60_000,
  variables: Variables = {},
): Run {
  const [program = "", ...words] = sysflowCommand;
  const { status, signal, stdout, stderr } = spawnSync(program, [...words, ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...cleanEnvironment, ...variables },
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: 2 ** 28,
  });
  return { status, signal, stdout, stderr };
}

/** No variable of ours may change what is tested. */
const cleanEnvironment = { PATH: process.env["PATH"] ?? "" };

/** A run that goes on beside the test. */
export class RunningSysflow {
  readonly pid: number;
  readonly #child;
  readonly #ended: Promise<Run>;
  #stdout = "";
  #stderr = "";
  #isOver = false;

  /** @param before words that run it in their turn, such as `taskset -c 0` */
  constructor(args: readonly string[], variables: Variables = {}, before: readonly string[] = []) {
    const [program = "", ...words] = [...before, ...sysflowCommand];
    this.#child = spawn(program, [...words, ...args], {
      cwd: root,
      env: { ...cleanEnvironment, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.pid = this.#child.pid ?? 0;
    this.#child.stdout.on("data", (bytes: Buffer) => {
      this.#stdout += bytes.toString();
    });
    this.#child.stderr.on("data", (bytes: Buffer) => {
      this.#stderr += bytes.toString();
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on("close", (status, signal) => {
        this.#isOver = true;
        resolve({ status, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** @throws Error with all of standard error where it ends, or does not say `text` in time. */
  async says(text: string, timeoutMs = 60_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!this.#stderr.includes(text)) {
      if (this.#isOver || performance.now() > end) {
        this.#child.kill("SIGKILL");
        throw new Error(`sysflow has not said "${text}": ${this.#stderr}`);
      }
      await Bun.sleep(20);
    }
  }

  /** Standard error so far. */
  get said(): string {
    return this.#stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its end; killed where that takes longer than `timeoutMs`. */
  async end(timeoutMs = 60_000): Promise<Run> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), timeoutMs);
    const run = await this.#ended;
    clearTimeout(timer);
    return run;
  }
}

/** What it said beside how many events the kernel dropped, for which the host may be to blame. */
export function saidBesideDrops(stderr: string): string {
  const lines = stderr.split("\n");
  return lines
    .filter((line) => !line.startsWith("sysflow: warning: the kernel dropped"))
    .join("\n");
}

/** What a live run says when it collects into a file, and at no other time. */
export function saysCollecting(path: string): string {
  return `sysflow: info: collecting with modern_ebpf to ${path}; Ctrl-C ends\n`;
}

/** Why live capture cannot be had here; null where it can. */
export function whyNotLive(): string | null {
  const { status, stdout, stderr } = sysflow(["check", "--json"]);
  if (status !== 0) {
    return stderr === "" ? "no engine can be used on this host: see sysflow check" : stderr;
  }
  const report = JSON.parse(stdout) as { engines: { engine: string; usable: boolean }[] };
  const usable = report.engines.some((row) => row.engine === "modern_ebpf" && row.usable);
  return usable ? null : "the modern eBPF probe cannot be used on this host: see sysflow check";
}
