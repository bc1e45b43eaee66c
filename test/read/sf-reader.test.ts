// What of a file is given, and what is said of the rest: at every cut, and for each kind of damage.

import { describe, expect, test } from "bun:test";
import { deflateRawSync } from "node:zlib";
import { exitStatus } from "../../src/base/exit-status.ts";
import { InputFault } from "../../src/read/input-fault.ts";
import { SfReader } from "../../src/read/sf-reader.ts";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import type { SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { readBytes, receiverOf } from "../support/records/read-sf.ts";
import {
  sampleContainer,
  sampleFileFlow,
  sampleHeader,
  sampleParent,
  sampleProcessEvent,
} from "../support/records/sample-records.ts";
import {
  bytesWithUnknown,
  recordsBlock,
  type SfCodec,
  sfBlock,
  sfBytes,
  sfHeader,
} from "../support/records/sf-bytes.ts";

const header: SysFlowRecord = { ...sampleHeader, version: 6 };
const blocks: readonly (readonly SysFlowRecord[])[] = [
  [header, sampleContainer(), sampleParent()],
  [sampleProcessEvent(op.OP_CLONE, 1)],
  [sampleFileFlow(2), sampleFileFlow(3)],
];
const remedies = {
  cut: "it was cut, or is still being written: read it again when its writer has ended",
  damaged: "take the file anew from where it came",
};

/** What is given of some bytes, and why no more. */
function read(bytes: Uint8Array, pieceBytes?: number) {
  const kinds: string[] = [];
  try {
    readBytes(bytes, "x.sf", (record) => kinds.push(record.kind), pieceBytes);
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    return { kinds, fault: error };
  }
  return { kinds, fault: null };
}

describe.each<SfCodec>(["null", "deflate"])("codec %s", (codec) => {
  const whole = sfBytes(codec, blocks);
  /** Where each block ends, the header first. */
  const ends = [0, 1, 2, 3].map((count) => sfBytes(codec, blocks.slice(0, count)).length);
  const kinds = blocks.map((records) => records.map(({ kind }) => kind));

  test("a whole file is read", () => {
    expect(read(whole)).toEqual({ kinds: kinds.flat(), fault: null });
    expect(read(whole, 1)).toEqual({ kinds: kinds.flat(), fault: null });
  });

  test("every cut gives all whole blocks before it, and says where it is", () => {
    for (let length = 0; length < whole.length; length++) {
      const { kinds: given, fault } = read(whole.subarray(0, length));
      const good = ends.filter((end) => end <= length).length - 1;
      expect(given).toEqual(kinds.slice(0, Math.max(good, 0)).flat());
      if (good > 0 && length === ends[good]) {
        // The format has no mark of its end: whole blocks are a whole file.
        expect(fault).toBeNull();
      } else {
        expect(fault?.message).toBe(cutMessage(length, good));
        expect(fault?.exitStatus).toBe(exitStatus.DAMAGED_INPUT);
        expect(fault?.code).toBe(length === 0 ? "INPUT_FOREIGN" : "INPUT_CUT");
      }
    }
  });

  function cutMessage(length: number, good: number): string {
    if (length === 0) {
      return (
        "cannot read x.sf: it is no SysFlow file: it is empty; no record of it was read; " +
        "name a file that was written in SysFlow's format"
      );
    }
    const records = kinds.slice(0, Math.max(good, 0)).flat().length;
    const from = ends[good];
    const isEmpty = length === ends[0];
    const where = good < 0 ? "its header" : `block ${good + 1}, from byte ${from} on,`;
    const why = isEmpty ? "it ends before its first record" : "it ends there";
    const all = records === 0 ? "" : "all of ";
    const was = records === 0 ? "no record of it was" : `the ${records} records before were`;
    return `cannot read ${all}x.sf: ${where} is not whole: ${why}; ${was} read; ${remedies.cut}`;
  }
});

describe("damage", () => {
  const start = sfBytes("null", [[header]]);
  const good = recordsBlock([sampleFileFlow(1), sampleFileFlow(2)]);
  const with_ = (count: number, data: Uint8Array) =>
    Buffer.concat([start, sfBlock("null", { count, data })]);

  test.each([
    [
      "a record that is cut",
      2,
      good.data.subarray(0, -1),
      "in its record 2 it runs past the end of the block",
    ],
    ["too many records", 3, good.data, "in its record 3 it runs past the end of the block"],
    ["too few records", 1, good.data, "62 bytes follow its last record"],
    ["no record", 0, Buffer.from([1]), "1 bytes follow its last record"],
    [
      "an unknown record",
      1,
      Buffer.from([24]),
      "in its record 1 there is no record of union index 12",
    ],
  ])("%s: none of its block is given", (_, count, data, why) => {
    const { kinds, fault } = read(with_(count, data));
    expect(kinds).toEqual(["SFHeader"]);
    expect(fault?.code).toBe("INPUT_DAMAGED");
    expect(fault?.exitStatus).toBe(exitStatus.DAMAGED_INPUT);
    expect(fault?.message).toBe(
      `cannot read all of x.sf: block 2, from byte ${start.length} on, is damaged: ${why}; ` +
        `the one record before was read; ${remedies.damaged}`,
    );
  });

  test("of the marker between blocks: those before it are given", () => {
    const bytes = sfBytes("null", blocks);
    const end = sfBytes("null", blocks.slice(0, 2)).length;
    bytes[end - 1] = (bytes[end - 1] ?? 0) ^ 1;
    const { kinds, fault } = read(bytes);
    expect(kinds).toEqual(["SFHeader", "Container", "Process"]);
    expect(fault?.message).toContain("block 2, from byte");
    expect(fault?.message).toContain("is damaged: no sync marker is at its end");
  });

  test("a first record that is no header", () => {
    const { kinds, fault } = read(sfBytes("deflate", [[sampleContainer()]]));
    expect(kinds).toEqual([]);
    expect(fault?.message).toContain("its first record is a Container, not an SFHeader");
  });

  test("of the schema", () => {
    const { fault } = read(sfHeader("null", "{"));
    expect(fault?.message).toStartWith(
      "cannot read x.sf: its header is damaged: its schema is not JSON",
    );
  });

  test("a schema of something else is refused, which is no damage", () => {
    const { fault } = read(sfHeader("null", '"int"'));
    expect(fault?.code).toBe("INPUT_UNSUPPORTED");
    expect(fault?.exitStatus).toBe(exitStatus.FAILURE);
    expect(fault?.message).toBe(
      "cannot read x.sf: its schema has no field rec, in which SysFlow's records are; no record of " +
        "it was read; have it written with SysFlow's schema and with the codec deflate or null",
    );
  });

  test("a block that unpacks to more than is read takes no memory for it", () => {
    const bomb = deflateRawSync(Buffer.alloc(300e6));
    const block = sfBlock("null", { count: 1, data: bomb });
    const before = process.memoryUsage.rss();
    const { fault } = read(Buffer.concat([sfBytes("deflate", [[header]]), block]));
    expect(fault?.message).toContain("it unpacks to more bytes, more than the 16777216");
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });
});

describe("a block too large to hold its records", () => {
  const many = Array.from({ length: 30_000 }, (_, i) => sampleFileFlow(i));
  const large = recordsBlock(many.slice(0, 15_000));
  const twice = { count: 30_000, data: Buffer.concat([large.data, large.data]) };
  const start = sfBytes("null", [[header]]);

  test("is given all the same", () => {
    expect(twice.data.length).toBeGreaterThan(1 << 20);
    const given: SysFlowRecord[] = [];
    const bytes = Buffer.concat([start, sfBlock("null", twice)]);
    readBytes(bytes, "x.sf", (record) => given.push(record));
    expect(given.length).toBe(30_001);
    const asWritten = { ...many[14_999] } as SysFlowRecord;
    expect(given[30_000]).toEqual(asWritten);
  });

  test("and is not where its last record is damaged", () => {
    const data = twice.data.subarray(0, -1);
    const bytes = Buffer.concat([start, sfBlock("null", { ...twice, data })]);
    const { kinds, fault } = read(bytes);
    expect(kinds).toEqual(["SFHeader"]);
    expect(fault?.message).toContain("in its record 30000 it runs past the end");
  });
});

const heldMost = ((1 << 20) - 4) / 2;

test.each([
  ["few", 2],
  ["as many as are held at once", heldMost],
  ["one more", heldMost + 1],
])("records of other kinds are counted, and not given: %s", (_, others) => {
  const bytes = bytesWithUnknown(others);
  const reader = new SfReader("x.sf");
  const given: SysFlowRecord[] = [];
  const receiver = receiverOf((record) => given.push(record));
  let step = reader.next(receiver);
  for (let at = 0; step === "more"; step = reader.next(receiver)) {
    const read = bytes.copy(reader.room(), 0, at);
    reader.filled(read);
    at += read;
  }
  expect(step).toBe("block");
  const defaults = { ip: "NA", filename: "" };
  expect(given).toEqual([{ kind: "SFHeader", version: 6, exporter: "A", ...defaults }]);
  expect([reader.records, reader.unknown]).toEqual([1, others]);
});

test("what a receiver throws is not taken for a fault of the file", () => {
  const thrown = new Error("full");
  const take = () => {
    throw thrown;
  };
  expect(() => readBytes(sfBytes("null", blocks), "x.sf", take)).toThrow(thrown);
});
