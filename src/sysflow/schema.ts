// The Avro schemas of a SysFlow file: version 5, which a test compares with upstream's, and 6, which
// is ours: 5 with fields at the end of two records, each with a default, so that readers of either
// resolve files of the other. No logicalType (upstream's own writer drops it too), and every name is
// given with its namespace, since some readers resolve a bare name against the enclosing record's.

import {
  type Default,
  type Field,
  type FieldType,
  type RecordType,
  records,
  typeNamespace,
} from "./fields.ts";
import type { SchemaVersion } from "./values.ts";

export interface RecordSchema {
  readonly type: "record";
  readonly namespace: string;
  readonly name: string;
  readonly fields: readonly FieldSchema[];
}

export interface FieldSchema {
  readonly name: string;
  readonly type: Schema;
  readonly default?: Default;
}

export type Schema =
  | string
  | RecordSchema
  | readonly Schema[]
  | {
      readonly type: "enum";
      readonly namespace: string;
      readonly name: string;
      readonly symbols: readonly string[];
    }
  | {
      readonly type: "fixed";
      readonly namespace: string;
      readonly name: string;
      readonly size: number;
    }
  | { readonly type: "array"; readonly items: Schema }
  | { readonly type: "map"; readonly values: Schema };

/** The outer record; the order of its union is the list's. */
export function sysFlowSchema(version: SchemaVersion): RecordSchema {
  const defined = new Set<string>();
  const rec = records.map((record) => schemaOf(record, version, defined));
  return {
    type: "record",
    namespace: "sysflow",
    name: "SysFlow",
    fields: [{ name: "rec", type: rec }],
  };
}

/**
 * Compact, as it stands in a file's `avro.schema`; of version 5 the same bytes as upstream's writer
 * gives.
 */
export function sysFlowSchemaJson(version: SchemaVersion): string {
  return JSON.stringify(sysFlowSchema(version));
}

/** @param defined the full names so far: a name's first use carries its definition. */
function schemaOf(type: FieldType, version: SchemaVersion, defined: Set<string>): Schema {
  if (typeof type === "string") {
    return primitives[type];
  }
  switch (type.kind) {
    case "optional":
      return ["null", schemaOf(type.of, version, defined)];
    case "array":
      return { type: "array", items: schemaOf(type.of, version, defined) };
    case "map":
      return { type: "map", values: schemaOf(type.of, version, defined) };
    default:
      return namedSchema(type, version, defined);
  }
}

const primitives = {
  boolean: "boolean",
  string: "string",
  int: "int",
  count: "long",
  time: "long",
  address: "long",
} as const;

type NamedType = Extract<FieldType, { readonly kind: "enum" | "fixed" | "record" }>;

function namedSchema(type: NamedType, version: SchemaVersion, defined: Set<string>): Schema {
  const { name } = type;
  const namespace = type.kind === "record" ? type.namespace : typeNamespace;
  const fullName = `${namespace}.${name}`;
  if (defined.has(fullName)) {
    return fullName;
  }
  defined.add(fullName);
  switch (type.kind) {
    case "enum":
      return { type: "enum", namespace, name, symbols: Object.keys(type.table) };
    case "fixed":
      return { type: "fixed", namespace, name, size: type.size };
    case "record":
      return recordSchema(type, version, defined);
    default:
      return type satisfies never;
  }
}

function recordSchema(
  { namespace, name, fields }: RecordType,
  version: SchemaVersion,
  defined: Set<string>,
): RecordSchema {
  const inVersion = fields.filter(({ since = version }) => since <= version);
  const schemas = inVersion.map((field) => ({
    name: field.name,
    type: schemaOf(field.type, version, defined),
    ...defaultOf(field, version),
  }));
  return { type: "record", namespace, name, fields: schemas };
}

function defaultOf(field: Field, version: SchemaVersion): { readonly default?: Default } {
  if (field.default === undefined) {
    return {};
  }
  return { default: field.default === "version" ? version : field.default };
}
