// What taking records through the library costs: reading the file of 5 M records by `for await` and by
// batches, and taking a run's records out of the iterator's queue, which is filled with the collector's
// own kind of objects. `bun test/bench/iterate.ts [--json]`. Each runs in a process of its own. Ends with
// status 1 where one makes fewer than 1 M records a second of CPU time, of all its threads, or where
// memory grows after the first tenth.

import { Log } from "../../src/base/log.ts";
import { openSysFlow, type SysFlowItem } from "../../src/index.ts";
import { ItemIterator } from "../../src/library/item-iterator.ts";
import { ItemQueue } from "../../src/library/item-queue.ts";
import { StopFlag } from "../../src/run/stop-flag.ts";
import {
  sampleChild,
  sampleFile,
  sampleFileFlow,
  sampleHeader,
} from "../support/records/sample-records.ts";
import { json, RECORDS, sampleOf } from "./read.ts";

const RATE_MIN = 1_000_000;
const RESIDENT_MB_MAX = 512;
const TENTHS = 10;
/** What a run gives between two of its waits. */
const BATCH = 8192;

const modes = ["file, for await", "file, batches", "run, for await", "run, batches"] as const;
type Mode = (typeof modes)[number];

interface IterateRun {
  readonly mode: Mode;
  readonly records: number;
  readonly cpuSec: number;
  /** Resident after each tenth. */
  readonly rssMb: readonly number[];
}

export type IterateReport = readonly IterateRun[];

export async function measureIterating(): Promise<IterateReport> {
  const path = await sampleOf(RECORDS);
  process.stderr.write("bench: iterating\n");
  const report: IterateRun[] = [];
  for (const mode of modes) {
    report.push(
      (await json([process.execPath, import.meta.path, "--one", mode, path])) as IterateRun,
    );
  }
  return report;
}

export function iteratingPassed(report: IterateReport): boolean {
  return report.every(
    (run) => rateOf(run) >= RATE_MIN && Math.max(...run.rssMb) <= RESIDENT_MB_MAX,
  );
}

export function iteratingText(report: IterateReport): string {
  const rows = report.map((run) => {
    const rate = `${(rateOf(run) / 1e6).toFixed(2)} M records/s of CPU time`;
    const memory = run.rssMb.map((each) => each.toFixed(0)).join(" ");
    return `${run.mode.padEnd(16)} ${rate}  resident MB ${memory}`;
  });
  return [
    `iterating, at least ${RATE_MIN} records/s, at most ${RESIDENT_MB_MAX} MB`,
    ...rows,
    "",
  ].join("\n");
}

function rateOf({ cpuSec, records }: IterateRun): number {
  return records / cpuSec;
}

async function one(mode: Mode, path: string): Promise<IterateRun> {
  const [source, way] = mode.split(", ");
  const rssMb: number[] = [];
  let records = 0;
  let bytes = 0;
  const take = ({ file1, record }: SysFlowItem) => {
    records += 1;
    if (record.kind === "FileFlow" && file1 !== null) bytes += record.numWSendBytes;
    if (records % (RECORDS / TENTHS) === 0) rssMb.push(process.memoryUsage.rss() / 1024 / 1024);
  };
  const items = source === "file" ? openSysFlow(path) : fromRun();
  if (way === "for await") {
    for await (const item of items) take(item);
  } else {
    for await (const batch of items.batches()) batch.forEach(take);
  }
  const { user, system } = process.cpuUsage();
  if (bytes < 0 || records !== RECORDS) throw new Error(`${mode}: ${records} records`);
  return { mode, records, cpuSec: (user + system) / 1e6, rssMb };
}

/** A run's end of the queue is fed as the fan-out feeds it; one flow object serves for all flows. */
function fromRun() {
  const queue = new ItemQueue(BATCH, new StopFlag());
  const context = { read: "x.scap", log: new Log(), beforeRotation: () => undefined };
  const { output } = queue.open(context);
  output.header(sampleHeader);
  output.process(sampleChild());
  output.file(sampleFile("/old"));
  const flow = sampleFileFlow(1);
  let given = 3;
  const next = (): SysFlowItem[] | null => {
    for (let i = 0; i < BATCH && given < RECORDS; i++) {
      flow.tsLo = given;
      flow.numWSendBytes = given;
      output.fileFlow(flow);
      given += 1;
    }
    const items = queue.take();
    return items.length === 0 ? null : items;
  };
  const source = {
    next: async () => {
      await queue.drained(0);
      return next();
    },
    leave: async () => undefined,
  };
  return {
    [Symbol.asyncIterator]: () => new ItemIterator(source),
    async *batches() {
      for (let items = await source.next(); items !== null; items = await source.next())
        yield items;
    },
  };
}

if (import.meta.main) {
  const at = process.argv.indexOf("--one");
  if (at >= 0) {
    const [mode = "", path = ""] = process.argv.slice(at + 1);
    process.stdout.write(JSON.stringify(await one(mode as Mode, path)));
  } else {
    const report = await measureIterating();
    const asJson = process.argv.includes("--json");
    process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : iteratingText(report));
    process.exitCode = iteratingPassed(report) ? 0 : 1;
  }
}
