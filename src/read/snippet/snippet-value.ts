// Values of a record that a person wrote: texts, lists and maps, each with where it stands. A reader of
// YAML brings them; this one asks for what it wants, and says what is wrong with the rest.

import { nearest } from "../../base/suggest.ts";

export type SnippetValue = SnippetText | SnippetList | SnippetMap;

interface SnippetText {
  readonly kind: "text";
  readonly text: string;
  /** Offset in what was read. */
  readonly at: number;
}

interface SnippetList {
  readonly kind: "list";
  readonly items: readonly SnippetValue[];
  readonly at: number;
}

export interface SnippetMap {
  readonly kind: "map";
  readonly entries: ReadonlyMap<
    string,
    { readonly key: string; readonly keyAt: number; readonly value: SnippetValue }
  >;
  readonly at: number;
}

export class SnippetFault extends Error {
  /** Offset in what was read. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = "SnippetFault";
    this.at = at;
  }
}

/** A map by its keys. Each key that is there must be one of those it may have. */
export class SnippetFields {
  readonly at: number;
  readonly #map: SnippetMap;

  /** @throws SnippetFault where the value is no map, or has another key */
  constructor(value: SnippetValue, keys: readonly string[], what: string) {
    if (value.kind !== "map") {
      throw new SnippetFault(`${what} has keys: ${keys.join(", ")}`, value.at);
    }
    for (const { key, keyAt } of value.entries.values()) {
      if (!keys.includes(key)) {
        const guess = nearest(key, keys);
        const hint = guess === null ? `it has ${keys.join(", ")}` : `did you mean ${guess}?`;
        throw new SnippetFault(`${what} has no ${key}; ${hint}`, keyAt);
      }
    }
    this.#map = value;
    this.at = value.at;
  }

  has(key: string): boolean {
    return this.#map.entries.has(key);
  }

  /** Where the value of a key stands. */
  atOf(key: string): number {
    return this.value(key)?.at ?? this.at;
  }

  value(key: string): SnippetValue | null {
    return this.#map.entries.get(key)?.value ?? null;
  }

  text(key: string, without: string): string {
    const value = this.value(key);
    if (value === null) {
      return without;
    }
    if (value.kind !== "text") {
      throw new SnippetFault(`${key} is a text`, value.at);
    }
    return value.text;
  }

  /** One text, or several in a list. */
  texts(key: string, without: readonly string[]): readonly string[] {
    const value = this.value(key);
    if (value === null) {
      return without;
    }
    const items = value.kind === "list" ? value.items : [value];
    return items.map((item) => {
      if (item.kind !== "text") {
        throw new SnippetFault(`${key} is a list of texts`, item.at);
      }
      return item.text;
    });
  }

  integer(key: string, without: number): number {
    const text = this.text(key, String(without));
    const number = /^-?[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(number)) {
      throw new SnippetFault(`${key} is a whole number, not "${text}"`, this.atOf(key));
    }
    return number;
  }

  boolean(key: string, without: boolean): boolean {
    const text = this.text(key, String(without));
    if (text !== "true" && text !== "false") {
      throw new SnippetFault(`${key} is true or false, not "${text}"`, this.atOf(key));
    }
    return text === "true";
  }

  /** One of several words, whatever their case. @returns what stands behind it */
  word<T>(key: string, words: ReadonlyMap<string, T>, without: T): T {
    return this.has(key) ? wordOf(key, this.text(key, ""), words, this.atOf(key)) : without;
  }

  /** The bits of several words, together. */
  bits(key: string, words: ReadonlyMap<string, number>, without: number): number {
    const texts = this.texts(key, []);
    return this.has(key)
      ? texts.reduce((all, text) => all | wordOf(key, text, words, this.atOf(key)), 0)
      : without;
  }
}

function wordOf<T>(key: string, text: string, words: ReadonlyMap<string, T>, at: number): T {
  const found = words.get(text.toUpperCase());
  if (found === undefined) {
    const known = [...words.keys()];
    const guess = nearest(text.toUpperCase(), known);
    const hint = guess === null ? `one of ${known.join(", ")}` : `did you mean ${guess}?`;
    throw new SnippetFault(`${key} cannot be "${text}"; ${hint}`, at);
  }
  return found;
}
