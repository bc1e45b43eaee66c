// Every decoder against every encoder: what is written is read, for each kind and any values, in the
// schemas that we write; in older ones it is what avsc resolves it to.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ReadTap } from "../../src/avro/read-tap.ts";
import { Tap } from "../../src/avro/tap.ts";
import { records } from "../../src/sysflow/fields.ts";
import { recordKinds, type SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { decoderOfSchema } from "../../src/sysflow/record-decoder.ts";
import { sysFlowSchema, sysFlowSchemaJson } from "../../src/sysflow/schema.ts";
import { schemaVersions } from "../../src/sysflow/values.ts";
import { arbitraryRecord, avscValue, encodeRecord } from "../support/records/arbitrary-records.ts";
import { plain, typeOfSchema } from "../support/records/avsc-sf.ts";
import {
  kindsIn,
  missingIn,
  olderSchema,
  olderVersions,
  tolerantSchema,
} from "../support/records/older-schemas.ts";
import { asSfRecord } from "../support/records/read-sf.ts";

const written = schemaVersions.flatMap((version) =>
  recordKinds.map((kind) => [version, kind] as const),
);

test.each(written)("schema %d: %s is decoded as it was encoded", (version, kind) => {
  const decode = decoderOfSchema(sysFlowSchemaJson(version));
  fc.assert(
    fc.property(arbitraryRecord(kind), (record) => {
      const tap = new ReadTap(encoded(record, version));
      expect(decode(tap) as object).toEqual(asRead(record, version));
      expect(tap.pos).toBe(tap.length);
    }),
  );
});

describe("a schema of ours with another text", () => {
  // Not the text that we write, so that it is resolved.
  test.each(written)("%d: %s is decoded as with the text that we write", (version, kind) => {
    const decode = decoderOfSchema(JSON.stringify(sysFlowSchema(version), null, 1));
    fc.assert(
      fc.property(arbitraryRecord(kind), (record) => {
        const tap = new ReadTap(encoded(record, version));
        expect(decode(tap) as object).toEqual(asRead(record, version));
        expect(tap.pos).toBe(tap.length);
      }),
    );
  });
});

describe("an older schema is resolved as avsc does", () => {
  const reader = typeOfSchema(tolerantSchema(6));

  const cases = olderVersions.flatMap((version) =>
    kindsIn(version, recordKinds).map((kind) => [version, kind] as const),
  );
  test.each(cases)("%d: %s", (version, kind) => {
    const writer = typeOfSchema(olderSchema(version));
    const resolver = reader.createResolver(writer);
    const decode = decoderOfSchema(JSON.stringify(olderSchema(version)));
    fc.assert(
      fc.property(arbitraryRecord(kind), (record) => {
        const bytes = writer.toBuffer(olderValue(record, version));
        const theirs = reader.fromBuffer(bytes, resolver) as { rec: Record<string, unknown> };
        const ours = decode(new ReadTap(bytes)) as SysFlowRecord;
        const [rec] = Object.values(theirs.rec);
        expect(asSfRecord(ours, 0, 6).rec).toEqual(plain(rec) as never);
      }),
    );
  });
});

function encoded(record: SysFlowRecord, version: 5 | 6): Buffer {
  const tap = new Tap(8192);
  encodeRecord(tap, record, version);
  expect(tap.ok()).toBe(true);
  return tap.buffer.subarray(0, tap.pos);
}

/** High halves are read as int32; schema 5 has no room for some fields. */
function asRead(record: SysFlowRecord, version: 5 | 6): object {
  const signed = signedHalves(record) as Record<string, unknown>;
  const fields = records.find(({ name }) => name === record.kind)?.fields ?? [];
  const added = fields.filter(({ since = 0 }) => since > version);
  return { ...signed, ...Object.fromEntries(added.map((field) => [field.name, field.default])) };
}

function signedHalves(value: object): object {
  const entries = Object.entries(value).map(([name, each]) => {
    const isOid = each !== null && typeof each === "object" && "createHi" in each;
    return [name, name.endsWith("Hi") ? each | 0 : isOid ? signedHalves(each) : each];
  });
  return Object.fromEntries(entries);
}

/** As avsc takes it, without what is not there yet. */
function olderValue(record: SysFlowRecord, version: number): object {
  const { rec } = avscValue(record, 5);
  const [name, fields] = Object.entries(rec)[0] as [string, Record<string, unknown>];
  const missing = missingIn(version);
  const kept = Object.entries(fields).filter(
    ([field]) => !missing.includes(`${record.kind}.${field}`),
  );
  return { rec: { [name]: Object.fromEntries(kept) } };
}
