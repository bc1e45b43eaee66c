// The file that operators get, run as they run it: from any folder, with any environment. Where it
// is stands here once; SYSFLOW_SHIPPED names another one, such as a build that is being compared.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "./sysflow.ts";

const root = join(import.meta.dir, "../../..");

export const shippedFile = process.env["SYSFLOW_SHIPPED"] ?? join(root, "dist/sysflow");

/** Why it cannot be run; null where it can. */
export const whyNotShipped: string | null = existsSync(shippedFile)
  ? null
  : "there is no dist/sysflow: build it with npm run build";

export interface Launch {
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of the environment: nothing of the test's own is added. */
  readonly env: Readonly<Record<string, string>>;
  /** The name it is called by, where that is not its path. */
  readonly argv0?: string;
  /** Left open as descriptor 3. */
  readonly descriptor?: number;
  readonly timeoutMs?: number;
}

/** Runs a program to its end; one that takes too long is killed, which the result shows. */
export function launch(program: string, options: Launch): Run {
  const { args, cwd, env, argv0, descriptor, timeoutMs = 30_000 } = options;
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env,
    ...(argv0 === undefined ? {} : { argv0 }),
    stdio: ["ignore", "pipe", "pipe", ...(descriptor === undefined ? [] : [descriptor])],
    encoding: "utf8",
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: 2 ** 26,
  });
  // A program that could not be started at all has neither.
  if (status === null && signal === null) {
    throw new Error(`cannot run ${program}`, { cause: error });
  }
  return { status, signal, stdout, stderr };
}

/** What differs between two equal runs: how long they took. */
export function withoutTimes(text: string): string {
  return text
    .replace(/after [\d.,]+ s\b/g, "after T s")
    .replace(/\([\d.,]+\/s\)/g, "(N/s)")
    .replace(/CPU [\d.,]+ s\b/g, "CPU T s");
}

/** The bytes of an Avro container file without its sync marker, which is random by definition. */
export function withoutSyncMarker(bytes: Buffer): Buffer {
  const marker = bytes.subarray(-16);
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, from)) {
    parts.push(bytes.subarray(from, at));
    from = at + marker.length;
  }
  return Buffer.concat(parts);
}

/**
 * Runs a program and ends it by `signal`, sent `afterMs` after its start, as somebody else would.
 * @returns how it ended and what it said on standard error
 */
export async function endBySignal(
  program: string,
  options: Launch,
  signal: NodeJS.Signals,
  afterMs: number,
): Promise<Pick<Run, "status" | "signal" | "stderr">> {
  const { args, cwd, env } = options;
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const ended = new Promise<Pick<Run, "status" | "signal" | "stderr">>((resolve) => {
    child.on("close", (status, by) => resolve({ status, signal: by, stderr }));
  });
  await Bun.sleep(afterMs);
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 30_000);
  const run = await ended;
  clearTimeout(timer);
  return run;
}
