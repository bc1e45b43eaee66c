// From one document to one rule of the engine, or to the reasons why there is none.

import type { Condition, Expression } from "../language/ast.ts";
import { type ProblemCode, type Problems, SyntaxFault } from "../language/problem.ts";
import type { Place, SourceFile } from "../language/source-text.ts";
import {
  type LoadedRule,
  type Scope,
  type Severity,
  type SkippedRule,
  severities,
} from "../load/loaded.ts";
import type { RawMap, RawValue } from "../load/raw-item.ts";
import { conditionOf, type Search } from "./condition.ts";
import type { FieldMap } from "./field-map.ts";
import { type LogSource, logSourceOf } from "./log-source.ts";
import { kindOf } from "./scalar.ts";
import { SearchReader } from "./search.ts";
import { allOf, anyOf, Budget, standingAt } from "./terms.ts";
import { writtenCondition } from "./written-condition.ts";

export interface SigmaOptions {
  readonly fields: FieldMap;
  /** What records cannot answer leaves a rule out, and is no error. */
  readonly skipUnsupported: boolean;
}

const noScope: Scope = { macros: new Map(), lists: new Map() };

/** The states that a rule can be in. */
const statuses = ["stable", "test", "experimental", "deprecated", "unsupported"] as const;

/** Keys of documents that are no rules, and what those are called. */
const otherDocuments: ReadonlyMap<string, string> = new Map([
  ["correlation", "correlation rules"],
  ["filter", "filters for other rules"],
]);

/** Of detections, what is no search. */
const notSearches: ReadonlySet<string> = new Set(["condition", "timeframe"]);

export class RuleReader {
  readonly #options: SigmaOptions;
  readonly #problems: Problems;
  readonly #budget = new Budget();
  readonly #skipped: SkippedRule[];

  constructor(options: SigmaOptions, problems: Problems, skipped: SkippedRule[]) {
    this.#options = options;
    this.#problems = problems;
    this.#skipped = skipped;
  }

  /** Null where the rule is left out, or where it is wrong, which `problems` then has. */
  rule(file: SourceFile, map: RawMap): LoadedRule | null {
    return new OneRule(
      file,
      map,
      this.#options,
      this.#problems,
      this.#budget,
      this.#skipped,
    ).rule();
  }
}

class OneRule {
  readonly #file: SourceFile;
  readonly #map: RawMap;
  readonly #options: SigmaOptions;
  readonly #problems: Problems;
  readonly #budget: Budget;
  readonly #skipped: SkippedRule[];
  readonly #name: string;
  /** What records cannot answer, each said once. */
  readonly #unsupported = new Map<string, Place>();
  #isWrong = false;

  constructor(
    file: SourceFile,
    map: RawMap,
    options: SigmaOptions,
    problems: Problems,
    budget: Budget,
    skipped: SkippedRule[],
  ) {
    this.#file = file;
    this.#map = map;
    this.#options = options;
    this.#problems = problems;
    this.#budget = budget;
    this.#skipped = skipped;
    this.#name = this.#text("id", "title");
  }

  rule(): LoadedRule | null {
    for (const [key, what] of otherDocuments) {
      const entry = this.#map.entries.get(key);
      if (entry === undefined) continue;
      const type = entry.value.kind === "map" ? entry.value.entries.get("type")?.value : undefined;
      const which = type?.kind === "text" ? `: this one is ${type.text}` : "";
      this.#fault("POLICY_UNSUPPORTED_FIELD", `${what} are not supported${which}`, entry.keyAt);
      return this.#left();
    }
    if (this.#name === "") {
      this.#fault("POLICY_KEY", "a Sigma rule needs an id or a title", this.#map.at);
    }
    const logsource = this.#mapOf("logsource");
    this.#checkWords(logsource);
    const source = logSourceOf(logsource);
    const severity = this.#severity();
    const status = this.#status();
    const tags = this.#tags();
    const isOther = "reason" in source;
    if (isOther || status === "unsupported") {
      const reason = isOther ? source.reason : "its status is unsupported";
      if (!this.#isWrong) this.#skip(reason);
      return null;
    }
    const expression = this.#detection(source);
    if (this.#isWrong || this.#unsupported.size > 0 || expression === null) {
      return this.#left();
    }
    const condition = writtenCondition(expression, this.#file);
    return this.#made(source, severity, tags, condition);
  }

  #made(
    source: LogSource,
    severity: Severity,
    tags: readonly string[],
    condition: Condition,
  ): LoadedRule {
    return {
      name: this.#name,
      place: this.#file.place(this.#map.at),
      description: this.#text("description", "title"),
      condition,
      unless: [],
      scope: noScope,
      output: this.#output(source),
      outputPassage: null,
      priority: severity,
      severity,
      tags,
      actions: [],
      prefilter: source.kinds,
      isEnabled: true,
      skipsIfUnknown: false,
    };
  }

  /** Nothing came of it, for reasons that are told now. */
  #left(): null {
    if (this.#options.skipUnsupported) {
      const [first] = this.#unsupported;
      if (first !== undefined && !this.#isWrong) this.#skip(...first);
      return null;
    }
    for (const [reason, place] of this.#unsupported) {
      const message = `${this.#title()}: ${reason}`;
      this.#problems.error("POLICY_UNSUPPORTED_FIELD", message, place);
    }
    return null;
  }

  #skip(reason: string, place: Place = this.#file.place(this.#map.at)): void {
    this.#skipped.push({ name: this.#title(), place, reason });
  }

  #title(): string {
    return this.#text("title", "id");
  }

  #checkWords(logsource: RawMap | null): void {
    for (const key of ["product", "category", "service"]) {
      const value = logsource?.entries.get(key)?.value;
      if (value !== undefined && value.kind !== "text") {
        this.#fault("POLICY_VALUE", `${key}: must be a text, not ${kindOf(value)}`, value.at);
      }
    }
  }

  #severity(): Severity {
    const level = this.#value("level");
    const word = level?.kind === "text" ? level.text.toLowerCase() : "";
    const severity = severities.find((each) => each === word);
    if (level !== null && severity === undefined) {
      const near = this.#problems.hint(word, severities);
      const message = `level: must be one of ${severities.join(", ")}, not ${kindOf(level)}${near}`;
      this.#fault("POLICY_VALUE", message, level.at);
    }
    return severity ?? "informational";
  }

  #status(): string {
    const status = this.#value("status");
    const word = status?.kind === "text" ? status.text.toLowerCase() : "";
    if (status !== null && !statuses.some((each) => each === word)) {
      const near = this.#problems.hint(word, statuses);
      const message = `status: is none of ${statuses.join(", ")}: ${kindOf(status)}${near}`;
      this.#problems.warning("POLICY_DOUBTFUL", message, this.#file.place(status.at));
    }
    return word;
  }

  #tags(): readonly string[] {
    const value = this.#value("tags");
    if (value === null) {
      return [];
    }
    const items = value.kind === "list" ? value.items : [];
    const tags = items.flatMap((item) => (item.kind === "text" ? [item.text] : []));
    if (value.kind !== "list" || tags.length < items.length) {
      this.#fault("POLICY_VALUE", `tags: must be a list of texts, not ${kindOf(value)}`, value.at);
    }
    return tags;
  }

  #detection(source: LogSource): Expression | null {
    const detection = this.#mapOf("detection");
    if (detection === null) {
      if (this.#value("detection") === null) {
        this.#fault("POLICY_KEY", "a Sigma rule needs the key detection", this.#map.at);
      }
      return null;
    }
    const searches = this.#searches(detection);
    const condition = detection.entries.get("condition")?.value;
    if (condition === undefined) {
      this.#fault("POLICY_KEY", "detection: needs a condition", detection.at);
      return null;
    }
    const expression = this.#condition(condition, searches);
    if (expression === null || source.only === null) {
      return expression;
    }
    const category = this.#mapOf("logsource")?.entries.get("category");
    const at = category?.keyAt ?? this.#map.at;
    const span = standingAt(at);
    return allOf([source.only(span), expression], span);
  }

  /** Searches with faults are among them, so that the condition is not said to lack them. */
  #searches(detection: RawMap): ReadonlyMap<string, Search> {
    const { fields } = this.#options;
    const onFault = (fault: SyntaxFault) => this.#fault(fault.code, fault.message, fault.offset);
    const reader = new SearchReader(fields, this.#budget, this.#problems, onFault);
    const searches = new Map<string, Search>();
    for (const { key, value } of detection.entries.values()) {
      if (notSearches.has(key)) continue;
      const before = this.#budget.taken;
      const expression = reader.expression(value) ?? { kind: "or", terms: [], span: standingAt(0) };
      searches.set(key, { expression, size: this.#budget.taken - before });
    }
    return searches;
  }

  /** Of several conditions one must hold. */
  #condition(value: RawValue, searches: ReadonlyMap<string, Search>): Expression | null {
    const items = value.kind === "list" ? value.items : [value];
    const terms = items.map((item) => this.#oneCondition(item, searches));
    const whole = terms.filter((term) => term !== null);
    if (whole.length < terms.length) {
      return null;
    }
    if (whole.length === 0) {
      this.#fault("POLICY_VALUE", "condition: must not be empty", value.at);
      return null;
    }
    return anyOf(whole, standingAt(value.at));
  }

  #oneCondition(value: RawValue, searches: ReadonlyMap<string, Search>): Expression | null {
    if (value.kind !== "text") {
      this.#fault("POLICY_VALUE", `condition: must be a text, not ${kindOf(value)}`, value.at);
      return null;
    }
    const { passage } = value;
    try {
      const span = standingAt(value.at);
      return conditionOf(passage.text, searches, span, this.#budget, this.#problems);
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      this.#fault(error.code, error.message, passage.place(error.offset));
      return null;
    }
  }

  /** What an alert shows: the title, and the attributes that tell what happened. */
  #output(source: LogSource): string {
    // There is no escape for a percent sign there: this one is wider, and no field begins with it.
    return `${this.#title().replaceAll("%", "\uFF05")} (${source.output})`;
  }

  /** @param at an offset in the file, or a place */
  #fault(code: ProblemCode, message: string, at: number | Place): void {
    const place = typeof at === "number" ? this.#file.place(at) : at;
    if (code === "POLICY_UNSUPPORTED_FIELD") {
      if (!this.#unsupported.has(message)) this.#unsupported.set(message, place);
    } else {
      this.#isWrong = true;
      this.#problems.error(code, message, place);
    }
  }

  /** What the first of these keys says that says something; "" where none does. */
  #text(...keys: readonly string[]): string {
    for (const key of keys) {
      const value = this.#value(key);
      if (value?.kind === "text") return value.text.trim();
    }
    return "";
  }

  /** Null where the key is missing or says nothing. */
  #value(key: string): RawValue | null {
    const value = this.#map.entries.get(key)?.value;
    const isNothing = value?.kind === "text" && value.text === "";
    return value === undefined || isNothing ? null : value;
  }

  #mapOf(key: string): RawMap | null {
    const value = this.#value(key);
    if (value === null || value.kind === "map") {
      return value;
    }
    const message = `${key}: must have keys below it, not ${kindOf(value)}`;
    this.#fault("POLICY_VALUE", message, value.at);
    return null;
  }
}
