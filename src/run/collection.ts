// From the batches of a session to records: the collector, and the time of the newest event, which is
// when the flows that are still open end.

import { type BatchView, readBatch } from "../capture/batch-reader.ts";
import { Collector, type CollectorStats } from "../collect/collector.ts";
import type { CollectorOptions } from "../collect/collector-options.ts";
import { collectLimits } from "../collect/limits.ts";
import { type Lookups, noLookups } from "../collect/lookups.ts";
import type { RecordSink } from "../sysflow/record-sink.ts";

export class Collection {
  readonly #collector: Collector;
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
    readBatch(view, this.#collector);
    this.#lastTsLo = view.lastTsLo;
    this.#lastTsHi = view.lastTsHi;
  };

  /** Ends the open flows. */
  finish(): void {
    this.#collector.finish(this.#lastTsLo, this.#lastTsHi);
  }
}
