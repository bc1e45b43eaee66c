// What `sysflow process` came to, for a person or as JSON. Every loss is named.

import type { RuleCount, Tally } from "../run/output/run-output.ts";
import { alertLines, tallyText } from "../run/summary.ts";
import type { Processed } from "./process-run.ts";

export interface ProcessSummary {
  readonly command: "process";
  /** Why it ended: `end of input`, or a signal. */
  readonly ended: string;
  readonly elapsedSec: number;
  readonly cpuSec: number;
  readonly files: number;
  /** Read, entities among them. */
  readonly recordsTotal: number;
  /** Those that rules are asked of: events, flows and Kubernetes events. */
  readonly tested: number;
  /** Those that at least one rule matched. */
  readonly matched: number;
  /** Rules that matched, and how often. */
  readonly alerts: readonly RuleCount[];
  readonly bytesOut: number;
  /** Never wanted. */
  readonly losses: readonly (Omit<Tally, "stage"> & { readonly stage: string })[];
  /** Asked for by the operator. */
  readonly leftOut: readonly Tally[];
}

export function processSummary(of: Processed): ProcessSummary {
  const { join, output, policy, read } = of;
  const { containers, files, pods, processes } = join;
  const evicted = [processes, files, containers, pods].reduce((sum, kind) => sum + kind.evicted, 0);
  return {
    command: "process",
    ended: of.ended,
    elapsedSec: of.elapsedMs / 1000,
    cpuSec: of.cpuMicros / 1e6,
    files: read.files,
    recordsTotal: read.records,
    tested: policy.records,
    matched: policy.matched,
    alerts: policy.byRule,
    bytesOut: output.bytesWritten,
    losses: [
      { stage: "read", cause: "files not read to their end", count: read.faults },
      { stage: "read", cause: "records of unknown kinds", count: read.unknown },
      { stage: "join", cause: "processes not known", count: processes.unknown },
      { stage: "join", cause: "files not known", count: files.unknown },
      { stage: "join", cause: "containers not known", count: containers.unknown },
      { stage: "join", cause: "pods not known", count: pods.unknown },
      { stage: "join", cause: "entities given up for want of room", count: evicted },
      { stage: "write", cause: "lines not written", count: output.failed },
    ].filter(({ count }) => count > 0),
    leftOut: [
      { stage: "policy", cause: "records dropped by filters", count: policy.filtered } as const,
      { stage: "policy", cause: "alerts that repeat others", count: policy.suppressed } as const,
    ].filter(({ count }) => count > 0),
  };
}

/** Lines for a person, each without a newline. */
export function processLines(summary: ProcessSummary): readonly string[] {
  const { ended, elapsedSec, files, matched, recordsTotal, tested } = summary;
  const rate = number(Math.round(recordsTotal / Math.max(elapsedSec, 1e-3)));
  const of = `${number(files)} ${files === 1 ? "file" : "files"}`;
  const left = summary.leftOut.length === 0 ? [] : [`  left out ${tallyText(summary.leftOut)}`];
  return [
    `process ended (${ended}) after ${elapsedSec.toFixed(1)} s`,
    `  records  ${number(recordsTotal)} of ${of} (${rate}/s), CPU ${summary.cpuSec.toFixed(1)} s`,
    `  tested   ${number(tested)}, of which ${number(matched)} matched`,
    ...alertLines(summary.alerts),
    `  lost     ${tallyText(summary.losses)}`,
    ...left,
  ];
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
