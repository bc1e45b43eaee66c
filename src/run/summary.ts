// What a run did, at its end: for a person on standard error, or as JSON. Every loss is named by
// the stage and the cause that it had; what was left out because the operator asked so is apart.

import type { CaptureStats } from "../capture/binding.ts";
import type { CollectorStats } from "../collect/collector.ts";
import type { RecordKind } from "../sysflow/record.gen.ts";
import { recordKinds } from "../sysflow/record.gen.ts";
import type { SchemaVersion } from "../sysflow/values.ts";
import type { OutputReport, RuleCount, Tally } from "./output/run-output.ts";
import type { LookupStats } from "./run-lookups.ts";
import { type PlacedTally, tallies } from "./tallies.ts";

export interface Summary {
  readonly command: "collect" | "record";
  readonly engine: string;
  readonly input: string | null;
  readonly output: string | null;
  /** Why it ended: `end of input`, `SIGINT`, `duration`, an error's code … */
  readonly ended: string;
  readonly elapsedSec: number;
  readonly events: number;
  /** Records by kind, where any were made; none for `record`. */
  readonly records: Readonly<Partial<Record<RecordKind, number>>>;
  readonly recordsTotal: number;
  /** Of the capture file read; what native code handed over, where live. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly files: number;
  /** Of the SysFlow files; null where none were written. */
  readonly schema: SchemaVersion | null;
  /** Each output that has a place; the sums are above. */
  readonly outputs: readonly OutputSummary[];
  readonly batches: number;
  /** Live: age of the newest event when it was last handed over. */
  readonly behindMs: number;
  /** Live: what the time from opening the engine to its first event went to. */
  readonly openSec: { readonly load: number; readonly snapshot: number; readonly attach: number };
  readonly cpuSec: { readonly capture: number; readonly total: number };
  /** Never wanted. */
  readonly losses: readonly Tally[];
  /** What full tables gave up, by table: nothing is lost, but flows are in more parts than else. */
  readonly evicted: readonly Tally[];
  /** Asked for by filter or mode, or without a place in the schema. */
  readonly leftOut: readonly Tally[];
  /** Rules that matched, and how often; null where none were tested. */
  readonly alerts: readonly RuleCount[] | null;
  /** What runtimes told of the containers that were seen; null where none was asked. */
  readonly containers: LookupStats | null;
  /** What the operator has let be false of the records. */
  readonly caveats: readonly string[];
  /** N where drop mode kept the first 1/N of each second; the kernel does not count the rest. */
  readonly samplingRatio: number;
}

export interface OutputSummary {
  readonly place: string;
  readonly schema: SchemaVersion | null;
  readonly recordsTotal: number;
  readonly bytesOut: number;
  readonly files: number;
}

export interface SummarySource {
  readonly command: Summary["command"];
  readonly engine: string;
  readonly input: string | null;
  readonly ended: string;
  readonly elapsedMs: number;
  /** User and system time of the whole process, in µs. */
  readonly cpuMicros: number;
  readonly capture: CaptureStats;
  readonly collector: CollectorStats | null;
  readonly lookups: LookupStats | null;
  readonly outputs: readonly OutputReport[];
  readonly caveats: readonly string[];
  readonly samplingRatio: number;
}

export function summarize(source: SummarySource): Summary {
  const { capture, outputs } = source;
  const counted = tallies(source);
  const written = outputs.filter(({ place }) => place !== null);
  const counts = outputs.find(({ records }) => records !== null)?.records;
  const records: Partial<Record<RecordKind, number>> = {};
  let recordsTotal = 0;
  for (const kind of recordKinds) {
    const count = counts?.[kind] ?? 0;
    recordsTotal += count;
    if (count > 0) {
      records[kind] = count;
    }
  }
  return {
    command: source.command,
    engine: source.engine,
    input: source.input,
    output: written[0]?.place ?? null,
    ended: source.ended,
    elapsedSec: source.elapsedMs / 1000,
    events: capture.events,
    records,
    recordsTotal,
    bytesIn: capture.bytesRead > 0 ? capture.bytesRead : capture.batchBytes,
    bytesOut: written.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    files: written.reduce((sum, { files }) => sum + files, 0),
    schema: written[0]?.schema ?? null,
    outputs: written.map(outputSummary),
    batches: capture.batches,
    behindMs: capture.behindNs / 1e6,
    openSec: {
      load: capture.openLoadNs / 1e9,
      snapshot: capture.openSnapshotNs / 1e9,
      attach: capture.openAttachNs / 1e9,
    },
    cpuSec: { capture: capture.captureCpuNs / 1e9, total: source.cpuMicros / 1e6 },
    losses: some(counted.losses, written.length > 1),
    evicted: some(counted.evicted, false),
    leftOut: some(counted.leftOut, written.length > 1),
    alerts: outputs.find(({ alerts }) => alerts !== undefined)?.alerts ?? null,
    containers: source.lookups,
    caveats: source.caveats,
    samplingRatio: source.samplingRatio,
  };
}

function outputSummary(report: OutputReport): OutputSummary {
  const { bytesWritten: bytesOut, files, place, records, schema } = report;
  const recordsTotal = Object.values(records ?? {}).reduce((sum, count) => sum + count, 0);
  return { place: place ?? "", schema, recordsTotal, bytesOut, files };
}

/** Those that are not 0. @param isNamed with the output's name, as there are several */
function some(rows: readonly PlacedTally[], isNamed: boolean): readonly Tally[] {
  return rows
    .filter(({ count }) => count > 0)
    .map(({ cause, count, place, stage }) => ({
      stage,
      cause: isNamed && place !== null ? `${cause}, to ${place}` : cause,
      count,
    }));
}

/** Of the rules that matched, so many are named to a person, those with most alerts. */
const rulesShown = 10;

/** Lines for a person, each without a newline. */
export function summaryLines(summary: Summary): readonly string[] {
  const seconds = Math.max(summary.elapsedSec, 1e-3);
  const rate = number(Math.round(summary.events / seconds));
  const cpu = `CPU ${summary.cpuSec.total.toFixed(1)} s`;
  const lines = [
    `${summary.command} ended (${summary.ended}) after ${summary.elapsedSec.toFixed(1)} s`,
    ...openLines(summary),
    `  events   ${number(summary.events)} (${rate}/s), ${cpu}, ${number(summary.batches)} batches`,
  ];
  if (summary.command === "collect") {
    const kinds = Object.entries(summary.records).map(
      ([kind, count]) => `${kind} ${number(count)}`,
    );
    const list = kinds.length === 0 ? "" : `: ${kinds.join(", ")}`;
    lines.push(`  records  ${number(summary.recordsTotal)}${list}`);
  }
  const out =
    summary.output === null ? "" : `, ${number(summary.bytesOut)} out${filesText(summary)}`;
  lines.push(`  bytes    ${number(summary.bytesIn)} in${out}`);
  if (summary.outputs.length > 1) {
    for (const output of summary.outputs) {
      const records = `${number(output.recordsTotal)} records`;
      const bytes = `${number(output.bytesOut)} bytes${filesText(output)}`;
      lines.push(`  output   ${output.place}: ${records}, ${bytes}`);
    }
  }
  if (summary.behindMs > 0) {
    lines.push(`  behind   ${summary.behindMs.toFixed(0)} ms at the last count`);
  }
  lines.push(...alertLines(summary.alerts));
  lines.push(`  lost     ${tallyText(summary.losses)}`);
  if (summary.evicted.length > 0) {
    lines.push(`  evicted  ${tallyText(summary.evicted)}`);
  }
  if (summary.leftOut.length > 0) {
    lines.push(`  left out ${tallyText(summary.leftOut)}`);
  }
  lines.push(...containerLines(summary.containers));
  for (const caveat of summary.caveats) {
    lines.push(`  false    ${caveat}`);
  }
  if (summary.samplingRatio > 1) {
    const part = `1/${summary.samplingRatio}`;
    lines.push(`  sampled  ${part} of each second; the kernel does not count the rest`);
  }
  return lines;
}

/** Nothing of files where there are none: a socket or a stream. */
function filesText({ files, schema }: Pick<Summary, "files" | "schema">): string {
  const version = schema === null ? "" : ` of schema ${schema}`;
  if (files === 0) {
    return version;
  }
  return ` in ${files} ${files === 1 ? "file" : "files"}${version}`;
}

/** Only where there was something to load. */
function openLines({ openSec }: Summary): readonly string[] {
  const { load, snapshot, attach } = openSec;
  if (load === 0) {
    return [];
  }
  const [all, ...parts] = [load + snapshot + attach, load, snapshot, attach].map((seconds) =>
    seconds.toFixed(2),
  );
  return [`  opened   ${all} s: probe ${parts[0]}, /proc ${parts[1]}, attaching ${parts[2]}`];
}

/** Only where rules were tested. */
export function alertLines(alerts: readonly RuleCount[] | null): readonly string[] {
  if (alerts === null) {
    return [];
  }
  const total = alerts.reduce((sum, { count }) => sum + count, 0);
  const most = alerts.toSorted((a, b) => b.count - a.count);
  const each = most.slice(0, rulesShown).map(({ count, rule }) => `${rule} ${number(count)}`);
  const rest = most.length > rulesShown ? [`${most.length - rulesShown} more rules`] : [];
  const list = total === 0 ? "" : `: ${[...each, ...rest].join(", ")}`;
  return [`  alerts   ${number(total)}${list}`];
}

/** Only where there was a container. */
function containerLines(stats: LookupStats | null): readonly string[] {
  const { named, unknown } = stats ?? { named: 0, unknown: [] };
  const seen = unknown.reduce((sum, { count }) => sum + count, named);
  if (seen === 0) {
    return [];
  }
  const causes = unknown.map(({ cause, count }) => `${cause} ${number(count)}`).join(", ");
  const others = causes === "" ? "" : `; unknown: ${causes}`;
  return [`  named    ${number(named)} of ${number(seen)} containers${others}`];
}

/** A warning to be seen among other output, or null where the kernel dropped nothing. */
export function dropWarning(summary: Summary): string | null {
  const drops = summary.losses.filter((row) => row.stage === "kernel");
  if (drops.length === 0) {
    return null;
  }
  const total = drops.reduce((sum, row) => sum + row.count, 0);
  const causes = drops.map((row) => `${row.cause} ${number(row.count)}`).join(", ");
  const remedy = drops.some((row) => row.cause === "ring buffer full")
    ? "; give more with --buffer-bytes, or take less with -f or -m"
    : "";
  return `the kernel dropped ${number(total)} events (${causes})${remedy}`;
}

/** What was counted, by stage and cause; `nothing` where there is nothing. */
export function tallyText(
  tallies: readonly (Omit<Tally, "stage"> & { readonly stage: string })[],
): string {
  if (tallies.length === 0) {
    return "nothing";
  }
  return tallies.map((row) => `${row.stage}: ${row.cause} ${number(row.count)}`).join("; ");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
