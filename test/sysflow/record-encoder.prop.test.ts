// Every encoder against avsc: for any record the same bytes.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Tap } from "../../src/avro/tap.ts";
import { sysFlowSchema } from "../../src/sysflow/schema.ts";
import {
  arbitraryRecord,
  avscValue,
  encodeRecord,
  writtenKinds,
} from "../support/arbitrary-records.ts";
import { typeOfSchema } from "../support/read-sf.ts";

const type = typeOfSchema(sysFlowSchema);

test.each([...writtenKinds])("%s is encoded byte for byte as by avsc", (kind) => {
  fc.assert(
    fc.property(arbitraryRecord(kind), (record) => {
      const tap = new Tap(8192);
      encodeRecord(tap, record);
      expect(tap.ok()).toBe(true);
      const ours = tap.buffer.toString("hex", 0, tap.pos);
      expect(ours).toBe(type.toBuffer(avscValue(record)).toString("hex"));
    }),
  );
});
