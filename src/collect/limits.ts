// The most that each table of the collector holds. Native code has its own limits in
// native/layout/limits.h, and the sizes of the tables that are indexed by native handles (live
// processes, paths and socket ends) follow from those. What a table gives up is counted and is sent
// again at its next use. Sending an entity twice is always right, because readers keep every entity
// that they have seen.

import { nativeLimits } from "../capture/limits.gen.ts";

/** Numbers of entries, but where the name says otherwise. */
export interface CollectLimits {
  /** Open flows, of files and sockets together. Some 0.5 kB each. */
  readonly flows: number;
  /** Files; those with open flows stay, so that there can be as many as `flows` beside them. */
  readonly files: number;
  /** Characters of their paths: a path may have four thousand. */
  readonly pathChars: number;
  readonly containers: number;
  readonly pods: number;
  /** Processes that have ended and are an ancestor of one that lives, to be sent in later files. */
  readonly endedAncestors: number;
  /** Ancestors sent before a process. No host forks that deep; native code cuts there too. */
  readonly ancestorDepth: number;
  /** Bytes of all long command lines and environments (long-texts.ts) that the processes keep. */
  readonly longTextBytes: number;
  /** Threads of one process that have no open flow and whose end was not seen. */
  readonly idleThreads: number;
}

export const collectLimits: CollectLimits = {
  // A busy proxy has some ten thousand connections.
  flows: 128 * 1024,
  // What a compilation touches; a package manager's more come and go in order.
  files: 64 * 1024,
  pathChars: 16 * 1024 * 1024,
  containers: 8 * 1024,
  pods: 8 * 1024,
  endedAncestors: 16 * 1024,
  ancestorDepth: nativeLimits.ancestorsMax,
  longTextBytes: 128 * 1024 * 1024,
  idleThreads: 64,
};

/** README's names of those that it tells of, in its order. */
export const limitWords = {
  endedAncestors: "ended ancestors of processes",
  flows: "open flows",
  files: "files",
  containers: "containers",
  longTextBytes: "bytes of long command lines and environments",
} as const satisfies Partial<Record<keyof CollectLimits, string>>;
