// The socket output above a native side that the test plays: what each connection gets, and that
// every record is sent or counted.

import { describe, expect, setDefaultTimeout, spyOn, test } from "bun:test";
import fc from "fast-check";
import { recordKinds, type SFHeader, type SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { deliver } from "../../../src/sysflow/record-sink.ts";
import { packetBytesMax, SocketWriter } from "../../../src/write/socket/socket-writer.ts";
import { arbitraryRecord } from "../../support/records/arbitrary-records.ts";
import { FakeSender } from "../../support/records/fake-sender.ts";
import { decoded, expectSum, fakeSocket } from "../../support/records/fake-socket.ts";
import {
  sampleChild,
  sampleCount,
  sampleFile,
  sampleFileFlow,
  sampleHeader,
  sampleParent,
  writeSample,
} from "../../support/records/sample-records.ts";

setDefaultTimeout(60_000);

describe("records", () => {
  test("each is a packet, the header first", () => {
    const { writer, sender } = fakeSocket();
    writer.header(sampleHeader);
    writeSample(writer);
    writer.close();
    const records = decoded(sender);
    expect(records.length).toBe(sampleCount + 1);
    expect(records[0]).toEqual(sampleHeader);
    expect(records[2]).toEqual(sampleParent());
    expect(writer.stats()).toMatchObject({ sent: sampleCount + 1, recordsTotal: sampleCount + 1 });
    expectSum(writer.stats());
  });

  test.each([5, 6] as const)("any of schema %d, over many blocks", (schema) => {
    const { writer, sender } = fakeSocket({ schema, queueBytesMax: 2 ** 30 });
    const header: SFHeader = { ...sampleHeader, version: schema };
    writer.header(header);
    const written: SysFlowRecord[] = [header];
    for (const kind of recordKinds.filter((each) => each !== "SFHeader")) {
      for (const record of fc.sample(arbitraryRecord(kind), { numRuns: 100, seed: 1 })) {
        deliver(record, writer);
        written.push(record);
      }
    }
    writer.close();
    const kinds = decoded(sender, schema).map(({ kind }) => kind);
    expect(kinds).toEqual(written.map(({ kind }) => kind));
    expect(writer.stats().cut).toBe(0);
  });

  test("wait for others a short time only", async () => {
    const { writer, sender } = fakeSocket();
    writer.header(sampleHeader);
    expect(sender.packets.length).toBe(0);
    const end = performance.now() + 30_000;
    while (sender.packets.length === 0 && performance.now() < end) await Bun.sleep(1);
    expect(sender.packets.length).toBe(1);
  });
});

describe("connections", () => {
  test("a new one gets the header, and all entities are asked for", () => {
    const { writer, sender, changes } = fakeSocket();
    writer.header(sampleHeader);
    expect(writer.rotateDue()).toBe(false);
    writer.process(sampleParent());
    sender.connect();
    expect(writer.rotateDue()).toBe(true);
    expect(writer.rotateDue()).toBe(false);
    writer.process(sampleChild());
    writer.close();
    const kinds = decoded(sender).map(({ kind }) => kind);
    expect(kinds).toEqual(["SFHeader", "SFHeader", "Process"]);
    expect(sender.packets.map(({ connection }) => connection)).toEqual([1, 2, 2]);
    expect(changes).toEqual([{ state: "here", connections: 2 }]);
    expect(writer.stats()).toMatchObject({ lost: 1, sent: 3, recordsTotal: 4 });
    expectSum(writer.stats());
  });

  test("without one, records are counted as that; the first one begins", () => {
    const { writer, sender, changes } = fakeSocket({ connection: 0 });
    expect(changes).toEqual([{ state: "awaited", cause: sender.fault }]);
    writer.header(sampleHeader);
    expect(writer.rotateDue()).toBe(false);
    writeSample(writer);
    expect(writer.stats()).toMatchObject({ unconnected: sampleCount, sent: 0 });
    sender.connect();
    expect(writer.rotateDue()).toBe(true);
    writer.process(sampleParent());
    sender.fault = "the other side has closed";
    writer.close();
    sender.leave();
    expect(decoded(sender).map(({ kind }) => kind)).toEqual(["SFHeader", "Process"]);
    expect(changes.at(-1)).toEqual({ state: "here", connections: 1 });
    expectSum(writer.stats());
  });

  test("its end is told once, with why", () => {
    const { writer, sender, changes } = fakeSocket();
    writer.header(sampleHeader);
    sender.leave();
    expect([writer.rotateDue(), writer.rotateDue()]).toEqual([false, false]);
    expect(changes).toEqual([{ state: "gone", cause: sender.fault }]);
    expect(writer.untoldFailure()).toBeNull();
  });
});

describe("a full queue", () => {
  test("drops until it is half empty, then all entities are asked for", () => {
    const { writer, sender } = fakeSocket();
    sender.isStalled = true;
    writer.header(sampleHeader);
    const exeArgs = "x".repeat(10_000);
    for (let i = 0; i < 30; i++) writer.process({ ...sampleParent(), exeArgs });
    const { dropped, queued } = writer.stats();
    expect(dropped).toBeGreaterThan(10);
    expect(queued).toBeGreaterThan(50_000);
    expect(writer.rotateDue()).toBe(false);
    expect(writer.hasRoom).toBe(false);
    sender.isStalled = false;
    expect(writer.rotateDue()).toBe(true);
    expect(writer.hasRoom).toBe(true);
    writer.process(sampleParent());
    writer.close();
    const records = decoded(sender);
    expect(records.length).toBe(1 + 30 - dropped + 1);
    // The reader has its header already.
    expect(records.filter(({ kind }) => kind === "SFHeader").length).toBe(1);
    expectSum(writer.stats());
  });

  test("holds nothing back where the run waits for it", async () => {
    const { writer, sender } = fakeSocket({ whenFull: "wait" });
    sender.isStalled = true;
    writer.header(sampleHeader);
    for (let i = 0; i < 30; i++) writer.process({ ...sampleParent(), exeArgs: "x".repeat(9000) });
    expect([writer.hasRoom, await writer.drained(10)]).toEqual([false, false]);
    sender.isStalled = false;
    expect(await writer.drained(10)).toBe(true);
    sender.leave();
    expect([writer.hasRoom, await writer.drained(10)]).toEqual([false, false]);
    expect(writer.stats().dropped).toBe(0);
  });

  test("gets its time at the end, and is given up after it", async () => {
    const { writer, sender } = fakeSocket();
    sender.isStalled = true;
    writer.header(sampleHeader);
    writer.process(sampleParent());
    writer.close();
    expect([await writer.drained(20), sender.isClosed]).toEqual([false, false]);
    writer.giveUp();
    expect(sender.isClosed).toBe(true);
    expect(writer.stats()).toMatchObject({ sent: 0, lost: 2 });
  });

  test("that is empty at the end closes the connection", async () => {
    const { writer, sender } = fakeSocket();
    writer.header(sampleHeader);
    expect([await writer.drained(0), sender.isClosed]).toEqual([true, false]);
    writer.close();
    expect([await writer.drained(0), sender.isClosed]).toEqual([true, true]);
  });
});

/** Its queue holds what the test says. */
class SteeredSender extends FakeSender {
  bytes = 0;
  override get queuedBytes(): number {
    return this.bytes;
  }
  override push(block: Uint8Array, bytes: number, connection: number): number {
    super.push(block, bytes, connection);
    return this.bytes;
  }
}

describe("the queue's bound, met exactly,", () => {
  const setup = () => {
    const sender = new SteeredSender();
    const writer = new SocketWriter({ sender, queueBytesMax: 1000, whenFull: "drop" });
    writer.header(sampleHeader);
    const push = (bytes: number) => {
      sender.bytes = bytes;
      writer.fileFlow(sampleFileFlow(1));
      writer.rotateDue();
      writer.fileFlow(sampleFileFlow(2));
      return writer.stats().dropped;
    };
    return { sender, writer, push };
  };

  test("is full, and one byte less is not", () => {
    const { sender, writer, push } = setup();
    expect([push(999), writer.hasRoom]).toEqual([0, true]);
    expect([push(1000), writer.hasRoom]).toEqual([1, false]);
    sender.bytes = 501;
    expect(writer.rotateDue()).toBe(false);
    sender.bytes = 500;
    expect([writer.rotateDue(), writer.rotateDue()]).toEqual([true, false]);
  });

  test("holds nothing of the next connection back", () => {
    const { sender, writer, push } = setup();
    expect(push(1000)).toBe(1);
    sender.connect();
    expect(writer.rotateDue()).toBe(true);
    writer.fileFlow(sampleFileFlow(3));
    expect(writer.stats().dropped).toBe(1);
  });
});

describe("a block", () => {
  test("holds packets of the length that upstream's reader has room for", () => {
    expect(packetBytesMax).toBe(16_384);
  });

  test("without a record is not handed over", () => {
    const { writer, sender } = fakeSocket();
    const pushes = spyOn(sender, "push");
    writer.header(sampleHeader);
    for (let i = 0; i < 3; i++) writer.rotateDue();
    writer.close();
    writer.giveUp();
    expect(pushes).toHaveBeenCalledTimes(1);
  });

  test("is waited for by one timer, which keeps no program alive; and so is the next", async () => {
    const timers = spyOn(globalThis, "setTimeout");
    const { writer, sender } = fakeSocket();
    writer.header(sampleHeader);
    writeSample(writer);
    const ours = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
    timers.mockRestore();
    expect(ours.map((timer) => timer.hasRef())).toEqual([false]);
    const end = performance.now() + 30_000;
    const until = async (count: number) => {
      while (sender.stats().sent < count && performance.now() < end) await Bun.sleep(1);
      expect(sender.packets.length).toBe(count);
    };
    await until(sampleCount + 1);
    writer.fileFlow(sampleFileFlow(1));
    await until(sampleCount + 2);
  });

  test("that is full goes at once", () => {
    const { writer, sender } = fakeSocket({ queueBytesMax: 2 ** 30 });
    writer.header(sampleHeader);
    for (let i = 0; i < 7; i++) writer.process({ ...sampleParent(), exeArgs: "x".repeat(10_000) });
    expect(sender.stats().sent).toBe(8);
  });

  test("is handed over before it is waited for, and lost and counted where it is given up", async () => {
    const { writer, sender } = fakeSocket();
    writer.header(sampleHeader);
    expect(await writer.drained(0)).toBe(true);
    expect(sender.stats().sent).toBe(1);
    sender.isStalled = true;
    writer.fileFlow(sampleFileFlow(1));
    writer.giveUp();
    expect(writer.stats()).toMatchObject({ sent: 1, lost: 1, recordsTotal: 2 });
    expectSum(writer.stats());
    sender.connect();
    expect(writer.rotateDue()).toBe(false);
  });
});

describe("what is awaited at the end", () => {
  test("may come while it is awaited", async () => {
    const { writer, sender } = fakeSocket();
    sender.isStalled = true;
    writer.header(sampleHeader);
    setTimeout(() => {
      sender.isStalled = false;
    }, 30);
    expect(await writer.drained(20_000)).toBe(true);
  });

  test("is no reader, where records without one are dropped, or nothing more comes", async () => {
    const dropping = fakeSocket({ connection: 0 }).writer;
    expect(await dropping.drained(0)).toBe(true);
    const waiting = fakeSocket({ connection: 0, whenFull: "wait" }).writer;
    expect(await waiting.drained(0)).toBe(false);
    waiting.close();
    expect(await waiting.drained(0)).toBe(true);
  });
});

test("without a reader at the start no header is lost, and nobody need be told", () => {
  const sender = new FakeSender(0);
  const writer = new SocketWriter({ sender, queueBytesMax: 1000, whenFull: "drop" });
  writer.header(sampleHeader);
  writer.rotateDue();
  expect(writer.stats()).toMatchObject({ lost: 0, recordsTotal: 0 });
  sender.connect();
  expect(writer.rotateDue()).toBe(true);
  sender.leave();
  expect(writer.rotateDue()).toBe(false);
  writer.close();
  expect(writer.rotateDue()).toBe(false);
});

test("a record that was too long leaves the next one whole", () => {
  const { writer, sender } = fakeSocket();
  writer.header(sampleHeader);
  writer.file(sampleFile("/x".repeat(10_000)));
  writer.process(sampleParent());
  writer.close();
  expect(decoded(sender)).toEqual([sampleHeader, sampleParent()]);
  expect(writer.stats()).toMatchObject({ tooLong: 1, cut: 0, recordsTotal: 3 });
});
