// What an operand stands for in today's meaning: a value that is read from records, or a text that is
// the same in all.

import type {
  Attribute,
  AttributeOwner,
  AttributeType,
  FlatContext,
} from "../../flatten/attribute.ts";
import { attributes, findAttribute, unavailable } from "../../flatten/registry.ts";
import { compilePath } from "../../gjson/gjson.ts";
import type { NameOperand, Operand, Transformer } from "../language/ast.ts";
import { type Problems, SyntaxFault } from "../language/problem.ts";
import { numberOf } from "./literals.ts";
import type { Context } from "./semantics.ts";
import { upstreamNameNote } from "./upstream-names.ts";

/** A value of records. What is read is as Attribute has it. */
export interface Value {
  readonly kind: "value";
  /** Equal keys are equal values; also how it is named in messages. */
  readonly key: string;
  readonly type: Exclude<AttributeType, "json">;
  readonly owner: AttributeOwner;
  /** Bits of record-kinds.ts: in other records there is none. */
  readonly kinds: number;
  /** The text of a JSON path is dear to read. */
  readonly cost: number;
  /** Only `sf.type`: the code of the kind itself. */
  readonly isRecordKind: boolean;
  /** No number is below this; null where nothing is known. */
  readonly least: number | null;
  text(of: FlatContext): string | null;
  /** Of lists alone. */
  items?(of: FlatContext): readonly string[] | null;
  /** Of integers, booleans and times. */
  number?(of: FlatContext): number;
  timeHi?(of: FlatContext): number;
  timeLo?(of: FlatContext): number;
}

export interface ConstantValue {
  readonly kind: "constant";
  readonly text: string;
}

/** On the left something to look at must stand; on the right an unknown name is a text. */
export type Side = "left" | "right";

/** Where names are found, and where what is doubtful is told. */
export interface Reading extends Context {
  readonly problems: Problems;
}

/** @throws SyntaxFault where the operand is no attribute, though it must be */
export function operandValue(
  operand: Operand,
  side: Side,
  reading: Reading,
): Value | ConstantValue {
  switch (operand.kind) {
    case "text":
      return { kind: "constant", text: operand.text };
    case "name":
      return nameValue(operand, side, reading);
    case "call": {
      const argument = operandValue(operand.argument, "left", reading);
      if (argument.kind === "constant") {
        const message = `${operand.transformer}() needs an attribute, not ${argument.text}`;
        throw new SyntaxFault(message, operand.argument.span.start);
      }
      return operand.transformer === "val" ? argument : transformed(operand.transformer, argument);
    }
  }
}

function nameValue(operand: NameOperand, side: Side, reading: Reading): Value | ConstantValue {
  const { name, path, span } = operand;
  const whole = path === null ? name : `${name}[${path}]`;
  const attribute = findAttribute(whole, "default");
  if (attribute !== undefined) {
    return attributeValue(attribute);
  }
  const base = path === null ? undefined : findAttribute(name, "default");
  if (base !== undefined && path !== null) {
    return pathValue(attributeValue(base), base.type, path, span.start);
  }
  const why = unavailable(whole) ?? unavailable(name);
  if (why !== undefined && (side === "left" || path !== null)) {
    throw new SyntaxFault(`${name}: ${why}`, span.start, "POLICY_UNSUPPORTED_FIELD");
  }
  const note = upstreamNameNote(name);
  if (note !== null) {
    const place = reading.passage.place(span.start);
    reading.problems.warning("POLICY_UNKNOWN_ATTRIBUTE", note, place);
    return valueless(name);
  }
  if (isText(whole, side)) {
    return { kind: "constant", text: whole };
  }
  const ending = side === "right" ? " (quote it if a text is meant)" : "";
  const hint = reading.problems.hint(name, attributeNames());
  const message = `no attribute is named ${name}${ending}${hint}`;
  throw new SyntaxFault(message, span.start, "POLICY_UNKNOWN_ATTRIBUTE");
}

/** Upstream's own names begin with sf.; what looks like one and is none was mistyped. */
function isText(whole: string, side: Side): boolean {
  if (side === "right") {
    return !/^sf\.[a-z]/.test(whole);
  }
  return !Number.isNaN(numberOf(whole)) || /^[^A-Za-z_]/.test(whole);
}

let namesOnce: readonly string[] | null = null;

function attributeNames(): readonly string[] {
  namesOnce ??= attributes.map(({ name }) => name);
  return namesOnce;
}

function valueless(key: string): Value {
  const text = () => null;
  const shape = { type: "text", owner: "header", kinds: 0, cost: 1 } as const;
  return { kind: "value", key, text, isRecordKind: false, least: null, ...shape };
}

function attributeValue(attribute: Attribute): Value {
  const { name, type, owner, kinds, items, number, timeHi, timeLo } = attribute;
  return {
    kind: "value",
    key: name,
    type: type === "json" ? "text" : type,
    owner,
    kinds,
    cost: 2,
    isRecordKind: name === "sf.type",
    // Falco's macros never_true (evt.num=0) and always_true (evt.num>=0) stand on this.
    least: name === "evt.num" ? 1 : null,
    text: (of) => attribute.text(of),
    ...(items === undefined ? {} : { items }),
    ...(number === undefined ? {} : { number }),
    ...(timeHi === undefined ? {} : { timeHi }),
    ...(timeLo === undefined ? {} : { timeLo }),
  };
}

/** `attribute[path]`: of a text what the JSON path finds, of a list the item of that number. */
function pathValue(of: Value, type: AttributeType, path: string, at: number): Value {
  const key = `${of.key}[${path}]`;
  if (path === "") {
    throw new SyntaxFault(`the path behind ${of.key} is empty`, at);
  }
  if (type === "text" || type === "json") {
    const compiled = compilePath(path);
    return textValue(of, key, 20, (record) => {
      const json = of.text(record);
      if (json === null || json === "") {
        return null;
      }
      const found = compiled.find(json);
      return found.exists ? found.value : null;
    });
  }
  if (type !== "list") {
    throw new SyntaxFault(`${of.key} is a number and has no path`, at);
  }
  if (!/^\d{1,6}$/.test(path)) {
    throw new SyntaxFault(`${of.key} is a list: what stands in brackets must be a number`, at);
  }
  const index = Number(path);
  return textValue(of, key, 4, (record) => of.items?.(record)?.[index] ?? null);
}

function textValue(
  from: Value,
  key: string,
  cost: number,
  text: (of: FlatContext) => string | null,
): Value {
  const { owner, kinds } = from;
  const shape = { type: "text", isRecordKind: false, least: null } as const;
  return { kind: "value", key, ...shape, owner, kinds, cost, text };
}

const changes: Readonly<Record<Exclude<Transformer, "len">, (text: string) => string>> = {
  tolower: (text) => text.toLowerCase(),
  toupper: (text) => text.toUpperCase(),
  basename: (text) => text.slice(text.lastIndexOf("/") + 1),
  b64: (text) => Buffer.from(text, "base64").toString("utf8"),
};

function transformed(transformer: Transformer, of: Value): Value {
  const key = `${transformer}(${of.key})`;
  const { items } = of;
  if (transformer === "len") {
    return { ...textValue(of, key, 4, (record) => of.text(record)), ...lengthOf(of) };
  }
  const change = changes[transformer];
  const value = textValue(of, key, of.cost + 3, (record) => {
    const text = of.text(record);
    return text === null ? null : change(text);
  });
  return items === undefined
    ? value
    : { ...value, type: "list", items: (record) => items(record)?.map(change) ?? null };
}

/** Of a list how many items it has, of a text its bytes. */
function lengthOf(of: Value): Pick<Value, "type" | "number" | "text"> {
  const { items } = of;
  const number =
    items === undefined
      ? (record: FlatContext) => {
          const text = of.text(record);
          return text === null ? Number.NaN : Buffer.byteLength(text);
        }
      : (record: FlatContext) => items(record)?.length ?? Number.NaN;
  const text = (record: FlatContext) => {
    const length = number(record);
    return Number.isNaN(length) ? null : String(length);
  };
  return { type: "integer", number, text };
}
