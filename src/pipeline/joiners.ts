// The joiners of a run: one for all files, whose headers part them, and one for each writer to a socket,
// whose entities are its own. What they have counted is told together.

import type { JoinedReceiver } from "../join/joined-record.ts";
import { Joiner, type JoinStats, type KindStats } from "../join/joiner.ts";

export class Joiners {
  readonly ofFiles: Joiner;
  readonly #to: JoinedReceiver;
  readonly #writers = new Set<Joiner>();
  /** Of those that have ended. */
  #sum: JoinStats = noStats;

  constructor(to: JoinedReceiver) {
    this.#to = to;
    this.ofFiles = new Joiner(to);
  }

  ofWriter(): Joiner {
    const joiner = new Joiner(this.#to);
    this.#writers.add(joiner);
    return joiner;
  }

  /** A writer's, which has gone. */
  ended(joiner: Joiner): void {
    this.#writers.delete(joiner);
    joiner.forget();
    this.#sum = added(this.#sum, joiner.stats());
  }

  stats(): JoinStats {
    return [this.ofFiles, ...this.#writers].reduce(
      (sum, joiner) => added(sum, joiner.stats()),
      this.#sum,
    );
  }
}

const noKind: KindStats = { held: 0, evicted: 0, unknown: 0 };
const noStats: JoinStats = {
  processes: noKind,
  files: noKind,
  containers: noKind,
  pods: noKind,
  unknownParents: 0,
};

function added(a: JoinStats, b: JoinStats): JoinStats {
  return {
    processes: addedKind(a.processes, b.processes),
    files: addedKind(a.files, b.files),
    containers: addedKind(a.containers, b.containers),
    pods: addedKind(a.pods, b.pods),
    unknownParents: a.unknownParents + b.unknownParents,
  };
}

function addedKind(a: KindStats, b: KindStats): KindStats {
  return {
    held: a.held + b.held,
    evicted: a.evicted + b.evicted,
    unknown: a.unknown + b.unknown,
  };
}
