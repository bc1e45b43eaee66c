// The container file as bytes, block limits, records that need more room, and a sink that fails.

import { describe, expect, test } from "bun:test";
import { inflateRawSync } from "node:zlib";
import {
  blockBytesDefault,
  ContainerFile,
  type ContainerFileOptions,
} from "../../src/avro/container-file.ts";
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
  /** Records and bytes before packing, of each write. */
  readonly told: (readonly [number, number])[] = [];
  failing = false;

  write(bytes: Uint8Array, records: number, bytesRaw: number): void {
    if (this.failing) {
      throw new Error("full");
    }
    this.writes.push(Buffer.from(bytes));
    this.told.push([records, bytesRaw]);
  }
}

function setUp(options: Partial<ContainerFileOptions> = {}) {
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
  expect(sink.told).toEqual([
    [0, 0],
    [2, 5],
  ]);
});

test("a schema may have any length", () => {
  const long = JSON.stringify("x".repeat(5000));
  const { sink } = setUp({ schemaJson: long });
  expect(sink.writes[0]?.includes(long)).toBe(true);
});

test("the smallest block has its marker too", () => {
  const { sink, file } = setUp();
  writeRecord(file, Buffer.alloc(0));
  file.flush();
  expect(sink.writes[1]?.subarray(-16)).toEqual(syncMarker);
  expect(file.pendingRecords).toBe(0);
});

test("what another file left in a tap is not written", () => {
  const tap = new Tap(100);
  tap.writeInt(7);
  const { sink, file } = setUp({ tap });
  writeRecord(file, Buffer.from("a"));
  file.flush();
  expect(recordsIn(sink.writes[1] as Buffer)).toBe("\x02a");
});

test("a record left out is not in the block, and those around it are", () => {
  const { sink, file } = setUp();
  writeRecord(file, Buffer.from("a"));
  file.tap.writeBytes(Buffer.from("left out"));
  file.leaveOut();
  writeRecord(file, Buffer.from("b"));
  file.flush();
  expect(recordsIn(sink.writes[1] as Buffer)).toBe("\x02a\x02b");
  expect(sink.told[1]).toEqual([2, 4]);
});

describe("a file whose header comes later", () => {
  test("writes blocks alone, and gives its header with a first block", () => {
    const { sink, file } = setUp({ isHeadless: true });
    expect([sink.writes.length, file.bytesWritten]).toEqual([0, 0]);
    writeRecord(file, Buffer.from("later"));
    file.flush();
    const head = Buffer.from(file.head(Uint8Array.from(Buffer.from("\x02a")), 1));
    const header = Buffer.from(headerHex, "hex");
    expect(head.subarray(0, header.length)).toEqual(header);
    const first = head.subarray(header.length);
    expect([first[0], recordsIn(first), first.subarray(-16)]).toEqual([2, "\x02a", syncMarker]);
    expect([file.blocks, file.bytesRaw]).toEqual([2, 8]);
    expect(file.bytesWritten).toBe(head.length + (sink.writes[0]?.length ?? 0));
  });
});

describe("pending records", () => {
  test("go from one file to another, before what that is given then", () => {
    const [from, to] = [setUp(), setUp()];
    writeRecord(from.file, Buffer.from("a"));
    writeRecord(from.file, Buffer.from("b"));
    const pending = from.file.takePending();
    expect([pending.records, from.file.pendingRecords, from.file.tap.pos]).toEqual([2, 0, 0]);
    to.file.addPending(pending);
    expect(to.file.pendingRecords).toBe(2);
    writeRecord(to.file, Buffer.from("c"));
    to.file.flush();
    expect(recordsIn(to.sink.writes[1] as Buffer)).toBe("\x02a\x02b\x02c");
    expect(to.sink.told[1]).toEqual([3, 6]);
  });

  test("make room for themselves", () => {
    const [from, to] = [setUp(), setUp({ tap: new Tap(3) })];
    writeRecord(from.file, Buffer.from("a longer text"));
    to.file.addPending(from.file.takePending());
    to.file.flush();
    expect(recordsIn(to.sink.writes[1] as Buffer)).toBe("\x1aa longer text");
  });

  test("may be none", () => {
    const [from, to] = [setUp(), setUp()];
    to.file.addPending(from.file.takePending());
    expect(to.file.pendingRecords).toBe(0);
    to.file.flush();
    expect(to.sink.writes.length).toBe(1);
  });
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

test("the first record may be larger than the room, also after others were discarded", () => {
  const { sink, file } = setUp({ tap: new Tap(4) });
  writeRecord(file, Buffer.from("a longer text"));
  expect(file.discard()).toBe(1);
  writeRecord(file, Buffer.from("one that is longer yet, so that it takes more room"));
  file.flush();
  expect(recordsIn(sink.writes[1] as Buffer)).toBe(
    "done that is longer yet, so that it takes more room",
  );
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

/** A block's records, unpacked. */
function recordsIn(block: Buffer): string {
  return inflateRawSync(block.subarray(dataStart(block), -16)).toString("latin1");
}

/** Past the count's one byte and the length's bytes. */
function dataStart(block: Buffer): number {
  let pos = 1;
  while ((block[pos] ?? 0) > 0x7f) {
    pos += 1;
  }
  return pos + 1;
}
