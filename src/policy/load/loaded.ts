// Policies as they were loaded: rules, filters, macros and lists with their conditions parsed, files
// merged, and nothing resolved yet. The Sigma compiler makes the same; compile/ makes a program of it.

import type { Condition } from "../language/ast.ts";
import type { Problem } from "../language/problem.ts";
import type { Passage, Place } from "../language/source-text.ts";

/** `sysflow` is upstream's behaviour to the letter; `default` mends what is a trap in it. */
export type PolicyMode = "default" | "sysflow";

/** In the order of the codes that upstream's JSON and ECS outputs have for them: 0 to 4. */
export const severities = ["informational", "low", "medium", "high", "critical"] as const;
export type Severity = (typeof severities)[number];

export interface ListItem {
  readonly text: string;
  /** Only an item without quotation marks can be the name of another list. */
  readonly isQuoted: boolean;
  readonly place: Place;
}

export interface LoadedList {
  readonly name: string;
  readonly items: readonly ListItem[];
  readonly place: Place;
}

export interface LoadedMacro {
  readonly name: string;
  readonly condition: Condition;
  readonly place: Place;
}

/** The macros and lists that a condition sees. */
export interface Scope {
  readonly macros: ReadonlyMap<string, LoadedMacro>;
  readonly lists: ReadonlyMap<string, LoadedList>;
}

export interface LoadedRule {
  readonly name: string;
  readonly place: Place;
  readonly description: string;
  readonly condition: Condition;
  /** From exceptions: where one of these holds, the rule does not match. */
  readonly unless: readonly Condition[];
  readonly scope: Scope;
  /** Falco's text with `%field`; "" where there is none. */
  readonly output: string;
  readonly outputPassage: Passage | null;
  /** The word of the file in lower case, such as `warning`; `low` where there is none. */
  readonly priority: string;
  readonly severity: Severity;
  readonly tags: readonly string[];
  readonly actions: readonly string[];
  /** Codes of record kinds, such as `PE`; all kinds where empty. */
  readonly prefilter: readonly string[];
  readonly isEnabled: boolean;
  /** The rule is left out, and no error, where an attribute is not known. */
  readonly skipsIfUnknown: boolean;
}

export interface LoadedFilter {
  readonly name: string;
  readonly place: Place;
  readonly condition: Condition;
  readonly scope: Scope;
  readonly isEnabled: boolean;
}

/** A rule that is not run, and why. */
export interface SkippedRule {
  readonly name: string;
  readonly place: Place;
  readonly reason: string;
}

export interface LoadedPolicies {
  readonly mode: PolicyMode;
  /** In the order of their definition, which is also the order of matches. */
  readonly rules: readonly LoadedRule[];
  readonly filters: readonly LoadedFilter[];
  /** All macros and lists at the end. */
  readonly scope: Scope;
  readonly skipped: readonly SkippedRule[];
  readonly warnings: readonly Problem[];
}
