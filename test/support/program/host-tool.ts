// Programs of the host that a test needs and that no host has to have: a compiler, strace, podman.

import { spawnSync } from "node:child_process";
import type { Run } from "./sysflow.ts";

export interface ToolOptions {
  readonly input?: string;
  /** All of its environment; without it the test's own, with messages in English. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Runs it to its end. Where it is missing, status and signal are both null. */
export function hostTool(name: string, args: readonly string[], options: ToolOptions = {}): Run {
  const { input, env = { ...process.env, LC_ALL: "C" }, timeoutMs = 120_000 } = options;
  const { status, signal, stdout, stderr } = spawnSync(name, args, {
    ...(input === undefined ? {} : { input }),
    env,
    encoding: "utf8",
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  return { status, signal, stdout: stdout ?? "", stderr: stderr ?? "" };
}

/** @param args to be answered with success: most tools know `--version` */
export function hasTool(name: string, args: readonly string[] = ["--version"]): boolean {
  return hostTool(name, args).status === 0;
}
