// What a policy file says before it is known whether it makes sense: items with keys and values, each
// with its place. The YAML reader and the reader of upstream's own form both make these.

import type { Condition } from "../language/ast.ts";
import { Passage, type Place, type SourceFile } from "../language/source-text.ts";

/** A value of one key. */
export type RawValue = RawText | RawList | RawMap | RawCondition;

export interface RawText {
  readonly kind: "text";
  readonly text: string;
  /** As it stands in the file. */
  readonly passage: Passage;
  /** It stood in quotation marks, so that it can be no name of a list. */
  readonly isQuoted: boolean;
  readonly at: number;
}

export interface RawList {
  readonly kind: "list";
  readonly items: readonly RawValue[];
  readonly at: number;
}

export interface RawMap {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, RawEntry>;
  readonly at: number;
}

/** Of upstream's form, whose grammar is one for the whole file: parsed when it was read. */
export interface RawCondition {
  readonly kind: "condition";
  readonly condition: Condition;
  readonly at: number;
}

export interface RawEntry {
  readonly key: string;
  readonly keyAt: number;
  readonly value: RawValue;
}

export interface RawItem {
  readonly file: SourceFile;
  /** Where the item begins. */
  readonly at: number;
  readonly entries: ReadonlyMap<string, RawEntry>;
}

export function placeOf(item: RawItem, at: number = item.at): Place {
  return item.file.place(at);
}

/**
 * Falco pastes members of lists and values of exceptions into conditions, where the quotation marks
 * of `'"a b"'` are syntax: one pair of them goes.
 */
export function withoutMarks(text: string): string {
  const mark = text[0];
  const isMarked = text.length > 1 && (mark === '"' || mark === "'") && text.endsWith(mark);
  return isMarked ? text.slice(1, -1) : text;
}

/** @param text as it stands in the file from `at` on */
export function rawText(file: SourceFile, at: number, text: string): RawText {
  const passage = Passage.verbatim(file, at, at + text.length);
  return { kind: "text", text, passage, isQuoted: false, at };
}
