// The schemas of the versions before 5, by what each has not yet of the next one, and what a reader of
// ours takes for that.

import type { RecordKind } from "../../../src/sysflow/record.gen.ts";
import { type FieldSchema, type RecordSchema, sysFlowSchema } from "../../../src/sysflow/schema.ts";
import type { SchemaVersion } from "../../../src/sysflow/values.ts";

/** What the version after this one added: a record, or a field of one. */
const addedAfter: Readonly<Record<number, readonly string[]>> = {
  4: ["Process.cwd", "Process.env"],
  3: ["Container.podId", "Pod", "K8sEvent"],
  2: ["SFHeader.filename"],
  1: ["SFHeader.ip", "Process.entry", "ProcessFlow"],
};

export const olderVersions = [1, 2, 3, 4] as const;

/** What is not there yet. */
export function missingIn(version: number): readonly string[] {
  return [4, 3, 2, 1].filter((each) => each >= version).flatMap((each) => addedAfter[each] ?? []);
}

export function kindsIn(version: number, all: readonly RecordKind[]): readonly RecordKind[] {
  return all.filter((kind) => !missingIn(version).includes(kind));
}

export function olderSchema(version: number): RecordSchema {
  const missing = missingIn(version);
  const [rec] = sysFlowSchema(5).fields as readonly [FieldSchema];
  const kinds = (rec.type as readonly RecordSchema[])
    .filter(({ name }) => !missing.includes(name))
    .map((record) => ({
      ...record,
      fields: record.fields.filter(({ name }) => !missing.includes(`${record.name}.${name}`)),
    }));
  return { ...sysFlowSchema(5), fields: [{ ...rec, type: kinds }] };
}

/** Ours, with a default for all that was added without one: what avsc can resolve older files to. */
export function tolerantSchema(version: SchemaVersion): RecordSchema {
  const [rec] = sysFlowSchema(version).fields as readonly [FieldSchema];
  const defaults: Readonly<Record<string, FieldSchema["default"]>> = {
    "SFHeader.filename": "",
    "Container.podId": null,
    "Process.cwd": "",
    "Process.env": [],
  };
  const kinds = (rec.type as readonly RecordSchema[]).map((record) => ({
    ...record,
    fields: record.fields.map((field) => {
      const value = defaults[`${record.name}.${field.name}`];
      return value === undefined ? field : { ...field, default: value };
    }),
  }));
  return { ...sysFlowSchema(version), fields: [{ ...rec, type: kinds }] };
}
