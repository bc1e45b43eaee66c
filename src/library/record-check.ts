// Looks at a record that a program made: whether each field is there and can be encoded. It goes by
// the one list of fields, so that a new field needs nothing here.

import { type Field, type FieldType, records } from "../sysflow/fields.ts";
import { fileEventFlagsOf6 } from "../sysflow/op-flags.gen.ts";
import type { SysFlowRecord } from "../sysflow/record.gen.ts";
import type { SchemaVersion } from "../sysflow/values.ts";

/** @returns what is wrong with a value, or null */
type Check = (value: unknown) => string | null;

const int32Max = 2 ** 31 - 1;
const uint32Max = 2 ** 32 - 1;

const checksByKind: ReadonlyMap<string, readonly (readonly [string, Check])[]> = new Map(
  records.map(({ fields, name }) => [name, fields.flatMap(propertyChecks)]),
);

/** @returns what is wrong with it, naming the field; null where it can be written */
export function recordFault(record: SysFlowRecord, schema: SchemaVersion): string | null {
  const value: unknown = record;
  if (typeof value !== "object" || value === null) {
    return "it is no object";
  }
  const checks = checksByKind.get(String(record.kind));
  if (checks === undefined) {
    return `there is no kind "${String(record.kind)}"`;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  for (const [name, check] of checks) {
    const fault = check(fields[name]);
    if (fault !== null) {
      return `${record.kind}.${name} ${fault}`;
    }
  }
  return schema < 6 ? faultIn5(record) : null;
}

/** What only schema 6 can say. */
function faultIn5(record: SysFlowRecord): string | null {
  if (record.kind === "NetworkFlow" && record.sip6 !== null) {
    return "schema 5 has no place for IPv6 addresses; write schema 6";
  }
  if (record.kind === "FileEvent" && (record.opFlags & fileEventFlagsOf6) !== 0) {
    return "schema 5 has no flags for chmod, chown, mount and their like; write schema 6";
  }
  return null;
}

function propertyChecks(field: Field): (readonly [string, Check])[] {
  const name = field.as ?? field.name;
  const half: Check = (value) => inRange(value, -int32Max - 1, uint32Max);
  return field.type === "time"
    ? [
        [`${name}Lo`, half],
        [`${name}Hi`, half],
      ]
    : [[name, checkOf(field.type)]];
}

function checkOf(type: FieldType): Check {
  if (typeof type === "string") {
    return primitiveCheck(type);
  }
  switch (type.kind) {
    case "enum": {
      const last = Object.keys(type.table).length - 1;
      return (value) => inRange(value, 0, last);
    }
    case "fixed":
      return (value) =>
        value instanceof Uint8Array && value.length === type.size
          ? null
          : `is no Uint8Array of ${type.size} bytes`;
    case "optional": {
      const check = checkOf(type.of);
      return (value) => (value === null ? null : check(value));
    }
    case "array": {
      const check = checkOf(type.of);
      return (value) => (Array.isArray(value) ? firstFault(value, check) : "is no array");
    }
    case "map": {
      const check = checkOf(type.of);
      return (value) =>
        value instanceof Map
          ? firstFault([...value.keys(), ...value.values()], check)
          : "is no Map";
    }
    case "record": {
      const checks = type.fields.flatMap(propertyChecks);
      return (value) => partFault(value, checks);
    }
    default:
      return type satisfies never;
  }
}

function primitiveCheck(type: Extract<FieldType, string>): Check {
  switch (type) {
    case "boolean":
      return (value) => (typeof value === "boolean" ? null : "is no boolean");
    case "string":
      return (value) => (typeof value === "string" ? null : "is no string");
    case "int":
      return (value) => inRange(value, -int32Max - 1, int32Max);
    case "count":
      return (value) => inRange(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case "address":
      return (value) => (typeof value === "bigint" ? null : "is no bigint");
    case "time":
      throw new Error("a time is two properties");
    default:
      return type satisfies never;
  }
}

function inRange(value: unknown, min: number, max: number): string | null {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
    ? null
    : `is no whole number from ${min} to ${max}`;
}

function firstFault(values: readonly unknown[], check: Check): string | null {
  for (const value of values) {
    const fault = check(value);
    if (fault !== null) {
      return `has an item that ${fault}`;
    }
  }
  return null;
}

function partFault(value: unknown, checks: readonly (readonly [string, Check])[]): string | null {
  if (typeof value !== "object" || value === null) {
    return "is no object";
  }
  for (const [name, check] of checks) {
    const fault = check((value as Readonly<Record<string, unknown>>)[name]);
    if (fault !== null) {
      return `has a ${name} that ${fault}`;
    }
  }
  return null;
}
