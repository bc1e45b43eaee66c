// From the batches of a session to records: the collector, and the time of the newest event, which is
// when the flows that are still open end.

import { type BatchView, BatchWalk } from "../capture/batch-reader.ts";
import { Collector, type CollectorStats } from "../collect/collector.ts";
import type { CollectorOptions } from "../collect/collector-options.ts";
import { collectLimits } from "../collect/limits.ts";
import { type Lookups, noLookups } from "../collect/lookups.ts";
import type { RecordSink } from "../sysflow/record-sink.ts";
import type { BatchUse } from "./loop.ts";

/** Some 0.1 ms of work. */
const recordsAtOnce = 64;

export class Collection {
  readonly #collector: Collector;
  /** Null before the first batch. */
  #walk: BatchWalk | null = null;
  #lastTsLo = 0;
  #lastTsHi = 0;

  /** @param sink stays the caller's, to be closed after `finish` */
  constructor(sink: RecordSink, options: CollectorOptions, lookups: Lookups = noLookups) {
    this.#collector = new Collector(sink, options, collectLimits, lookups);
  }

  stats(): CollectorStats {
    return this.#collector.stats();
  }

  /** Makes the records of a batch. */
  readonly handle = (view: BatchView): void => {
    this.#begin(view);
    this.#walk?.read(this.#collector, Number.POSITIVE_INFINITY);
  };

  /** The same in parts: what comes in between, such as a request, waits no longer than for one. */
  readonly inParts: BatchUse<BatchView> = {
    handle: (view) => {
      this.#begin(view);
      this.#walk?.read(this.#collector, recordsAtOnce);
    },
    goOn: () => {
      if (this.#walk === null || this.#walk.isOver) {
        return false;
      }
      this.#walk.read(this.#collector, recordsAtOnce);
      return true;
    },
  };

  #begin(view: BatchView): void {
    if (this.#walk === null || this.#walk.batch !== view) {
      this.#walk = new BatchWalk(view);
    } else {
      this.#walk.begin();
    }
    this.#lastTsLo = view.lastTsLo;
    this.#lastTsHi = view.lastTsHi;
  }

  /** Ends the open flows. */
  finish(): void {
    this.#collector.finish(this.#lastTsLo, this.#lastTsHi);
  }
}
