// `bun test/bench/storm.ts`, as root: what messages with control data cost, live, against as many
// without, and forks of a process with many open files, against those of one with few: CPU of the
// collector, kernel drops, and whether all is seen that another program does meanwhile. Status 1
// where a call needs more than 1.3 times the CPU or something was not seen. By call, since a message
// with a descriptor is three of them, with its close, and another is two.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { observeLive } from "../support/truth/observe.ts";
import { asWords, compileC } from "../support/truth/workload.ts";

/** Each against the first of its row. */
const rows = [
  [
    { kind: "plain", count: 1_000_000, calls: 2, files: 500 },
    { kind: "tos", count: 1_000_000, calls: 2, files: 500 },
    { kind: "rights", count: 1_000_000, calls: 3, files: 500 },
  ],
  [
    { kind: "forks", count: 5000, calls: 3, files: 10 },
    { kind: "forks", count: 5000, calls: 3, files: 12_000 },
  ],
] as const;
const besides = 100;
const cpuRatioMax = 1.3;

interface Storm {
  /** All of the run's. */
  readonly cpuSec: number;
  readonly drops: number;
  /** Of twice `besides`: writes and unlinks. */
  readonly seen: number;
}

interface Load {
  readonly kind: string;
  readonly count: number;
  /** For each of them. */
  readonly calls: number;
  readonly files: number;
}

async function storm(folder: string, program: string, load: Load): Promise<Storm> {
  const { kind, count, files } = load;
  const act = async () => {
    const running = spawn(program, [kind, String(count), String(files)], { stdio: "inherit" });
    const ended = once(running, "exit");
    spawnSync(program, ["beside", folder, String(besides)]);
    await ended;
    return [];
  };
  const { records, run } = await observeLive(folder, act);
  const { cpuSec, losses } = JSON.parse(run.stdout) as {
    cpuSec: { total: number };
    losses: readonly { stage: string; count: number }[];
  };
  const own = asWords(records).filter(({ words }) => /\/beside-\d+$/.test(String(words["path"])));
  const flagged = (flag: string) =>
    own.filter(({ words }) => String(words["flags"]).split(" ").includes(flag)).length;
  const kernel = losses.filter(({ stage }) => stage === "kernel");
  return {
    cpuSec: cpuSec.total,
    drops: kernel.reduce((sum, { count }) => sum + count, 0),
    seen: flagged("WRITE_SEND") + flagged("UNLINK"),
  };
}

const folder = mkdtempSync(join(tmpdir(), "sysflow-storm-"));
const program = compileC(join(folder, "storm"), [join(import.meta.dir, "storm.c")]);
let passed = true;
for (const row of rows) {
  let first: number | undefined;
  for (const load of row) {
    const { cpuSec, drops, seen } = await storm(folder, program, load);
    const callUs = (cpuSec / (load.count * load.calls)) * 1e6;
    first ??= callUs;
    const ratio = callUs / first;
    passed &&= ratio <= cpuRatioMax && seen === 2 * besides;
    const name = `${load.kind} beside ${load.files} files`;
    const cost = `CPU ${cpuSec.toFixed(2)} s, ${callUs.toFixed(2)} µs a call (${ratio.toFixed(2)} times)`;
    process.stdout.write(
      `${name}: ${cost}, kernel drops ${drops}, seen ${seen} of ${2 * besides}\n`,
    );
  }
}
rmSync(folder, { recursive: true });
process.exitCode = passed ? 0 : 1;
