// What several outputs cost beside one: `bun test/bench/several-outputs.ts CAPTURE.scap [--runs 5]`
// replays a capture into one file, three files, and a file, a socket and lines of JSON, in turn, by
// dist/sysflow. CPU is that of the program alone, of whose records the socket's reader takes each.
// Ends with status 1 where three files cost more than 1.25 times the CPU of one. A packet costs the
// kernel some 1.7 µs, whoever sends it, so with a socket the ratio goes by how many records there are.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pythonActor } from "../support/records/python-sockets.ts";

const SYSFLOW = join(import.meta.dir, "../../dist/sysflow");
const ratioMax = 1.25;

interface Summary {
  readonly events: number;
  readonly recordsTotal: number;
  readonly cpuSec: { readonly total: number };
}

const ways: Readonly<Record<string, readonly string[]>> = {
  "one file": ["-w", "a.sf"],
  "three files": ["-w", "a.sf", "-w", "b.sf", "-w", "c.sf"],
  "file, socket, lines": ["-w", "a.sf", "-u", "socket", "--jsonl", "lines"],
};

async function replay(capture: string, outputs: readonly string[], cwd: string): Promise<Summary> {
  const reader = outputs.includes("socket")
    ? await pythonActor(join(cwd, "socket"), ["accept"])
    : null;
  const child = Bun.spawn([SYSFLOW, "collect", "-r", capture, "--json", ...outputs], {
    cwd,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`collect failed with ${outputs.join(" ")}`);
  const summary = JSON.parse(text) as Summary;
  if (reader !== null) {
    const received = Number((await reader.ended).trim().split("\n").at(-1));
    if (received !== summary.recordsTotal) throw new Error(`the reader received ${received}`);
  }
  return summary;
}

async function main(): Promise<void> {
  const [capture] = process.argv.slice(2);
  const runsAt = process.argv.indexOf("--runs");
  const runs = runsAt < 0 ? 5 : Number(process.argv[runsAt + 1]);
  if (capture === undefined) throw new Error("name a capture: sysflow record -w X.scap -- COMMAND");
  const folder = mkdtempSync(join(tmpdir(), "sysflow-bench-several-"));
  const cpu = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
  let last: Summary | null = null;
  try {
    for (let run = 0; run < runs; run++) {
      for (const [name, outputs] of Object.entries(ways)) {
        last = await replay(resolve(capture), outputs, folder);
        cpu.get(name)?.push(last.cpuSec.total);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const median = (values: readonly number[] = []) =>
    [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
  const one = median(cpu.get("one file"));
  process.stdout.write(`${last?.events} events, ${last?.recordsTotal} records\n`);
  for (const [name, values] of cpu) {
    const ratio = (median(values) / one).toFixed(2);
    process.stdout.write(`${name.padEnd(20)} CPU ${median(values).toFixed(2)} s, ${ratio} × one\n`);
  }
  process.exitCode = median(cpu.get("three files")) <= ratioMax * one ? 0 : 1;
}

await main();
