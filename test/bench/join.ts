// What joining costs: on the file of 5 M records that reading is measured on, the CPU time of reading
// and joining less that of reading alone; and beside it on records that refer to 20,000 processes, six
// generations deep, and 100,000 files, in turn, so that nothing is in the processor's cache.
// `bun test/bench/join.ts [--json]`. Each runs in a process of its own. Ends with status 1 where reading
// and joining the file makes fewer than 1 M records a second.

import type { JoinedReceiver } from "../../src/join/joined-record.ts";
import { Joiner } from "../../src/join/joiner.ts";
import { readRecords } from "../../src/read/read-records.ts";
import type { Oid } from "../../src/sysflow/record.gen.ts";
import type { RecordReceiver } from "../../src/sysflow/record-sink.ts";
import { receiverOf } from "../support/records/read-sf.ts";
import { sampleFile, sampleFileFlow, sampleParent } from "../support/records/sample-records.ts";
import { json, RECORDS, sampleOf } from "./read.ts";

const RATE_MIN = 1_000_000;
const PROCESSES = 20_000;
const GENERATIONS = 6;
const FILES = 100_000;
/** Flows made before the time runs; each is joined many times. */
const FLOWS = 100_000;

export interface JoinReport {
  readonly records: number;
  readonly readCpuSec: number;
  readonly readAndJoinCpuSec: number;
  readonly wideCpuSec: number;
  /** The same with all parents of each record asked for. */
  readonly parentsCpuSec: number;
}

type Mode = "read" | "join" | "wide" | "parents";

export async function measureJoining(): Promise<JoinReport> {
  const path = await sampleOf(RECORDS);
  process.stderr.write("bench: joining\n");
  const one = async (mode: Mode) =>
    (await json([process.execPath, import.meta.path, "--one", mode, path])) as number;
  return {
    records: RECORDS,
    readCpuSec: await one("read"),
    readAndJoinCpuSec: await one("join"),
    wideCpuSec: await one("wide"),
    parentsCpuSec: await one("parents"),
  };
}

export function joiningPassed(report: JoinReport): boolean {
  return report.records / report.readAndJoinCpuSec >= RATE_MIN;
}

export function joiningText(report: JoinReport): string {
  const rows = Object.entries(ratesOf(report)).map(
    ([name, rate]) => `${name.padEnd(14)} ${(rate / 1e6).toFixed(2)} M records/s of CPU time`,
  );
  return [`joining, at least ${RATE_MIN} records/s with reading`, ...rows, ""].join("\n");
}

function ratesOf(report: JoinReport): Readonly<Record<string, number>> {
  const { records, readCpuSec, readAndJoinCpuSec, wideCpuSec, parentsCpuSec } = report;
  return {
    joining: records / (readAndJoinCpuSec - readCpuSec),
    "with reading": records / readAndJoinCpuSec,
    "of many": records / wideCpuSec,
    "with parents": records / parentsCpuSec,
  };
}

/** One process's work. @returns the CPU seconds of all its threads that it took */
async function runOne(mode: Mode, path: string): Promise<number> {
  let found = 0;
  const asksParents = mode === "parents";
  const to: JoinedReceiver = {
    joined(record) {
      found += record.process === null ? 0 : 1;
      if (asksParents) found += record.parents.length;
    },
  };
  const joiner = new Joiner(to);
  const onFault = (fault: Error) => {
    throw fault;
  };
  if (mode === "read" || mode === "join") {
    const counting = receiverOf(() => {
      found += 1;
    });
    await readRecords(path, mode === "join" ? joiner : counting, { onFault });
    return cpuSec();
  }
  const flows = manyEntities(joiner);
  const before = cpuSec();
  for (let n = 0; n < RECORDS; n++) {
    joiner.fileFlow(flows[n % FLOWS] as (typeof flows)[number]);
  }
  if (found === 0) throw new Error("nothing was joined");
  return cpuSec() - before;
}

function manyEntities(to: RecordReceiver) {
  const oid = (n: number): Oid => ({ createLo: n * 7919, createHi: 395_800_000, hpid: n });
  for (let n = 0; n < PROCESSES; n++) {
    const parent = n - PROCESSES / GENERATIONS;
    const poid = parent < 0 ? null : oid(Math.floor(parent));
    to.process({ ...sampleParent(), oid: oid(n), poid, containerId: null });
  }
  const files = Array.from({ length: FILES }, (_, n) => sampleFile(`/srv/${n}`));
  for (const file of files) {
    to.file({ ...file, containerId: null });
  }
  return Array.from({ length: FLOWS }, (_, n) => {
    const process = Math.imul(n, 2654435761) >>> 0;
    const file = files[(process >>> 8) % FILES];
    const fileOID = file === undefined ? sampleFile("").foid : file.foid;
    return { ...sampleFileFlow(n), procOID: oid(process % PROCESSES), fileOID };
  });
}

function cpuSec(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

if (import.meta.main) {
  const at = process.argv.indexOf("--one");
  if (at >= 0) {
    const [mode, path] = process.argv.slice(at + 1);
    process.stdout.write(String(await runOne(mode as Mode, path as string)));
  } else {
    const report = await measureJoining();
    const asJson = process.argv.includes("--json");
    process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : joiningText(report));
    process.exitCode = joiningPassed(report) ? 0 : 1;
  }
}
