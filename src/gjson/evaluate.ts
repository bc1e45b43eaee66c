// A path on a document. One pass over the text, which stops where the answer is certain; objects and
// arrays that the path does not enter are skipped, not read. What GJSON does with broken documents
// and with repeated keys follows from the order of the search, and is kept.

import type { Budget } from "./budget.ts";
import { applyModifier } from "./modifiers.ts";
import type { ArrayStep, ElementQuery, ObjectStep, Path, SubPath } from "./path.ts";
import { satisfies } from "./query.ts";
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  kindAt,
  NO_END,
  OPEN_OBJECT,
  QUOTE,
  stringEnd,
  type ValueKind,
  valueEnd,
  valueKind,
  valueStart,
} from "./scan.ts";
import { unescaped } from "./text.ts";
import { MISSING, membersOf, parseValue, Value, valueBetween } from "./value.ts";
import { matchesPattern } from "./wildcard.ts";

/** @returns MISSING where nothing is found. @throws OverBudget */
export function evaluate(document: string, wholePath: Path, budget: Budget): Value {
  budget.descend();
  let json = document;
  let path: Path | null = wholePath;
  let found = MISSING;
  while (path !== null) {
    budget.spend(1);
    const { start }: Path = path;
    switch (start.kind) {
      case "literal":
        json = start.json;
        found = wholeValue(json, budget);
        path = start.rest;
        break;
      case "modifier":
        json =
          start.name === "dig"
            ? dig(json, start.path, budget)
            : applyModifier(start.name, start.argument, json, budget);
        path = start.rest;
        found = path === null ? wholeValue(json, budget) : MISSING;
        break;
      case "multipath":
        json = start.isObject
          ? `{${builtMembers(json, start.members, true, budget)}}`
          : `[${builtMembers(json, start.members, false, budget)}]`;
        path = start.rest;
        found = new Value("JSON", json);
        break;
      case "lines":
      case "plain": {
        const search = new Search(json, budget);
        if (start.kind === "lines") {
          search.inArray(0, start.path);
        } else {
          search.inDocument(path);
        }
        found = search.value;
        json = found.raw;
        path = search.pipe;
        break;
      }
      default:
        return start satisfies never;
    }
  }
  budget.ascend();
  return found;
}

function wholeValue(json: string, budget: Budget): Value {
  budget.spend(json.length);
  return parseValue(json);
}

function builtMembers(
  json: string,
  members: readonly SubPath[],
  hasKeys: boolean,
  budget: Budget,
): string {
  const texts: string[] = [];
  for (const { key, path } of members) {
    const value = evaluate(json, path, budget);
    if (value.exists) {
      texts.push(hasKeys ? `${key}:${value.raw}` : value.raw);
      budget.spendOnValue();
      budget.spend(key.length + value.raw.length);
    }
  }
  return texts.join(",");
}

/** What the path finds in a value, in the values in it, and so on; from the outside in. */
function dig(json: string, path: Path, budget: Budget): string {
  const texts: string[] = [];
  digInto(wholeValue(json, budget), path, texts, budget);
  return `[${texts.join(",")}]`;
}

function digInto(parent: Value, path: Path, texts: string[], budget: Budget): void {
  budget.descend();
  const found = evaluate(parent.raw, path, budget);
  if (found.exists) {
    budget.spendOnValue();
    budget.spend(found.raw.length);
    texts.push(found.raw);
  }
  for (const { value } of membersOf(parent, budget)) {
    digInto(value, path, texts, budget);
  }
  budget.ascend();
}

/** One pass over a document. Its functions return the index after what they have looked at. */
class Search {
  readonly #json: string;
  readonly #budget: Budget;
  /** What was found. A query for all may leave its array here and go on looking for better. */
  value = MISSING;
  /** What is to be applied to it. */
  pipe: Path | null = null;
  /** Whether the function that has just returned has found what ends the search. */
  #isFound = false;

  constructor(json: string, budget: Budget) {
    this.#json = json;
    this.#budget = budget;
  }

  /** The first object or array counts, whatever stands before it. */
  inDocument(path: Path): void {
    const at = this.#json.search(/[[{]/);
    this.#budget.spend(at < 0 ? this.#json.length : at);
    if (at >= 0) {
      this.#inContainer(at, path);
    }
  }

  #inContainer(at: number, path: Path): number {
    this.#budget.descend();
    const isObject = this.#json.charCodeAt(at) === OPEN_OBJECT;
    const end = isObject ? this.#inObject(at + 1, path) : this.inArray(at + 1, path);
    this.#budget.ascend();
    return end;
  }

  #inObject(from: number, path: Path): number {
    const json = this.#json;
    const step = path.inObject;
    this.pipe = step.pipe ?? this.pipe;
    this.#isFound = false;
    let at = from;
    while (at < json.length) {
      const keyAt = nextKey(json, at);
      if (keyAt >= json.length || json.charCodeAt(keyAt) === CLOSE_OBJECT) {
        return keyAt + 1;
      }
      const keyEnd = stringEnd(json, keyAt + 1);
      if (keyEnd === NO_END) {
        return json.length;
      }
      const start = valueStart(json, keyEnd);
      this.#budget.spend(start - at + 1);
      if (start >= json.length) {
        return start;
      }
      const isMatch = this.#isKey(keyAt + 1, keyEnd - 1, step);
      const kind = kindAt(json, start);
      at = isMatch ? this.#take(start, kind, step.rest) : this.#skip(start, kind);
      if (at === NO_END || this.#isFound) {
        return at === NO_END ? json.length : at;
      }
    }
    return at;
  }

  /** @param end the index of the key's closing quote */
  #isKey(at: number, end: number, step: ObjectStep): boolean {
    const json = this.#json;
    const { key, isPattern } = step;
    if (!isPattern && end - at === key.length && json.startsWith(key, at)) {
      // The same text is another key if it has an escape.
      return !key.includes("\\");
    }
    const raw = json.slice(at, end);
    if (!isPattern && !raw.includes("\\")) {
      return false;
    }
    const name = unescaped(raw);
    return isPattern ? matchesPattern(name, key, this.#budget) : name === key;
  }

  /** The index after a value; or NO_END. */
  #skip(at: number, kind: ValueKind): number {
    const end = valueEnd(this.#json, at, kind);
    this.#budget.spend(Math.max(end - at, 0));
    return end;
  }

  /** A value in the path's way: it is the answer, or `rest` is looked for in it. */
  #take(at: number, kind: ValueKind, rest: Path | null): number {
    if (rest !== null) {
      const isContainer = kind === valueKind.OBJECT || kind === valueKind.ARRAY;
      return isContainer ? this.#inContainer(at, rest) : this.#skip(at, kind);
    }
    const end = this.#skip(at, kind);
    if (end !== NO_END) {
      this.value = valueBetween(this.#json, at, end, kind);
      this.#isFound = true;
    }
    return end;
  }

  /** The end of the text closes an array too. */
  inArray(from: number, path: Path): number {
    const json = this.#json;
    const step = path.inArray;
    this.pipe = step.pipe ?? this.pipe;
    this.#isFound = false;
    const texts: string[] = [];
    let at = from;
    for (let index = 0; ; index++) {
      const start = nextElement(json, at);
      this.#budget.spend(start - at + 1);
      if (start >= json.length || json.charCodeAt(start) === CLOSE_ARRAY) {
        this.#endArray(step, at, index, texts);
        return start + 1;
      }
      const kind = kindAt(json, start);
      if (index === step.index) {
        at = this.#take(start, kind, step.rest);
      } else {
        at = this.#skip(start, kind);
        if (at !== NO_END) {
          this.#lookAt(start, at, kind, step, texts);
        }
      }
      if (at === NO_END || this.#isFound) {
        return at === NO_END ? json.length : at;
      }
    }
  }

  /** Collects from an element, or tries the query on it. */
  #lookAt(at: number, end: number, kind: ValueKind, step: ArrayStep, texts: string[]): void {
    if (step.each !== null) {
      this.#collect(evaluate(this.#json.slice(at, end), step.each.left, this.#budget), texts);
    } else if (step.query !== null) {
      this.#tryQuery(valueBetween(this.#json, at, end, kind), step.query, texts);
    }
  }

  #collect(value: Value, texts: string[]): void {
    if (value.exists) {
      this.#budget.spendOnValue();
      this.#budget.spend(value.raw.length);
      texts.push(value.raw);
    }
  }

  #tryQuery(element: Value, query: ElementQuery, texts: string[]): void {
    const budget = this.#budget;
    if (element.type !== "JSON" && query.path !== "") {
      return;
    }
    const asked =
      element.type === "JSON" ? evaluate(element.raw, query.onElement, budget) : element;
    if (!satisfies(asked, query, budget)) {
      return;
    }
    const { split } = query;
    this.pipe = split?.right ?? this.pipe;
    const value = split === null ? element : evaluate(element.raw, split.left, budget);
    if (query.isAll) {
      this.#collect(value, texts);
    } else {
      this.value = value;
      this.#isFound = true;
    }
  }

  /** @param at the index after the last element, @param count the number of elements */
  #endArray(step: ArrayStep, at: number, count: number, texts: string[]): void {
    if (step.each !== null) {
      this.#collectAfter(at, step.each.left, texts);
      this.pipe = step.each.right ?? this.pipe;
      this.value = new Value("JSON", `[${texts.join(",")}]`);
      this.#isFound = true;
    } else if (step.isCount) {
      this.value = new Value("Number", String(count));
      this.#isFound = true;
    } else if (step.query?.isAll === true && !this.value.exists) {
      // Not an end of the search: a key that comes again may have more.
      this.value = new Value("JSON", `[${texts.join(",")}]`);
    }
  }

  /** After a last comma GJSON takes the value behind the array for one more element. */
  #collectAfter(from: number, path: Path, texts: string[]): void {
    const json = this.#json;
    let at = from;
    while (json.charCodeAt(at) <= 0x20) {
      at++;
    }
    if (at >= json.length || json.charCodeAt(at) === CLOSE_ARRAY) {
      return;
    }
    const start = valueStart(json, at);
    const kind = kindAt(json, start);
    const end = start < json.length ? this.#skip(start, kind) : NO_END;
    if (end !== NO_END) {
      this.#collect(evaluate(json.slice(start, end), path, this.#budget), texts);
    }
  }
}

/** The index of the next quote or closing brace; the length if there is none. */
function nextKey(json: string, from: number): number {
  for (let at = from; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE || code === CLOSE_OBJECT) {
      return at;
    }
  }
  return json.length;
}

/** The index of the next value's first character or of the array's end. */
function nextElement(json: string, from: number): number {
  let at = from;
  while (
    at < json.length &&
    json.charCodeAt(at) !== CLOSE_ARRAY &&
    kindAt(json, at) === valueKind.NOTHING
  ) {
    at++;
  }
  return at;
}
