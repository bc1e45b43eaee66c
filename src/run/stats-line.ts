// The line of `--stats`: sizes of the tables and what came since the line before. Upstream says one at
// each rotation and at the end; its timer of 30 seconds never starts, ours does.

import type { CaptureStats } from "../capture/binding.ts";
import type { CollectorStats } from "../collect/collector.ts";
import type { LookupStats } from "./run-lookups.ts";

export interface StatsSource {
  readonly capture: () => CaptureStats;
  /** Null before there is a collector. */
  readonly collector: () => CollectorStats | null;
  /** Null where nobody is asked. */
  readonly lookups: () => LookupStats | null;
  /** Records of all kinds since the start. */
  readonly recordsTotal: () => number;
}

/** What the line comes from. */
export type StatsOccasion = "time" | "rotation" | "end";

export class StatsLine {
  readonly #source: StatsSource;
  #recordsSaid = 0;
  #dropsSaid = 0;

  constructor(source: StatsSource) {
    this.#source = source;
  }

  /** Without a newline; begins a new count of what came since. */
  next(occasion: StatsOccasion): string {
    const capture = this.#source.capture();
    const records = this.#source.recordsTotal();
    const pairs = [
      ["records", records - this.#recordsSaid],
      ["drops", capture.kernelDrops - this.#dropsSaid],
      ["recordsTotal", records],
      ["dropsTotal", capture.kernelDrops],
      ["events", capture.events],
      ["filtered", capture.filtered],
      ["behindMs", Math.round(capture.behindNs / 1e6)],
      ["threads", capture.threads],
      ["descriptors", capture.descriptors],
      ["processesEvicted", capture.processesEvicted],
      ...Object.entries(this.#source.collector() ?? {}),
      ...lookupPairs(this.#source.lookups()),
    ];
    this.#recordsSaid = records;
    this.#dropsSaid = capture.kernelDrops;
    return `stats: at=${occasion} ${pairs.map(([name, value]) => `${name}=${value}`).join(" ")}`;
  }
}

function lookupPairs(stats: LookupStats | null): readonly (readonly [string, number])[] {
  return stats === null
    ? []
    : [
        ["runtimeSockets", stats.sockets],
        ["containersNamed", stats.named],
        ["containersUnknown", stats.unknown.reduce((sum, { count }) => sum + count, 0)],
      ];
}
