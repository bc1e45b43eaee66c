// A file that comes as a stream of chunks, cut anywhere: read block by block, at the reader's pace, and
// the stream is ended with the reading.

import { describe, expect, test } from "bun:test";
import { AvroError } from "../../src/avro/avro-error.ts";
import type { InputFault } from "../../src/read/input-fault.ts";
import { readCounts, readStream } from "../../src/read/read-records.ts";
import type { SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { CopyingReceiver } from "../support/records/copying-receiver.ts";
import { receiverOf } from "../support/records/read-sf.ts";
import { sampleFileFlow, sampleHeader } from "../support/records/sample-records.ts";
import { bytesWithUnknown, sfBytes } from "../support/records/sf-bytes.ts";

const header = { ...sampleHeader, version: 6 };
const flows = Array.from({ length: 300 }, (_, i) => sampleFileFlow(i));
const bytes = sfBytes("null", [[header], flows.slice(0, 200), flows.slice(200)]);
const wanted: readonly SysFlowRecord[] = [header, ...flows];

/** Chunks, and what was asked of them. */
class Chunks implements AsyncIterable<Uint8Array> {
  given = 0;
  isEnded = false;
  readonly #all: readonly Uint8Array[];

  constructor(all: readonly Uint8Array[]) {
    this.#all = all;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (const chunk of this.#all) {
        this.given += 1;
        yield chunk;
      }
    } finally {
      this.isEnded = true;
    }
  }
}

function setup(
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
  to = new CopyingReceiver(),
) {
  const faults: InputFault[] = [];
  const counts = readCounts();
  const onFault = (fault: InputFault) => faults.push(fault);
  const options = { onFault, ...(signal && { signal }) };
  return { ...{ faults, counts, to }, steps: readStream("a stream", chunks, to, options, counts) };
}

async function read(chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal) {
  const { steps, ...all } = setup(chunks, signal);
  let blocks = 0;
  for await (const _ of steps) blocks += 1;
  return { ...all, blocks };
}

function cut(all: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
    all.subarray(i * size, (i + 1) * size),
  );
}

describe("a stream", () => {
  test.each([1, 7, 1000, bytes.length])("in chunks of %d bytes gives its records", async (size) => {
    const chunks = new Chunks(cut(bytes, size));
    const { counts, faults, to, blocks } = await read(chunks);
    expect(to.records).toEqual([...wanted]);
    expect([faults, blocks]).toEqual([[], 3]);
    expect(counts).toEqual({ files: 1, faults: 0, records: 301, unknown: 0 });
    expect([chunks.given, chunks.isEnded]).toEqual([Math.ceil(bytes.length / size), true]);
  });

  test("may have empty chunks, and such as are parts of a larger array", async () => {
    const [none, first] = [new Uint8Array(0), bytes.subarray(0, 100)];
    const chunks = new Chunks([none, none, first, none, bytes.subarray(100), none]);
    expect((await read(chunks)).counts.records).toBe(301);
  });

  test("may have one chunk that is larger than any room for it", async () => {
    const names = Array.from({ length: 30_000 }, (_, i) => `/${Math.sin(i)}/${Math.cos(i)}`);
    const rest = { state: 0, tsLo: 0, tsHi: 0, restype: 102, containerId: null } as const;
    const files = names.map((path, i) => {
      const foid = new Uint8Array(20).fill(i);
      return { kind: "File", path, foid, ...rest } as unknown as SysFlowRecord;
    });
    const large = sfBytes("null", [
      [header],
      ...[0, 1, 2, 3].map((i) => files.slice(i * 7500, (i + 1) * 7500)),
    ]);
    const { to, counts } = await read(new Chunks([large]));
    expect(counts).toMatchObject({ records: 30_001, faults: 0 });
    expect(to.records.at(-1)).toEqual(files.at(-1) as SysFlowRecord);
  });

  test("that ends early or is nothing of ours is a fault of that name", async () => {
    const short = await read(new Chunks(cut(bytes.subarray(0, -20), 1000)));
    expect(short.counts).toEqual({ files: 1, faults: 1, records: 201, unknown: 0 });
    expect(short.faults[0]?.message).toStartWith("cannot read all of a stream: block 3,");
    const text = await read(new Chunks([Buffer.from("a text")]));
    expect(text.faults.map(({ code }) => code)).toEqual(["INPUT_FOREIGN"]);
    expect(text.counts).toEqual({ files: 1, faults: 1, records: 0, unknown: 0 });
  });

  test("that fails is told, after what had come", async () => {
    const broken = Object.assign(new Error("x"), { code: "ECONNRESET" });
    async function* chunks() {
      yield bytes.subarray(0, bytes.length - 20);
      throw broken;
    }
    const { counts, faults } = await read(chunks());
    expect(counts).toEqual({ files: 1, faults: 1, records: 201, unknown: 0 });
    expect(faults.map(({ code, cause }) => [code, cause])).toEqual([["INPUT_READ_FAILED", broken]]);
  });

  test("without a way to end it is read as well", async () => {
    const parts = cut(bytes, 1000);
    const next = async () => {
      const value = parts.shift();
      return value === undefined ? { done: true, value } : { done: false, value };
    };
    const chunks = { [Symbol.asyncIterator]: () => ({ next }) } as AsyncIterable<Uint8Array>;
    expect((await read(chunks)).counts).toMatchObject({ records: 301, faults: 0 });
  });

  test("counts records of other kinds apart, added to what was counted before", async () => {
    const { steps, counts } = setup(new Chunks([bytesWithUnknown()]));
    Object.assign(counts, { files: 1, faults: 2, records: 3, unknown: 4 });
    for await (const _ of steps);
    expect(counts).toEqual({ files: 2, faults: 2, records: 4, unknown: 6 });
  });
});

describe("the reader's pace", () => {
  test("is a block at a time: no chunk is taken before it is needed", async () => {
    const chunks = new Chunks(cut(bytes, 100));
    const { steps, counts, to } = setup(chunks);
    expect([chunks.given, counts.files]).toEqual([0, 0]);
    await steps.next();
    const { given } = chunks;
    expect([counts.files, counts.records, to.records.length]).toEqual([1, 1, 1]);
    expect(given * 100).toBeLessThan(bytes.length / 2);
    await steps.next();
    expect([counts.records, to.records.length]).toEqual([201, 201]);
    expect(chunks.given).toBeGreaterThan(given);
    expect(chunks.isEnded).toBe(false);
    await steps.return();
    expect([chunks.isEnded, counts.records]).toEqual([true, 201]);
  });

  test("ends where that is asked for, and the stream with it", async () => {
    const ending = new AbortController();
    const chunks = new Chunks(cut(bytes, 100));
    const { steps, counts, faults } = setup(chunks, ending.signal);
    await steps.next();
    ending.abort();
    expect(await steps.next()).toEqual({ done: true, value: undefined });
    expect([counts.records, faults, chunks.isEnded]).toEqual([1, [], true]);
  });

  test("ends with what the receiver throws, and the block that it was in does not count", async () => {
    const chunks = new Chunks(cut(bytes, 100));
    const thrown = new AvroError("of the receiver");
    let taken = 0;
    const to = receiverOf(() => {
      taken += 1;
      if (taken === 5) throw thrown;
    });
    const { steps, counts, faults } = setup(chunks, undefined, to as CopyingReceiver);
    await steps.next();
    await expect(steps.next()).rejects.toBe(thrown);
    expect([faults, chunks.isEnded]).toEqual([[], true]);
    expect([taken, counts.records]).toEqual([5, 1]);
  });
});
