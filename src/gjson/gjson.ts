// GJSON's path language on JSON texts: `items.#(kind=="Pod").name` and the like. The answer is always
// a string. Neither documents nor paths can make it throw, and what an evaluation may cost is bounded
// (budget.ts): beyond the bound nothing is found. The language is that of GJSON 1.19.

import { Budget, OverBudget, PATH_LENGTH_MAX } from "./budget.ts";
import { evaluate } from "./evaluate.ts";
import { Path } from "./path.ts";
import { type JsonType, MISSING, type Value } from "./value.ts";

/** What a path finds in a document. */
export interface Found {
  /** True for an explicit null too. */
  readonly exists: boolean;
  /** "JSON" is an object or an array; "Null" is also the type of what does not exist. */
  readonly type: JsonType;
  /** A string decoded, an object or array as it stands in the document; "" for null and a miss. */
  readonly value: string;
  /** Characters looked at and produced; more than STEPS_MAX where that ended the evaluation. */
  readonly steps: number;
  /** The bound that ended the evaluation, in words; null where it went to its end. */
  readonly limit: string | null;
}

/** A path that is read once, for many documents. */
export class CompiledPath {
  readonly #path: Path | null;
  readonly #budget = new Budget();
  /** As in what `find` gives. */
  #limit: string | null = null;

  /** Any text is a path; one that is too long, or means nothing, finds nothing. */
  constructor(path: string) {
    const isShort = path.length <= PATH_LENGTH_MAX;
    this.#path = isShort ? new Path(path) : null;
    this.#limit = isShort ? null : `it has more than ${PATH_LENGTH_MAX} characters`;
  }

  /** The string form of what is found; "" for a miss. Never throws. */
  get(json: string): string {
    return this.#evaluated(json).string;
  }

  /** Whether anything is found, be it null. Never throws. */
  exists(json: string): boolean {
    return this.#evaluated(json).exists;
  }

  /** Never throws. */
  find(json: string): Found {
    const { exists, type, string } = this.#evaluated(json);
    return { exists, type, value: string, steps: this.#budget.stepsSpent, limit: this.#limit };
  }

  #evaluated(json: string): Value {
    if (this.#path === null) {
      return MISSING;
    }
    this.#budget.reset();
    this.#limit = null;
    try {
      return evaluate(json, this.#path, this.#budget);
    } catch (error) {
      if (error instanceof OverBudget) {
        this.#limit = error.message;
        return MISSING;
      }
      throw error;
    }
  }
}

export function compilePath(path: string): CompiledPath {
  return new CompiledPath(path);
}

/** The string form of what the path finds in this JSON text; "" for a miss. Never throws. */
export function get(json: string, path: string): string {
  return compilePath(path).get(json);
}

/** Whether the path finds anything in this JSON text. Never throws. */
export function exists(json: string, path: string): boolean {
  return compilePath(path).exists(json);
}
