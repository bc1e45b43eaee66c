// Runs the programs that a build is made of and tells the person waiting how far it is. What a
// program prints goes to a log file; it is shown only when the program fails.

import { appendFile, mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { cacheRoot } from "./cache-root.ts";

/** For make and ninja: as many jobs as there are processors. */
export const JOBS = `-j${availableParallelism()}`;
const LINE_EVERY_MS = 10_000;
const TAIL_LINES = 40;
const STATUS_OF_SIGNAL = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const children = new Set<Subprocess>();

/** How to run one program. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Tells the step's progress line how far it is; ninja's `[12/340]` is understood by itself. */
  readonly step?: Step;
  /** What the program is doing, for that line. */
  readonly phase?: string;
}

/** One step of the build as the person sees it. */
export interface Step {
  readonly title: string;
  /** Says what is going on now: shown at once on a terminal, every ten seconds elsewhere. */
  note(text: string): void;
}

/** Runs `body` as a step with a title, elapsed time and a closing line. */
export async function step<T>(title: string, body: (step: Step) => Promise<T>): Promise<T> {
  const started = performance.now();
  const tty = process.stderr.isTTY === true;
  let doing = "";
  const show = (mark: string, end: string) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const text = `  ${mark} ${title}${doing} (${seconds} s)`;
    process.stderr.write(tty ? `\r\x1b[K${text}${end}` : `${text}\n`);
  };
  if (tty) show("…", "");
  const timer = setInterval(() => show("…", ""), tty ? 500 : LINE_EVERY_MS);
  const finish = (mark: string) => {
    clearInterval(timer);
    doing = "";
    show(mark, "\n");
  };
  const note = (text: string) => {
    doing = `: ${text}`;
  };
  try {
    const result = await body({ title, note });
    finish("✓");
    return result;
  } catch (error) {
    finish("✗");
    throw error;
  }
}

/** Runs a script's body. What goes wrong in a build is told in words; a stack would not help. */
export async function entryPoint(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

/**
 * Runs a program to its end and returns its standard output.
 *
 * @throws Error naming the program, its status and the end of its output.
 */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const child = Bun.spawn([...command], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, LC_ALL: "C.UTF-8", ...options.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  endChildrenOnSignal();
  children.add(child);
  const output: string[] = [];
  const timer = setInterval(() => options.step?.note(progressOf(output, options.phase)), 1000);
  try {
    const [stdout] = await Promise.all([
      collect(child.stdout, output),
      collect(child.stderr, output),
    ]);
    const status = await child.exited;
    if (status !== 0) throw await failure(command, child.signalCode ?? status, output);
    return stdout;
  } finally {
    children.delete(child);
    clearInterval(timer);
  }
}

let trapped = false;

/** A compiler of ours must not go on when we are told to stop. */
function endChildrenOnSignal(): void {
  if (trapped) return;
  trapped = true;
  for (const [signal, status] of Object.entries(STATUS_OF_SIGNAL)) {
    process.once(signal, () => {
      for (const child of children) child.kill("SIGTERM");
      process.exit(status);
    });
  }
}

async function collect(stream: ReadableStream<Uint8Array>, shared: string[]): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  for await (const chunk of stream) {
    const text = decoder.decode(chunk, { stream: true });
    all += text;
    shared.push(text);
  }
  return all;
}

function progressOf(output: readonly string[], phase = "working"): string {
  const counts = output
    .slice(-20)
    .join("")
    .match(/\[\d+\/\d+\]/g);
  return `${phase} ${counts?.at(-1) ?? ""}`.trimEnd();
}

async function failure(
  command: readonly string[],
  status: number | string,
  output: readonly string[],
): Promise<Error> {
  const folder = join(cacheRoot(), "log");
  await mkdir(folder, { recursive: true });
  const program = command[0]?.split("/").at(-1) ?? "";
  const log = join(folder, `${program}-${process.pid}.log`);
  const text = output.join("");
  await appendFile(log, `$ ${command.join(" ")}\n${text}\n`);
  const tail = text.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  return new Error(`${program} ended with ${status}\n${tail}\n(all of its output: ${log})`);
}

/** What each program says of its version, to be part of a cache key. */
export async function versions(programs: readonly string[]): Promise<string[]> {
  return await Promise.all(programs.map((program) => run([program, "--version"])));
}
