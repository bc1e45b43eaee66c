// Names of output files and the times at which a new one is due. Naming is upstream's, but for the
// suffix. The schedule is not: it counts from the start, so that intervals do not drift.
//
// How a consumer knows that a file is finished: it has its name. Until then that ends in `.part`.

import { basename, dirname } from "node:path";
import { assert } from "../../base/assert.ts";

export interface RotationOptions {
  /** As the operator gave it. */
  readonly path: string;
  /** True where the path is an existing folder, with or without "/" at its end. */
  readonly isDirectory: boolean;
  /** Seconds; 0 for one file to the end. */
  readonly intervalSec: number;
  /** Bytes after which a file is ended; by time alone where absent. */
  readonly bytesMax?: number | undefined;
  /** Stands behind the time in a name; none where absent. */
  readonly suffix?: string | undefined;
}

/** How the names of one output's files look, where they have a time. */
export interface NameForm {
  readonly folder: string;
  /** What stands before and behind the time. */
  readonly prefix: string;
  readonly suffix: string;
}

/** Seconds since the epoch until the year 33,658: what has more digits is no time. */
const stampForm = /^[0-9]{1,12}$/;

/** @returns the time in a name, or null where that has another form */
export function stampOf({ prefix, suffix }: NameForm, name: string): number | null {
  const digits = name.slice(prefix.length, name.length - suffix.length);
  const isOurs = name === `${prefix}${digits}${suffix}` && stampForm.test(digits);
  return isOurs ? Number(digits) : null;
}

export class Rotation {
  /** Null where the file's name is given, and carries no start time. */
  readonly form: NameForm | null;
  readonly #path: string;
  readonly #suffix: string;
  readonly #intervalSec: number;
  readonly #bytesMax: number;
  #nextDueSec = Number.POSITIVE_INFINITY;
  #lastStamp = Number.NEGATIVE_INFINITY;

  constructor(options: RotationOptions) {
    const { path, intervalSec, bytesMax = Number.POSITIVE_INFINITY, suffix = "" } = options;
    assert(
      Number.isInteger(intervalSec) && intervalSec >= 0,
      "a rotation interval is whole seconds",
    );
    this.#intervalSec = intervalSec;
    this.#bytesMax = bytesMax;
    this.#suffix = suffix;
    if (options.isDirectory || path.endsWith("/")) {
      this.#path = path.endsWith("/") ? path : `${path}/`;
      this.form = { folder: this.#path, prefix: "", suffix };
    } else if (intervalSec > 0 || bytesMax < Number.POSITIVE_INFINITY) {
      const isNamed = suffix !== "" && path.endsWith(suffix);
      this.#path = `${isNamed ? path.slice(0, -suffix.length) : path}.`;
      this.form = { folder: dirname(this.#path), prefix: basename(this.#path), suffix };
    } else {
      this.#path = path;
      this.form = null;
    }
  }

  /** True where a file's name carries its start time. */
  get stamped(): boolean {
    return this.form !== null;
  }

  /** Sets the schedule: the first rotation is due one interval after `startSec`. */
  start(startSec: number): void {
    if (this.#intervalSec > 0) {
      this.#nextDueSec = startSec + this.#intervalSec;
    }
  }

  /**
   * True once for each interval that has gone by; for a gap of several only once. Also true while the
   * file has its full size.
   */
  due(nowSec: number, bytes = 0): boolean {
    return this.#isTimeDue(nowSec) || bytes >= this.#bytesMax;
  }

  #isTimeDue(nowSec: number): boolean {
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

  /** Names that are given come after this one: it is there from an earlier run. */
  startAfter(stamp: number): void {
    this.#lastStamp = Math.max(stamp, this.#lastStamp);
  }

  /**
   * Path of a file begun at `nowSec`; never one that this object has given before. Of several in one
   * second the later ones are named by the next seconds: so their names are in the order of writing.
   */
  nextPath(nowSec: number): string {
    if (this.form === null) {
      return this.#path;
    }
    this.#lastStamp = Math.max(nowSec, this.#lastStamp + 1);
    return `${this.#path}${this.#lastStamp}${this.#suffix}`;
  }
}
