// A program: replays the captures named on standard input, one a line, each to FILE.sf beside it,
// and prints for each a line of JSON. A process of its own, so that a crash of native code is a
// failure of one test and names the capture: the line that is begun and has no end.

import { OperatorError } from "../../../src/base/errors.ts";
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
  const { error, events } = outcomeOf(path);
  if (error !== null && !(error instanceof OperatorError)) {
    throw error;
  }
  return {
    path,
    code: error?.code ?? null,
    message: error?.message ?? null,
    status: error?.exitStatus ?? 0,
    events,
  };
}

/** A capture that is damaged in its very head is refused, and no output is made. */
function outcomeOf(path: string): { readonly error: unknown; readonly events: number } {
  try {
    const { error, stats } = replay(path, `${path}.sf`);
    return { error, events: stats.events };
  } catch (error) {
    return { error, events: 0 };
  }
}

if (import.meta.main) {
  await main();
}
