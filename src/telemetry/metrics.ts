// What a run counts, as families of metrics. Names of counters, causes and tables come from the lists
// that the summary is made of, so that a counter which is added there is a metric at once.

import { type CaptureCounters, type CounterRow, captureCounters } from "../capture/counters.gen.ts";
import type { OutputReport } from "../run/output/run-output.ts";
import type { LookupStats } from "../run/run-lookups.ts";
import type { RunState } from "../run/run-state.ts";
import { type PlacedTally, tableSizes, tallies } from "../run/tallies.ts";
import type { Family, Sample } from "./exposition.ts";

/** @param build labels of sysflow_build_info */
export function runFamilies(
  state: RunState | null,
  build: Readonly<Record<string, string>>,
): readonly Family[] {
  const info = gauge("sysflow_build_info", "What this program is made of.", [
    { labels: build, value: 1 },
  ]);
  if (state === null) {
    return [info];
  }
  const { capture, collector, engine, lookups, outputs, samplingRatio } = state.source;
  const { evicted, leftOut, losses } = tallies(state.source);
  const tables = [...nativeTables(capture), ...(collector === null ? [] : ownTables(collector))];
  return [
    info,
    gauge("sysflow_engine_info", "What the events come from.", [{ labels: { engine }, value: 1 }]),
    ...captureCounters.filter(hasFamily).map((row) => captureFamily(row, capture)),
    gauge("sysflow_sampling_ratio", "N where the kernel keeps the first 1/N of each second.", [
      { value: samplingRatio },
    ]),
    counter("sysflow_records_total", "Records made, by kind.", firstRecords(outputs)),
    counter("sysflow_lost_total", "What was lost, by stage and cause.", causes(losses)),
    counter("sysflow_left_out_total", "What was left out as asked.", causes(leftOut)),
    counter(
      "sysflow_evicted_total",
      "What full tables gave up. Nothing is lost by it.",
      evicted.map(({ cause, count, stage }) => ({ labels: { stage, table: cause }, value: count })),
    ),
    gauge(
      "sysflow_table_entries",
      "How many entries each table has.",
      tables.map(({ entries, stage, table }) => ({
        labels: { stage, table: snake(table) },
        value: entries,
      })),
    ),
    ...alertFamilies(outputs),
    ...outputFamilies(outputs, state.stopped),
    ...lookupFamilies(lookups),
  ];
}

/** Those whose name would be a lesser one. */
const familyNames: Partial<Record<keyof CaptureCounters, string>> = {
  events: "sysflow_events_total",
  behindNs: "sysflow_lag_seconds",
};

/** The others are samples of a family, by cause or table. */
function hasFamily({ kind, name }: CounterRow): boolean {
  return kind === "number" || (kind === "size" && name.endsWith("Ns"));
}

function captureFamily(row: CounterRow, capture: CaptureCounters): Family {
  const isTime = row.name.endsWith("Ns");
  const word = snake(row.name).replace(/^capture_/, "");
  const base = `sysflow_capture_${word.replace(/_ns$/, "_seconds")}`;
  const isCounter = row.kind === "number";
  const name = familyNames[row.name] ?? (isCounter ? `${base}_total` : base);
  const value = isTime ? capture[row.name] / 1e9 : capture[row.name];
  return { name, type: isCounter ? "counter" : "gauge", help: row.meaning, samples: [{ value }] };
}

interface TableSize {
  readonly stage: string;
  readonly table: string;
  readonly entries: number;
}

function nativeTables(capture: CaptureCounters): readonly TableSize[] {
  return captureCounters
    .filter((row) => row.kind === "size" && !hasFamily(row))
    .map(({ name }) => ({ stage: "capture", table: name, entries: capture[name] }));
}

function ownTables(stats: Parameters<typeof tableSizes>[0]): readonly TableSize[] {
  return tableSizes(stats).map((row) => ({ stage: "collect", ...row }));
}

/** Every output is given the same records, but for entities, which are told again to one that lacks them. */
function firstRecords(outputs: readonly OutputReport[]): readonly Sample[] {
  return recordSamples(outputs.find(({ records }) => records !== null)?.records ?? null, {});
}

function recordSamples(
  records: OutputReport["records"],
  labels: Readonly<Record<string, string>>,
): readonly Sample[] {
  return Object.entries(records ?? {}).map(([kind, value]) => ({
    labels: { ...labels, kind },
    value,
  }));
}

function causes(rows: readonly PlacedTally[]): readonly Sample[] {
  return rows.map(({ cause, count, place, stage }) => ({
    labels: { stage, cause, ...(place !== null && { output: place }) },
    value: count,
  }));
}

/** None where no rules are tested. */
function alertFamilies(outputs: readonly OutputReport[]): readonly Family[] {
  const { alerts, place } = outputs.find((report) => report.alerts !== undefined) ?? {};
  if (alerts === undefined) {
    return [];
  }
  const output = place == null ? {} : { output: place };
  return [
    counter(
      "sysflow_alerts_total",
      "Records that a rule matched, those among them whose alert was held back.",
      alerts.map(({ count, priority, rule }) => ({
        labels: { rule, priority, ...output },
        value: count,
      })),
    ),
  ];
}

function outputFamilies(
  outputs: readonly OutputReport[],
  stopped: RunState["stopped"],
): readonly Family[] {
  const named = outputs.flatMap((report, i) =>
    report.place === null
      ? []
      : [{ report, isWorking: stopped[i] === null, labels: { output: report.place } }],
  );
  const each = (value: (report: OutputReport) => number | undefined) =>
    named.flatMap(({ labels, report }) => {
      const number = value(report);
      return number === undefined ? [] : [{ labels, value: number }];
    });
  return [
    gauge(
      "sysflow_output_working",
      "1 while an output takes records, or can again; 0 where it has failed for good.",
      named.map(({ isWorking, labels }) => ({ labels, value: Number(isWorking) })),
    ),
    counter(
      "sysflow_output_records_total",
      "Records given to an output, by kind.",
      named.flatMap(({ labels, report }) => recordSamples(report.records, labels)),
    ),
    counter(
      "sysflow_output_bytes_total",
      "Bytes that an output has written or sent.",
      each(({ bytesWritten }) => bytesWritten),
    ),
    counter(
      "sysflow_output_files_total",
      "Files that an output has begun.",
      each(({ files }) => files),
    ),
    gauge(
      "sysflow_output_queue_bytes",
      "Bytes that wait to be written or sent.",
      each(({ queue }) => queue?.bytes),
    ),
    gauge(
      "sysflow_output_queue_limit_bytes",
      "With how many of them records are dropped, or in a replay waited for.",
      each(({ queue }) => queue?.bytesMax),
    ),
  ];
}

function lookupFamilies(stats: LookupStats | null): readonly Family[] {
  if (stats === null) {
    return [];
  }
  const { named, sockets, unknown } = stats;
  return [
    gauge("sysflow_container_runtimes", "Sockets of container runtimes that are asked.", [
      { value: sockets },
    ]),
    gauge("sysflow_containers", "Containers seen, by what runtimes told of them.", [
      { labels: { outcome: "named" }, value: named },
      ...unknown.map(({ cause, count }) => ({ labels: { outcome: cause }, value: count })),
    ]),
  ];
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: "counter", help, samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: "gauge", help, samples };
}

/** `batchBytes` → `batch_bytes`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
