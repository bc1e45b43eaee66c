// Brings the items of all files together, as Falco does: a later macro or list of the same name
// replaces the earlier one, `append` and `override` change a part of it, and all conditions see the
// macros and lists as they are at the end. Only then are conditions parsed, since what is appended
// makes one text with what was there. Rules of one name are all kept, as upstream keeps them: two of
// its files that are meant to be loaded together share names of rules.

import type { Condition } from "../language/ast.ts";
import { limits } from "../language/limits.ts";
import { parseCondition } from "../language/parser.ts";
import { type Problems, SyntaxFault } from "../language/problem.ts";
import { Passage, type Place } from "../language/source-text.ts";
import type {
  Change,
  Definition,
  FilterDefinition,
  ListDefinition,
  MacroDefinition,
  RuleDefinition,
} from "./definition.ts";
import { type Exception, exceptionConditions, readExceptions } from "./exceptions.ts";
import type {
  ListItem,
  LoadedFilter,
  LoadedList,
  LoadedMacro,
  LoadedPolicies,
  LoadedRule,
  SkippedRule,
} from "./loaded.ts";
import { severityFor } from "./priority.ts";
import type { RawText } from "./raw-item.ts";

/** What a rule consists of so far. */
interface RuleState {
  readonly name: string;
  place: Place;
  condition: Passage;
  description: string;
  output: RawText | null;
  outputText: string;
  priority: string;
  tags: readonly string[];
  actions: readonly string[];
  prefilter: readonly string[];
  isEnabled: boolean;
  source: string;
  skipsIfUnknown: boolean;
  exceptions: readonly Exception[];
}

interface MacroState {
  readonly name: string;
  readonly place: Place;
  condition: Passage;
}

interface ListState {
  readonly name: string;
  readonly place: Place;
  items: readonly ListItem[];
}

/** With errors in `problems` the result must not be used. */
export function mergeDefinitions(
  definitions: readonly Definition[],
  problems: Problems,
): LoadedPolicies {
  const merger = new Merger(problems);
  for (const definition of definitions) {
    merger.add(definition);
  }
  return merger.finish();
}

class Merger {
  readonly #problems: Problems;
  readonly #rules: RuleState[] = [];
  /** The last of each name: what later items change. */
  readonly #ruleOf = new Map<string, RuleState>();
  readonly #macros = new Map<string, MacroState>();
  readonly #lists = new Map<string, ListState>();
  readonly #filters: FilterDefinition[] = [];
  readonly #changesOf = new Map<unknown, number>();
  /** Names of items with errors: what changes them has no error of its own. */
  readonly #faulty = new Set<string>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  add(definition: Definition): void {
    if ("isFaulty" in definition && definition.isFaulty) {
      this.#faulty.add(`${definition.kind} ${definition.name}`);
      return;
    }
    switch (definition.kind) {
      case "rule":
        this.#rule(definition);
        break;
      case "filter":
        this.#filters.push(definition);
        break;
      case "macro":
        this.#macro(definition);
        break;
      case "list":
        this.#list(definition);
        break;
      case "required_engine_version":
      case "required_plugin_versions":
        break;
    }
  }

  #macro(definition: MacroDefinition): void {
    const { name, changes, place } = definition;
    const condition = passageOf(definition.condition);
    if (condition === null) {
      this.#problems.error("POLICY_KEY", `the macro ${name} needs a condition`, place);
      return;
    }
    const state = { name, place, condition };
    if (changes === null) {
      this.#macros.set(name, state);
      return;
    }
    const earlier = this.#earlier(this.#macros, definition);
    if (earlier !== null) {
      const isAppend = changes.get("condition") === "append";
      earlier.condition = isAppend ? earlier.condition.followedBy(condition) : condition;
    }
  }

  #list(definition: ListDefinition): void {
    const { name, changes, place, items } = definition;
    if (items === null) {
      this.#problems.error("POLICY_KEY", `the list ${name} needs items`, place);
      return;
    }
    if (changes === null) {
      this.#lists.set(name, { name, place, items });
      return;
    }
    const earlier = this.#earlier(this.#lists, definition);
    if (earlier !== null) {
      earlier.items = changes.get("items") === "append" ? [...earlier.items, ...items] : items;
      if (earlier.items.length > limits.listMembers) {
        const message = `the list ${name} has more than ${limits.listMembers} items`;
        this.#problems.error("POLICY_LIMIT", message, place);
      }
    }
  }

  #rule(definition: RuleDefinition): void {
    const { name, place, changes, enabled } = definition;
    if (changes !== null) {
      const earlier = this.#earlier(this.#ruleOf, definition);
      if (earlier !== null) this.#change(earlier, definition, changes);
      return;
    }
    const condition = passageOf(definition.condition);
    if (condition === null) {
      if (enabled !== null && definition.item.entries.size === 2) {
        const earlier = this.#earlier(this.#ruleOf, definition);
        if (earlier !== null) earlier.isEnabled = enabled;
      } else {
        this.#problems.error("POLICY_KEY", `the rule ${name} needs a condition`, place);
      }
      return;
    }
    const earlier = this.#ruleOf.get(name);
    if (earlier !== undefined) {
      const { file, line } = earlier.place;
      const message = `the rule ${name} is also at ${file}:${line}; both are kept (to change it, use override)`;
      this.#problems.warning("POLICY_DOUBTFUL", message, place);
    }
    const { exceptions } = definition;
    const rule: RuleState = {
      name,
      place,
      condition,
      description: definition.description ?? "",
      output: definition.output,
      outputText: definition.output?.text ?? "",
      priority: definition.priority ?? "low",
      tags: definition.tags ?? [],
      actions: definition.actions ?? [],
      prefilter: definition.prefilter ?? [],
      isEnabled: enabled ?? true,
      source: definition.source ?? "syscall",
      skipsIfUnknown: definition.skipsIfUnknown ?? false,
      exceptions:
        exceptions === null ? [] : readExceptions(definition.item, exceptions, [], this.#problems),
    };
    this.#rules.push(rule);
    this.#ruleOf.set(name, rule);
  }

  #change(rule: RuleState, definition: RuleDefinition, changes: ReadonlyMap<string, Change>): void {
    const appends = (key: string) => changes.get(key) === "append";
    const condition = passageOf(definition.condition);
    if (condition !== null) {
      rule.condition = appends("condition") ? rule.condition.followedBy(condition) : condition;
    }
    const { output, description, tags, actions, exceptions } = definition;
    if (description !== null) {
      rule.description = appends("desc") ? `${rule.description} ${description}` : description;
    }
    if (output !== null) {
      rule.outputText = appends("output") ? `${rule.outputText} ${output.text}` : output.text;
      rule.output = output;
    }
    if (tags !== null) rule.tags = appends("tags") ? [...rule.tags, ...tags] : tags;
    if (actions !== null)
      rule.actions = appends("actions") ? [...rule.actions, ...actions] : actions;
    if (exceptions !== null) {
      const kept = appends("exceptions") ? rule.exceptions : [];
      rule.exceptions = readExceptions(definition.item, exceptions, kept, this.#problems);
    }
    rule.priority = definition.priority ?? rule.priority;
    rule.prefilter = definition.prefilter ?? rule.prefilter;
    rule.isEnabled = definition.enabled ?? rule.isEnabled;
    rule.source = definition.source ?? rule.source;
    rule.skipsIfUnknown = definition.skipsIfUnknown ?? rule.skipsIfUnknown;
  }

  /** What an item appends to or changes, or null with an error. */
  #earlier<T>(
    known: ReadonlyMap<string, T>,
    { kind, name, place }: RuleDefinition | MacroDefinition | ListDefinition,
  ): T | null {
    const earlier = known.get(name);
    if (earlier !== undefined) {
      const changes = (this.#changesOf.get(earlier) ?? 0) + 1;
      this.#changesOf.set(earlier, changes);
      if (changes <= limits.changes) {
        return earlier;
      }
      const message = `the ${kind} ${name} is changed more than ${limits.changes} times`;
      this.#problems.error("POLICY_LIMIT", message, place);
      return null;
    }
    if (this.#faulty.has(`${kind} ${name}`)) {
      return null;
    }
    const message = `no earlier ${kind} is named ${name}${this.#problems.hint(name, [...known.keys()])}`;
    this.#problems.error("POLICY_UNKNOWN_NAME", message, place);
    return null;
  }

  finish(): LoadedPolicies {
    const macros = new Map<string, LoadedMacro>();
    for (const { name, place, condition } of this.#macros.values()) {
      const parsed = this.#parse(condition);
      if (parsed !== null) macros.set(name, { name, place, condition: parsed });
    }
    const lists = new Map<string, LoadedList>(this.#lists);
    const scope = { macros, lists };
    const rules: LoadedRule[] = [];
    const skipped: SkippedRule[] = [];
    for (const rule of this.#rules) {
      const { name, place, source } = rule;
      if (source !== "syscall") {
        skipped.push({ name, place, reason: `its source is ${source}, not syscall` });
        continue;
      }
      const condition = this.#parse(rule.condition);
      if (condition === null) continue;
      rules.push({
        name,
        place,
        description: rule.description,
        condition,
        unless: exceptionConditions(rule.exceptions, this.#problems),
        scope,
        output: rule.outputText,
        outputPassage: rule.output?.passage ?? null,
        priority: rule.priority,
        severity: severityFor(rule.priority, false),
        tags: rule.tags,
        actions: rule.actions,
        prefilter: rule.prefilter,
        isEnabled: rule.isEnabled,
        skipsIfUnknown: rule.skipsIfUnknown,
      });
    }
    const filters = this.#finishFilters(scope);
    const warnings = this.#problems.list.filter(({ severity }) => severity === "warning");
    return { mode: "default", rules, filters, scope, skipped, warnings };
  }

  #finishFilters(scope: LoadedPolicies["scope"]): LoadedFilter[] {
    const filters: LoadedFilter[] = [];
    for (const { name, place, condition, enabled } of this.#filters) {
      const passage = passageOf(condition);
      if (passage === null) {
        this.#problems.error("POLICY_KEY", `the filter ${name} needs a condition`, place);
        continue;
      }
      const parsed = this.#parse(passage);
      if (parsed !== null) {
        filters.push({ name, place, condition: parsed, scope, isEnabled: enabled ?? true });
      }
    }
    return filters;
  }

  #parse(passage: Passage): Condition | null {
    try {
      return parseCondition(passage);
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      this.#problems.error(error.code, error.message, passage.place(error.offset));
      return null;
    }
  }
}

function passageOf(condition: Passage | Condition | null): Passage | null {
  return condition instanceof Passage ? condition : null;
}
