// Names of output files and the times at which a new one is due. Naming is upstream's to the
// letter. The schedule is not: it counts from the start, so that intervals do not drift.
//
// How a consumer knows that a file is finished: there is no temporary name (upstream has none), but
// a file with a newer time in its name is created only after the older one is complete and closed.

import { assert } from "../../base/assert.ts";

export interface RotationOptions {
  /** As the operator gave it. */
  readonly path: string;
  /** True where the path is an existing folder, with or without "/" at its end. */
  readonly isDirectory: boolean;
  /** Seconds; 0 for one file to the end. */
  readonly intervalSec: number;
}

export class Rotation {
  /** True where a file's name carries its start time. */
  readonly stamped: boolean;
  readonly #prefix: string;
  readonly #intervalSec: number;
  #nextDueSec = Number.POSITIVE_INFINITY;
  #lastStamp = Number.NEGATIVE_INFINITY;

  constructor(options: RotationOptions) {
    const { path, intervalSec } = options;
    assert(
      Number.isInteger(intervalSec) && intervalSec >= 0,
      "a rotation interval is whole seconds",
    );
    this.#intervalSec = intervalSec;
    const inDirectory = options.isDirectory || path.endsWith("/");
    this.stamped = inDirectory || intervalSec > 0;
    if (inDirectory) {
      this.#prefix = path.endsWith("/") ? path : `${path}/`;
    } else {
      this.#prefix = this.stamped ? `${path}.` : path;
    }
  }

  /** Sets the schedule: the first rotation is due one interval after `startSec`. */
  start(startSec: number): void {
    if (this.#intervalSec > 0) {
      this.#nextDueSec = startSec + this.#intervalSec;
    }
  }

  /** True once for each interval that has gone by; for a gap of several only once. */
  due(nowSec: number): boolean {
    const interval = this.#intervalSec;
    if (nowSec < this.#nextDueSec) {
      // A clock set back by more than an interval would else put rotation off for as long.
      if (nowSec + 2 * interval < this.#nextDueSec) {
        this.start(nowSec);
      }
      return false;
    }
    const missed = Math.floor((nowSec - this.#nextDueSec) / interval);
    this.#nextDueSec += (missed + 1) * interval;
    return true;
  }

  /** Path of a file begun at `nowSec`; never one that this object has given before. */
  nextPath(nowSec: number): string {
    if (!this.stamped) {
      return this.#prefix;
    }
    this.#lastStamp = Math.max(nowSec, this.#lastStamp + 1);
    return `${this.#prefix}${this.#lastStamp}`;
  }
}
