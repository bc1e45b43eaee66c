// What a run counts of losses, of what full tables gave up and of what was left out, each by stage and
// cause. The summary and the metrics are both made of these rows, so that a counter is listed once: one
// of native code in native/layout/counters.h, one of the collector here, one of an output by itself.

import type { CaptureStats } from "../capture/binding.ts";
import { type CounterKind, captureCounters } from "../capture/counters.gen.ts";
import type { CollectorStats } from "../collect/collector.ts";
import type { OutputReport, Tally } from "./output/run-output.ts";
import { unexpressed } from "./unexpressed.ts";

export interface TallySource {
  readonly capture: CaptureStats;
  readonly collector: CollectorStats | null;
  readonly outputs: readonly OutputReport[];
}

export interface PlacedTally extends Tally {
  /** The output's; null where it is none's, or where that has no place. */
  readonly place: string | null;
}

/** In the order in which the summary tells of them. Rows whose count is 0 are there too. */
export interface Tallies {
  /** Never wanted. */
  readonly losses: readonly PlacedTally[];
  /** Given up by full tables, by table. */
  readonly evicted: readonly PlacedTally[];
  /** Asked for by the operator, or without a place in the schema. */
  readonly leftOut: readonly PlacedTally[];
}

export function tallies({ capture, collector, outputs }: TallySource): Tallies {
  return {
    losses: [
      ...kernelDrops(capture).map(unplaced),
      ...captureTallies(capture, "loss"),
      ...collectorTallies(collector, "loss"),
      ...outputs.flatMap(({ losses, place }) => losses.map((row) => ({ ...row, place }))),
    ],
    evicted: [...captureTallies(capture, "evicted"), ...collectorTallies(collector, "evicted")],
    leftOut: [
      ...captureTallies(capture, "leftOut"),
      ...collectorTallies(collector, "leftOut"),
      ...(collector === null ? [] : unexpressed(collector)).map(({ cause, count }) =>
        unplaced({ stage: "collect", cause, count }),
      ),
      ...outputs.flatMap(({ leftOut, place }) => leftOut.map((row) => ({ ...row, place }))),
    ],
  };
}

/** Lost in the kernel, by its own causes; the sum is the engine's total. */
export function kernelDrops(capture: CaptureStats): readonly Tally[] {
  const known = captureTallies(capture, "kernelLoss");
  const sum = known.reduce((total, { count }) => total + count, 0);
  const other = Math.max(0, capture.kernelDrops - sum);
  return [...known, { stage: "kernel", cause: "other", count: other }];
}

/** Of the collector, with the summary's words. */
const collectorCounters = [
  {
    name: "textsCut",
    kind: "loss",
    word: "command lines and environments cut (no room for more of them)",
  },
  { name: "flowsEvicted", kind: "evicted", word: "flows" },
  { name: "filesEvicted", kind: "evicted", word: "files" },
  { name: "containersEvicted", kind: "evicted", word: "containers" },
  { name: "podsEvicted", kind: "evicted", word: "pods" },
  { name: "ancestorsEvicted", kind: "evicted", word: "ended ancestors" },
  { name: "filteredFlows", kind: "leftOut", word: "file flows by file-read mode" },
] as const satisfies readonly {
  readonly name: keyof CollectorStats;
  readonly kind: CounterKind;
  readonly word: string;
}[];

/** How many entries each table of the collector has now: all that it tells and that is no count. */
export function tableSizes(
  stats: CollectorStats,
): readonly { readonly table: string; readonly entries: number }[] {
  const counted = new Set<string>([
    ...collectorCounters.map(({ name }) => name),
    ...unexpressed(stats).map(({ counter }) => counter),
  ]);
  return Object.entries(stats)
    .filter(([name]) => !counted.has(name))
    .map(([table, entries]) => ({ table, entries }));
}

/** What native code has counted of one kind, in the order of its list. */
function captureTallies(capture: CaptureStats, kind: CounterKind): readonly PlacedTally[] {
  const stage = kind === "kernelLoss" ? "kernel" : "capture";
  return captureCounters
    .filter((row) => row.kind === kind)
    .map(({ name, word }) => unplaced({ stage, cause: word, count: capture[name] }));
}

function collectorTallies(stats: CollectorStats | null, kind: CounterKind): readonly PlacedTally[] {
  return collectorCounters
    .filter((row) => row.kind === kind)
    .map(({ name, word }) =>
      unplaced({ stage: "collect", cause: word, count: stats?.[name] ?? 0 }),
    );
}

function unplaced(row: Tally): PlacedTally {
  return { ...row, place: null };
}
