// What a run counts, as metrics: every counter of the lists that the summary is made of is there, under
// a name that Prometheus takes, and with the summary's words.

import { describe, expect, test } from "bun:test";
import type { CaptureStats } from "../../src/capture/binding.ts";
import { captureCounters } from "../../src/capture/counters.gen.ts";
import type { OutputReport } from "../../src/run/output/run-output.ts";
import type { RunState } from "../../src/run/run-state.ts";
import { summarize } from "../../src/run/summary.ts";
import { type RecordKind, recordKinds } from "../../src/sysflow/record.gen.ts";
import { expositionText } from "../../src/telemetry/exposition.ts";
import { troubles } from "../../src/telemetry/health.ts";
import { runFamilies } from "../../src/telemetry/metrics.ts";
import { processFamilies } from "../../src/telemetry/process-facts.ts";
import { readExposition, sampleOf } from "../support/telemetry/exposition.ts";

/** Each counter has a value of its own. */
const capture = {
  ...Object.fromEntries(captureCounters.map(({ name }, i) => [name, 1000 + i])),
  kernelDrops: 1e6,
  behindNs: 2.5e9,
  state: "running",
} as CaptureStats;

const collector = {
  processes: 1,
  containers: 2,
  files: 3,
  objects: 4,
  fileFlows: 5,
  networkFlows: 6,
  processFlows: 7,
  endedAncestors: 8,
  flowsEvicted: 9,
  filesEvicted: 10,
  containersEvicted: 11,
  ancestorsEvicted: 12,
  textsCut: 13,
  filteredFlows: 14,
  ipv6Skipped: 15,
  fileEventsSkipped: 16,
  pods: 17,
  podsEvicted: 18,
};

const records = Object.fromEntries(recordKinds.map((kind, i) => [kind, i])) as Record<
  RecordKind,
  number
>;

const output: OutputReport = {
  place: 'out/"\\\n',
  schema: 5,
  records,
  bytesWritten: 4321,
  files: 2,
  queue: { bytes: 10, bytesMax: 20 },
  losses: [{ stage: "write", cause: "records not written", count: 5 }],
  leftOut: [{ stage: "write", cause: "old files removed", count: 1 }],
};
const alerts: OutputReport = {
  ...output,
  place: "-",
  alerts: [{ rule: 'A "shell"', priority: "high", count: 8 }],
  losses: [],
  leftOut: [],
};
const socket: OutputReport = { ...output, place: "/run/s", bytesWritten: 99 };
const table: OutputReport = { ...output, place: null, losses: [], leftOut: [] };

const state: RunState = {
  source: {
    command: "collect",
    engine: "modern_ebpf",
    input: null,
    ended: "not yet",
    elapsedMs: 1,
    cpuMicros: 1,
    capture,
    collector,
    lookups: { sockets: 1, named: 2, unknown: [{ cause: "timed out", count: 3 }] },
    outputs: [output, socket, table],
    caveats: [],
    samplingRatio: 4,
  },
  stopped: [null, "no space left", null],
};

const families = readExposition(expositionText(runFamilies(state, { version: "1.2" })));
const value = (name: string, labels = {}) => sampleOf(families, name, labels);

test("before the capture is open there is what is known by then", () => {
  const early = readExposition(
    expositionText([...runFamilies(null, { version: "1.2" }), ...processFamilies()]),
  );
  expect(sampleOf(early, "sysflow_build_info", { version: "1.2" })).toBe(1);
  expect([...early.keys()].filter((name) => !/_info$|^process_/.test(name))).toEqual([]);
});

test("each counter of native code is there once", () => {
  const values = [...families.values()].flatMap(({ samples }) => samples.map((one) => one.value));
  for (const { name } of captureCounters) {
    const given = capture[name];
    const [shown] = name.endsWith("Ns") ? [given / 1e9] : [given];
    expect([name, values.filter((one) => one === shown).length]).toEqual([name, 1]);
  }
});

test("each loss, eviction and omission of the summary is there with its words", () => {
  const summary = summarize(state.source);
  expect(summary.losses.length).toBeGreaterThan(15);
  const rows = [
    ...summary.losses.map((row) => ({ ...row, name: "sysflow_lost_total", label: "cause" })),
    ...summary.leftOut.map((row) => ({ ...row, name: "sysflow_left_out_total", label: "cause" })),
    ...summary.evicted.map((row) => ({ ...row, name: "sysflow_evicted_total", label: "table" })),
  ];
  for (const { cause, count, label, name, stage } of rows) {
    const [word, place] = cause.split(", to ");
    const labels = { stage, [label]: word ?? "", ...(place !== undefined && { output: place }) };
    expect([cause, value(name, labels)]).toEqual([cause, count]);
  }
});

test("what has not been lost yet is 0 and not missing", () => {
  const none = { ...state.source, capture: { ...capture, malformed: 0 } };
  const text = expositionText(runFamilies({ ...state, source: none }, {}));
  const lost = { stage: "capture", cause: "malformed events" };
  expect(sampleOf(readExposition(text), "sysflow_lost_total", lost)).toBe(0);
});

test("names, types and units", () => {
  expect(value("sysflow_events_total")).toBe(capture.events);
  expect(value("sysflow_lag_seconds")).toBe(2.5);
  expect(value("sysflow_capture_batch_bytes_total")).toBe(capture.batchBytes);
  expect(value("sysflow_capture_cpu_seconds_total")).toBe(capture.captureCpuNs / 1e9);
  expect(value("sysflow_records_total", { kind: "FileFlow" })).toBe(records.FileFlow);
  expect(value("sysflow_table_entries", { stage: "capture", table: "threads" })).toBe(
    capture.threads,
  );
  expect(value("sysflow_table_entries", { stage: "collect", table: "file_flows" })).toBe(5);
  expect(value("sysflow_table_entries", { stage: "collect", table: "flows_evicted" })).toBeNull();
  expect(value("sysflow_sampling_ratio")).toBe(4);
  expect(value("sysflow_engine_info", { engine: "modern_ebpf" })).toBe(1);
  for (const [name, { type }] of families) {
    expect([name, type === "counter"]).toEqual([name, name.endsWith("_total")]);
    expect(name).toMatch(/^(sysflow|process)_[a-z_]+$/);
  }
});

test("outputs, by the place that they have", () => {
  const labels = { output: 'out/"\\\n' };
  expect(value("sysflow_output_working", labels)).toBe(1);
  expect(value("sysflow_output_working", { output: "/run/s" })).toBe(0);
  expect(value("sysflow_output_bytes_total", labels)).toBe(4321);
  expect(value("sysflow_output_files_total", labels)).toBe(2);
  expect(value("sysflow_output_queue_bytes", labels)).toBe(10);
  expect(value("sysflow_output_queue_limit_bytes", labels)).toBe(20);
  expect(value("sysflow_output_records_total", { ...labels, kind: "File" })).toBe(records.File);
  expect(families.get("sysflow_output_working")?.samples).toHaveLength(2);
});

test("containers, by what became of the question", () => {
  expect(value("sysflow_container_runtimes")).toBe(1);
  expect(value("sysflow_containers", { outcome: "named" })).toBe(2);
  expect(value("sysflow_containers", { outcome: "timed out" })).toBe(3);
});

test("the process, under the names that all have", () => {
  const own = readExposition(expositionText(processFamilies()));
  expect(sampleOf(own, "process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(sampleOf(own, "process_resident_memory_bytes")).toBeGreaterThan(1e6);
  expect(sampleOf(own, "process_open_fds")).toBeGreaterThan(2);
  const start = sampleOf(own, "process_start_time_seconds") ?? 0;
  expect(Math.abs(Date.now() / 1000 - process.uptime() - start)).toBeLessThan(2);
});

const promtool = Bun.which("promtool");
test.skipIf(promtool === null)(
  "promtool finds no fault (skipped where it is not installed)",
  () => {
    const text = expositionText([...runFamilies(state, { version: "1" }), ...processFamilies()]);
    const run = Bun.spawnSync(["promtool", "check", "metrics"], { stdin: Buffer.from(text) });
    expect([run.stdout.toString(), run.stderr.toString(), run.exitCode]).toEqual(["", "", 0]);
  },
);

describe("health", () => {
  const outputs = [{ ...output, place: "a\x1b" }, socket, table];
  const well: RunState = { source: { ...state.source, outputs }, stopped: [null, null, null] };
  test.each([
    [well, false, []],
    [null, false, ["the capture is not open yet"]],
    [null, true, ["the run is ending"]],
    [well, true, ["the run is ending"]],
    [
      { ...well, stopped: [null, "no space left", null] },
      false,
      ["the output /run/s takes nothing more: no space left"],
    ],
    [
      { ...well, stopped: ["b\n\tc", null, "the reader has gone"] },
      false,
      [
        "the output a  takes nothing more: b c",
        "the output for eyes takes nothing more: the reader has gone",
      ],
    ],
  ] as const)("%#", (run, isEnding, reasons) => {
    expect(troubles(run, isEnding)).toEqual([...reasons]);
  });
});

test("alerts are counted by rule, where rules are tested", () => {
  const { source, stopped } = state;
  const read = (outputs: readonly OutputReport[]) =>
    readExposition(expositionText(runFamilies({ source: { ...source, outputs }, stopped }, {})));
  const labels = { rule: 'A "shell"', priority: "high", output: "-" };
  expect(sampleOf(read([output, alerts]), "sysflow_alerts_total", labels)).toBe(8);
  expect(read([output]).has("sysflow_alerts_total")).toBe(false);
});
