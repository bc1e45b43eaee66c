// The framing of a container file: how it is read in pieces of any size, and what is refused.

import { describe, expect, test } from "bun:test";
import { constants, deflateRawSync } from "node:zlib";
import { AvroError } from "../../src/avro/avro-error.ts";
import { ContainerFile } from "../../src/avro/container-file.ts";
import { blockBytesMax, ContainerReader } from "../../src/avro/container-reader.ts";
import { Tap } from "../../src/avro/tap.ts";

const syncMarker = Buffer.from("0123456789abcdef");

describe("what ContainerFile writes is read", () => {
  test.each([1, 2, 3, 7, 64, 1000, 1_000_000])("in pieces of %d bytes", (pieceBytes) => {
    const parts: Uint8Array[] = [];
    const sink = { write: (bytes: Uint8Array) => parts.push(Uint8Array.from(bytes)) };
    const file = new ContainerFile({ sink, schemaJson: '"bytes"', syncMarker, blockBytesMax: 100 });
    const written: string[] = [];
    for (let i = 0; i < 50; i++) {
      const text = "x".repeat(i * 3);
      do file.tap.writeString(text);
      while (!file.endRecord());
      written.push(text);
    }
    file.flush();
    const { schemaJson, blocks } = readAll(Buffer.concat(parts), pieceBytes);
    expect(schemaJson).toBe('"bytes"');
    expect(blocks.length).toBe(file.blocks);
    expect(blocks.reduce((sum, { records }) => sum + records, 0)).toBe(50);
    const raw = Buffer.concat(blocks.map(({ data }) => data));
    const tap = new Tap(20_000);
    for (const text of written) tap.writeString(text);
    expect(raw.equals(tap.buffer.subarray(0, tap.pos))).toBe(true);
  });
});

describe("of others", () => {
  test.each([
    ["without a codec", header({ "avro.schema": '"int"' })],
    ["with the codec null", header({ "avro.schema": '"int"', "avro.codec": "null" })],
    ["with more entries", header({ a: "b", "avro.schema": '"int"', "": "" })],
    ["whose map tells its bytes", header({ "avro.schema": '"int"' }, true)],
  ])("a header %s", (_, start) => {
    const { schemaJson, blocks } = readAll(Buffer.concat([start, block(2, Buffer.from([1, 2]))]));
    expect(schemaJson).toBe('"int"');
    expect(blocks).toEqual([{ records: 2, data: Buffer.from([1, 2]) }]);
  });

  test("an empty block, and a file without any", () => {
    const start = header({ "avro.schema": '"int"' });
    expect(readAll(start).blocks).toEqual([]);
    expect(readAll(Buffer.concat([start, block(0, Buffer.alloc(0))])).blocks).toEqual([
      { records: 0, data: Buffer.alloc(0) },
    ]);
  });

  test("a block as large as may be", () => {
    const start = header({ "avro.schema": '"int"', "avro.codec": "deflate" });
    const data = deflateRawSync(Buffer.alloc(blockBytesMax));
    const { blocks } = readAll(Buffer.concat([start, block(1, data)]));
    expect(blocks[0]?.data.length).toBe(blockBytesMax);
  });
});

const plain = header({ "avro.schema": '"int"' });
const packed = header({ "avro.schema": '"int"', "avro.codec": "deflate" });
const two = Buffer.from([1, 2]);
const tooMany = "more than the 16777216 that are read as one block";

test.each<[what: string, bytes: Buffer, fault: string, message: string]>([
  ["nothing", Buffer.alloc(0), "foreign", "it is empty"],
  ["a text", Buffer.from("SysFlow"), "foreign", "it begins otherwise"],
  ["another version", Buffer.from("Obj\u0002"), "foreign", "it begins otherwise"],
  ["the magic cut", Buffer.from("Obj"), "cut", "it ends there"],
  ["the magic alone", Buffer.from("Obj\u0001"), "cut", "it ends there"],
  ["a header cut", plain.subarray(0, 12), "cut", "it ends there"],
  ["a header without its marker", plain.subarray(0, -16), "cut", "it ends there"],
  [
    "another codec",
    header({ "avro.schema": '"int"', "avro.codec": "snappy\n" }),
    "unsupported",
    'its blocks are packed with the codec "snappy\\n"',
  ],
  ["no schema", header({ a: "b" }), "damaged", "it has no schema"],
  ["a key of -1 bytes", Buffer.from("Obj\u0001\u0002\u0001"), "damaged", "a size in it is -1"],
  ["a key of 1 MiB", bytesOf("Obj\u0001\u0002", 1 << 20), "damaged", "more than 1048576 bytes"],
  [
    "a key of 2^52 bytes",
    bytesOf("Obj\u0001\u0002", 2 ** 52),
    "damaged",
    "more than 1048576 bytes",
  ],
  ["1001 entries", bytesOf("Obj\u0001", 1001), "damaged", "it has more than 1000 entries"],
  [
    "2^60 entries",
    Buffer.from("Obj\u0001\x80\x80\x80\x80\x80\x80\x80\x80\x20", "latin1"),
    "damaged",
    "it has more than 1000 entries",
  ],
  ["a block cut", whole(plain, block(2, two).subarray(0, 3)), "cut", "it ends there"],
  ["a count cut", whole(plain, Buffer.from([0x80])), "cut", "it ends there"],
  ["a count below 0 cut", whole(plain, Buffer.from([0x81])), "cut", "it ends there"],
  [
    "a large number of entries cut",
    Buffer.from("Obj\u0001\xfe\xff\xff", "latin1"),
    "cut",
    "it ends there",
  ],
  ["a marker cut", whole(plain, block(2, two).subarray(0, -1)), "cut", "it ends there"],
  ["a wrong marker", whole(plain, block(2, two, "0123456789abcdeX")), "damaged", "no sync marker"],
  ["-1 records", whole(plain, block(-1, two)), "damaged", "a size in it is -1"],
  ["-1 bytes", whole(plain, bytesOf("\u0002", -1)), "damaged", "a size in it is -1"],
  ["more records than bytes", whole(plain, block(3, two)), "damaged", "3 records stand in 2 bytes"],
  ["a block of 2^50 bytes", whole(plain, bytesOf("\u0002", 2 ** 50)), "damaged", tooMany],
  ["a block too large", whole(plain, bytesOf("\u0002", blockBytesMax + 1)), "damaged", tooMany],
  [
    "data that are not packed",
    whole(packed, block(2, two)),
    "damaged",
    "its packed data are not whole",
  ],
  [
    "packed data cut",
    whole(packed, block(1, cutDeflate())),
    "damaged",
    "its packed data are not whole",
  ],
  [
    "data that unpack to too many bytes",
    whole(packed, block(1, deflateRawSync(Buffer.alloc(blockBytesMax + 1)))),
    "damaged",
    `it unpacks to more bytes, ${tooMany}`,
  ],
])("%s is refused", (_, bytes, fault, message) => {
  for (const pieceBytes of [bytes.length, 1000, 5]) {
    if (bytes.length / pieceBytes > 5000) continue;
    let thrown: unknown;
    try {
      readAll(bytes, pieceBytes);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AvroError);
    expect((thrown as AvroError).message).toContain(message);
    expect((thrown as AvroError).fault as string).toBe(fault);
  }
});

test("damage is told at once, not when all has come", () => {
  const reader = new ContainerReader();
  const bytes = Buffer.from("Obj\u0001\u0002\u0001");
  reader.room().set(bytes);
  reader.filled(bytes.length);
  expect(() => reader.header()).toThrow("a size in it is -1");
});

test("so many entries may be in a header, in however many blocks of its map", () => {
  const entries = (count: number, first: number) => {
    const tap = new Tap(20_000);
    tap.writeLong(count);
    for (let i = 0; i < count; i++) {
      tap.writeString(`key ${first + i}`);
      tap.writeString("");
    }
    return Buffer.from(tap.buffer.subarray(0, tap.pos));
  };
  const [start, rest] = [Buffer.from("Obj\u0001"), plain.subarray(4)];
  expect(readAll(whole(start, entries(999, 0), rest)).schemaJson).toBe('"int"');
  expect(() => readAll(whole(start, entries(600, 0), entries(400, 600), rest))).toThrow(
    "it has more than 1000 entries",
  );
});

test("a header may have so many bytes", () => {
  const schema = (bytes: number) => {
    const tap = new Tap(bytes + 100);
    tap.writeFixed(Buffer.from("Obj\u0001"));
    tap.writeLong(1);
    tap.writeString("avro.schema");
    tap.writeString("x".repeat(bytes));
    tap.writeLong(0);
    tap.writeFixed(syncMarker);
    return Buffer.from(tap.buffer.subarray(0, tap.pos));
  };
  const most = (1 << 20) - 20;
  expect(readAll(schema(most)).schemaJson.length).toBe(most);
  expect(() => readAll(schema(most + 1))).toThrow("it has more than 1048576 bytes");
});

test("no room is made for bytes that are only promised", () => {
  const reader = new ContainerReader();
  const bytes = whole(plain, bytesOf("\u0002", blockBytesMax));
  reader.room().set(bytes);
  reader.filled(bytes.length);
  expect(reader.header()?.schemaJson).toBe('"int"');
  expect(reader.next()).toBeNull();
  expect(reader.room().length).toBeLessThanOrEqual(64 * 1024);
});

test("after a large block no more is read at once than before it", () => {
  const large = block(1, Buffer.alloc(1 << 20));
  const bytes = whole(plain, large, block(1, two), block(1, two));
  const reader = new ContainerReader();
  let at = 0;
  const rooms: number[] = [];
  const blocks: number[] = [];
  const fill = () => {
    const room = reader.room();
    rooms.push(room.length);
    const read = bytes.copy(room, 0, at);
    reader.filled(read);
    at += read;
  };
  while (reader.header() === null) fill();
  for (let next = reader.next(); next !== "end"; next = reader.next()) {
    if (next === null) fill();
    else blocks.push(next.data.length);
  }
  expect(blocks).toEqual([1 << 20, 2, 2]);
  expect(Math.max(...rooms)).toBe(64 * 1024);
  expect(rooms.length).toBeLessThan(40);
  expect(reader.room().buffer.byteLength).toBe(64 * 1024);
});

test("after a large block there is room, be there ever so much of the next", () => {
  const large = block(1, Buffer.alloc(200_000));
  const next = block(1, Buffer.alloc(100_000));
  const bytes = whole(plain, large, next);
  const reader = new ContainerReader();
  let at = 0;
  const fillTo = (end: number) => {
    const room = reader.room();
    expect(room.length).toBeGreaterThan(0);
    const read = bytes.copy(room, 0, at, Math.min(end, at + room.length));
    reader.filled(read);
    at += read;
  };
  const untilNext = bytes.length - next.length + 64 * 1024;
  while (at < untilNext) fillTo(untilNext);
  reader.header();
  expect(reader.next()).toMatchObject({ records: 1 });
  expect(reader.next()).toBeNull();
  while (at < bytes.length) fillTo(bytes.length);
  expect(reader.next()).toMatchObject({ records: 1 });
});

test("its position is where the next block begins", () => {
  const reader = new ContainerReader();
  const bytes = whole(plain, block(2, two));
  reader.room().set(bytes);
  reader.filled(bytes.length);
  reader.header();
  expect(reader.position).toBe(plain.length);
  reader.next();
  expect(reader.position).toBe(bytes.length);
  reader.room();
  reader.filled(0);
  expect([reader.next(), reader.position]).toEqual(["end", bytes.length]);
});

function readAll(bytes: Buffer, pieceBytes = bytes.length) {
  const reader = new ContainerReader();
  let at = 0;
  const fill = () => {
    const room = reader.room();
    const piece = bytes.subarray(at, at + Math.min(room.length, pieceBytes));
    room.set(piece);
    reader.filled(piece.length);
    at += piece.length;
  };
  let header = reader.header();
  for (; header === null; header = reader.header()) fill();
  const blocks: { records: number; data: Buffer }[] = [];
  for (let next = reader.next(); next !== "end"; next = reader.next()) {
    if (next === null) fill();
    else blocks.push({ records: next.records, data: Buffer.from(next.data) });
  }
  return { schemaJson: header.schemaJson, blocks };
}

function header(meta: Readonly<Record<string, string>>, withBytes = false): Buffer {
  const body = new Tap(1000);
  for (const [key, value] of Object.entries(meta)) {
    body.writeString(key);
    body.writeString(value);
  }
  const tap = new Tap(2000);
  tap.writeFixed(Buffer.from("Obj\u0001"));
  const count = Object.keys(meta).length;
  tap.writeLong(withBytes ? -count : count);
  if (withBytes) tap.writeLong(body.pos);
  tap.writeFixed(body.buffer.subarray(0, body.pos));
  tap.writeLong(0);
  tap.writeFixed(syncMarker);
  return Buffer.from(tap.buffer.subarray(0, tap.pos));
}

function block(records: number, data: Uint8Array, marker = "0123456789abcdef"): Buffer {
  const tap = new Tap(40);
  tap.writeLong(records);
  tap.writeLong(data.length);
  return Buffer.concat([tap.buffer.subarray(0, tap.pos), data, Buffer.from(marker)]);
}

/** Some bytes, and a long. */
function bytesOf(start: string, long: number): Buffer {
  const tap = new Tap(10);
  tap.writeLong(long);
  return Buffer.concat([Buffer.from(start), tap.buffer.subarray(0, tap.pos)]);
}

function whole(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts);
}

function cutDeflate(): Buffer {
  const bytes = deflateRawSync(Buffer.from("a text long enough to be packed".repeat(9)), {
    finishFlush: constants.Z_FINISH,
  });
  return bytes.subarray(0, bytes.length - 3);
}
