// Reads a .sf file through avsc, with exact 64-bit longs: the judge of what our encoder, our writer and
// our reader do, with which it shares nothing. The schema is the one the file carries, or another to
// which a reader resolves it. Other tests read with `read-sf.ts`, which is our own reader.

import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import avro from "avsc";
import type { SfRecord, SfValue } from "./read-sf.ts";

interface SfFile {
  readonly path: string;
  readonly meta: ReadonlyMap<string, Buffer>;
  readonly sync: Buffer;
  readonly schemaJson: string;
  readonly blocks: readonly { readonly count: number; readonly rawBytes: number }[];
  readonly records: readonly SfRecord[];
}

/** A long as bigint, since nanoseconds since the epoch are beyond 2^53. */
export const exactLong = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: (value: bigint) => value,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

export function typeOfSchema(schema: unknown): avro.Type {
  return avro.Type.forSchema(withoutLogicalTypes(schema) as avro.Schema, {
    registry: { long: exactLong },
    wrapUnions: "auto",
  });
}

/** Old traces call `ts` a timestamp-millis, for which avsc would not take our long. */
function withoutLogicalTypes(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(withoutLogicalTypes);
  }
  if (schema === null || typeof schema !== "object") {
    return schema;
  }
  const entries = Object.entries(schema).filter(([name]) => name !== "logicalType");
  if (entries.length === 1 && "type" in schema && typeof schema.type === "string") {
    return schema.type;
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutLogicalTypes(value)]));
}

const headerType = avro.Type.forSchema({
  type: "record",
  name: "org.apache.avro.file.Header",
  fields: [
    { name: "magic", type: { type: "fixed", name: "Magic", size: 4 } },
    { name: "meta", type: { type: "map", values: "bytes" } },
    { name: "sync", type: { type: "fixed", name: "Sync", size: 16 } },
  ],
});

const blockType = avro.Type.forSchema({
  type: "record",
  name: "org.apache.avro.file.Block",
  fields: [
    { name: "count", type: "long" },
    { name: "data", type: "bytes" },
    { name: "sync", type: { type: "fixed", name: "Sync", size: 16 } },
  ],
});

export function readByAvsc(path: string, readerSchema?: unknown): readonly SfRecord[] {
  return readFileByAvsc(path, readerSchema).records;
}

/**
 * @param readerSchema what to resolve the file's own schema to; that one where absent.
 * @throws Error at the first byte that is not as the Avro specification says.
 */
export function readFileByAvsc(path: string, readerSchema?: unknown): SfFile {
  const bytes = readFileSync(path);
  const header = decodeAt(headerType, bytes, 0) as Decoded<{
    magic: Buffer;
    meta: Record<string, Buffer>;
    sync: Buffer;
  }>;
  if (header.value.magic.toString("latin1") !== "Obj\x01") {
    throw new Error(`${path}: not an Avro container file`);
  }
  const meta = new Map(Object.entries(header.value.meta));
  const schemaJson = meta.get("avro.schema")?.toString("utf8") ?? "";
  const codec = meta.get("avro.codec")?.toString("utf8") ?? "null";
  const decode = decoderOf(JSON.parse(schemaJson), readerSchema);
  const blocks: { count: number; rawBytes: number }[] = [];
  const records: SfRecord[] = [];
  let offset = header.end;
  while (offset < bytes.length) {
    const block = decodeAt(blockType, bytes, offset) as Decoded<{
      count: number;
      data: Buffer;
      sync: Buffer;
    }>;
    if (!block.value.sync.equals(header.value.sync)) {
      throw new Error(`${path}: wrong sync marker before offset ${block.end}`);
    }
    const raw = codec === "deflate" ? inflateRawSync(block.value.data) : block.value.data;
    readBlock(decode, raw, block.value.count, records);
    blocks.push({ count: block.value.count, rawBytes: raw.length });
    offset = block.end;
  }
  return { path, meta, sync: header.value.sync, schemaJson, blocks, records };
}

/** Decodes the datum at a position. */
type Decoder = (bytes: Buffer, pos: number) => Decoded<unknown>;

function decoderOf(writerSchema: unknown, readerSchema: unknown): Decoder {
  const writer = typeOfSchema(writerSchema);
  if (readerSchema === undefined) {
    return (bytes, pos) => decodeAt(writer, bytes, pos);
  }
  const reader = typeOfSchema(readerSchema);
  const resolver = reader.createResolver(writer);
  return (bytes, pos) => decodeAt(reader, bytes, pos, resolver);
}

function readBlock(decode: Decoder, raw: Buffer, count: number, records: SfRecord[]): void {
  let pos = 0;
  for (let i = 0; i < count; i++) {
    const { value, end } = decode(raw, pos) as Decoded<{
      rec: Record<string, Record<string, unknown>>;
    }>;
    const branch = Object.entries(value.rec)[0];
    if (branch === undefined) {
      throw new Error(`record ${records.length} is empty`);
    }
    const kind = branch[0].slice(branch[0].lastIndexOf(".") + 1);
    const rec = plain(branch[1]) as Record<string, SfValue>;
    records.push({ index: records.length, kind, rec });
    pos = end;
  }
  if (pos !== raw.length) {
    throw new Error(`${raw.length - pos} bytes after the last record of a block`);
  }
}

interface Decoded<T> {
  readonly value: T;
  readonly end: number;
}

function decodeAt(
  type: avro.Type,
  bytes: Buffer,
  pos: number,
  resolver?: Parameters<avro.Type["decode"]>[2],
): Decoded<unknown> {
  const { value, offset } = type.decode(bytes, pos, resolver);
  if (offset < 0) {
    throw new Error(`truncated at offset ${pos}`);
  }
  return { value, end: offset };
}

/** avsc's objects as plain ones, fixed values as hex. */
export function plain(value: unknown): SfValue {
  if (Buffer.isBuffer(value)) {
    return value.toString("hex");
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  }
  return value as SfValue;
}
