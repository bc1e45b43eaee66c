import { describe, expect, test } from "bun:test";
import {
  type BatchHandler,
  BatchView,
  BatchWalk,
  readBatch,
} from "../../src/capture/batch-reader.ts";
import {
  BATCH_HEADER_BYTES,
  BATCH_HEADER_MAGIC,
  BATCH_HEADER_RECORDS,
  BYTES_BATCH_HEADER,
  IO_READ_BYTES,
  KIND_IO,
  NATIVE_CLONE,
  NATIVE_MKDIR,
  NATIVE_OPEN,
  PATH_PATH,
  PROCESS_KIND,
  PROCESS_SIZE,
  TICK_SECOND,
} from "../../src/capture/layout.gen.ts";
import { BatchBuilder, buildBatch, type TestRecord } from "../support/collect/batch-builder.ts";

const handlerNames = [
  "process",
  "processGone",
  "container",
  "path",
  "socket",
  "objectReset",
  "tick",
  "processOp",
  "descriptorOp",
  "io",
  "pathOp",
  "processText",
] as const;

const oneOfEach: readonly TestRecord[] = [
  { kind: "process", process: 1, pid: 2 },
  { kind: "processGone", process: 1 },
  { kind: "container", container: 1, id: "c" },
  { kind: "path", object: 1, path: "/a" },
  { kind: "socket", object: 1 },
  { kind: "objectReset" },
  { kind: "tick", ts: 5_000_000_001n },
  { kind: "processOp", ts: 1n, process: 1, tid: 1, op: NATIVE_CLONE },
  { kind: "descriptorOp", ts: 1n, process: 1, tid: 1, op: NATIVE_OPEN, fd: 3, object: 1 },
  { kind: "io", ts: 1n, process: 1, tid: 1, fd: 3, object: 1, readOps: 1, readBytes: 2 ** 40 },
  { kind: "pathOp", ts: 1n, process: 1, tid: 1, op: NATIVE_MKDIR, object: 1 },
  { kind: "processText", process: 1, part: "args", piece: "a\0b" },
];

type Call = readonly [name: string, at: number];

function recordingHandler(calls: Call[]): BatchHandler {
  const entries = handlerNames.map((name) => [
    name,
    (_: BatchView, at: number) => calls.push([name, at]),
  ]);
  return Object.fromEntries(entries) as BatchHandler;
}

function read(batch: BatchView): Call[] {
  const calls: Call[] = [];
  readBatch(batch, recordingHandler(calls));
  return calls;
}

function placeOf(batch: BatchView, name: string): number {
  const call = read(batch).find(([called]) => called === name);
  if (call === undefined) {
    throw new Error(`no ${name} in the batch`);
  }
  return call[1];
}

describe("readBatch", () => {
  test("calls the method of each kind, in order", () => {
    const calls = read(buildBatch(oneOfEach));
    expect(calls.map(([name]) => name)).toEqual([...handlerNames]);
  });

  test("an empty batch calls nothing", () => {
    expect(read(buildBatch([]))).toEqual([]);
  });

  test("places are word offsets for 32-bit fields, half of them for f64 fields", () => {
    const batch = buildBatch(oneOfEach);
    expect(batch.u32[placeOf(batch, "tick") + TICK_SECOND]).toBe(5);
    expect(batch.f64[(placeOf(batch, "io") >> 1) + IO_READ_BYTES]).toBe(2 ** 40);
  });

  test("the header tells the end and the last time", () => {
    const batch = buildBatch([], { lastTs: (7n << 32n) | 9n, eof: true });
    expect([batch.lastTsLo, batch.lastTsHi, batch.isEof]).toEqual([9, 7, true]);
  });

  const first = BYTES_BATCH_HEADER / 4;
  const damages: readonly [what: string, damage: (batch: BatchView) => void][] = [
    ["magic", (b) => (b.u32[BATCH_HEADER_MAGIC] = 0x31424653)],
    ["bytes past the buffer", (b) => (b.u32[BATCH_HEADER_BYTES] = b.buffer.byteLength + 8)],
    ["bytes below the header", (b) => (b.u32[BATCH_HEADER_BYTES] = 8)],
    ["one record too many", (b) => (b.u32[BATCH_HEADER_RECORDS] = oneOfEach.length + 1)],
    ["unknown kind", (b) => (b.u16[first * 2 + PROCESS_KIND] = oneOfEach.length + 1)],
    ["kind 0", (b) => (b.u16[first * 2 + PROCESS_KIND] = 0)],
    ["record of size 0", (b) => (b.u32[first + PROCESS_SIZE] = 0)],
    ["record past the end", (b) => (b.u32[first + PROCESS_SIZE] = b.byteLength + 8)],
    ["record of almost 4 GiB", (b) => (b.u32[first + PROCESS_SIZE] = 0xfffffff8)],
    ["unaligned record", (b) => (b.u32[first + PROCESS_SIZE] = 105)],
    ["record smaller than its kind", (b) => (b.u32[first + PROCESS_SIZE] = 96)],
  ];
  test.each(damages)("refuses a batch with a bad %s", (_, damage) => {
    const batch = buildBatch(oneOfEach);
    damage(batch);
    expect(() => read(batch)).toThrow("assertion failed");
  });

  test.each([1, 5, oneOfEach.length, 100])(
    "in parts of %d: the same, batch after batch",
    (part) => {
      const batch = buildBatch(oneOfEach);
      const walk = new BatchWalk(batch);
      for (let round = 0; round < 2; round++) {
        const calls: Call[] = [];
        while (!walk.isOver) {
          const before = calls.length;
          walk.read(recordingHandler(calls), part);
          expect(calls.length - before).toBe(Math.min(part, oneOfEach.length - before));
        }
        expect(calls).toEqual(read(batch));
        walk.begin();
      }
    },
  );

  test("in parts: a record too many is found with the last one", () => {
    const batch = buildBatch(oneOfEach);
    batch.u32[BATCH_HEADER_RECORDS] = oneOfEach.length - 1;
    const walk = new BatchWalk(batch);
    walk.read(recordingHandler([]), oneOfEach.length - 1);
    expect(() => walk.read(recordingHandler([]), 1)).toThrow("assertion failed");
  });

  test("the buffer must be aligned and hold a header", () => {
    expect(() => new BatchView(new ArrayBuffer(8))).toThrow("assertion failed");
    expect(() => new BatchView(new ArrayBuffer(100))).toThrow("assertion failed");
  });
});

describe("strings of a batch", () => {
  const cases: readonly [what: string, bytes: Uint8Array | string, expected: string][] = [
    ["empty", "", ""],
    ["ASCII", "/usr/bin/env", "/usr/bin/env"],
    ["two to four bytes", "/tmp/é€😀", "/tmp/é€😀"],
    ["a byte order mark stays", "\ufeffx", "\ufeffx"],
    ["invalid bytes", new Uint8Array([0x61, 0xff, 0xc3, 0x62]), "a\ufffd\ufffdb"],
    ["long", "x".repeat(5000), "x".repeat(5000)],
  ];
  test.each(cases)("%s", (_, bytes, expected) => {
    const batch = buildBatch([{ kind: "path", object: 1, path: bytes }]);
    const span = placeOf(batch, "path") + PATH_PATH;
    expect(batch.string(span)).toBe(expected);
    expect(batch.stringOrSame(span, expected)).toBe(expected);
    expect(batch.stringOrSame(span, "x".repeat(expected.length))).toBe(expected);
    expect(batch.hasBytes(span, batch.copyBytes(span))).toBe(true);
    expect(batch.hasBytes(span, Buffer.from("other"))).toBe(false);
  });

  test("a list of empty strings is not an empty list", () => {
    const batch = buildBatch([{ kind: "path", object: 1, path: "\0\0" }]);
    const span = placeOf(batch, "path") + PATH_PATH;
    expect(batch.strings(span, 3)).toEqual(["", "", ""]);
    expect(batch.strings(span, 0)).toEqual([]);
    expect(() => batch.strings(span, 2)).toThrow("assertion failed");
  });

  test("a string past the end of its batch is refused", () => {
    const batch = buildBatch([{ kind: "path", object: 1, path: "/a" }]);
    const span = placeOf(batch, "path") + PATH_PATH;
    batch.u32[span + 1] = batch.byteLength;
    expect(() => batch.string(span)).toThrow("assertion failed");
  });
});

test("records begin at multiples of 8, whatever their strings", () => {
  const builder = new BatchBuilder(4096);
  for (const path of ["", "a", "ab", "abcdefgh", "abcdefghi"]) {
    builder.add({ kind: "path", object: 1, path });
  }
  builder.add({ kind: "io", ts: 1n, process: 1, tid: 1, fd: 1, object: 1 });
  const batch = builder.build();
  const place = placeOf(batch, "io");
  expect(place % 2).toBe(0);
  expect(batch.u16[place * 2]).toBe(KIND_IO);
});
