// The searches of a detection. A map means all of its lines, a list any of its items; a list of texts
// has no field: they are keywords. All faults of a search are reported, not the first alone.

import type { Expression } from "../language/ast.ts";
import { type Problems, SyntaxFault } from "../language/problem.ts";
import type { RawEntry, RawList, RawMap, RawText, RawValue } from "../load/raw-item.ts";
import { type Field, type FieldMap, keywordField } from "./field-map.ts";
import { Matcher } from "./match.ts";
import { type Modifiers, modifiersOf } from "./modifiers.ts";
import { kindOf } from "./scalar.ts";
import { allOf, anyOf, type Budget, standingAt } from "./terms.ts";

/** Takes what is wrong, with an offset in the file. */
export type OnFault = (fault: SyntaxFault) => void;

export class SearchReader {
  readonly #fields: FieldMap;
  readonly #matcher: Matcher;
  readonly #problems: Problems;
  readonly #onFault: OnFault;

  /** @param problems for suggestions alone: what is wrong goes to `onFault` */
  constructor(fields: FieldMap, budget: Budget, problems: Problems, onFault: OnFault) {
    this.#fields = fields;
    this.#matcher = new Matcher(fields, budget);
    this.#problems = problems;
    this.#onFault = onFault;
  }

  /** Null where something is wrong; `onFault` then has it. */
  expression(value: RawValue): Expression | null {
    switch (value.kind) {
      case "map":
        return this.#map(value);
      case "list":
        return this.#list(value);
      case "text":
        return this.#keywords([value], value.at);
      case "condition":
        return this.#fault("a search has fields or keywords", value.at);
    }
  }

  #map({ entries, at }: RawMap): Expression | null {
    if (entries.size === 0) {
      return this.#fault("a search has at least one field", at);
    }
    const terms = [...entries.values()].map((entry) => this.#line(entry));
    return hasAll(terms) ? allOf(terms, standingAt(at)) : null;
  }

  #list({ items, at }: RawList): Expression | null {
    if (items.length === 0) {
      return this.#fault("a search has at least one item", at);
    }
    const texts = items.filter((item) => item.kind === "text");
    if (texts.length === items.length) {
      return this.#keywords(texts, at);
    }
    const terms = items.map((item) => this.expression(item));
    return hasAll(terms) ? anyOf(terms, standingAt(at)) : null;
  }

  #keywords(values: readonly RawText[], at: number): Expression | null {
    return this.#caught(() => this.#term("", modifiersOf([], at, this.#problems), values, at));
  }

  #line({ key, keyAt, value }: RawEntry): Expression | null {
    const [field = "", ...words] = key.split("|");
    const values = this.#values(key, value);
    return this.#caught(() => {
      const modifiers = modifiersOf(words, keyAt, this.#problems);
      return values === null ? null : this.#term(field, modifiers, values, keyAt);
    });
  }

  #values(key: string, value: RawValue): readonly RawText[] | null {
    const items = value.kind === "list" ? value.items : [value];
    const texts = items.filter((item) => item.kind === "text");
    if (texts.length === items.length && texts.length > 0) {
      return texts;
    }
    const odd = items.find((item) => item.kind !== "text") ?? value;
    const found = items.length === 0 ? "an empty list" : kindOf(odd);
    return this.#fault(`${key}: takes a value or a list of values, not ${found}`, odd.at);
  }

  #term(
    name: string,
    modifiers: Modifiers,
    values: readonly RawText[],
    at: number,
  ): Expression | null {
    const field = this.#field(name, modifiers, at);
    const span = standingAt(at);
    return field === null
      ? null
      : this.#matcher.match({ field, isKeyword: name === "", modifiers, values, span });
  }

  #field(name: string, { kind }: Modifiers, at: number): Field | null {
    if (name === "" && kind !== "pattern" && kind !== "re") {
      throw new SyntaxFault("keywords have no such modifier: a field must stand before it", at);
    }
    const field = name === "" ? keywordField() : this.#fields.find(name);
    if (field.kind === "none") {
      throw new SyntaxFault(field.reason, at, "POLICY_UNSUPPORTED_FIELD");
    }
    return field;
  }

  #caught(read: () => Expression | null): Expression | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      this.#onFault(error);
      return null;
    }
  }

  #fault(message: string, at: number): null {
    this.#onFault(new SyntaxFault(message, at, "POLICY_VALUE"));
    return null;
  }
}

function hasAll(terms: readonly (Expression | null)[]): terms is readonly Expression[] {
  return !terms.includes(null);
}
