// A disk that takes nothing, as long as that lasts: what its cause is called in counts, and what is
// said of it, at most once a minute.

import { monotonicMs } from "../../base/clock.ts";
import { errnoCode, type OperatorError } from "../../base/errors.ts";

/** Why records were discarded though the run went on. */
export const discardCauses = ["diskFull", "diskFailed", "overBound"] as const;
export type DiscardCause = (typeof discardCauses)[number];

const tellEveryMs = 60_000;

export class Trouble {
  readonly #tell: (message: string) => void;
  readonly #clockMs: () => number;
  #cause: DiscardCause | null = null;
  #sinceMs = 0;
  #toldMs = Number.NEGATIVE_INFINITY;
  /** This trouble was told of, so that its end is to be told of too. */
  #isTold = false;

  constructor(tell: (message: string) => void, clockMs: () => number = monotonicMs) {
    this.#tell = tell;
    this.#clockMs = clockMs;
  }

  /** Null while there is none. */
  get cause(): DiscardCause | null {
    return this.#cause;
  }

  /** @param error what was tried again in vain, or null where it was not in vain */
  note(error: OperatorError | null): void {
    const now = this.#clockMs();
    if (error === null) {
      if (this.#isTold) {
        const seconds = Math.round((now - this.#sinceMs) / 1000);
        this.#tell(`the output goes on, after ${seconds} s; the summary counts what was discarded`);
      }
      this.#cause = null;
      this.#isTold = false;
      return;
    }
    if (this.#cause === null) {
      this.#sinceMs = now;
    }
    this.#cause = causeOf(error);
    if (now - this.#toldMs >= tellEveryMs) {
      this.#toldMs = now;
      this.#isTold = true;
      this.#tell(`${error.message}; collecting goes on, and writing once that is mended`);
    }
  }
}

function causeOf({ cause }: OperatorError): DiscardCause {
  const code = errnoCode(cause);
  if (code === null) {
    return "overBound";
  }
  return code === "ENOSPC" || code === "EDQUOT" ? "diskFull" : "diskFailed";
}
