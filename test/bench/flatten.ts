// What attributes cost: on a capture's records, given to one join again and again, the CPU time of
// reading 30 attributes of each less that of joining alone. `bun test/bench/flatten.ts [FILE] [--json]`;
// FILE is upstream's mon.1531776682.sf where that is at hand. Each runs in a process of its own. Ends
// with status 1 where reading, joining and asking make fewer than 500,000 records a second.

import type { Attribute } from "../../src/flatten/attribute.ts";
import { kindBit } from "../../src/flatten/record-kinds.ts";
import { findAttribute } from "../../src/flatten/registry.ts";
import type { JoinedRecord } from "../../src/join/joined-record.ts";
import { Joiner } from "../../src/join/joiner.ts";
import { readRecords } from "../../src/read/read-records.ts";
import { hasReference, referencePath } from "../support/captures/reference.ts";
import { json, sampleOf } from "./read.ts";

const RATE_MIN = 500_000;
const RECORDS = 1_000_000;

/** What rules ask for most, of records of all kinds. */
const NAMES = [
  ...["sf.type", "sf.opflags", "sf.ret", "sf.ts", "sf.endts", "sf.proc.oid", "sf.proc.pid"],
  ...["sf.proc.name", "sf.proc.exe", "sf.proc.args", "sf.proc.uid", "sf.proc.user", "sf.proc.tid"],
  ...["sf.proc.tty", "sf.proc.cmdline", "sf.proc.aname", "sf.pproc.name", "sf.pproc.cmdline"],
  ...["sf.file.name", "sf.file.path", "sf.file.directory", "sf.file.is_open_write"],
  ...["sf.file.openflags", "sf.file.fd", "sf.net.dip", "sf.net.dport", "sf.flow.rbytes"],
  ...["sf.container.id", "sf.container.image", "sf.pod.name"],
];

export interface FlattenReport {
  readonly records: number;
  readonly attributes: number;
  readonly joinCpuSec: number;
  readonly flattenCpuSec: number;
  readonly maxRssMb: number;
}

interface One {
  readonly records: number;
  readonly cpuSec: number;
  readonly maxRssMb: number;
}

export async function measureFlattening(given?: string): Promise<FlattenReport> {
  const path = given ?? (await sample());
  process.stderr.write("bench: attributes\n");
  const one = async (mode: string) =>
    (await json([process.execPath, import.meta.path, path, "--one", mode])) as One;
  const joined = await one("join");
  const asked = await one("ask");
  return {
    records: asked.records,
    attributes: NAMES.length,
    joinCpuSec: joined.cpuSec,
    flattenCpuSec: asked.cpuSec,
    maxRssMb: asked.maxRssMb,
  };
}

export function flatteningPassed(report: FlattenReport): boolean {
  return report.records / report.flattenCpuSec >= RATE_MIN;
}

export function flatteningText({
  records,
  attributes,
  joinCpuSec,
  flattenCpuSec,
  maxRssMb,
}: FlattenReport): string {
  const rate = (sec: number) => `${(records / sec / 1e6).toFixed(2)} M records/s of CPU time`;
  const each = ((flattenCpuSec - joinCpuSec) * 1e9) / records / attributes;
  return [
    `attributes, at least ${RATE_MIN} records/s with reading and joining`,
    `reading and joining    ${rate(joinCpuSec)}`,
    `with ${attributes} attributes     ${rate(flattenCpuSec)}, ${each.toFixed(0)} ns each, ${maxRssMb} MB`,
    "",
  ].join("\n");
}

/** As rules ask: numbers as numbers, the items of lists. */
function ask(attribute: Attribute, of: JoinedRecord): number {
  switch (attribute.type) {
    case "integer":
    case "boolean":
      return attribute.number?.(of) || 0;
    case "time":
      return attribute.timeLo?.(of) || 0;
    case "list":
      return attribute.items?.(of)?.length ?? 0;
    default:
      return attribute.text(of)?.length ?? 0;
  }
}

async function runOne(path: string, asks: boolean): Promise<One> {
  const attributes = asks ? NAMES.map((name) => findAttribute(name, "default") as Attribute) : [];
  let records = 0;
  let found = 0;
  const joiner = new Joiner({
    joined(of) {
      if (kindBit(of.record.kind) === 0) return;
      records += 1;
      for (let i = 0; i < attributes.length; i++) found += ask(attributes[i] as Attribute, of);
    },
  });
  const onFault = (fault: Error) => {
    throw fault;
  };
  while (records < RECORDS) {
    await readRecords(path, joiner, { onFault });
  }
  if (asks && found === 0) throw new Error("nothing was found");
  const { user, system } = process.cpuUsage();
  const maxRssMb = Math.round(process.resourceUsage().maxRSS / 1024);
  return { records, cpuSec: (user + system) / 1e6, maxRssMb };
}

async function sample(): Promise<string> {
  const trace = hasReference ? referencePath("traces/mon.1531776682.sf") : null;
  return trace ?? (await sampleOf(RECORDS));
}

if (import.meta.main) {
  const [given] = process.argv.slice(2).filter((each) => !each.startsWith("--"));
  const path = given ?? (await sample());
  const at = process.argv.indexOf("--one");
  if (at >= 0) {
    process.stdout.write(JSON.stringify(await runOne(path, process.argv[at + 1] === "ask")));
  } else {
    const report = await measureFlattening(path);
    const asJson = process.argv.includes("--json");
    process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : flatteningText(report));
    process.exitCode = flatteningPassed(report) ? 0 : 1;
  }
}
