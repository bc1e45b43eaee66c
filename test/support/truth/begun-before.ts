// A program of test/truth that is there before the collector, and works when a line comes in.

import { expect } from "bun:test";
import { spawn } from "node:child_process";
import type { Act } from "./observe.ts";
import { parseFacts } from "./workload.ts";

/** Begins the program before the observer, and lets it work while it is observed. */
export function begunBefore(
  program: string,
  place: string,
): { readonly ready: Promise<void>; act: Act } {
  const child = spawn(program, [place], { env: {}, stdio: "pipe" });
  let output = "";
  child.stdout.on("data", (data) => {
    output += String(data);
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const ready = new Promise<void>((resolve) => child.stderr.once("data", () => resolve()));
  const act = async () => {
    child.stdin.end("go\n");
    expect(await ended).toBe(0);
    return parseFacts(output);
  };
  return { ready, act };
}
