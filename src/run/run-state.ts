// How a run stands, for whoever looks while it goes on.

import type { SummarySource } from "./summary.ts";

export interface RunState {
  /** All that it counts, so far. */
  readonly source: SummarySource;
  /** Why each of the source's outputs takes nothing more; null for those that do, or can again. */
  readonly stopped: readonly (string | null)[];
}
