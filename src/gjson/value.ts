// One JSON value as a part of some text: its type, the text as it stands, and what it means.

import type { Budget } from "./budget.ts";
import { readNumber, writeNumber } from "./number.ts";
import {
  kindAt,
  NO_END,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  stringEnd,
  type ValueKind,
  valueEnd,
  valueKind,
  valueStart,
} from "./scan.ts";
import { unescaped } from "./text.ts";

export type JsonType = "Null" | "False" | "Number" | "String" | "True" | "JSON";

const TYPES: readonly JsonType[] = [
  "Null",
  "String",
  "JSON",
  "JSON",
  "Number",
  "Null",
  "True",
  "False",
];

export class Value {
  readonly type: JsonType;
  /** As in the document, white space in it included; "" if there is no value. */
  readonly raw: string;
  /** What a string means; "" for other types. */
  readonly text: string;

  constructor(type: JsonType, raw: string, text = "") {
    this.type = type;
    this.raw = raw;
    this.text = text;
  }

  /** An explicit null exists, what was not found does not. */
  get exists(): boolean {
    return this.type !== "Null" || this.raw !== "";
  }

  get isArray(): boolean {
    return this.type === "JSON" && this.raw.charCodeAt(0) === OPEN_ARRAY;
  }

  get isObject(): boolean {
    return this.type === "JSON" && this.raw.charCodeAt(0) === OPEN_OBJECT;
  }

  /** 0 for what is no number. */
  get number(): number {
    return this.type === "Number" ? readNumber(this.raw) : 0;
  }

  /** As options of modifiers are read. */
  get isTrue(): boolean {
    switch (this.type) {
      case "True":
        return true;
      case "String":
        return meansTrue(this.text);
      default:
        return this.number !== 0;
    }
  }

  /** The string form, which is what a path gives. */
  get string(): string {
    switch (this.type) {
      case "Null":
        return "";
      case "False":
        return "false";
      case "True":
        return "true";
      case "String":
        return this.text;
      case "Number":
        return /^-?\d*$/.test(this.raw) ? this.raw : writeNumber(this.number);
      case "JSON":
        return this.raw;
      default:
        return this.type satisfies never;
    }
  }
}

export const MISSING = new Value("Null", "");

export function meansTrue(text: string): boolean {
  return /^(1|t|true)$/i.test(text);
}

export function meansFalse(text: string): boolean {
  return /^(0|f|false)$/i.test(text);
}

/** The value of this kind from `at` to `end`, where a string ends with its quote. */
export function valueBetween(json: string, at: number, end: number, kind: ValueKind): Value {
  const raw = json.slice(at, end);
  const text = kind === valueKind.STRING ? unescaped(json.slice(at + 1, end - 1)) : "";
  return new Value(TYPES[kind] ?? "Null", raw, text);
}

/** A whole text as a value: an object or array has all that follows it, other values end. */
export function parseValue(json: string): Value {
  let at = 0;
  while (at < json.length && json.charCodeAt(at) <= SPACE) {
    at++;
  }
  const kind = kindAt(json, at);
  switch (kind) {
    case valueKind.NOTHING:
      return MISSING;
    case valueKind.OBJECT:
    case valueKind.ARRAY:
      return new Value("JSON", json.slice(at));
    case valueKind.STRING:
      return stringEnd(json, at + 1) === NO_END
        ? new Value("String", json.slice(at), unescaped(json.slice(at + 1)))
        : valueBetween(json, at, stringEnd(json, at + 1), kind);
    default:
      return valueBetween(json, at, valueEnd(json, at, kind), kind);
  }
}

/** One of an array's elements, or of an object's members. */
export interface Member {
  /** With its quotes; "" in an array. */
  readonly key: string;
  readonly value: Value;
}

/**
 * The members of an object or array; none of other values. What follows the closing bracket counts
 * as well, as it does in GJSON. @throws OverBudget
 */
export function membersOf(container: Value, budget: Budget): readonly Member[] {
  const members: Member[] = [];
  if (container.type !== "JSON") {
    return members;
  }
  const json = container.raw;
  budget.spend(json.length);
  for (let at = 1; at < json.length; at++) {
    let key = "";
    if (container.isObject) {
      if (json.charCodeAt(at) !== QUOTE) {
        continue;
      }
      const end = stringEnd(json, at + 1);
      if (end === NO_END) {
        return members;
      }
      key = json.slice(at, end);
      at = end;
    }
    const start = valueStart(json, at);
    const kind = kindAt(json, start);
    const end = start < json.length ? valueEnd(json, start, kind) : NO_END;
    if (end === NO_END) {
      return members;
    }
    budget.spendOnValue();
    members.push({ key, value: valueBetween(json, start, end, kind) });
    // The character after a value is skipped unseen, a comma or not.
    at = end;
  }
  return members;
}
