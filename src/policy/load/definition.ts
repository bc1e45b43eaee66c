// From the keys and values of one item to a definition: which keys it may have and what their values
// may be. Nothing is merged with other items yet, so every value but the name may be absent.

import { kindByCode } from "../../flatten/record-kinds.ts";
import type { Condition } from "../language/ast.ts";
import type { ProblemCode, Problems } from "../language/problem.ts";
import type { Passage, Place } from "../language/source-text.ts";
import type { ListItem, PolicyMode } from "./loaded.ts";
import { isPriority, priorityWords } from "./priority.ts";
import { placeOf, type RawItem, type RawText, type RawValue } from "./raw-item.ts";

export type Change = "append" | "replace";

interface CommonDefinition {
  readonly name: string;
  readonly item: RawItem;
  readonly place: Place;
  /** What the item changes of an earlier one of this name; null where it is one of its own. */
  readonly changes: ReadonlyMap<string, Change> | null;
  /** It has errors already; what follows from them need not be told. */
  readonly isFaulty: boolean;
}

export interface RuleDefinition extends CommonDefinition {
  readonly kind: "rule";
  readonly condition: Passage | Condition | null;
  readonly description: string | null;
  readonly output: RawText | null;
  readonly priority: string | null;
  readonly tags: readonly string[] | null;
  readonly actions: readonly string[] | null;
  readonly prefilter: readonly string[] | null;
  readonly enabled: boolean | null;
  readonly source: string | null;
  readonly skipsIfUnknown: boolean | null;
  readonly exceptions: RawValue | null;
}

export interface FilterDefinition extends CommonDefinition {
  readonly kind: "filter";
  readonly condition: Passage | Condition | null;
  readonly enabled: boolean | null;
}

export interface MacroDefinition extends CommonDefinition {
  readonly kind: "macro";
  readonly condition: Passage | Condition | null;
}

export interface ListDefinition extends CommonDefinition {
  readonly kind: "list";
  readonly items: readonly ListItem[] | null;
}

export interface RequirementDefinition {
  readonly kind: "required_engine_version" | "required_plugin_versions";
  readonly item: RawItem;
  readonly value: RawValue;
}

export type Definition =
  | RuleDefinition
  | FilterDefinition
  | MacroDefinition
  | ListDefinition
  | RequirementDefinition;

type ItemWord =
  | "rule"
  | "filter"
  | "drop"
  | "macro"
  | "list"
  | "required_engine_version"
  | "required_plugin_versions";

const keysOf: Readonly<Record<ItemWord, readonly string[]>> = {
  rule: [
    ...["rule", "desc", "condition", "output", "priority", "tags", "actions", "prefilter"],
    ...["enabled", "source", "exceptions", "append", "override", "warn_evttypes"],
    ...["skip-if-unknown-filter", "capture", "capture_duration"],
  ],
  filter: ["filter", "desc", "condition", "enabled"],
  drop: ["drop", "desc", "condition", "enabled"],
  macro: ["macro", "condition", "append", "override"],
  list: ["list", "items", "append", "override"],
  required_engine_version: ["required_engine_version"],
  required_plugin_versions: ["required_plugin_versions"],
};

const itemWords = Object.keys(keysOf) as ItemWord[];

/** What `append: true` appends, and what `override` may append. */
const appendable: Readonly<Record<string, readonly string[]>> = {
  rule: ["condition", "output", "desc", "tags", "exceptions", "actions"],
  macro: ["condition"],
  list: ["items"],
};

/** @returns null where the item is of no use; `problems` then has an error. */
export function define(item: RawItem, mode: PolicyMode, problems: Problems): Definition | null {
  const errors = problems.errors;
  const definition = new Definer(item, mode, problems).definition();
  const isFaulty = problems.errors > errors;
  return definition !== null && "isFaulty" in definition ? { ...definition, isFaulty } : definition;
}

class Definer {
  readonly #item: RawItem;
  readonly #mode: PolicyMode;
  readonly #problems: Problems;

  constructor(item: RawItem, mode: PolicyMode, problems: Problems) {
    this.#item = item;
    this.#mode = mode;
    this.#problems = problems;
  }

  definition(): Definition | null {
    const word = itemWords.find((each) => this.#item.entries.has(each));
    if (word === undefined) {
      const first = [...this.#item.entries.keys()][0] ?? "";
      this.#error(
        "POLICY_KEY",
        `an item begins with rule, macro, list or filter${this.#problems.hint(first, itemWords)}`,
      );
      return null;
    }
    this.#checkKeys(word);
    return this.#of(word);
  }

  #of(word: ItemWord): Definition | null {
    const value = this.#value(word) as RawValue;
    const name = value.kind === "text" ? value.text : "";
    if (name === "" && !word.startsWith("required")) {
      this.#error("POLICY_VALUE", `${word}: needs a name`);
      return null;
    }
    const changes = this.#changes(word);
    const common = { name, item: this.#item, place: placeOf(this.#item), changes, isFaulty: false };
    switch (word) {
      case "rule":
        return this.#rule(common);
      case "filter":
      case "drop": {
        const condition = this.#condition();
        return { ...common, kind: "filter", condition, enabled: this.#boolean("enabled") };
      }
      case "macro":
        return { ...common, kind: "macro", condition: this.#condition() };
      case "list":
        return { ...common, kind: "list", items: this.#listItems() };
      case "required_engine_version":
      case "required_plugin_versions":
        return { kind: word, item: this.#item, value };
    }
  }

  #rule(common: CommonDefinition): RuleDefinition {
    const priority = this.#text("priority");
    if (priority !== null && !isPriority(priority.text)) {
      const message = `priority: ${priority.text} is none of ${priorityWords.join(", ")}`;
      this.#error("POLICY_VALUE", message, priority.at);
    }
    const prefilter = this.#texts("prefilter");
    for (const item of prefilter ?? []) this.#checkPrefilter(item);
    const isUpstreams = this.#mode === "sysflow";
    if (!isUpstreams) this.#boolean("warn_evttypes");
    return {
      ...common,
      kind: "rule",
      condition: this.#condition(),
      description: this.#text("desc")?.text ?? null,
      output: this.#text("output"),
      priority: priority?.text.toLowerCase() ?? null,
      tags: this.#texts("tags")?.map((item) => item.text) ?? null,
      actions: this.#texts("actions")?.map((item) => item.text) ?? null,
      prefilter: prefilter?.map((item) => item.text) ?? null,
      enabled: this.#boolean("enabled"),
      source: this.#text("source")?.text ?? null,
      skipsIfUnknown: isUpstreams ? null : this.#boolean("skip-if-unknown-filter"),
      exceptions: this.#value("exceptions"),
    };
  }

  #checkPrefilter(item: RawText): void {
    if (this.#mode === "default" && !kindByCode.has(item.text)) {
      const codes = [...kindByCode.keys()];
      const message = `prefilter: ${item.text} is no type of record; it must be one of ${codes.join(", ")}`;
      this.#error("POLICY_VALUE", message, item.at);
    }
  }

  #checkKeys(word: ItemWord): void {
    const known = keysOf[word];
    for (const { key, keyAt } of this.#item.entries.values()) {
      if (!known.includes(key)) {
        const message = `${word === "drop" ? "filter" : word} has no key ${key}${this.#problems.hint(key, known)}`;
        this.#error("POLICY_KEY", message, keyAt);
      }
    }
  }

  #changes(word: ItemWord): ReadonlyMap<string, Change> | null {
    const override = this.#value("override");
    if (override === null) {
      // Upstream reads `append` and lets the later one replace the earlier one all the same.
      const isAppend = this.#boolean("append") === true && this.#mode === "default";
      return isAppend ? new Map((appendable[word] ?? []).map((key) => [key, "append"])) : null;
    }
    const changes = new Map<string, Change>();
    if (override.kind !== "map") {
      this.#error("POLICY_VALUE", "override: needs keys, such as condition: append", override.at);
      return changes;
    }
    for (const { key, keyAt, value } of override.entries.values()) {
      const change = value.kind === "text" ? value.text : "";
      if (!this.#item.entries.has(key)) {
        this.#error("POLICY_KEY", `override: names ${key}, which the item does not have`, keyAt);
      } else if (change === "replace") {
        changes.set(key, "replace");
      } else if (change === "append" && (appendable[word] ?? []).includes(key)) {
        changes.set(key, "append");
      } else {
        const choices = (appendable[word] ?? []).includes(key) ? "append or replace" : "replace";
        this.#error("POLICY_VALUE", `override: ${key} can be ${choices}`, value.at);
      }
    }
    for (const { key, keyAt } of this.#item.entries.values()) {
      if (key !== word && key !== "override" && !override.entries.has(key)) {
        this.#error("POLICY_KEY", `${key}: stands beside override, which does not name it`, keyAt);
      }
    }
    return changes;
  }

  #condition(): Passage | Condition | null {
    const value = this.#value("condition");
    if (value?.kind === "condition") {
      return value.condition;
    }
    return this.#text("condition")?.passage ?? null;
  }

  #listItems(): readonly ListItem[] | null {
    const items = this.#texts("items");
    return (
      items?.map(({ text, isQuoted, at }) => {
        return { text, isQuoted, place: placeOf(this.#item, at) };
      }) ?? null
    );
  }

  #value(key: string): RawValue | null {
    return this.#item.entries.get(key)?.value ?? null;
  }

  #text(key: string): RawText | null {
    const value = this.#value(key);
    if (value === null || value.kind === "text") {
      return value;
    }
    this.#error("POLICY_VALUE", `${key}: must be a text`, value.at);
    return null;
  }

  #boolean(key: string): boolean | null {
    const value = this.#text(key);
    if (value === null) {
      return null;
    }
    const text = this.#mode === "sysflow" ? value.text.replace(/^["']|["']$/g, "") : value.text;
    if (yes.has(text)) return true;
    if (no.has(text)) return false;
    const message = `${key}: must be true or false, not ${text}`;
    if (this.#mode === "sysflow") {
      this.#problems.warning("POLICY_DOUBTFUL", message, placeOf(this.#item, value.at));
      return true;
    }
    this.#error("POLICY_VALUE", message, value.at);
    return null;
  }

  #texts(key: string): readonly RawText[] | null {
    const value = this.#value(key);
    if (value === null) {
      return null;
    }
    if (value.kind === "text" && value.text === "") {
      return [];
    }
    const items = value.kind === "list" ? value.items : [];
    const texts = items.filter((item) => item.kind === "text");
    if (value.kind !== "list" || texts.length !== items.length) {
      this.#error("POLICY_VALUE", `${key}: must be a list of texts, such as [a, b]`, value.at);
    }
    return texts;
  }

  #error(code: ProblemCode, message: string, at: number = this.#item.at): void {
    this.#problems.error(code, message, placeOf(this.#item, at));
  }
}

/** As Go reads them. */
const yes: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const no: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"]);
