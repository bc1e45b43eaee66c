// Where records meet rules: each record that rules can be asked of is tested, and what they find goes to
// the writer. Counts are by the names of rules, so that they go on where rules are exchanged.

import type { FlatContext } from "../flatten/attribute.ts";
import { kindBit } from "../flatten/record-kinds.ts";
import { aboutSeconds } from "../flatten/times.ts";
import type { JoinedReceiver } from "../join/joined-record.ts";
import type { RuleCount } from "../run/output/run-output.ts";
import { type AlertRule, type Found, type Rules, tagsOf } from "./rules.ts";
import type { Suppression } from "./suppression.ts";

/** `alert`: records that a rule matches. `enrich`: all that no filter drops. */
export type PolicyMode = "alert" | "enrich";

export interface PolicyStageOptions {
  /** Null: nothing is tested, which makes sense where all are written. */
  readonly rules: Rules | null;
  readonly mode: PolicyMode;
  /** Null: every alert is told. */
  readonly suppression: Suppression | null;
  /** @param found null for a record that no rule matched */
  readonly onRecord: (of: FlatContext, found: Found | null) => void;
}

export interface PolicyStageStats {
  /** Records that rules were asked of. */
  readonly records: number;
  /** Of these: dropped by filters. */
  readonly filtered: number;
  /** Of these: matched by at least one rule. */
  readonly matched: number;
  /** Matches of rules, those held back among them. */
  readonly alerts: number;
  /** Alerts held back since they repeat others. */
  readonly suppressed: number;
  /** Alerts of each rule that matched, in the order in which they first did. */
  readonly byRule: readonly RuleCount[];
}

export class PolicyStage implements JoinedReceiver {
  readonly #options: PolicyStageOptions;
  #records = 0;
  #filtered = 0;
  #matched = 0;
  #alerts = 0;
  readonly #byRule = new Map<string, { readonly priority: string; count: number }>();

  constructor(options: PolicyStageOptions) {
    this.#options = options;
  }

  stats(): PolicyStageStats {
    return {
      records: this.#records,
      filtered: this.#filtered,
      matched: this.#matched,
      alerts: this.#alerts,
      suppressed: this.#options.suppression?.held ?? 0,
      byRule: [...this.#byRule].map(([rule, { count, priority }]) => ({ rule, priority, count })),
    };
  }

  joined(of: FlatContext): void {
    if (kindBit(of.record.kind) === 0) {
      return;
    }
    this.#records += 1;
    const { mode, onRecord, rules } = this.#options;
    const found = rules?.test(of) ?? null;
    if (found === "filtered") {
      this.#filtered += 1;
    } else if (found !== null) {
      this.#found(of, found.rules, found.tags);
    } else if (mode === "enrich") {
      onRecord(of, null);
    }
  }

  #found(of: FlatContext, rules: readonly AlertRule[], tags: readonly string[]): void {
    const { mode, onRecord } = this.#options;
    this.#matched += 1;
    for (const rule of rules) {
      this.#count(rule);
    }
    const told = this.#told(of, rules);
    if (told.length > 0) {
      onRecord(of, { rules: told, tags: told === rules ? tags : tagsOf(told) });
    } else if (mode === "enrich") {
      onRecord(of, null);
    }
  }

  #told(of: FlatContext, rules: readonly AlertRule[]): readonly AlertRule[] {
    const { suppression } = this.#options;
    if (suppression === null) {
      return rules;
    }
    const nowSec = secondsOf(of);
    const told = rules.filter((rule) => suppression.takes(rule.name, of, nowSec));
    return told.length === rules.length ? rules : told;
  }

  #count({ name, priority }: AlertRule): void {
    this.#alerts += 1;
    const known = this.#byRule.get(name);
    if (known === undefined) {
      this.#byRule.set(name, { priority, count: 1 });
    } else {
      known.count += 1;
    }
  }
}

/** Event time; 0 for a record without. */
function secondsOf({ record }: FlatContext): number {
  return "tsHi" in record ? aboutSeconds(record.tsHi, record.tsLo) : 0;
}
