// Tables at their limits, through the whole of capture and collection: more of everything than they
// hold. Sizes and counts are exact; speed and memory are test/bench/churn.ts's.

import { expect, test } from "bun:test";
import { readBatch } from "../../src/capture/batch-reader.ts";
import type { CaptureStats } from "../../src/capture/binding.ts";
import { openCapture } from "../../src/capture/capture.ts";
import { nativeLimits } from "../../src/capture/limits.gen.ts";
import { Collector, type CollectorStats } from "../../src/collect/collector.ts";
import { collectLimits } from "../../src/collect/limits.ts";
import { type RecordKind, recordKinds } from "../../src/sysflow/record.gen.ts";
import type { RecordSink } from "../../src/sysflow/record-sink.ts";
import { flowOptions } from "../support/collect/collect.ts";
import { captureAll, ofKind } from "../support/scripts/captured-records.ts";
import { churnOptions, scenarioNamed } from "../support/scripts/churn.ts";
import { scriptOfOne, startTs } from "../support/scripts/scripted-capture.ts";

/** More than any limit below. */
const rounds = 160_000;
/** So many rounds begin within the two seconds for which a process that has exited is kept. */
const roundNs = 10_000;

const { threadsMax, processesMax, descriptorsMax, descriptorsTotalMax } = nativeLimits;
const nativeContainersMax = nativeLimits.containersMax;

const { flows, files, containers, endedAncestors } = collectLimits;

interface Churned extends CollectorStats {
  readonly capture: CaptureStats;
  readonly written: Readonly<Record<RecordKind, number>>;
}

const cases: readonly (readonly [
  name: string,
  wanted: {
    readonly stats?: Partial<CollectorStats>;
    readonly capture?: Partial<CaptureStats>;
    readonly written?: Partial<Record<RecordKind, number>>;
  },
])[] = [
  [
    "short processes",
    {
      stats: { processes: processesMax, fileFlows: 0, files, filesEvicted: rounds - files },
      capture: {
        threads: 2,
        processes: processesMax,
        processesEvicted: rounds + 1 - processesMax,
        noThread: 0,
      },
      written: { Process: rounds + 1, File: rounds, FileFlow: rounds },
    },
  ],
  [
    "a chain of forks",
    {
      // The capture begins with the first parent, and the newest child lives.
      stats: { endedAncestors, ancestorsEvicted: rounds - processesMax - endedAncestors + 1 },
      capture: { processesEvicted: rounds + 1 - processesMax, noThread: 0 },
      written: { Process: rounds + 1, FileFlow: rounds - 1 },
    },
  ],
  [
    "processes that stay",
    {
      stats: { processes: threadsMax, fileFlows: flows - 1, flowsEvicted: 0 },
      capture: { threads: threadsMax, processesEvicted: 0, noThread: 0 },
      written: { Process: threadsMax },
    },
  ],
  [
    "short containers",
    {
      stats: { containers, containersEvicted: rounds - containers, files },
      capture: { containersEvicted: rounds - nativeContainersMax },
      written: { Container: rounds, Process: rounds + 1 },
    },
  ],
  [
    "forks of many files",
    {
      // The first five thousand children have copies of their parent's (1, 2, … and then 50 each); then
      // there is no room for another whole one. Each of the parent's fifty flows ends where its number
      // is used again.
      stats: { processes: threadsMax, fileFlows: 50, flowsEvicted: 0 },
      capture: {
        descriptors: descriptorsTotalMax - ((descriptorsTotalMax - (50 * 51) / 2) % 50),
        noDescriptor: 0,
      },
    },
  ],
  [
    "short threads",
    {
      stats: { processes: 1, files: 1, fileFlows: 0 },
      capture: { threads: 2, noThread: 0 },
      written: { FileFlow: rounds },
    },
  ],
  [
    "connections that stay",
    {
      stats: { networkFlows: flows, flowsEvicted: rounds - flows },
      written: { NetworkFlow: rounds - flows },
    },
  ],
  [
    "paths",
    {
      stats: { files, filesEvicted: 2 * rounds - files, fileFlows: 0 },
      capture: { objectResets: Math.floor((2 * rounds) / 65_535) },
      written: { File: 2 * rounds, FileFlow: rounds, FileEvent: rounds },
    },
  ],
  [
    "open files",
    {
      stats: { fileFlows: descriptorsMax, files: descriptorsMax },
      // An open and a write of each.
      capture: { noDescriptor: 0, noDescriptorFull: 2 * (rounds - descriptorsMax) },
      written: { File: descriptorsMax },
    },
  ],
];

test("a script of rounds: later each time, with what counts in place", () => {
  const script = scriptOfOne();
  const path = { bytes: "/tmp/00.log", counters: [{ at: 5, size: 2, hex: true, from: 9 }] };
  script.add({ from: 100, modulo: 2 }, "SYSCALL_MKDIR_2_X", { from: 0, step: -1 }, path);
  script.thread({ tid: 101, exe: "/bin/other" });
  const captured = captureAll(script.options({ rounds: 3, roundNs: 5000 }));
  const told = ofKind(captured, "pathOp").map(({ ts, tid, ret, object }) => [ts, tid, ret, object]);
  expect(told).toEqual([
    [startTs + 1000n, 100, 0, "/tmp/09.log"],
    [startTs + 6000n, 101, -1, "/tmp/0a.log"],
    [startTs + 11_000n, 100, -2, "/tmp/0b.log"],
  ]);
});

test("a counter that its bytes do not hold is refused", () => {
  const path = { bytes: "/tmp", counters: [{ at: 3, size: 2, from: 9 }] };
  const script = scriptOfOne().add(100, "SYSCALL_MKDIR_2_X", 0, path);
  const wanted = "cannot script event 0: path does not hold its counter";
  expect(() => captureAll(script.options())).toThrow(wanted);
});

test.each(cases)(
  "%s",
  (name, wanted) => {
    const { capture, written, ...stats } = churn(name);
    expect(stats).toMatchObject(wanted.stats ?? {});
    expect(capture).toMatchObject(wanted.capture ?? {});
    expect(written).toMatchObject(wanted.written ?? {});
  },
  120_000,
);

function churn(name: string): Churned {
  const written = Object.fromEntries(recordKinds.map((kind) => [kind, 0]));
  const collector = new Collector(countingSink(written), flowOptions);
  const capture = openCapture(churnOptions({ ...scenarioNamed(name), roundNs }, rounds));
  try {
    while (!capture.eof) {
      if (capture.next(1000)) readBatch(capture.view, collector);
    }
    const counts = written as Record<RecordKind, number>;
    return { ...collector.stats(), capture: capture.stats(), written: counts };
  } finally {
    capture.close();
  }
}

function countingSink(counts: Record<string, number>): RecordSink {
  const count = (record: { readonly kind: string }): void => {
    counts[record.kind] = (counts[record.kind] ?? 0) + 1;
  };
  return {
    outputs: 1,
    header: count,
    container: count,
    process: count,
    file: count,
    processEvent: count,
    fileEvent: count,
    networkFlow: count,
    fileFlow: count,
    processFlow: count,
    networkEvent: count,
    pod: count,
    k8sEvent: count,
    rotateDue: () => 0,
  };
}
