// A program: replays the captures named on standard input, one a line, each to FILE.sf beside it,
// and prints for each a line of JSON. A process of its own, so that a crash of native code is a
// failure of one test and names the capture: the line that is begun and has no end.

import { OperatorError } from "../../src/base/errors.ts";
import { replay } from "./replay.ts";

export interface ReplayLine {
  readonly path: string;
  readonly code: string | null;
  readonly message: string | null;
  readonly status: number;
  readonly events: number;
}

async function main(): Promise<void> {
  const paths = (await Bun.stdin.text()).split("\n").filter((line) => line !== "");
  for (const path of paths) {
    process.stderr.write(`${path}\n`);
    process.stdout.write(`${JSON.stringify(replayOne(path))}\n`);
  }
}

function replayOne(path: string): ReplayLine {
  const { error, stats } = replay(path, `${path}.sf`);
  if (error !== null && !(error instanceof OperatorError)) {
    throw error;
  }
  return {
    path,
    code: error?.code ?? null,
    message: error?.message ?? null,
    status: error?.exitStatus ?? 0,
    events: stats.events,
  };
}

if (import.meta.main) {
  await main();
}
