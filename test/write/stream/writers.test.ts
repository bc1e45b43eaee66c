// What the two writers to a stream make of each kind of record, above a queue that the test plays: what
// is handed over and when, and what is left out and counted.

import { describe, expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import type { OperatorError } from "../../../src/base/errors.ts";
import { recordKinds, type SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { deliver } from "../../../src/sysflow/record-sink.ts";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { ContainerStream } from "../../../src/write/stream/container-stream.ts";
import { JsonWriter } from "../../../src/write/stream/json-writer.ts";
import { blockBytes } from "../../../src/write/stream/line-block.ts";
import type { StreamQueue } from "../../../src/write/stream/stream-queue.ts";
import { arbitraryRecord } from "../../support/records/arbitrary-records.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";
import { readBytes } from "../../support/records/read-sf.ts";
import {
  sampleFileFlow,
  sampleHeader,
  sampleParent,
} from "../../support/records/sample-records.ts";

class FakeQueue {
  isDropping = false;
  isReaderGone = false;
  hasRoom = true;
  failure: OperatorError | null = null;
  failed = 0;
  bytes = 0;
  bytesWritten = 0;
  ends = 0;
  readonly blocks: { readonly bytes: Buffer; readonly records: number }[] = [];

  write(bytes: Uint8Array, records: number): void {
    this.blocks.push({ bytes: Buffer.from(bytes), records });
  }

  end(): void {
    this.ends += 1;
  }

  takesAgain(): boolean {
    return this.isDropping;
  }

  untoldFailure(): OperatorError | null {
    return this.failure;
  }

  drained(ms: number): Promise<boolean> {
    return Promise.resolve(ms > 10);
  }

  giveUp(): void {
    this.hasRoom = true;
    this.ends += 1;
  }

  get records(): number {
    return this.blocks.reduce((sum, { records }) => sum + records, 0);
  }

  get all(): Buffer {
    return Buffer.concat(this.blocks.map(({ bytes }) => bytes));
  }

  get lines(): Record<string, unknown>[] {
    return this.all
      .toString()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

const kinds = recordKinds.filter((kind) => kind !== "SFHeader");
/** Two of each kind but the header. */
const records: readonly SysFlowRecord[] = kinds.flatMap((kind) =>
  fc.sample(arbitraryRecord(kind), { numRuns: 2, seed: 1 }),
);
const header = { ...sampleHeader, version: 6 };
const asQueue = (queue: FakeQueue) => queue as unknown as StreamQueue;

function lineWriter() {
  const queue = new FakeQueue();
  const writer = new JsonWriter({ queue: asQueue(queue), schema: 6, filename: "f" });
  return { queue, writer };
}

function containerWriter(flushMs: number | null = null, seed?: string) {
  const queue = new FakeQueue();
  const writer = new ContainerStream({
    ...{ queue: asQueue(queue), schema: 6, flushMs },
    ...(seed !== undefined && { markerSeed: Buffer.from(seed) }),
  });
  return { queue, writer };
}

function kindsIn(bytes: Uint8Array): string[] {
  const found: string[] = [];
  readBytes(bytes, "a stream", ({ kind }) => found.push(kind));
  return found;
}

const makers = [
  ["lines", lineWriter],
  ["a container", containerWriter],
] as const;

describe.each(makers)("%s", (name, make) => {
  const found = (queue: FakeQueue) =>
    name === "lines" ? queue.lines.map(({ rec }) => rec) : kindsIn(queue.all);

  test("have each record that is given, once and in order", () => {
    const { queue, writer } = make();
    writer.header(header);
    for (const record of records) deliver(record, writer);
    writer.close();
    expect(found(queue)).toEqual(["SFHeader", ...records.map(({ kind }) => kind)]);
    const { records: counts, recordsTotal } = writer.stats();
    expect(counts).toEqual(
      Object.fromEntries(recordKinds.map((kind) => [kind, kind === "SFHeader" ? 1 : 2])) as never,
    );
    expect([recordsTotal, queue.records]).toEqual([records.length + 1, records.length + 1]);
    expect(queue.ends).toBe(1);
  });

  test("have the header, and nothing else, while the queue is full: what is left out is counted", () => {
    const { queue, writer } = make();
    queue.isDropping = true;
    writer.header(header);
    for (const record of records) deliver(record, writer);
    queue.isDropping = false;
    writer.fileFlow(sampleFileFlow(1));
    writer.close();
    expect(found(queue)).toEqual(["SFHeader", "FileFlow"]);
    expect(writer.stats()).toMatchObject({
      ...{ dropped: records.length, failed: 0, recordsTotal: records.length + 2 },
      records: { Pod: 2, FileFlow: 3, SFHeader: 1 },
    });
  });

  test("have nothing after a failure, which is counted with what the queue has lost", () => {
    const { queue, writer } = make();
    writer.header(header);
    queue.failure = new Error("x") as OperatorError;
    queue.failed = 5;
    queue.bytes = 7;
    queue.bytesWritten = 9;
    for (const record of records) deliver(record, writer);
    const { failed, dropped, queued, bytesWritten, recordsTotal } = writer.stats();
    // The header of a container waits in its block, and is lost with it.
    const waiting = name === "lines" ? 0 : 1;
    expect([failed, dropped]).toEqual([records.length + 5 + waiting, 0]);
    expect([queued, bytesWritten, recordsTotal]).toEqual([7, 9, records.length + 1]);
  });
});

describe.each(makers)("%s", (_, make) => {
  test("answer as their queue does", async () => {
    const { queue, writer } = make();
    expect([writer.hasRoom, writer.isReaderGone, writer.rotateDue()]).toEqual([true, false, false]);
    expect(writer.untoldFailure()).toBeNull();
    const failure = new Error("x") as OperatorError;
    Object.assign(queue, { hasRoom: false, isReaderGone: true, isDropping: true, failure });
    expect([writer.hasRoom, writer.isReaderGone, writer.rotateDue()]).toEqual([false, true, true]);
    expect(writer.untoldFailure()).toBe(failure);
    expect([await writer.drained(10), await writer.drained(11)]).toEqual([false, true]);
    writer.giveUp();
    expect(queue.ends).toBe(1);
  });
});

describe("a block of lines", () => {
  /** How much longer a line may be until the block behind the header is full. */
  const spare = () => {
    const { queue, writer } = lineWriter();
    writer.header(header);
    writer.process({ ...sampleParent(), exeArgs: "" });
    writer.close();
    return blockBytes - queue.all.length;
  };
  const blocksWith = (length: number) => {
    const { queue, writer } = lineWriter();
    writer.header(header);
    writer.process({ ...sampleParent(), exeArgs: "x".repeat(length) });
    return { queue, writer };
  };

  test("is handed over once it is full, and not before", () => {
    expect(blocksWith(spare() - 1).queue.blocks).toEqual([]);
    const { queue, writer } = blocksWith(spare());
    expect(queue.blocks.map(({ records: count }) => count)).toEqual([2]);
    writer.fileFlow(sampleFileFlow(1));
    writer.close();
    writer.close();
    expect(queue.blocks.map(({ records: count }) => count)).toEqual([2, 1]);
    expect(queue.lines.map(({ rec }) => rec)).toEqual(["SFHeader", "Process", "FileFlow"]);
  });

  test("keeps what is whole of it where a line needs more room", () => {
    const { queue, writer } = blocksWith(500_000);
    expect(queue.lines[1]?.["exeArgs"]).toBe("x".repeat(500_000));
    expect(queue.lines[0]).toMatchObject({ rec: "SFHeader", filename: "f" });
    writer.fileFlow(sampleFileFlow(1));
    writer.close();
    expect(queue.lines[2]?.["rec"]).toBe("FileFlow");
  });

  test("begins at its beginning, also with a line that needs more room", () => {
    const { queue, writer } = lineWriter();
    writer.header({ ...header, exporter: "x".repeat(500_000) });
    writer.header({ ...header, exporter: "y".repeat(900_000) });
    writer.close();
    expect(queue.blocks.map(({ records: count }) => count)).toEqual([1, 1]);
    expect(queue.lines.map(({ exporter }) => String(exporter).length)).toEqual([500_000, 900_000]);
  });
});

describe("what waits for others", () => {
  const until = async (isSo: () => boolean) => {
    const end = performance.now() + 30_000;
    while (!isSo() && performance.now() < end) await Bun.sleep(1);
    expect(isSo()).toBe(true);
  };

  test.each([
    ["lines", () => lineWriter()],
    ["a container", () => containerWriter(20)],
  ] as const)(
    "of %s has one timer, which keeps no program alive; and then the next",
    async (_, make) => {
      const timers = spyOn(globalThis, "setTimeout");
      const { queue, writer } = make();
      writer.header(header);
      for (let i = 0; i < 10; i++) writer.fileFlow(sampleFileFlow(i));
      const ours = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
      timers.mockRestore();
      expect(ours.map((timer) => timer.hasRef())).toEqual([false]);
      await until(() => queue.records === 11);
      writer.fileFlow(sampleFileFlow(1));
      await until(() => queue.records === 12);
    },
  );

  test("of a container has no timer where there is no such time, and none after its end", () => {
    const timers = spyOn(globalThis, "setTimeout");
    const cleared = spyOn(globalThis, "clearTimeout");
    const { writer } = containerWriter(null);
    writer.header(header);
    writer.close();
    expect([timers.mock.calls.length, cleared.mock.calls.length]).toEqual([0, 0]);
    const timed = containerWriter(1000).writer;
    timed.header(header);
    timed.close();
    const [timer] = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(cleared.mock.calls).toEqual([[timer]]);
    timers.mockRestore();
    cleared.mockRestore();
  });
});

describe("a container in a stream", () => {
  test("has one header", () => {
    const { writer } = containerWriter();
    writer.header(header);
    expect(() => writer.header(header)).toThrow("a stream has one header");
  });

  test("has records that are longer than any block", () => {
    const { queue, writer } = containerWriter();
    writer.header(header);
    writer.process({ ...sampleParent(), exeArgs: "x".repeat(3_000_000) });
    writer.close();
    const lengths: number[] = [];
    readBytes(queue.all, "a stream", (record) => {
      if (record.kind === "Process") lengths.push(record.exeArgs.length);
    });
    expect(lengths).toEqual([3_000_000]);
    expect(writer.stats().recordsTotal).toBe(2);
  });

  test("has the marker of the first file of the same input", () => {
    const marker = (seed: string) => {
      const { queue, writer } = containerWriter(null, seed);
      writer.header(header);
      writer.close();
      return queue.all.subarray(-16).toString("hex");
    };
    const fake = new FakeFs();
    const markerSeed = Buffer.from("one");
    const file = new FileWriter({
      ...{ path: "x", fs: fake, rotateIntervalSec: 0, startSec: 0, schema: 6, markerSeed },
    });
    file.header(header);
    file.close();
    expect(marker("one")).toBe(fake.files.get("x")?.subarray(-16).toString("hex") ?? "");
    expect(marker("two")).not.toBe(marker("one"));
  });
});
