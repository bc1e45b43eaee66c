// The most that the store of joined records holds, by kind of entity. A file may name any number of
// entities, and each may be as long as a block. When the limit is reached, the entities that were
// not used for the longest time are removed, and counted.

/** For one kind of entity. */
export interface KindLimit {
  readonly entries: number;
  /** Characters of all their texts; each item of a list counts as `itemChars` besides. */
  readonly chars: number;
}

export interface JoinLimits {
  readonly processes: KindLimit;
  /** Of these, processes that have ended and have no children. */
  readonly endedProcesses: number;
  readonly files: KindLimit;
  readonly containers: KindLimit;
  readonly pods: KindLimit;
  /** Parents given with a record. No host forks that deep; the collector cuts there too. */
  readonly parents: number;
}

/** What an item of a list takes in memory, in characters. */
export const itemChars = 16;

export const joinLimits: JoinLimits = {
  // Twice what a collector holds of files, so that none goes here that it still refers to.
  processes: { entries: 128 * 1024, chars: 64 * 1024 * 1024 },
  // Several minutes of a host on which a hundred processes end in a second.
  endedProcesses: 16 * 1024,
  files: { entries: 128 * 1024, chars: 32 * 1024 * 1024 },
  containers: { entries: 8 * 1024, chars: 8 * 1024 * 1024 },
  pods: { entries: 8 * 1024, chars: 32 * 1024 * 1024 },
  parents: 256,
};
