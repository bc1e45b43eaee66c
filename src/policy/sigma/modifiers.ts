// What stands behind a field's name, such as `|contains|all`: which modifiers there are and which can
// stand together. Their order matters between encodings alone.

import { type ProblemCode, type Problems, SyntaxFault } from "../language/problem.ts";
import type { Utf16 } from "./encodings.ts";

export type NumberComparison = "<" | "<=" | ">" | ">=";

/** What a value is: a pattern, or something else of which `*` and `?` mean nothing. */
export type ValueKind = "pattern" | "re" | "cidr" | "exists" | "fieldref" | "number";

/** Where in the field the value is looked for. */
export type Position = "whole" | "contains" | "startswith" | "endswith";

export interface Modifiers {
  readonly kind: ValueKind;
  readonly position: Position;
  /** Of the kind "number". */
  readonly comparison: NumberComparison;
  readonly isAll: boolean;
  readonly isNegated: boolean;
  readonly isCased: boolean;
  readonly hasAnyDash: boolean;
  readonly utf16: Utf16 | null;
  readonly base64: "none" | "whole" | "offsets";
  readonly hasPlaceholders: boolean;
  /** Of regular expressions: some of i, m and s. */
  readonly flags: string;
}

type Draft = { -readonly [key in keyof Modifiers]: Modifiers[key] };

/** A modifier that is none, or that does not fit the others. */
class Unfit extends Error {
  readonly code: ProblemCode;

  constructor(message: string, code: ProblemCode = "POLICY_SYNTAX") {
    super(message);
    this.code = code;
  }
}

/**
 * @param words what stands behind the field, without the bars
 * @param at where the field stands
 * @throws SyntaxFault
 */
export function modifiersOf(words: readonly string[], at: number, problems: Problems): Modifiers {
  try {
    return read(words, problems);
  } catch (error) {
    throw error instanceof Unfit ? new SyntaxFault(error.message, at, error.code) : error;
  }
}

function read(words: readonly string[], problems: Problems): Modifiers {
  const draft: Draft = {
    kind: "pattern",
    position: "whole",
    comparison: "<",
    isAll: false,
    isNegated: false,
    isCased: false,
    hasAnyDash: false,
    utf16: null,
    base64: "none",
    hasPlaceholders: false,
    flags: "",
  };
  const seen = new Set<string>();
  for (const word of words) {
    if (seen.has(word)) throw new Unfit(`the modifier ${word} stands twice`);
    seen.add(word);
    apply(draft, word, problems);
  }
  check(draft, seen);
  return draft;
}

function apply(draft: Draft, word: string, problems: Problems): void {
  const set = setters.get(word);
  if (set === undefined) {
    const reason = timeParts.has(word)
      ? "is not supported: records tell times in nanoseconds"
      : `is none that Sigma has${problems.hint(word, [...setters.keys()])}`;
    const code = timeParts.has(word) ? "POLICY_UNSUPPORTED_FIELD" : "POLICY_SYNTAX";
    throw new Unfit(`the modifier ${word} ${reason}`, code);
  }
  set(draft, word);
}

/** Of Sigma's they take a part out of a time. */
const timeParts: ReadonlySet<string> = new Set([
  ...["minute", "hour", "day", "week", "month", "year"],
]);

type Setter = (draft: Draft, word: string) => void;

function kind(value: ValueKind, comparison: NumberComparison = "<"): Setter {
  return (draft, word) => {
    if (draft.kind !== "pattern") {
      throw new Unfit(`the modifier ${word} cannot stand beside ${nameOf(draft)}`);
    }
    draft.kind = value;
    draft.comparison = comparison;
  };
}

const setPosition: Setter = (draft, word) => {
  if (draft.position !== "whole") {
    throw new Unfit(`the modifier ${word} cannot stand beside ${draft.position}`);
  }
  draft.position = word as Position;
};

function utf16(encoding: Utf16): Setter {
  return (draft, word) => {
    if (draft.utf16 !== null || draft.base64 !== "none") {
      throw new Unfit(`the modifier ${word} must be the only one of its kind, before base64`);
    }
    draft.utf16 = encoding;
  };
}

function inBase64(form: "whole" | "offsets"): Setter {
  return (draft, word) => {
    if (draft.base64 !== "none") {
      throw new Unfit(`the modifier ${word} cannot stand beside another base64`);
    }
    draft.base64 = form;
  };
}

type Mark = "isAll" | "isNegated" | "isCased" | "hasAnyDash" | "hasPlaceholders";

function mark(key: Mark): Setter {
  return (draft) => {
    draft[key] = true;
  };
}

function flag(letter: string): Setter {
  return (draft) => {
    if (!draft.flags.includes(letter)) draft.flags += letter;
  };
}

const setters: ReadonlyMap<string, Setter> = new Map<string, Setter>([
  ["contains", setPosition],
  ["startswith", setPosition],
  ["endswith", setPosition],
  ["all", mark("isAll")],
  ["neq", mark("isNegated")],
  ["cased", mark("isCased")],
  ["windash", mark("hasAnyDash")],
  ["expand", mark("hasPlaceholders")],
  ["re", kind("re")],
  ["cidr", kind("cidr")],
  ["exists", kind("exists")],
  ["fieldref", kind("fieldref")],
  ["lt", kind("number", "<")],
  ["lte", kind("number", "<=")],
  ["gt", kind("number", ">")],
  ["gte", kind("number", ">=")],
  ["base64", inBase64("whole")],
  ["base64offset", inBase64("offsets")],
  ["utf16", utf16("utf16")],
  ["utf16le", utf16("utf16le")],
  ["utf16be", utf16("utf16be")],
  ["wide", utf16("utf16le")],
  ["i", flag("i")],
  ["ignorecase", flag("i")],
  ["m", flag("m")],
  ["multiline", flag("m")],
  ["s", flag("s")],
  ["dotall", flag("s")],
]);

/** Which of the other modifiers a kind of value can have beside it. */
const beside: Readonly<Record<ValueKind, readonly string[]>> = {
  pattern: ["contains", "startswith", "endswith", "cased", "windash"],
  re: ["contains", "i", "ignorecase", "m", "multiline", "s", "dotall"],
  cidr: [],
  exists: [],
  fieldref: ["contains", "startswith", "endswith", "cased"],
  number: [],
};
const besideAll: ReadonlySet<string> = new Set(["all", "neq", "expand"]);
const encodings: ReadonlySet<string> = new Set([
  ...["base64", "base64offset", "utf16", "utf16le", "utf16be", "wide"],
]);

function check(draft: Draft, seen: ReadonlySet<string>): void {
  const own = nameOf(draft);
  for (const word of seen) {
    const fits =
      word === own ||
      besideAll.has(word) ||
      beside[draft.kind].includes(word) ||
      (draft.kind === "pattern" && encodings.has(word));
    if (fits) continue;
    const message =
      draft.kind === "pattern"
        ? `the modifier ${word} belongs to regular expressions: it must stand behind re`
        : `the modifier ${word} cannot stand beside ${own}`;
    throw new Unfit(message);
  }
  if (draft.utf16 !== null && draft.base64 === "none") {
    throw new Unfit("a modifier for UTF-16 needs base64 or base64offset behind it");
  }
}

/** The modifier that gave the value its kind. */
function nameOf({ kind, comparison }: Draft): string {
  return kind === "number" ? (numberWords.get(comparison) ?? "") : kind;
}

const numberWords: ReadonlyMap<NumberComparison, string> = new Map([
  ["<", "lt"],
  ["<=", "lte"],
  [">", "gt"],
  [">=", "gte"],
]);
