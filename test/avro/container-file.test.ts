// The container file as bytes, block limits, records that need more room, and a sink that fails.

import { describe, expect, test } from "bun:test";
import { inflateRawSync } from "node:zlib";
import { blockBytesDefault, ContainerFile } from "../../src/avro/container-file.ts";
import { Tap } from "../../src/avro/tap.ts";

const schemaJson = '"bytes"';
const syncMarker = Buffer.from("0123456789abcdef");
const headerHex = Buffer.concat([
  Buffer.from("Obj\x01\x04\x14avro.codec\x0edeflate\x16avro.schema\x0e", "latin1"),
  Buffer.from(`${schemaJson}\0`),
  syncMarker,
]).toString("hex");

class MemorySink {
  readonly writes: Buffer[] = [];
  failing = false;

  write(bytes: Uint8Array): void {
    if (this.failing) {
      throw new Error("full");
    }
    this.writes.push(Buffer.from(bytes));
  }
}

function setUp(options: { tap?: Tap; blockBytesMax?: number } = {}) {
  const sink = new MemorySink();
  return { sink, file: new ContainerFile({ sink, schemaJson, syncMarker, ...options }) };
}

function writeRecord(file: ContainerFile, bytes: Uint8Array): void {
  do {
    file.tap.writeBytes(bytes);
  } while (!file.endRecord());
}

test("the header has exactly two entries in upstream's order", () => {
  const { sink } = setUp();
  expect(sink.writes.map((each) => each.toString("hex"))).toEqual([headerHex]);
});

test("a sync marker is random where none is given", () => {
  const sink = new MemorySink();
  new ContainerFile({ sink, schemaJson });
  new ContainerFile({ sink, schemaJson });
  const [first, second] = sink.writes.map((each) => each.subarray(-16).toString("hex"));
  expect(first).not.toBe(second);
});

test("a block is count, length, raw deflate and the sync marker, in one write", () => {
  const { sink, file } = setUp();
  writeRecord(file, Buffer.from("ab"));
  writeRecord(file, Buffer.from("c"));
  expect(sink.writes.length).toBe(1);
  file.flush();
  const block = sink.writes[1] as Buffer;
  expect(block[0]).toBe(4);
  const data = block.subarray(2, -16);
  expect(block[1]).toBe(data.length * 2);
  expect(inflateRawSync(data).toString("latin1")).toBe("\x04ab\x02c");
  expect(block.subarray(-16)).toEqual(syncMarker);
  expect([file.blocks, file.bytesRaw, file.pendingRecords]).toEqual([1, 5, 0]);
  expect(file.bytesWritten).toBe(sink.writes.reduce((sum, each) => sum + each.length, 0));
});

test("with the codec null a block's data are its records, and the header says so", () => {
  const sink = new MemorySink();
  const file = new ContainerFile({ sink, schemaJson, syncMarker, codec: "null" });
  writeRecord(file, Buffer.from("ab"));
  file.flush();
  const [header, block] = sink.writes.map((each) => each.toString("latin1"));
  expect(header).toStartWith("Obj\x01\x04\x14avro.codec\x08null\x16avro.schema");
  expect(block).toBe(`\x02\x06\x04ab${syncMarker.toString("latin1")}`);
});

test("flush of an empty block writes nothing", () => {
  const { sink, file } = setUp();
  file.flush();
  expect(sink.writes.length).toBe(1);
});

test("a block closes with the record that reaches the limit, not before", () => {
  const { sink, file } = setUp();
  const record = Buffer.alloc(998);
  for (let size = 1000; size < blockBytesDefault; size += 1000) {
    writeRecord(file, record);
  }
  expect(sink.writes.length).toBe(1);
  writeRecord(file, record);
  expect(sink.writes.length).toBe(2);
  expect(file.bytesRaw).toBe(blockBytesDefault);
});

describe("a record larger than the room left", () => {
  test.each([1, 2, 3, 5, 100, 5000, 500_000])("%d bytes after two small ones", (size) => {
    const { sink, file } = setUp({ tap: new Tap(4), blockBytesMax: 1_000_000 });
    const large = Buffer.alloc(size, 7);
    writeRecord(file, Buffer.from([1]));
    writeRecord(file, large);
    writeRecord(file, Buffer.from([2]));
    file.flush();
    const block = sink.writes[1] as Buffer;
    expect(block[0]).toBe(6);
    const raw = inflateRawSync(block.subarray(dataStart(block), -16));
    const expected = new Tap(size + 100);
    for (const bytes of [Buffer.from([1]), large, Buffer.from([2])]) {
      expected.writeBytes(bytes);
    }
    expect(raw.equals(expected.buffer.subarray(0, expected.pos))).toBe(true);
  });
});

test("where the sink fails the records stay pending, and discard counts them", () => {
  const { sink, file } = setUp();
  writeRecord(file, Buffer.from("ab"));
  writeRecord(file, Buffer.from("cd"));
  sink.failing = true;
  expect(() => file.flush()).toThrow("full");
  expect([file.pendingRecords, file.blocks]).toEqual([2, 0]);
  expect(file.discard()).toBe(2);
  expect(file.pendingRecords).toBe(0);
});

/** Past the count's one byte and the length's bytes. */
function dataStart(block: Buffer): number {
  let pos = 1;
  while ((block[pos] ?? 0) > 0x7f) {
    pos += 1;
  }
  return pos + 1;
}
