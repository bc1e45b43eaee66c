// Today's meaning of conditions once more, written as plainly as it can be: the tree is walked anew
// for each record, and nothing is kept, shared or prepared. Regular expressions are left out.

import type { Attribute, FlatContext } from "../../../src/flatten/attribute.ts";
import { findAttribute } from "../../../src/flatten/registry.ts";
import { get } from "../../../src/gjson/gjson.ts";
import type { Expression, Operand, OperandList } from "../../../src/policy/language/ast.ts";
import type { Scope } from "../../../src/policy/load/loaded.ts";

/** What an operand is in one record. */
interface Seen {
  /** Null where there is no value; several for a list. */
  readonly texts: readonly string[] | null;
  /** Only where the value is a number by type. */
  readonly number: number | null;
  readonly isList: boolean;
  readonly isUpstreams: boolean;
}

export function naiveHolds(expression: Expression, scope: Scope, of: FlatContext): boolean {
  switch (expression.kind) {
    case "or":
      return expression.terms.some((term) => naiveHolds(term, scope, of));
    case "and":
      return expression.terms.every((term) => naiveHolds(term, scope, of));
    case "not":
      return !naiveHolds(expression.term, scope, of);
    case "macro": {
      const macro = scope.macros.get(expression.name);
      if (macro === undefined) throw new Error(`no macro ${expression.name}`);
      return naiveHolds(macro.condition.expression, scope, of);
    }
    case "exists": {
      const { texts, number } = see(expression.operand, of);
      return number === null ? texts !== null : !Number.isNaN(number);
    }
    case "compare": {
      const left = see(expression.left, of);
      const { comparison, right } = expression;
      const rights = rightTexts(right, scope, of);
      if (comparison !== "!=") return compare(left, comparison, rights);
      return !isUnknownNumber(left, right, of) && !compare(left, "=", rights);
    }
  }
}

/** A number that is not known is on one side, or on both. */
function isUnknownNumber(left: Seen, right: Operand | OperandList, of: FlatContext): boolean {
  if (left.number === null) return false;
  const isAttribute =
    right.kind === "call" || (right.kind === "name" && attributeOf(right) !== undefined);
  const other = isAttribute ? see(right, of).number : null;
  return Number.isNaN(left.number) || (other !== null && Number.isNaN(other));
}

/** The texts to the right: of a list its members, of an attribute its values. */
function rightTexts(
  right: Operand | OperandList,
  scope: Scope,
  of: FlatContext,
): readonly string[] {
  if (right.kind === "list") {
    return right.items.flatMap((item) => membersOf(item, scope));
  }
  if (right.kind === "call" || (right.kind === "name" && attributeOf(right) !== undefined)) {
    return see(right, of).texts ?? [];
  }
  return [right.kind === "text" ? right.text : right.name];
}

function membersOf(item: Operand, scope: Scope): readonly string[] {
  if (item.kind === "text") return [item.text];
  if (item.kind === "call") throw new Error("a call in a list");
  const list = scope.lists.get(item.name);
  if (list === undefined) return [item.name];
  return list.items.flatMap(({ text, isQuoted }) => {
    return isQuoted || !scope.lists.has(text)
      ? [text]
      : membersOf({ kind: "name", name: text, path: null, span: item.span }, scope);
  });
}

function attributeOf(operand: Operand & { kind: "name" }): Attribute | undefined {
  const { name, path } = operand;
  return findAttribute(path === null ? name : `${name}[${path}]`, "default");
}

function see(operand: Operand, of: FlatContext): Seen {
  if (operand.kind === "text") {
    return { texts: [operand.text], number: null, isList: false, isUpstreams: true };
  }
  if (operand.kind === "call") {
    const seen = see(operand.argument, of);
    const change = changes[operand.transformer];
    if (operand.transformer === "len") {
      const length = seen.isList ? seen.texts?.length : Buffer.byteLength(seen.texts?.[0] ?? "");
      const number = seen.texts === null ? Number.NaN : (length ?? 0);
      return {
        texts: seen.texts === null ? null : [String(number)],
        number,
        isList: false,
        isUpstreams: false,
      };
    }
    if (change === undefined) return seen;
    return { ...seen, texts: seen.texts?.map(change) ?? null, number: null, isUpstreams: false };
  }
  const attribute = attributeOf(operand);
  if (attribute !== undefined) {
    return ofAttribute(attribute, of);
  }
  const base = findAttribute(operand.name, "default");
  if (base === undefined) throw new Error(`no attribute ${operand.name}`);
  const isUpstreams = base.name.startsWith("sf.");
  const found = get(base.text(of) ?? "", operand.path ?? "");
  return { texts: found === "" ? null : [found], number: null, isList: false, isUpstreams };
}

function ofAttribute(attribute: Attribute, of: FlatContext): Seen {
  const { type, name } = attribute;
  const text = attribute.text(of);
  const items = type === "list" ? (attribute.items?.(of) ?? null) : null;
  const texts = type === "list" ? items : text === null ? null : [text];
  const isNumber = type === "integer" || type === "time" || type === "boolean";
  const number = isNumber ? (attribute.number?.(of) ?? Number.NaN) : null;
  return { texts, number, isList: type === "list", isUpstreams: name.startsWith("sf.") };
}

const changes: Readonly<Record<string, (text: string) => string>> = {
  tolower: (text) => text.toLowerCase(),
  toupper: (text) => text.toUpperCase(),
  basename: (text) => text.slice(text.lastIndexOf("/") + 1),
  b64: (text) => Buffer.from(text, "base64").toString(),
};

const relations: Readonly<Record<string, (text: string, other: string) => boolean>> = {
  "=": (text, other) => text === other,
  in: (text, other) => text === other,
  intersects: (text, other) => text === other,
  contains: (text, other) => text.includes(other),
  icontains: (text, other) => text.toLowerCase().includes(other.toLowerCase()),
  startswith: (text, other) => text.startsWith(other),
  endswith: (text, other) => text.endsWith(other),
  "<": (text, other) => Number(text) < Number(other),
  "<=": (text, other) => Number(text) <= Number(other),
  ">": (text, other) => Number(text) > Number(other),
  ">=": (text, other) => Number(text) >= Number(other),
};

function compare(left: Seen, comparison: string, others: readonly string[]): boolean {
  const isEquality = comparison === "=" || comparison === "in" || comparison === "intersects";
  if (isEquality && left.number !== null) {
    const isNone = Number.isNaN(left.number);
    return others.some((other) => (other === "" ? isNone : Number(other) === left.number));
  }
  if (left.number !== null && (comparison.startsWith("<") || comparison.startsWith(">"))) {
    const number = String(left.number);
    return others.some((other) => relations[comparison]?.(number, other) ?? false);
  }
  const pieces = left.isList ? others.flatMap((other) => other.split(",")) : others;
  const texts = left.texts ?? [];
  if (texts.length === 0) {
    return isEquality && pieces.includes("");
  }
  return texts.some((text) => pieces.some((other) => holdsFor(left, text, comparison, other)));
}

function holdsFor(left: Seen, text: string, comparison: string, other: string): boolean {
  if (comparison !== "pmatch") {
    const relation = relations[comparison];
    if (relation === undefined) throw new Error(comparison);
    return relation(text, other);
  }
  if (left.isUpstreams || !other.startsWith("/")) return text.includes(other);
  const folder = other.replace(/\/+$/, "");
  // Of the root there is no shorter name: a name that is empty is of no folder.
  return (text === folder && folder !== "") || text.startsWith(`${folder}/`);
}
