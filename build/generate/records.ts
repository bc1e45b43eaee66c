// Writes src/sysflow/{record,encoder,decoder,copier}.gen.ts from the list of fields: `npm run generate`, or
// this file alone, which needs no compiled addon. A test compares the committed files with the list.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Field,
  type FieldType,
  partRecords,
  type RecordType,
  records,
} from "../../src/sysflow/fields.ts";

const FOLDER = join(import.meta.dir, "../../src/sysflow");
const LINE_WIDTH = 100;

/** The generated files by name. */
export function renderRecords(): Readonly<Record<string, string>> {
  return {
    "record.gen.ts": renderTypes(),
    "encoder.gen.ts": renderEncoder(),
    "decoder.gen.ts": renderDecoder(),
    "copier.gen.ts": renderCopier(),
  };
}

function renderTypes(): string {
  const all = [...partRecords, ...records];
  const union = records.map(({ name }) => `\n  | ${name}`).join("");
  const indices = records.map(({ name }, index) => `  ${name}: ${index},\n`).join("");
  return lines(
    heading(
      "One interface per Avro record, and a union of them on `kind`. Field names are the wire's. " +
        "Two things differ from the wire and surprise newcomers: a 64-bit nanosecond value is a " +
        "pair of 32-bit halves (`tsLo`, `tsHi`), since BigInt is some 20 times slower to encode, " +
        "and sip/dip are little-endian on every machine.",
    ),
    list("import type {", valueTypes(all), '} from "./values.ts";'),
    "",
    ...all.map(renderInterface),
    `export type SysFlowRecord =${union};`,
    "",
    'export type RecordKind = SysFlowRecord["kind"];',
    "",
    "/** Position of each record in the outer union `rec`: part of the wire format. */",
    `export const unionIndex = {\n${indices}} as const satisfies Record<RecordKind, number>;`,
    "",
    "/** The kinds in the order of their union indices. */",
    "export const recordKinds = Object.keys(unionIndex) as readonly RecordKind[];",
  );
}

function renderInterface(record: RecordType): string {
  const kind = records.includes(record) ? [`  readonly kind: "${record.name}";`] : [];
  const properties = record.fields.flatMap((field) => {
    const doc = field.doc === undefined ? [] : [comment(field.doc, "  ")];
    const final = field.isFinal ? "readonly " : "";
    return [
      ...doc,
      ...propertiesOf(field).map((name) => `  ${final}${name}: ${tsType(field.type, field)};`),
    ];
  });
  const doc = record.doc === undefined ? [] : [comment(record.doc, "")];
  const open = `export interface ${tsName(record)} {`;
  return lines(...doc, open, ...kind, ...properties, "}");
}

function renderEncoder(): string {
  const all = [...partRecords, ...records];
  const parts = partRecords.map((record) =>
    lines(
      `function write${tsName(record)}(tap: Tap, record: ${tsName(record)}): void {`,
      ...record.fields.map(writeStatement),
      "}",
    ),
  );
  const kinds = records.map((record) =>
    lines(
      `export function ${encoderName(record)}(${parameters("tap: Tap", record)}): void {`,
      `  tap.writeInt(${records.indexOf(record)});`,
      ...record.fields.map(writeStatement),
      "}",
    ),
  );
  const body = [...kinds, ...parts].join("\n");
  return lines(
    heading(
      "One plain encoder per record kind, each writing the union index and then the fields in wire " +
        "order straight from the collector's own objects. Byte for byte what avsc writes (a " +
        "property test says so), without its BigInt longs. Overflow is the caller's to check, once " +
        "a record (see Tap).",
    ),
    'import type { Tap } from "../avro/tap.ts";',
    helperImport(body, "write", "./field-writing.ts"),
    list("import type {", all.map(tsName).sort(), '} from "./record.gen.ts";'),
    'import type { SchemaVersion } from "./values.ts";',
    "",
    body.trimEnd(),
  );
}

function renderDecoder(): string {
  const all = [...partRecords, ...records];
  const bodies = all.map((record) => {
    const names = record.fields.flatMap(propertiesOf);
    const kind = records.includes(record) ? [`kind: "${record.name}"`] : [];
    return lines(
      `function read${tsName(record)}(${parameters("tap: ReadTap", record, false)}): ${tsName(record)} {`,
      ...record.fields.map(readStatement),
      list("  return {", [...kind, ...names], "};"),
      "}",
    );
  });
  const cases = records.map((record, index) => {
    const version = isVersioned(record) ? ", version" : "";
    return `    case ${index}:\n      return read${tsName(record)}(tap${version});`;
  });
  const body = bodies.join("\n").trimEnd();
  return lines(
    heading(
      "One plain decoder per record kind for the schemas that we write: the encoder's other side. " +
        "Every record is a new object, which its receiver may keep.",
    ),
    'import type { ReadTap } from "../avro/read-tap.ts";',
    helperImport(`${body} readUnknown()`, "read", "./field-reading.ts"),
    list(
      "import type {",
      [...all.map(tsName), "SysFlowRecord"].sort(),
      '} from "./record.gen.ts";',
    ),
    list("import type {", [...castTypes(), "SchemaVersion"].sort(), '} from "./values.ts";'),
    "",
    "/**",
    " * Reads a datum of that schema. The caller asks the tap's `check()` before it believes the record.",
    " * @throws AvroError where the bytes cannot be one",
    " */",
    "export function decodeRecord(tap: ReadTap, version: SchemaVersion): SysFlowRecord {",
    "  const index = tap.readInt();",
    "  switch (index) {",
    ...cases,
    "    default:",
    "      return readUnknown(index);",
    "  }",
    "}",
    "",
    body,
  );
}

function renderCopier(): string {
  const copies = records.map((record) => {
    const names = record.fields.flatMap(propertiesOf);
    const fields = [`kind: "${record.name}"`, ...names.map((name) => `${name}: record.${name}`)];
    return lines(
      `function copy${tsName(record)}(record: ${tsName(record)}): ${tsName(record)} {`,
      list("  return {", fields, "};"),
      "}",
    );
  });
  const cases = records.map(
    (record) => `    case "${record.name}":\n      return copy${tsName(record)}(record);`,
  );
  return lines(
    heading(
      "Copies a record field by field, so that it may be kept while its owner goes on with its own. " +
        "Ids, lists and addresses in it are never changed once made, and are shared.",
    ),
    list(
      "import type {",
      [...records.map(tsName), "SysFlowRecord"].sort(),
      '} from "./record.gen.ts";',
    ),
    "",
    "export function copyRecord(record: SysFlowRecord): SysFlowRecord {",
    "  switch (record.kind) {",
    ...cases,
    "    default:",
    "      return record satisfies never;",
    "  }",
    "}",
    "",
    copies.join("\n").trimEnd(),
  );
}

function writeStatement(field: Field): string {
  const text = writeLines(field.type, `record.${propertyOf(field)}`);
  return field.since === undefined ? indent(text, 1) : inVersion(field, text);
}

function inVersion(field: Field, text: readonly string[]): string {
  return lines(`  if (version >= ${field.since}) {`, indent(text, 2), "  }").trimEnd();
}

function writeLines(type: FieldType, value: string): readonly string[] {
  if (type === "time") return [`tap.writeLongHalves(${value}Lo, ${value}Hi);`];
  if (typeof type === "string") return [`tap.${primitiveWriters[type]}(${value});`];
  switch (type.kind) {
    case "enum":
      return [`tap.writeInt(${value});`];
    case "fixed":
      return [`tap.writeFixed(${value});`];
    case "record":
      return [`write${tsName(type)}(tap, ${value});`];
    case "map":
      return [`writeStringMap(tap, ${value});`];
    case "array":
      return type.of === "string"
        ? [`writeStrings(tap, ${value});`]
        : [`writeArray(tap, ${value}, write${itemName(type.of)});`];
    case "optional":
      return writeOptional(type.of, value);
    default:
      throw new Error(`no encoder for ${JSON.stringify(type)}`);
  }
}

function writeOptional(of: FieldType, value: string): readonly string[] {
  if (of === "string") return [`writeOptionalString(tap, ${value});`];
  if (isA(of, "fixed")) return [`writeOptionalFixed(tap, ${value});`];
  return [
    `if (${value} === null) {`,
    "  tap.writeInt(0);",
    "} else {",
    "  tap.writeInt(1);",
    ...writeLines(of, value).map((line) => `  ${line}`),
    "}",
  ];
}

function readStatement(field: Field): string {
  const name = propertyOf(field);
  if (field.type === "time") {
    return lines(
      "  tap.readHalves();",
      `  const ${name}Lo = tap.lo;`,
      `  const ${name}Hi = tap.hi;`,
    ).trimEnd();
  }
  const cast = field.tsName === undefined ? "" : ` as ${field.tsName}`;
  const value = `${readExpression(field.type)}${cast}`;
  const isNew = field.since !== undefined;
  const old = JSON.stringify(field.default);
  return `  const ${name} = ${isNew ? `version >= ${field.since} ? ${value} : ${old}` : value};`;
}

function readExpression(type: FieldType): string {
  if (type === "time") throw new Error("a time is two properties");
  if (typeof type === "string") return `tap.${primitiveReaders[type]}()`;
  switch (type.kind) {
    case "enum":
      return `readEnum(tap, ${Object.keys(type.table).length}) as ${type.tsName}`;
    case "fixed":
      return `tap.readFixed(${type.size})`;
    case "record":
      return `read${tsName(type)}(tap)`;
    case "map":
      return "readStringMap(tap)";
    case "array":
      return type.of === "string" ? "readStrings(tap)" : `readArray(tap, read${itemName(type.of)})`;
    case "optional":
      if (type.of === "string") return "readOptionalString(tap)";
      if (isA(type.of, "fixed")) return `readOptionalFixed(tap, ${type.of.size})`;
      return `readIsPresent(tap) ? ${readExpression(type.of)} : null`;
    default:
      throw new Error(`no decoder for ${JSON.stringify(type)}`);
  }
}

type Primitive = Exclude<FieldType, "time" | object>;

const primitiveWriters: Readonly<Record<Primitive, string>> = {
  boolean: "writeBoolean",
  string: "writeString",
  int: "writeInt",
  count: "writeLong",
  address: "writeBigLong",
};

const primitiveReaders: Readonly<Record<Primitive, string>> = {
  boolean: "readBoolean",
  string: "readString",
  int: "readInt",
  count: "readLong",
  address: "readBigLong",
};

const primitiveTypes: Readonly<Record<Primitive | "time", string>> = {
  boolean: "boolean",
  string: "string",
  int: "number",
  count: "number",
  time: "number",
  address: "bigint",
};

function tsType(type: FieldType, field?: Field): string {
  if (typeof type === "string") return field?.tsName ?? primitiveTypes[type];
  switch (type.kind) {
    case "optional":
      return `${tsType(type.of)} | null`;
    case "array":
      return `readonly ${tsType(type.of)}[]`;
    case "map":
      return `ReadonlyMap<string, ${tsType(type.of)}>`;
    case "record":
      return tsName(type);
    default:
      return type.tsName;
  }
}

function itemName(type: FieldType): string {
  if (type === "address") return "BigLong";
  if (isA(type, "record")) return tsName(type);
  throw new Error(`no items of type ${JSON.stringify(type)}`);
}

function isA<K extends string>(
  type: FieldType,
  kind: K,
): type is Extract<FieldType, { readonly kind: K }> {
  return typeof type !== "string" && type.kind === kind;
}

function tsName(record: RecordType): string {
  return record.tsName ?? record.name;
}

function encoderName({ name }: RecordType): string {
  return `encode${name.replace(/^SF/, "")}`;
}

function propertyOf(field: Field): string {
  return field.as ?? field.name;
}

function propertiesOf(field: Field): readonly string[] {
  const name = propertyOf(field);
  return field.type === "time" ? [`${name}Lo`, `${name}Hi`] : [name];
}

function isVersioned(record: RecordType): boolean {
  return record.fields.some(({ since }) => since !== undefined);
}

function parameters(tap: string, record: RecordType, hasRecord = true): string {
  const value = hasRecord ? [`record: ${tsName(record)}`] : [];
  const version = isVersioned(record) ? ["version: SchemaVersion"] : [];
  return [tap, ...value, ...version].join(", ");
}

/** The names of values.ts that the records' properties have. */
function valueTypes(all: readonly RecordType[]): readonly string[] {
  const names = all.flatMap(({ fields }) =>
    fields.flatMap((field) => [field.tsName, namedType(field.type)]),
  );
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

function namedType(type: FieldType): string | undefined {
  if (typeof type === "string") return undefined;
  if (type.kind === "enum" || type.kind === "fixed") return type.tsName;
  return type.kind === "record" ? undefined : namedType(type.of);
}

/** Those of them to which the decoder casts. */
function castTypes(): readonly string[] {
  const names = records.flatMap(({ fields }) =>
    fields.flatMap(({ tsName, type }) => [tsName, isA(type, "enum") ? type.tsName : undefined]),
  );
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** An import of the helpers that a body calls, those that it has itself apart. */
function helperImport(body: string, verb: string, from: string): string {
  const called = new Set(body.match(new RegExp(`(?<![.\\w])${verb}[A-Z]\\w*`, "g")));
  const own = new Set([...body.matchAll(/^(?:export )?function (\w+)/gm)].map((match) => match[1]));
  const names = [...called].filter((name) => !own.has(name)).sort();
  return list("import {", names, `} from "${from}";`);
}

function heading(text: string): string {
  const generated = "Generated from fields.ts by build/generate/records.ts: do not edit.";
  return lines(...wrap(`${generated} ${text}`, "// "));
}

function comment(text: string, margin: string): string {
  const line = `${margin}/** ${text} */`;
  if (line.length <= LINE_WIDTH) return line;
  return lines(`${margin}/**`, ...wrap(text, `${margin} * `), `${margin} */`).trimEnd();
}

function wrap(text: string, prefix: string): readonly string[] {
  const rows = [""];
  for (const word of text.split(" ")) {
    const row = rows.at(-1) as string;
    const longer = row === "" ? word : `${row} ${word}`;
    if (prefix.length + longer.length > LINE_WIDTH) rows.push(word);
    else rows[rows.length - 1] = longer;
  }
  return rows.map((row) => `${prefix}${row}`);
}

/** On one line where it fits, else one item a line. */
function list(open: string, items: readonly string[], close: string): string {
  const line = `${open} ${items.join(", ")} ${close}`;
  if (line.length <= LINE_WIDTH) return line;
  const margin = open.slice(0, open.length - open.trimStart().length);
  return lines(open, ...items.map((item) => `${margin}  ${item},`), `${margin}${close}`).trimEnd();
}

function indent(text: readonly string[], depth: number): string {
  return text.map((line) => `${"  ".repeat(depth)}${line}`).join("\n");
}

function lines(...parts: readonly string[]): string {
  return `${parts.join("\n")}\n`;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(renderRecords())) {
    writeFileSync(join(FOLDER, name), text);
  }
}
