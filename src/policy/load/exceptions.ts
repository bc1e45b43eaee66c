// Falco's exceptions: fields, how they are compared, and tuples of values. Each tuple becomes a
// condition under which the rule does not match.

import {
  type Comparison,
  type Condition,
  type Expression,
  joinedTerms,
  type Operand,
  type OperandList,
} from "../language/ast.ts";
import { comparisons, listComparisons, parseOperand } from "../language/parser.ts";
import { type Problems, SyntaxFault } from "../language/problem.ts";
import { Passage, type SourceFile } from "../language/source-text.ts";
import {
  placeOf,
  type RawItem,
  type RawMap,
  type RawText,
  type RawValue,
  withoutMarks,
} from "./raw-item.ts";

/** One exception; its values may grow by appended items. */
export interface Exception {
  readonly name: string;
  /** Where `fields` stand. */
  readonly file: SourceFile;
  readonly fields: readonly RawText[];
  readonly comparisons: readonly Comparison[];
  /** `fields` was a text, no list: values stand alone and not in tuples. */
  readonly isSingle: boolean;
  readonly values: readonly ExceptionValue[];
}

interface ExceptionValue {
  readonly item: RawItem;
  readonly value: RawValue;
}

const keys = ["name", "fields", "comps", "values"];

/** @param earlier those of the rule that this item appends to; empty where it stands alone */
export function readExceptions(
  item: RawItem,
  value: RawValue,
  earlier: readonly Exception[],
  problems: Problems,
): readonly Exception[] {
  const exceptions = [...earlier];
  if (value.kind !== "list") {
    const isEmpty = value.kind === "text" && value.text === "";
    if (!isEmpty) {
      problems.error("POLICY_VALUE", "exceptions: must be a list", placeOf(item, value.at));
    }
    return exceptions;
  }
  for (const entry of value.items) {
    try {
      if (entry.kind !== "map") {
        throw new SyntaxFault("an exception has name:, fields: and values:", entry.at);
      }
      const name = nameOf(entry, problems);
      const at = exceptions.findIndex((each) => each.name === name);
      const read = readOne({ item, map: entry, name }, exceptions[at] ?? null, problems);
      if (at < 0) exceptions.push(read);
      else exceptions[at] = read;
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      problems.error("POLICY_VALUE", error.message, placeOf(item, error.offset));
    }
  }
  return exceptions;
}

function nameOf(map: RawMap, problems: Problems): string {
  for (const { key, keyAt } of map.entries.values()) {
    if (!keys.includes(key)) {
      throw new SyntaxFault(`an exception has no key ${key}${problems.hint(key, keys)}`, keyAt);
    }
  }
  const name = map.entries.get("name")?.value;
  if (name?.kind !== "text" || name.text === "") {
    throw new SyntaxFault("an exception needs a name", map.at);
  }
  return name.text;
}

interface RawException {
  readonly item: RawItem;
  readonly map: RawMap;
  readonly name: string;
}

function readOne(raw: RawException, earlier: Exception | null, problems: Problems): Exception {
  const { item, map, name } = raw;
  const fields = map.entries.get("fields")?.value;
  const valuesAt = map.entries.get("values")?.value;
  const values = listOf(valuesAt).map((value) => ({ item, value }));
  if (fields === undefined) {
    if (earlier === null) {
      throw new SyntaxFault(`the exception ${name} needs fields`, map.at);
    }
    return { ...earlier, values: [...earlier.values, ...values] };
  }
  const isSingle = fields.kind === "text";
  const names = textsOf(fields);
  const comps = map.entries.get("comps")?.value;
  const words = comps === undefined ? [] : textsOf(comps);
  const comparisons =
    words.length === 0
      ? names.map((): Comparison => (isSingle ? "in" : "="))
      : words.map((word) => comparisonOf(word, problems));
  if (names.length === 0 || comparisons.length !== names.length) {
    const message = `the exception ${name} has ${names.length} fields and ${comparisons.length} comps`;
    throw new SyntaxFault(message, (comps ?? fields).at);
  }
  return { name, file: item.file, fields: names, comparisons, isSingle, values };
}

function comparisonOf(word: RawText, problems: Problems): Comparison {
  const comparison = comparisons.get(word.text);
  if (comparison === undefined) {
    const message = `${word.text} is no operator${problems.hint(word.text, [...comparisons.keys()])}`;
    throw new SyntaxFault(message, word.at);
  }
  return comparison;
}

function listOf(value: RawValue | undefined): readonly RawValue[] {
  if (value === undefined || (value.kind === "text" && value.text === "")) {
    return [];
  }
  if (value.kind !== "list") {
    throw new SyntaxFault("values: must be a list", value.at);
  }
  return value.items;
}

function textsOf(value: RawValue): readonly RawText[] {
  const items = value.kind === "list" ? value.items : [value];
  return items.map((each) => {
    if (each.kind !== "text") throw new SyntaxFault("a text must stand here", each.at);
    return each;
  });
}

/** The conditions under which a rule with these exceptions does not match. */
export function exceptionConditions(
  exceptions: readonly Exception[],
  problems: Problems,
): readonly Condition[] {
  const conditions: Condition[] = [];
  for (const exception of exceptions) {
    for (const { item, value } of exception.values) {
      try {
        conditions.push(conditionOf(exception, item, value));
      } catch (error) {
        if (!(error instanceof SyntaxFault)) throw error;
        problems.error("POLICY_VALUE", error.message, placeOf(item, error.offset));
      }
    }
  }
  return conditions;
}

function conditionOf(exception: Exception, item: RawItem, value: RawValue): Condition {
  const { fields, comparisons, name, isSingle } = exception;
  const tuple = isSingle ? [value] : listOf(value);
  if (tuple.length !== fields.length) {
    const message = `the exception ${name} has ${fields.length} fields, and here are ${tuple.length} values`;
    throw new SyntaxFault(message, value.at);
  }
  const span = { start: value.at, end: value.at };
  const isSameFile = exception.file === item.file;
  const terms = tuple.map((each, index): Expression => {
    const comparison = comparisons[index] as Comparison;
    const field = leftOf(fields[index] as RawText);
    // Offsets are of the file with the values; where the fields stand in another, that must do.
    const left = isSameFile ? field : { ...field, span };
    return { kind: "compare", left, comparison, right: rightOf(comparison, each), span };
  });
  const expression = joinedTerms("and", terms, span);
  return { expression, passage: Passage.verbatim(item.file, 0, item.file.text.length) };
}

/** With offsets in the file. */
function leftOf(field: RawText): Operand {
  try {
    return moved(parseOperand(field.passage), field.isQuoted ? field.at + 1 : field.at);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    throw error.at(field.at);
  }
}

function moved(operand: Operand, by: number): Operand {
  const span = { start: operand.span.start + by, end: operand.span.end + by };
  return operand.kind === "call"
    ? { ...operand, argument: moved(operand.argument, by), span }
    : { ...operand, span };
}

function rightOf(comparison: Comparison, value: RawValue): Operand | OperandList {
  if (!listComparisons.has(comparison) && value.kind === "text") {
    const span = { start: value.at, end: value.at };
    return { kind: "text", text: withoutMarks(value.text), span };
  }
  const items = textsOf(value).map((each): Operand => {
    const span = { start: each.at, end: each.at + each.text.length };
    return each.isQuoted
      ? { kind: "text", text: withoutMarks(each.text), span }
      : { kind: "name", name: each.text, path: null, span };
  });
  return { kind: "list", items, isReference: false, span: { start: value.at, end: value.at } };
}
