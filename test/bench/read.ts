// What reading costs: our reader beside python3-avro's bare one, on one file of 5 M records of the kinds
// and in the proportions that busy hosts give. `bun test/bench/read.ts [--records N] [--json]`. Each
// runs in a process of its own. Ends with status 1 where ours reads fewer than 1 M records a second of
// CPU time, of all its threads, or where memory grows after the first tenth.

import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../../build/base/cache-root.ts";
import { readRecords } from "../../src/read/read-records.ts";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { receiverOf } from "../support/records/read-sf.ts";
import {
  sampleChild,
  sampleContainer,
  sampleFile,
  sampleFileEvent,
  sampleFileFlow,
  sampleHeader,
  sampleNetworkFlow,
  sampleParent,
  sampleProcessEvent,
  sampleProcessFlow,
} from "../support/records/sample-records.ts";

export const RECORDS = 5_000_000;
/** The other reader takes minutes for all of them, and no longer for the last than for the first. */
const PYTHON_RECORDS = 200_000;
const RATE_MIN = 1_000_000;
/** Resident at the end by resident after the first tenth. */
const GROWTH_MAX = 1.1;
const TENTHS = 10;

export interface ReadReport {
  readonly ours: ReadRun;
  /** Resident after each tenth. */
  readonly rssMb: readonly number[];
  /** Null where python3-avro is not installed. */
  readonly python: ReadRun | null;
  /** Of the two rates. */
  readonly ratio: number | null;
}

interface ReadRun {
  readonly records: number;
  readonly cpuSec: number;
  readonly wallSec: number;
}

const python = `
import json, resource, sys, time
from avro.datafile import DataFileReader
from avro.io import DatumReader

began = time.monotonic()
records = 0
with DataFileReader(open(sys.argv[1], "rb"), DatumReader()) as reader:
    for record in reader:
        records += 1
        if records == int(sys.argv[2]):
            break
usage = resource.getrusage(resource.RUSAGE_SELF)
cpu = usage.ru_utime + usage.ru_stime
print(json.dumps({"records": records, "cpuSec": cpu, "wallSec": time.monotonic() - began}))
`;

export async function measureReading(records = RECORDS): Promise<ReadReport> {
  const path = await sampleOf(records);
  process.stderr.write("bench: reading\n");
  const told = await json([process.execPath, import.meta.path, "--one", path]);
  const { rssMb, ...ours } = told as ReadRun & { readonly rssMb: readonly number[] };
  const command = ["/usr/bin/python3", "-c", python, path, String(PYTHON_RECORDS)];
  const theirs = existsSync("/usr/lib/python3/dist-packages/avro")
    ? ((await json(command)) as ReadRun)
    : null;
  const ratio = theirs === null ? null : rateOf(ours) / rateOf(theirs);
  return { ours, rssMb, python: theirs, ratio };
}

export function readingPassed({ ours, rssMb }: ReadReport): boolean {
  return rateOf(ours) >= RATE_MIN && growthOf(rssMb) <= GROWTH_MAX;
}

export function readingText({ ours, rssMb, python, ratio }: ReadReport): string {
  const row = (name: string, run: ReadRun) =>
    `${name.padEnd(14)} ${(rateOf(run) / 1e6).toFixed(3)} M records/s of CPU time  ` +
    `${run.records} records, CPU ${run.cpuSec.toFixed(2)} s, wall ${run.wallSec.toFixed(2)} s`;
  const memory = rssMb.map((each) => each.toFixed(0)).join(" ");
  return [
    `reading, at least ${RATE_MIN} records/s, resident at most ${GROWTH_MAX} of the first tenth's`,
    row("sysflow", ours),
    python === null ? "python3-avro   is not installed" : row("python3-avro", python),
    `ratio          ${ratio === null ? "" : ratio.toFixed(1)}`,
    `resident MB    ${memory}  (${growthOf(rssMb).toFixed(2)})`,
    "",
  ].join("\n");
}

function rateOf({ records, cpuSec }: ReadRun): number {
  return records / cpuSec;
}

function growthOf(rssMb: readonly number[]): number {
  return (rssMb.at(-1) ?? 0) / (rssMb[0] ?? 1);
}

/** What a run of a program of ours or another's prints. */
export async function json(command: readonly string[]): Promise<unknown> {
  const run = Bun.spawn([...command], { stdio: ["ignore", "pipe", "inherit"] });
  const text = await new Response(run.stdout).text();
  if ((await run.exited) !== 0) throw new Error(`failed: ${command[0]}`);
  return JSON.parse(text);
}

/** One process's work: all records of a file to a receiver that only counts them. */
async function readOne(path: string): Promise<ReadRun & { readonly rssMb: readonly number[] }> {
  const tenth = Number(/(\d+)\.sf$/.exec(path)?.[1]) / TENTHS;
  const rssMb: number[] = [];
  let records = 0;
  const receiver = receiverOf(() => {
    records += 1;
    if (records % tenth === 0) rssMb.push(process.memoryUsage.rss() / 1024 / 1024);
  });
  const began = performance.now();
  const onFault = (fault: Error) => {
    throw fault;
  };
  await readRecords(path, receiver, { onFault });
  const { user, system } = process.cpuUsage();
  const cpuSec = (user + system) / 1e6;
  return { records, cpuSec, wallSec: (performance.now() - began) / 1000, rssMb };
}

/** Written on first use, and kept. */
export async function sampleOf(records: number): Promise<string> {
  const folder = join(cacheRoot(), "bench");
  const path = join(folder, `read-${records}.sf`);
  if (existsSync(path)) return path;
  process.stderr.write("bench: writing a file to read\n");
  await mkdir(folder, { recursive: true });
  const part = `${path}.part`;
  const writer = new FileWriter({ path: part, rotateIntervalSec: 0, startSec: 0 });
  writer.header(sampleHeader);
  for (let n = 1; n < records; n++) writeNth(writer, n);
  writer.close();
  await rename(part, path);
  return path;
}

/** Of a hundred records 78 are file flows, as in the reference captures. */
function writeNth(writer: FileWriter, n: number): void {
  const place = n % 100;
  const ts = Math.imul(n, 2654435761) >>> 0;
  const name = `/var/lib/service-${n % 977}/data-${n % 7919}.bin`;
  const bytes = ts % 1_000_000;
  if (place < 2) {
    writer.process({
      ...(place === 0 ? sampleParent() : sampleChild()),
      tsLo: ts,
      env: ENVIRONMENT,
    });
  } else if (place < 8) {
    writer.file({ ...sampleFile(name), tsLo: ts });
  } else if (place < 13) {
    writer.processEvent(sampleProcessEvent(op.OP_EXEC, ts));
  } else if (place < 20) {
    writer.networkFlow({ ...sampleNetworkFlow(ts), sport: n % 65536, numRRecvBytes: bytes });
  } else if (place === 20) {
    writer.fileEvent(sampleFileEvent(op.OP_MKDIR, ts));
  } else if (place === 21) {
    writer.processFlow(sampleProcessFlow(ts));
  } else if (n % 10_000 === 22) {
    writer.container(sampleContainer());
  } else {
    const counters = { numRRecvOps: n % 40, numRRecvBytes: bytes, numWSendBytes: bytes * 7 };
    writer.fileFlow({ ...sampleFileFlow(ts), fd: n % 200, ...counters });
  }
}

const ENVIRONMENT = Array.from({ length: 20 }, (_, i) => `VARIABLE_${i}=/usr/local/value/${i}`);

if (import.meta.main) {
  const option = (name: string) => {
    const at = process.argv.indexOf(name);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const one = option("--one");
  if (one !== undefined) {
    process.stdout.write(JSON.stringify(await readOne(one)));
  } else {
    const report = await measureReading(Number(option("--records") ?? RECORDS));
    const asJson = process.argv.includes("--json");
    process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : readingText(report));
    process.exitCode = readingPassed(report) ? 0 : 1;
  }
}
