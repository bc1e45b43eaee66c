import { describe, expect, test } from "bun:test";
import type { CaptureStats } from "../../src/capture/binding.ts";
import { captureCounters } from "../../src/capture/counters.gen.ts";
import type { OutputReport } from "../../src/run/output/run-output.ts";
import { dropWarning, type SummarySource, summarize, summaryLines } from "../../src/run/summary.ts";
import { fileEventCallsOf6 } from "../../src/sysflow/op-flags.gen.ts";
import { type RecordKind, recordKinds } from "../../src/sysflow/record.gen.ts";

const capture = {
  ...Object.fromEntries(captureCounters.map(({ name }) => [name, 0])),
  state: "ended",
  events: 1_234_567,
  batches: 99,
  batchBytes: 5000,
  captureCpuNs: 2e9,
} as CaptureStats;

const records = Object.fromEntries(
  recordKinds.map((kind) => [kind, kind === "Process" ? 3 : kind === "FileFlow" ? 1500 : 0]),
) as Record<RecordKind, number>;

const collectorStats = {
  processes: 0,
  containers: 0,
  files: 0,
  objects: 0,
  fileFlows: 0,
  networkFlows: 0,
  processFlows: 0,
  endedAncestors: 0,
  flowsEvicted: 0,
  filesEvicted: 0,
  containersEvicted: 0,
  ancestorsEvicted: 0,
  textsCut: 0,
  filteredFlows: 0,
  ipv6Skipped: 0,
  fileEventsSkipped: 0,
};

const fileReport: OutputReport = {
  place: "b.sf",
  schema: 5,
  records,
  bytesWritten: 4321,
  files: 1,
  losses: [{ stage: "write", cause: "records not written", count: 0 }],
  leftOut: [],
};

const tableReport: OutputReport = {
  ...fileReport,
  place: null,
  schema: null,
  bytesWritten: 0,
  files: 0,
  losses: [],
  leftOut: [{ stage: "print", cause: "lines over the rate", count: 1 }],
};

function source(
  change: Partial<SummarySource> & { readonly stats?: Partial<CaptureStats> } = {},
): SummarySource {
  const { stats, ...rest } = change;
  return {
    command: "collect",
    engine: "savefile",
    input: "a.scap",
    ended: "end of input",
    elapsedMs: 2000,
    cpuMicros: 2_500_000,
    capture: { ...capture, bytesRead: 777_000, ...stats },
    collector: collectorStats,
    lookups: null,
    outputs: [fileReport],
    caveats: [],
    samplingRatio: 1,
    ...rest,
  };
}

test("a good run, for a person", () => {
  expect(summaryLines(summarize(source()))).toEqual([
    "collect ended (end of input) after 2.0 s",
    "  events   1,234,567 (617,284/s), CPU 2.5 s, 99 batches",
    "  records  1,503: Process 3, FileFlow 1,500",
    "  bytes    777,000 in, 4,321 out in 1 file of schema 5",
    "  lost     nothing",
  ]);
});

test("the numbers of a run without a file are the table's", () => {
  const summary = summarize(source({ outputs: [tableReport] }));
  expect(summary.recordsTotal).toBe(1503);
  expect(summaryLines(summary)[3]).toBe("  bytes    777,000 in");
});

test("several outputs are told apart, and with each what it lost", () => {
  const losses = [{ stage: "write", cause: "records not written", count: 7 } as const];
  const second = { ...fileReport, place: "/run/s", schema: null, files: 2, losses };
  const summary = summarize(source({ outputs: [fileReport, tableReport, second] }));
  expect(summary).toMatchObject({ output: "b.sf", schema: 5, recordsTotal: 1503, bytesOut: 8642 });
  expect(summary.outputs.map(({ place }) => place)).toEqual(["b.sf", "/run/s"]);
  expect(summaryLines(summary).slice(3, 7)).toEqual([
    "  bytes    777,000 in, 8,642 out in 3 files of schema 5",
    "  output   b.sf: 1,503 records, 4,321 bytes in 1 file of schema 5",
    "  output   /run/s: 1,503 records, 4,321 bytes in 2 files",
    "  lost     write: records not written, to /run/s 7",
  ]);
});

test("rules that matched are named, those with most alerts first", () => {
  const alerts = Array.from({ length: 12 }, (_, i) => ({
    rule: `R${i}`,
    priority: "low",
    count: i === 3 ? 2000 : 1,
  }));
  const told = (all: typeof alerts) =>
    summaryLines(summarize(source({ outputs: [{ ...fileReport, alerts: all }] })))[4];
  expect(told([])).toBe("  alerts   0");
  expect(told(alerts)).toBe(
    "  alerts   2,011: R3 2,000, R0 1, R1 1, R2 1, R4 1, R5 1, R6 1, R7 1, R8 1, R9 1, 2 more rules",
  );
  expect(summarize(source()).alerts).toBeNull();
});

test("live: what came over, and how far behind", () => {
  const stats = { bytesRead: 0, behindNs: 12_400_000 };
  const lines = summaryLines(summarize(source({ input: null, stats })));
  expect(lines[3]).toBe("  bytes    5,000 in, 4,321 out in 1 file of schema 5");
  expect(lines[4]).toBe("  behind   12 ms at the last count");
});

test("live: what the opening took", () => {
  const stats = { openLoadNs: 1.462e9, openSnapshotNs: 11e6, openAttachNs: 1e6 };
  const summary = summarize(source({ stats }));
  expect(summary.openSec).toEqual({ load: 1.462, snapshot: 0.011, attach: 0.001 });
  expect(summaryLines(summary)[1]).toBe(
    "  opened   1.47 s: probe 1.46, /proc 0.01, attaching 0.00",
  );
});

test("live: which containers have names, and why others have none", () => {
  const unknown = [
    { cause: "not found", count: 2 },
    { cause: "timed out", count: 1 },
  ];
  const last = (lookups: SummarySource["lookups"]) =>
    summaryLines(summarize(source({ lookups }))).at(-1);
  expect(last({ sockets: 1, named: 1200, unknown })).toBe(
    "  named    1,200 of 1,203 containers; unknown: not found 2, timed out 1",
  );
  expect(last({ sockets: 1, named: 3, unknown: [] })).toBe("  named    3 of 3 containers");
  expect(last({ sockets: 0, named: 0, unknown: [] })).toBe("  lost     nothing");
});

test("sampling is said", () => {
  expect(summaryLines(summarize(source({ samplingRatio: 16 }))).at(-1)).toBe(
    "  sampled  1/16 of each second; the kernel does not count the rest",
  );
});

test("a recording counts what it wrote", () => {
  const stats = { bytesRead: 0 };
  const capture = { ...fileReport, schema: null, records: null, bytesWritten: 98_765 };
  const lines = summaryLines(summarize(source({ command: "record", outputs: [capture], stats })));
  expect(lines).toContain("  bytes    5,000 in, 98,765 out in 1 file");
  expect(lines.join("\n")).not.toContain("records");
});

describe("every loss is named by stage and cause", () => {
  test.each([
    [{ kernelDrops: 5, kernelDropsBuffer: 5 }, "kernel: ring buffer full 5"],
    [{ kernelDrops: 5, kernelDropsScratchMap: 5 }, "kernel: event too large for its buffer 5"],
    [{ kernelDrops: 5, kernelDropsPageFault: 5 }, "kernel: page fault 5"],
    [{ kernelDrops: 5, kernelDropsBug: 5 }, "kernel: defect in the probe 5"],
    [{ kernelDrops: 5, preemptions: 5 }, "kernel: probe in use 5"],
    [
      { kernelDrops: 1005, kernelDropsBuffer: 5 },
      "kernel: ring buffer full 5; kernel: other 1,000",
    ],
    [{ malformed: 5 }, "capture: malformed events 5"],
    [{ eventsUnread: 5 }, "capture: events unread at the end 5"],
    [{ pathsCut: 5 }, "capture: paths cut (too long) 5"],
    [
      { textsCutGone: 5, textsCutLimit: 6, textsCutCapture: 7 },
      "capture: command lines and environments cut (process gone or changed) 5; " +
        "capture: command lines and environments cut (too long) 6; " +
        "capture: command lines and environments cut (in the capture file) 7",
    ],
    [{ procReadsRefused: 5 }, "capture: reads of /proc left out (a second's allowance used up) 5"],
    [{ noThread: 5 }, "capture: events of an unknown thread 5"],
    [{ noDescriptor: 5 }, "capture: operations on an unknown descriptor 5"],
    [{ noThreadFull: 5 }, "capture: events of threads beyond the table 5"],
    [{ noDescriptorFull: 5 }, "capture: operations on descriptors beyond the table 5"],
  ])("%j", (stats, text) => {
    expect(summaryLines(summarize(source({ stats })))).toContain(`  lost     ${text}`);
  });

  test("the writer's too", () => {
    const losses = [{ stage: "write", cause: "records not written", count: 7 } as const];
    const lines = summaryLines(summarize(source({ outputs: [{ ...fileReport, losses }] })));
    expect(lines).toContain("  lost     write: records not written 7");
  });

  test("what full tables gave up is no loss, and is told", () => {
    const summary = summarize(
      source({
        stats: { processesEvicted: 1, containersEvicted: 2 },
        collector: {
          ...collectorStats,
          flowsEvicted: 3,
          filesEvicted: 4,
          containersEvicted: 5,
          ancestorsEvicted: 6,
          podsEvicted: 7,
        },
      }),
    );
    expect(summary.losses).toEqual([]);
    expect(summaryLines(summary).at(-1)).toBe(
      "  evicted  capture: processes 1; capture: containers 2; collect: flows 3; " +
        "collect: files 4; collect: containers 5; collect: pods 7; collect: ended ancestors 6",
    );
  });

  test("what was left out by choice is apart", () => {
    const summary = summarize(
      source({
        stats: { filtered: 4 },
        collector: { ...collectorStats, filteredFlows: 3, ipv6Skipped: 2, fileEventsSkipped: 5 },
        outputs: [fileReport, tableReport],
      }),
    );
    expect(summary.losses).toEqual([]);
    expect(summaryLines(summary).at(-1)).toBe(
      "  left out capture: events filtered out 4; collect: file flows by file-read mode 3; " +
        "collect: IPv6 operations (no place in schema 5) 2; collect: " +
        `${fileEventCallsOf6.join(", ")} (no flags in schema 5) 5; print: lines over the rate 1`,
    );
  });
});

test.each([
  [{}, null],
  [{ noThread: 9 }, null],
  [
    { kernelDrops: 1234, kernelDropsBuffer: 1234 },
    "the kernel dropped 1,234 events (ring buffer full 1,234); give more with --buffer-bytes, " +
      "or take less with -f or -m",
  ],
  [
    { kernelDrops: 3, kernelDropsPageFault: 2 },
    "the kernel dropped 3 events (page fault 2, other 1)",
  ],
])("%j warns: %p", (stats, warning) => {
  expect(dropWarning(summarize(source({ stats })))).toBe(warning);
});

test("as JSON it has the same numbers", () => {
  const parsed = JSON.parse(JSON.stringify(summarize(source())));
  expect(parsed).toMatchObject({
    command: "collect",
    events: 1_234_567,
    records: { Process: 3, FileFlow: 1500 },
    recordsTotal: 1503,
    schema: 5,
    cpuSec: { capture: 2, total: 2.5 },
    losses: [],
  });
});
