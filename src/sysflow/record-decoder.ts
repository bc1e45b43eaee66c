// Chooses how a file's records are decoded, by the schema in the file. The schemas that we write
// (5, which is upstream's too, and 6) have a generated decoder. Any other schema is resolved to
// ours, once for each file, as the Avro specification says: fields are matched by name and unions
// by branch, numbers are widened, and a field that the file lacks gets its default. We use an
// interpreter of our own for it. avsc would allocate an array as long as five hostile bytes claim,
// and generate code from the names in a file.

import { AvroError } from "../avro/avro-error.ts";
import type { ReadTap } from "../avro/read-tap.ts";
import { parseSchema, type RecordTree, type SchemaTree, shown } from "../avro/schema-tree.ts";
import { branchOf, skipValue } from "../avro/skip.ts";
import { decodeRecord } from "./decoder.gen.ts";
import { type Field, type FieldType, type RecordType, records } from "./fields.ts";
import type { SysFlowRecord } from "./record.gen.ts";
import { sysFlowSchemaJson } from "./schema.ts";
import { schemaVersions } from "./values.ts";

/**
 * Reads one datum. The caller asks the tap's `check()` before it believes the record.
 * @returns null for a record of a kind that SysFlow did not have when this was written
 * @throws AvroError where the bytes cannot be one
 */
export type RecordDecoder = (tap: ReadTap) => SysFlowRecord | null;

/** @throws AvroError where it is no schema of SysFlow's, with what it lacks */
export function decoderOfSchema(schemaJson: string): RecordDecoder {
  const version = schemaVersions.find((each) => sysFlowSchemaJson(each) === schemaJson);
  return version === undefined
    ? resolvedDecoder(parseSchema(schemaJson))
    : (tap) => decodeRecord(tap, version);
}

type Value = Readonly<Record<string, unknown>>;
/** Reads a value of the writer's type as one of ours. */
type Reader = (tap: ReadTap) => unknown;
/** Reads one field of the writer's record, and puts it in its place in ours. */
type Step = (tap: ReadTap, into: Record<string, unknown>) => void;

function resolvedDecoder(outer: SchemaTree): RecordDecoder {
  const rec = outer.kind === "record" ? outer.fields.find(({ name }) => name === "rec") : undefined;
  if (outer.kind !== "record" || rec === undefined) {
    throw new AvroError("its schema has no field rec, in which SysFlow's records are", {
      fault: "unsupported",
    });
  }
  const branches = rec.type.kind === "union" ? rec.type.branches : [rec.type];
  const readers = branches.map(branchReader);
  const readRec: Reader =
    rec.type.kind === "union" ? (tap) => branchOf(tap, readers)(tap) : (readers[0] as Reader);
  return (tap) => {
    let record: unknown = null;
    for (const field of outer.fields) {
      if (field === rec) {
        record = readRec(tap);
      } else {
        skipValue(tap, field.type);
      }
    }
    return record as SysFlowRecord | null;
  };
}

function branchReader(branch: SchemaTree): Reader {
  const known = branch.kind === "record" && records.find(({ name }) => name === branch.name);
  if (branch.kind === "record" && known) {
    return recordReader(known, branch, { kind: known.name });
  }
  return (tap) => {
    skipValue(tap, branch);
    return null;
  };
}

/** @param start what each record has beside its fields */
function recordReader(ours: RecordType, theirs: RecordTree, start: Value): Reader {
  const blank: Record<string, unknown> = { ...start };
  for (const field of ours.fields) {
    const isThere = theirs.fields.some(({ name }) => name === field.name);
    setBlank(blank, field, isThere ? undefined : defaultOf(ours, field));
  }
  const steps = theirs.fields.map(({ name, type }): Step => {
    const field = ours.fields.find((each) => each.name === name);
    return field === undefined
      ? (tap) => skipValue(tap, type)
      : fieldStep(field, type, `${ours.name}.${name}`);
  });
  return (tap) => {
    const record = { ...blank };
    for (const step of steps) {
      step(tap, record);
    }
    return record;
  };
}

function setBlank(blank: Record<string, unknown>, field: Field, value: unknown): void {
  const name = field.as ?? field.name;
  if (field.type === "time") {
    blank[`${name}Lo`] = 0;
    blank[`${name}Hi`] = 0;
  } else {
    blank[name] = value;
  }
}

function defaultOf(record: RecordType, field: Field): unknown {
  const { default: byDefault, ifAbsent = byDefault } = field;
  if (ifAbsent === undefined || ifAbsent === "version") {
    throw new AvroError(`its schema has no ${record.name}.${field.name}`, { fault: "unsupported" });
  }
  return ifAbsent;
}

function fieldStep(field: Field, theirs: SchemaTree, where: string): Step {
  const name = field.as ?? field.name;
  const read = readerOf(field.type, theirs, where);
  if (field.type === "time") {
    return (tap, into) => {
      read(tap);
      into[`${name}Lo`] = tap.lo;
      into[`${name}Hi`] = tap.hi;
    };
  }
  return (tap, into) => {
    into[name] = read(tap);
  };
}

/** @param where the field, for messages. @throws AvroError where the types do not fit */
function readerOf(ours: FieldType, theirs: SchemaTree, where: string): Reader {
  if (theirs.kind === "union") {
    const readers = theirs.branches.map((branch) => unionReader(ours, branch, where));
    if (readers.every((reader) => reader === null)) {
      throw mismatch(where, theirs);
    }
    const unfit = noFit(where);
    const all = readers.map((reader) => reader ?? unfit);
    return (tap) => branchOf(tap, all)(tap);
  }
  if (typeof ours === "string") {
    return primitiveReader(ours, theirs, where);
  }
  switch (ours.kind) {
    case "optional":
      return readerOf(ours.of, theirs, where);
    case "enum":
      return enumReader(ours.table, theirs, where);
    case "fixed":
      if (theirs.kind === "fixed" && theirs.size === ours.size) {
        return (tap) => tap.readFixed(ours.size);
      }
      break;
    case "record":
      if (theirs.kind === "record") {
        return recordReader(ours, theirs, {});
      }
      break;
    case "array":
      if (theirs.kind === "array") {
        return arrayReader(readerOf(ours.of, theirs.of, where));
      }
      break;
    case "map":
      if (theirs.kind === "map") {
        return mapReader(readerOf(ours.of, theirs.of, where));
      }
      break;
    default:
      ours satisfies never;
  }
  throw mismatch(where, theirs);
}

/** Null where a value of that branch cannot be one of ours: it is an error only when one comes. */
function unionReader(ours: FieldType, branch: SchemaTree, where: string): Reader | null {
  if (branch.kind === "null") {
    const isOptional = typeof ours === "object" && ours.kind === "optional";
    return isOptional ? () => null : null;
  }
  try {
    return readerOf(ours, branch, where);
  } catch (error) {
    if (error instanceof AvroError) {
      return null;
    }
    throw error;
  }
}

function noFit(where: string): Reader {
  return () => {
    throw new AvroError(`${where} has a value of another type than ours`);
  };
}

const widened: Readonly<Record<string, readonly SchemaTree["kind"][]>> = {
  boolean: ["boolean"],
  string: ["string", "bytes"],
  int: ["int"],
  count: ["long", "int"],
  time: ["long", "int"],
  address: ["long", "int"],
};

function primitiveReader(
  ours: Extract<FieldType, string>,
  theirs: SchemaTree,
  where: string,
): Reader {
  if (!(widened[ours] ?? []).includes(theirs.kind)) {
    throw mismatch(where, theirs);
  }
  switch (ours) {
    case "boolean":
      return (tap) => tap.readBoolean();
    case "string":
      return (tap) => tap.readString();
    case "int":
      return (tap) => tap.readInt();
    case "count":
      return (tap) => tap.readLong();
    case "address":
      return (tap) => tap.readBigLong();
    case "time":
      // Left in the tap, since it is two properties.
      return (tap) => tap.readHalves();
    default:
      return ours satisfies never;
  }
}

/** By symbol, not by number. */
function enumReader(
  table: Readonly<Record<string, number>>,
  theirs: SchemaTree,
  where: string,
): Reader {
  if (theirs.kind !== "enum") {
    throw mismatch(where, theirs);
  }
  const values = theirs.symbols.map((symbol) =>
    Object.hasOwn(table, symbol) ? table[symbol] : undefined,
  );
  return (tap) => {
    const index = tap.readInt();
    const value = values[index];
    if (value === undefined) {
      const symbol = theirs.symbols[index];
      const what = symbol === undefined ? String(index) : shown(symbol);
      throw new AvroError(`${where} is ${what}, which it cannot be`);
    }
    return value;
  };
}

function arrayReader(readItem: Reader): Reader {
  return (tap) => {
    const values: unknown[] = [];
    for (let count = tap.readItemCount(); count > 0; count = tap.readItemCount()) {
      for (let i = 0; i < count; i++) {
        values.push(readItem(tap));
      }
    }
    return values;
  };
}

function mapReader(readItem: Reader): Reader {
  return (tap) => {
    const values = new Map<string, unknown>();
    for (let count = tap.readItemCount(); count > 0; count = tap.readItemCount()) {
      for (let i = 0; i < count; i++) {
        values.set(tap.readString(), readItem(tap));
      }
    }
    return values;
  };
}

function mismatch(where: string, theirs: SchemaTree): AvroError {
  return new AvroError(`${where} is of type ${theirs.kind} in its schema`, {
    fault: "unsupported",
  });
}
