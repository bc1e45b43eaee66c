// .sf files made in memory, in whichever form: by our writer's parts where they allow for it, and by
// hand where a file must be what our writer never writes.

import { deflateRawSync } from "node:zlib";
import { Tap } from "../../../src/avro/tap.ts";
import type { SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { sysFlowSchemaJson } from "../../../src/sysflow/schema.ts";
import { encodeRecord } from "./arbitrary-records.ts";

export type SfCodec = "null" | "deflate";

export interface SfBlock {
  readonly count: number;
  /** Before packing. */
  readonly data: Uint8Array;
}

const syncMarker = Buffer.from("0123456789abcdef");

export function sfHeader(codec: SfCodec, schemaJson = sysFlowSchemaJson(6)): Buffer {
  const tap = new Tap(20_000 + schemaJson.length);
  tap.writeFixed(Buffer.from("Obj\u0001"));
  tap.writeLong(2);
  for (const text of ["avro.codec", codec, "avro.schema", schemaJson]) {
    tap.writeString(text);
  }
  tap.writeLong(0);
  tap.writeFixed(syncMarker);
  return Buffer.from(tap.buffer.subarray(0, tap.pos));
}

export function sfBlock(codec: SfCodec, { count, data }: SfBlock): Buffer {
  const packed = codec === "deflate" ? deflateRawSync(data) : data;
  const tap = new Tap(40);
  tap.writeLong(count);
  tap.writeLong(packed.length);
  return Buffer.concat([tap.buffer.subarray(0, tap.pos), packed, syncMarker]);
}

export function recordsBlock(records: readonly SysFlowRecord[]): SfBlock {
  const tap = new Tap(1 << 20);
  for (const record of records) {
    encodeRecord(tap, record, 6);
  }
  return { count: records.length, data: Buffer.from(tap.buffer.subarray(0, tap.pos)) };
}

/** A whole file, with a block for each list. */
export function sfBytes(codec: SfCodec, blocks: readonly (readonly SysFlowRecord[])[]): Buffer {
  const parts = blocks.map((records) => sfBlock(codec, recordsBlock(records)));
  return Buffer.concat([sfHeader(codec), ...parts]);
}

/** A header in 4 bytes, and records of a kind that is none of SysFlow's in 2 bytes each. */
export function bytesWithUnknown(others = 2): Buffer {
  const other = { type: "record", name: "Other", fields: [{ name: "n", type: "int" }] };
  const head = {
    type: "record",
    name: "SFHeader",
    fields: [
      { name: "version", type: "long" },
      { name: "exporter", type: "string" },
    ],
  };
  const schema = {
    type: "record",
    name: "SysFlow",
    fields: [{ name: "rec", type: [head, other] }],
  };
  const data = Buffer.alloc(4 + 2 * others, Buffer.from([2, 7]));
  data.set([0, 12, 2, 65]);
  return Buffer.concat([
    sfHeader("null", JSON.stringify(schema)),
    sfBlock("null", { count: 1 + others, data }),
  ]);
}
