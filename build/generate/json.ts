// Writes src/sysflow/json.gen.ts from the list of fields: `npm run generate`, or this file alone. One
// encoder per record kind, whose fixed text (names, brackets) is joined as far as it goes.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Field,
  type FieldType,
  partRecords,
  type RecordType,
  records,
} from "../../src/sysflow/fields.ts";

const FILE = join(import.meta.dir, "../../src/sysflow/json.gen.ts");
const INDENT = "  ";
const LINE_WIDTH = 100;

export function renderJson(): string {
  const fixed = new FixedTexts();
  const kinds = records.map((record) => {
    const version = isVersioned(record) ? ", version: SchemaVersion" : "";
    const open = `export function ${jsonName(record)}(tap: JsonTap, record: ${record.name}${version}): void {`;
    const lines = body(record, `{"rec":"${record.name}"`, "}\\n", fixed);
    return [open, ...lines, "}", ""].join("\n");
  });
  const parts = partRecords.map((record) => {
    const name = record.tsName ?? record.name;
    const open = `function json${name}(tap: JsonTap, record: ${name}): void {`;
    return [open, ...body(record, "{", "}", fixed), "}", ""].join("\n");
  });
  const text = [...fixed.lines(), ...enumTables(), ...kinds, ...parts].join("\n");
  const types = [...partRecords.map((each) => each.tsName ?? each.name), ...records.map(nameOf)];
  return [
    "// Generated from fields.ts by build/generate/json.ts: do not edit. One record as a line of JSON, with",
    "// the schema's field names, `rec` for its kind, plain values for unions, names for enums, and hex for",
    "// fixed bytes.",
    "",
    'import { FixedText, type JsonTap } from "./json-tap.ts";',
    list("import {", helpersIn(text), '} from "./json-writing.ts";'),
    list("import type {", types.sort(), '} from "./record.gen.ts";'),
    'import type { SchemaVersion } from "./values.ts";',
    "",
    text.trimEnd(),
    "",
  ].join("\n");
}

/** The texts between values, each with a name: that of the record and the field before which it stands. */
class FixedTexts {
  readonly #names = new Map<string, string>();

  nameOf(text: string, owner: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const field = /"(\w+)":$/.exec(text)?.[1];
    const ofLine = text.endsWith("\\n") ? "endOfLine" : "endOfPart";
    const words =
      field === undefined ? ofLine : text.startsWith("{") ? `${owner}Start` : `${field}Key`;
    this.#names.set(text, words);
    return words;
  }

  lines(): readonly string[] {
    const texts = [...this.#names].map(
      ([text, name]) => `const ${name} = new FixedText(${quoted(text)});`,
    );
    return [...texts, ""];
  }
}

/** Fixed text is held back until something else must be written. */
class Statements {
  readonly lines: string[] = [];
  readonly #fixed: FixedTexts;
  readonly #owner: string;
  #text = "";

  /** @param owner the record whose function it is */
  constructor(fixed: FixedTexts, owner: string) {
    this.#fixed = fixed;
    this.#owner = owner;
  }

  inner(): Statements {
    return new Statements(this.#fixed, this.#owner);
  }

  text(text: string): void {
    this.#text += text;
  }

  add(...lines: readonly string[]): void {
    if (this.#text !== "") {
      this.lines.push(`tap.fixed(${this.#fixed.nameOf(this.#text, this.#owner)});`);
      this.#text = "";
    }
    this.lines.push(...lines);
  }
}

function body(
  record: RecordType,
  start: string,
  end: string,
  fixed: FixedTexts,
): readonly string[] {
  const out = new Statements(fixed, lowered(record.name));
  out.text(start);
  // A part record begins with a bracket and no field.
  let separator = start === "{" ? "" : ",";
  for (const field of record.fields) {
    const name = `${separator}"${field.name}":`;
    separator = ",";
    if (field.since === undefined) {
      out.text(name);
      write(out, field.type, `record.${field.as ?? field.name}`);
    } else {
      const inner = out.inner();
      inner.text(name);
      write(inner, field.type, `record.${field.as ?? field.name}`);
      inner.add();
      out.add(`if (version >= ${field.since}) {`, ...indented(inner.lines), "}");
    }
  }
  out.text(end);
  out.add();
  return indented(out.lines);
}

function write(out: Statements, type: FieldType, value: string): void {
  if (type === "time") {
    out.add(`tap.halves(${value}Lo, ${value}Hi);`);
  } else if (typeof type === "string") {
    out.add(`tap.${primitives[type]}(${value});`);
  } else {
    writeCompound(out, type, value);
  }
}

const primitives: Readonly<Record<Exclude<FieldType, "time" | object>, string>> = {
  boolean: "boolean",
  string: "string",
  int: "int",
  count: "long",
  address: "bigLong",
};

function writeCompound(out: Statements, type: Extract<FieldType, object>, value: string): void {
  switch (type.kind) {
    case "enum":
      out.add(`tap.text(${enumTable(type.name)}[${value}] as string);`);
      break;
    case "fixed":
      out.add(`tap.hex(${value});`);
      break;
    case "record":
      out.add(`json${type.tsName ?? type.name}(tap, ${value});`);
      break;
    case "map":
      out.add(`jsonStringMap(tap, ${value});`);
      break;
    case "array":
      out.add(
        type.of === "string"
          ? `jsonStrings(tap, ${value});`
          : `jsonArray(tap, ${value}, json${itemName(type.of)});`,
      );
      break;
    case "optional":
      writeOptional(out, type.of, value);
      break;
    default:
      throw new Error(`no JSON for ${JSON.stringify(type)}`);
  }
}

function writeOptional(out: Statements, of: FieldType, value: string): void {
  if (of === "string") {
    out.add(`jsonOptionalString(tap, ${value});`);
  } else if (typeof of === "object" && of.kind === "fixed") {
    out.add(`jsonOptionalHex(tap, ${value});`);
  } else {
    const inner = out.inner();
    write(inner, of, value);
    out.add(
      `if (${value} === null) {`,
      `${INDENT}tap.text("null");`,
      "} else {",
      ...indented(inner.lines),
      "}",
    );
  }
}

function itemName(type: FieldType): string {
  if (type === "address") return "BigLong";
  if (typeof type === "object" && type.kind === "record") return type.tsName ?? type.name;
  throw new Error(`no items of type ${JSON.stringify(type)}`);
}

/** The names of each enum with their quotes, by number. */
function enumTables(): readonly string[] {
  const enums = new Map<string, readonly string[]>();
  const look = ({ type }: Field) => {
    if (typeof type === "object" && type.kind === "enum") {
      enums.set(type.name, Object.keys(type.table));
    }
  };
  for (const record of [...records, ...partRecords]) record.fields.forEach(look);
  return [...enums].map(([name, symbols]) => {
    const names = symbols.map((symbol) => `'"${symbol}"'`);
    return `${list(`const ${enumTable(name)} = [`, names, "] as const;", "")}\n`;
  });
}

function enumTable(name: string): string {
  return `${lowered(name)}Names`;
}

function lowered(name: string): string {
  return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
}

function helpersIn(text: string): readonly string[] {
  const called = new Set(
    text.match(/(?<![.\w])json(?:Optional\w+|Strings|Array|BigLong|StringMap)\b/g),
  );
  return [...called].sort();
}

function isVersioned(record: RecordType): boolean {
  return record.fields.some(({ since }) => since !== undefined);
}

function nameOf({ name }: RecordType): string {
  return name;
}

function jsonName({ name }: RecordType): string {
  return `json${name.replace(/^SF/, "")}`;
}

function quoted(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

/** On one line where it fits, else one item a line. */
function list(open: string, items: readonly string[], close: string, space = " "): string {
  const line = `${open}${space}${items.join(", ")}${space}${close}`;
  if (line.length <= LINE_WIDTH) return line;
  return [open, ...items.map((item) => `${INDENT}${item},`), close].join("\n");
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `${INDENT}${line}`);
}

if (import.meta.main) {
  writeFileSync(FILE, renderJson());
}
