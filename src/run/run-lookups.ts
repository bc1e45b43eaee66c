// What is asked beside a run: container runtimes, the cluster. A run opens it before its first batch
// and closes it after the last one; in between the collector asks and never waits.

import { type Lookups, noLookups } from "../collect/lookups.ts";

export interface RunLookups {
  /** Begins to ask. Must not throw where nobody answers: that is counted, and tried again. */
  open(): Lookups;
  /** Waits for the answers that are due, before the last records are made; at most so long. */
  settled(msMax: number): Promise<void>;
  /** Ends every question. Called once, also where `open` was not. */
  close(): void;
  /** Null where nobody is asked. */
  stats(): LookupStats | null;
}

/** Containers that processes were seen in. */
export interface LookupStats {
  /** Runtimes' sockets now. */
  readonly sockets: number;
  readonly named: number;
  /** Those of which no runtime has told, by why. */
  readonly unknown: readonly { readonly cause: string; readonly count: number }[];
}

/** Containers keep the id that their cgroup tells; pods are not known. */
export const askNobody: RunLookups = {
  open: () => noLookups,
  settled: async () => undefined,
  close: () => undefined,
  stats: () => null,
};
