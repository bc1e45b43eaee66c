// Reads a .sf file with our own reader, and gives the records in the form in which avsc gives them, so
// that tests can compare and look things up by the wire's names.

import { readFileSync } from "node:fs";
import { SfReader } from "../../../src/read/sf-reader.ts";
import { type Field, type FieldType, records as kinds } from "../../../src/sysflow/fields.ts";
import type { SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import type { RecordReceiver } from "../../../src/sysflow/record-sink.ts";

/** A decoded record: longs are bigint, fixed values hex strings, optional values plain or null. */
export interface SfRecord {
  /** Position in the file, from 0. */
  readonly index: number;
  /** Unqualified Avro name, such as `FileFlow`. */
  readonly kind: string;
  readonly rec: Readonly<Record<string, SfValue>>;
}

export type SfValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly SfValue[]
  | { readonly [name: string]: SfValue };

/** @throws InputFault where the file is not good to its end */
export function readSf(path: string): readonly SfRecord[] {
  const records: SfRecord[] = [];
  let version = 0;
  readBytes(readFileSync(path), path, (record) => {
    if (record.kind === "SFHeader") {
      version = record.version;
    }
    records.push(asSfRecord(record, records.length, version));
  });
  return records;
}

/** Gives the records of a file's bytes, in pieces. @throws InputFault after the good ones */
export function readBytes(
  bytes: Uint8Array,
  name: string,
  take: (record: SysFlowRecord) => void,
  pieceBytes = Number.POSITIVE_INFINITY,
): void {
  const reader = new SfReader(name);
  const receiver = receiverOf(take);
  let at = 0;
  for (let step = reader.next(receiver); step !== "end"; step = reader.next(receiver)) {
    if (step === "more") {
      const room = reader.room();
      const piece = bytes.subarray(at, at + Math.min(room.length, pieceBytes));
      room.set(piece);
      reader.filled(piece.length);
      at += piece.length;
    }
  }
}

/** One function for all kinds. */
export function receiverOf(take: (record: SysFlowRecord) => void): RecordReceiver {
  return {
    header: take,
    container: take,
    process: take,
    file: take,
    processEvent: take,
    networkFlow: take,
    fileFlow: take,
    fileEvent: take,
    networkEvent: take,
    processFlow: take,
    pod: take,
    k8sEvent: take,
  };
}

/** @param version of the file, whose schema may be too old for some fields; the oldest have 1000 */
export function asSfRecord(record: SysFlowRecord, index: number, version: number): SfRecord {
  const fields = kinds.find(({ name }) => name === record.kind)?.fields ?? [];
  const inVersion = fields.filter(({ since }) => since === undefined || version === 6);
  return { index, kind: record.kind, rec: wireFields(inVersion, record) };
}

function wireFields(fields: readonly Field[], record: object): Record<string, SfValue> {
  const values = record as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    fields.map(({ name, as = name, type }) => [
      name,
      type === "time"
        ? fromHalves(Number(values[`${as}Lo`]), Number(values[`${as}Hi`]))
        : wireValue(type, values[as]),
    ]),
  );
}

function wireValue(type: FieldType, value: unknown): SfValue {
  if (type === "count") {
    return BigInt(value as number);
  }
  if (typeof type === "string") {
    return value as SfValue;
  }
  switch (type.kind) {
    case "optional":
      return value === null ? null : wireValue(type.of, value);
    case "enum":
      return Object.keys(type.table)[value as number] as string;
    case "fixed":
      return Buffer.from(value as Uint8Array).toString("hex");
    case "array":
      return (value as unknown[]).map((item) => wireValue(type.of, item));
    case "map":
      return Object.fromEntries(value as Map<string, string>);
    case "record":
      return wireFields(type.fields, value as object);
    default:
      return type satisfies never;
  }
}

function fromHalves(lo: number, hi: number): bigint {
  return BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo));
}
