// Every encoder against avsc: for any record the same bytes, in both schemas.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Tap } from "../../src/avro/tap.ts";
import { recordKinds } from "../../src/sysflow/record.gen.ts";
import { sysFlowSchema } from "../../src/sysflow/schema.ts";
import { schemaVersions } from "../../src/sysflow/values.ts";
import { arbitraryRecord, avscValue, encodeRecord } from "../support/records/arbitrary-records.ts";
import { typeOfSchema } from "../support/records/avsc-sf.ts";

const cases = schemaVersions.flatMap((version) =>
  recordKinds.map((kind) => [version, kind] as const),
);

test.each(cases)("schema %d: %s is encoded byte for byte as by avsc", (version, kind) => {
  const type = typeOfSchema(sysFlowSchema(version));
  fc.assert(
    fc.property(arbitraryRecord(kind), (record) => {
      const tap = new Tap(8192);
      encodeRecord(tap, record, version);
      expect(tap.ok()).toBe(true);
      const ours = tap.buffer.toString("hex", 0, tap.pos);
      expect(ours).toBe(type.toBuffer(avscValue(record, version)).toString("hex"));
    }),
  );
});
