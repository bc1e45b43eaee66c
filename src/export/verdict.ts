// What rules found in a record, as outputs have it.

import type { OutputText } from "./output-text.ts";

export interface VerdictRule {
  readonly name: string;
  readonly description: string;
  /** The word of the rule's file, such as `warning`. */
  readonly priority: string;
  /** 0 informational, 1 low, 2 medium, 3 high, 4 critical: upstream's numbers. */
  readonly severity: number;
  readonly output: OutputText;
}

export interface Verdict {
  /** Those that match, in the order in which they were defined. */
  readonly rules: readonly VerdictRule[];
  /** Of actions, then of rules; repetitions stay. */
  readonly tags: readonly string[];
}
