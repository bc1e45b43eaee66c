// Runs batches of test records through a collector, and shortens what most such tests say.

import { type BatchView, readBatch } from "../../../src/capture/batch-reader.ts";
import { Collector } from "../../../src/collect/collector.ts";
import type { CollectorOptions } from "../../../src/collect/collector-options.ts";
import { type CollectLimits, collectLimits } from "../../../src/collect/limits.ts";
import { type BatchEnd, buildBatch, type TestRecord } from "./batch-builder.ts";
import { RecordingSink } from "./recording-sink.ts";

export const flowOptions: CollectorOptions = {
  mode: "flow",
  processFlows: false,
  fileOnly: false,
  fileReadMode: 0,
  containersOnly: false,
  schema: 5,
  exporter: "tests",
  nodeIp: "",
};

/** Event times: seconds after a round start, with a part below a second. */
export const startSec = 1_700_000_000;
export function at(seconds: number, nanoseconds = 0): bigint {
  return BigInt(startSec + seconds) * 1_000_000_000n + BigInt(nanoseconds);
}

export interface Collected {
  readonly sink: RecordingSink;
  readonly collector: Collector;
}

/** Feeds records as one batch; does not finish. */
export function collect(
  records: readonly TestRecord[],
  options: Partial<CollectorOptions> = {},
  sink = new RecordingSink(),
  limits: CollectLimits = collectLimits,
): Collected {
  const collector = new Collector(sink, { ...flowOptions, ...options }, limits);
  readBatch(buildBatch(records), collector);
  return { sink, collector };
}

/** Feeds each list as a batch of its own, and finishes at the last one's time. */
export function collectBatches(
  batches: readonly (readonly TestRecord[])[],
  end: BatchEnd,
  options: Partial<CollectorOptions> = {},
  sink = new RecordingSink(),
): RecordingSink {
  const collector = new Collector(sink, { ...flowOptions, ...options });
  for (const records of batches) {
    readBatch(buildBatch(records, end), collector);
  }
  const last: BatchView = buildBatch([], end);
  collector.finish(last.lastTsLo, last.lastTsHi);
  return sink;
}

/** A process of pid 100 under handle 1, whose parent is init (handle 9, pid 1). */
export const initAndProcess: readonly TestRecord[] = [
  { kind: "process", process: 9, pid: 1, exe: "/sbin/init", entry: true },
  { kind: "process", process: 1, pid: 100, parent: 9, createTs: at(0), exe: "/bin/prog" },
];
