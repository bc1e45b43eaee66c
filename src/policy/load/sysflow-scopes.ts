// Upstream's way of bringing items together. All macros and lists of a file are known from its
// beginning; each is known anew where it stands, so that a rule sees the latest before it, or else
// the last of the file. Of files, an earlier one knows nothing of a later one.

import type { Condition } from "../language/ast.ts";
import type { Problems } from "../language/problem.ts";
import { Passage } from "../language/source-text.ts";
import type { Definition, RuleDefinition } from "./definition.ts";
import type {
  LoadedFilter,
  LoadedList,
  LoadedMacro,
  LoadedPolicies,
  LoadedRule,
  Scope,
} from "./loaded.ts";
import { severityFor } from "./priority.ts";

/** Each change of a known name makes a copy of all names. */
const redefinitionsMax = 1000;

/** @param files the definitions of each file, in the order of the files */
export function scopeDefinitions(
  files: readonly (readonly Definition[])[],
  problems: Problems,
): LoadedPolicies {
  const names = new Names(problems);
  const rules: LoadedRule[] = [];
  const filters: LoadedFilter[] = [];
  for (const definitions of files) {
    for (const definition of definitions) names.learn(definition);
    for (const definition of definitions) {
      names.learn(definition);
      const condition = "condition" in definition ? parsed(definition.condition) : null;
      if (condition === null) continue;
      if (definition.kind === "rule") {
        rules.push(ruleOf(definition, condition, names.scope()));
      } else if (definition.kind === "filter") {
        const { name, place, enabled } = definition;
        filters.push({ name, place, condition, scope: names.scope(), isEnabled: enabled ?? true });
      }
    }
  }
  const warnings = problems.list.filter(({ severity }) => severity === "warning");
  return { mode: "sysflow", rules, filters, scope: names.scope(), skipped: [], warnings };
}

class Names {
  readonly #problems: Problems;
  #macros = new Map<string, LoadedMacro>();
  #lists = new Map<string, LoadedList>();
  /** Whether a rule holds the maps, so that a change must be made to copies. */
  #isShared = false;
  #copies = 0;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  learn(definition: Definition): void {
    if (definition.kind === "list" && definition.items !== null) {
      const { name, place, items } = definition;
      if (this.#lists.get(name)?.items === items) return;
      this.#makeOwn(definition);
      this.#lists.set(name, { name, place, items });
    } else if (definition.kind === "macro") {
      const { name, place } = definition;
      const condition = parsed(definition.condition);
      if (condition === null || this.#macros.get(name)?.condition === condition) return;
      this.#makeOwn(definition);
      this.#macros.set(name, { name, place, condition });
    }
  }

  scope(): Scope {
    this.#isShared = true;
    return { macros: this.#macros, lists: this.#lists };
  }

  #makeOwn({ name, place }: { name: string; place: LoadedList["place"] }): void {
    if (!this.#isShared) {
      return;
    }
    this.#copies += 1;
    if (this.#copies <= redefinitionsMax) {
      this.#macros = new Map(this.#macros);
      this.#lists = new Map(this.#lists);
      this.#isShared = false;
    } else if (this.#copies === redefinitionsMax + 1) {
      const message = `${name}: macros and lists are defined anew more than ${redefinitionsMax} times`;
      this.#problems.error("POLICY_LIMIT", message, place);
    }
  }
}

function parsed(condition: Passage | Condition | null): Condition | null {
  return condition instanceof Passage ? null : condition;
}

function ruleOf(definition: RuleDefinition, condition: Condition, scope: Scope): LoadedRule {
  const priority = definition.priority ?? "low";
  return {
    name: definition.name,
    place: definition.place,
    description: definition.description ?? "",
    condition,
    unless: [],
    scope,
    output: definition.output?.text ?? "",
    outputPassage: definition.output?.passage ?? null,
    priority,
    severity: severityFor(priority, true),
    tags: definition.tags ?? [],
    actions: definition.actions ?? [],
    prefilter: definition.prefilter ?? [],
    isEnabled: definition.enabled ?? true,
    skipsIfUnknown: false,
  };
}
