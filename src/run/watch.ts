// The timers of a run: its duration, the kernel's drops as they happen, what the schema has no place
// for, once, and with `--stats` the lines of statistics. They fire between batches, since the loop gives
// the event loop its turns.

import type { Log } from "../base/log.ts";
import type { CaptureStats } from "../capture/binding.ts";
import type { StopFlag } from "./stop-flag.ts";
import { kernelDrops } from "./tallies.ts";
import type { Unexpressed } from "./unexpressed.ts";

export interface RunWatchOptions {
  readonly log: Log;
  readonly flag: StopFlag;
  readonly durationSec: number | null;
  readonly stats: () => CaptureStats;
  /** What the schema had no place for so far; null where no records are made. */
  readonly unexpressed: (() => readonly Unexpressed[]) | null;
  /** Called every 30 seconds; null for no lines of statistics. */
  readonly sayStats: (() => void) | null;
}

const dropsEveryMs = 10_000;
const unexpressedEveryMs = 1000;
const statsEveryMs = 30_000;

export class RunWatch {
  readonly #options: RunWatchOptions;
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  #dropsSaid = 0;
  readonly #unexpressedSaid = new Set<string>();

  constructor(options: RunWatchOptions) {
    this.#options = options;
    const { durationSec, flag, sayStats } = options;
    if (durationSec !== null) {
      this.#timers.push(setTimeout(() => flag.request("duration"), durationSec * 1000));
    }
    this.#timers.push(setInterval(() => this.#sayDrops(), dropsEveryMs));
    if (options.unexpressed !== null) {
      this.#timers.push(setInterval(() => this.sayUnexpressed(), unexpressedEveryMs));
    }
    if (sayStats !== null) {
      this.#timers.push(setInterval(sayStats, statsEveryMs));
    }
  }

  stop(): void {
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
  }

  /** Each kind once in a run. Also to be called at its end: a short one is over before a timer. */
  sayUnexpressed(): void {
    for (const { cause, count, warning } of this.#options.unexpressed?.() ?? []) {
      if (count > 0 && !this.#unexpressedSaid.has(cause)) {
        this.#unexpressedSaid.add(cause);
        this.#options.log.warning("schema", warning);
      }
    }
  }

  #sayDrops(): void {
    const stats = this.#options.stats();
    const more = stats.kernelDrops - this.#dropsSaid;
    if (more <= 0) {
      return;
    }
    this.#dropsSaid = stats.kernelDrops;
    const causes = kernelDrops(stats)
      .filter((row) => row.count > 0)
      .map((row) => `${row.cause} ${row.count}`)
      .join(", ");
    const message = `the kernel dropped ${more} events in the last 10 s (since the start: ${causes})`;
    this.#options.log.warning("drops", message);
  }
}
