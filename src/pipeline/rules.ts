// Rules as the pipeline asks them: the engine of policy/, with what an alert of each rule says.

import type { OutputText } from "../export/output-text.ts";
import type { Verdict, VerdictRule } from "../export/verdict.ts";
import type { FlatContext } from "../flatten/attribute.ts";
import type { Program } from "../policy/compile/program.ts";
import { PolicyEngine } from "../policy/engine/policy-engine.ts";
import { type LoadedRule, severities } from "../policy/load/loaded.ts";
import { actionTag, hashAction } from "./actions.ts";

export interface AlertRule extends VerdictRule {
  readonly tags: readonly string[];
  /** That its actions give a record. */
  readonly actionTags: readonly string[];
  /** Whether its alerts are to have the hashes of the process's executable. */
  readonly wantsHashes: boolean;
}

/** What they find in one record. */
export interface Found extends Verdict {
  readonly rules: readonly AlertRule[];
}

export interface Rules {
  /** How many there are. */
  readonly count: number;
  /** Whether alerts of one are to have hashes. */
  readonly wantHashes: boolean;
  /** @returns "filtered" where a filter drops the record, null where no rule matches */
  test(of: FlatContext): Found | "filtered" | null;
}

export class EngineRules implements Rules {
  readonly #engine: PolicyEngine;
  /** By the engine's numbers. */
  readonly #rules: readonly AlertRule[];

  constructor(program: Program, outputs: ReadonlyMap<LoadedRule, OutputText>) {
    this.#engine = new PolicyEngine(program);
    this.#rules = this.#engine.rules.map((rule) => alertRule(rule, outputs.get(rule) ?? noText));
  }

  get count(): number {
    return this.#rules.length;
  }

  get wantHashes(): boolean {
    return this.#rules.some(({ wantsHashes }) => wantsHashes);
  }

  test(of: FlatContext): Found | "filtered" | null {
    const engine = this.#engine;
    if (!engine.match(of)) {
      return engine.droppedBy >= 0 ? "filtered" : null;
    }
    const rules: AlertRule[] = [];
    for (let i = 0; i < engine.matchCount; i++) {
      rules.push(this.#rules[engine.matches[i] as number] as AlertRule);
    }
    return { rules, tags: tagsOf(rules) };
  }
}

/** Rules that can be exchanged between two records. */
export class CurrentRules implements Rules {
  #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  get count(): number {
    return this.#rules.count;
  }

  get wantHashes(): boolean {
    return this.#rules.wantHashes;
  }

  /** From the next record on these hold. */
  exchange(rules: Rules): void {
    this.#rules = rules;
  }

  test(of: FlatContext): Found | "filtered" | null {
    return this.#rules.test(of);
  }
}

/** Those of actions first, as upstream has it; repetitions stay. */
export function tagsOf(rules: readonly AlertRule[]): readonly string[] {
  return [...rules.flatMap(({ actionTags }) => actionTags), ...rules.flatMap(({ tags }) => tags)];
}

function alertRule(rule: LoadedRule, output: OutputText): AlertRule {
  const { actions, description, name, priority, severity, tags } = rule;
  return {
    name,
    description,
    priority,
    severity: severities.indexOf(severity),
    output,
    tags,
    actionTags: actions.flatMap((action) => actionTag(action) ?? []),
    wantsHashes: actions.some((action) => action.trim() === hashAction),
  };
}

function noText(): string {
  return "";
}
