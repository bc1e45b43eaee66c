// What a socket source makes of the frames of native code: these are made here, so that those that no
// healthy writer causes come too.

import { describe, expect, spyOn, test } from "bun:test";
import { AvroError } from "../../../src/avro/avro-error.ts";
import { exitStatus } from "../../../src/base/exit-status.ts";
import type { InputFault } from "../../../src/read/input-fault.ts";
import { type SocketPeer, SocketSource } from "../../../src/read/socket/socket-source.ts";
import { CopyingReceiver } from "../../support/records/copying-receiver.ts";
import { fakeSocket } from "../../support/records/fake-socket.ts";
import { sampleFileFlow, sampleHeader } from "../../support/records/sample-records.ts";

const kinds = { packet: 0, opened: 1, closed: 2, failed: 3, tooLong: 4 } as const;

function frame(writer: number, kind: keyof typeof kinds, body: Uint8Array): Buffer {
  const head = new Uint32Array([writer, kinds[kind], body.length]);
  return Buffer.concat([new Uint8Array(head.buffer), body]);
}

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(values).buffer);
}

function packets(): [header: Buffer, flow: Buffer] {
  const { writer, sender } = fakeSocket();
  writer.header(sampleHeader);
  writer.fileFlow(sampleFileFlow(1));
  writer.close();
  return sender.packets.map(({ bytes }) => bytes) as [Buffer, Buffer];
}

const headerPacket = (): Buffer => packets()[0];

const none = new Uint8Array(0);

function setup() {
  const waiting: Buffer[] = [];
  const dropped: number[] = [];
  const faults: (InputFault | null)[] = [];
  const receiver = new CopyingReceiver();
  const peers: SocketPeer[] = [];
  let ring: () => void = () => undefined;
  let closes = 0;
  const source = new SocketSource({
    name: "s",
    open: (onReady) => {
      ring = onReady;
      return {
        turnedAway: 0,
        take: (into) => waiting.shift()?.copy(into) ?? 0,
        drop: (writer) => dropped.push(writer),
        close: () => {
          closes += 1;
        },
      };
    },
    receiverOf: (peer) => {
      peers.push(peer);
      return receiver;
    },
    onEnd: (_, fault) => faults.push(fault),
  });
  const feed = (...frames: readonly Buffer[]) => {
    waiting.push(Buffer.concat(frames));
    return source.read();
  };
  const all = { source, feed, faults, dropped, receiver, peers };
  return { ...all, ring: () => ring(), closes: () => closes };
}

test("a writer is told of by its first record, its records are counted, and its end is none", () => {
  const { source, feed, faults, receiver, peers } = setup();
  const [header, flow] = packets();
  feed(frame(3, "opened", words(7, 1000)), frame(3, "packet", header));
  feed(frame(3, "packet", flow), frame(3, "packet", flow));
  expect(receiver.records.map(({ kind }) => kind)).toEqual(["SFHeader", "FileFlow", "FileFlow"]);
  expect([peers, faults]).toEqual([[{ number: 3, pid: 7, uid: 1000 }], []]);
  feed(frame(3, "closed", none));
  expect(faults).toEqual([null]);
  expect(source.counts()).toEqual({ records: 3, writers: 1, faults: 0, turnedAway: 0 });
});

describe("what a receiver throws", () => {
  /** A header, which is thrown at, and a flow behind it. */
  function thrown() {
    const all = setup();
    const [header, flow] = packets();
    const take = all.receiver.header;
    Object.assign(all.receiver, {
      header: () => {
        throw new Error("mine");
      },
    });
    const frames = [frame(3, "packet", header), frame(3, "packet", flow)];
    expect(() => all.feed(frame(3, "opened", words(7, 0)), ...frames)).toThrow("mine");
    Object.assign(all.receiver, { header: take });
    return all;
  }

  test("costs that record alone: the next call goes on behind it, and is not waited for", async () => {
    const { source, receiver } = thrown();
    await source.ready(2 ** 30);
    expect(source.read()).toBe(true);
    expect(receiver.records.map(({ kind }) => kind)).toEqual(["FileFlow"]);
    expect(source.read()).toBe(false);
  });

  test("and what was behind it are nothing after the close", () => {
    const { source, receiver } = thrown();
    source.close();
    expect([source.read(), receiver.records]).toEqual([false, []]);
  });
});

describe("a writer that ends otherwise than in order", () => {
  const rows = [
    ["failed", 7, "process 7", "INPUT_READ_FAILED", "system error 104"],
    ["tooLong", 0, "writer 3", "INPUT_DAMAGED", "its packet is above 256 KiB"],
  ] as const;
  test.each(rows)("%s, of pid %d, is told whole", (kind, pid, who, code, why) => {
    const { feed, faults, receiver } = setup();
    const opened = frame(3, "opened", words(pid, 0));
    feed(opened, frame(3, "packet", headerPacket()), frame(3, kind, words(104)));
    expect(receiver.records.map((record) => record.kind)).toEqual(["SFHeader"]);
    expect(faults.map((fault) => fault?.code)).toEqual([code]);
    expect(faults[0]?.message).toBe(
      `cannot read on from ${who} at the socket s: ${why}; 1 of its records were read; ` +
        "restart it, so that it connects anew",
    );
  });

  test("for a bad packet is cut off, and what was on its way is not read", () => {
    const { source, feed, faults, dropped, receiver } = setup();
    const bad = frame(3, "packet", Buffer.from("xyz"));
    feed(frame(3, "opened", words(7, 0)), bad, frame(3, "packet", headerPacket()));
    feed(frame(3, "closed", none));
    expect([dropped, faults.length, receiver.records.length]).toEqual([[3], 1, 0]);
    expect(source.counts()).toEqual({ records: 0, writers: 1, faults: 1, turnedAway: 0 });
  });

  const opened = frame(3, "opened", words(7, 0));
  const faultOf = (...frames: readonly Buffer[]) => {
    const { feed, faults } = setup();
    feed(opened, ...frames);
    return faults[0] ?? null;
  };

  test("has a status that says whether what it sent was damaged, and why", () => {
    const [bad, broken] = [frame(3, "packet", Buffer.from("xyz")), frame(3, "failed", words(104))];
    const statuses = [faultOf(bad), faultOf(frame(3, "tooLong", none)), faultOf(broken)];
    expect(statuses.map((fault) => fault?.exitStatus)).toEqual([
      ...[exitStatus.DAMAGED_INPUT, exitStatus.DAMAGED_INPUT, exitStatus.FAILURE],
    ]);
    expect(statuses[0]?.cause).toBeInstanceOf(AvroError);
    expect(statuses[2]).not.toHaveProperty("cause");
  });

  test("for another first record than a header is told that", () => {
    const message = faultOf(frame(3, "packet", packets()[1]))?.message;
    expect(message).toContain("packet 1: its first record is a FileFlow, not an SFHeader; 0 ");
  });

  test("for a record that is cut anywhere is told that", () => {
    const [header, flow] = packets();
    for (let bytes = 0; bytes < flow.length; bytes++) {
      const cut = frame(3, "packet", flow.subarray(0, bytes));
      expect(faultOf(frame(3, "packet", header), cut)?.message).toContain(
        "packet 2: it is cut; 1 ",
      );
    }
  });

  test("for bytes behind a record is told how many", () => {
    const packet = Buffer.concat([headerPacket(), Buffer.alloc(5)]);
    const message = faultOf(frame(3, "packet", packet))?.message;
    expect(message).toContain("packet 1: 5 bytes follow its record; 0 ");
  });

  test("for a schema that is not known is told which are", () => {
    const packet = headerPacket();
    // The version stands behind the union's index; 14 is 7.
    packet[1] = 14;
    const fault = faultOf(frame(3, "packet", packet));
    expect([fault?.code, fault?.exitStatus]).toEqual(["INPUT_UNSUPPORTED", exitStatus.FAILURE]);
    const why = "its records are of schema 7, and packets of 5 and 6 can be read";
    expect(fault?.message).toContain(`: ${why}; 0 of its`);
  });
});

test("what came is told by its first reading, and after the close nothing is read", () => {
  const { source, feed, receiver, closes } = setup();
  const opened = frame(3, "opened", words(7, 0));
  expect(source.read()).toBe(false);
  expect(feed(opened, frame(3, "packet", headerPacket()))).toBe(true);
  expect([source.read(), receiver.records.length]).toEqual([false, 1]);
  source.close();
  source.close();
  expect(closes()).toBe(1);
  expect(feed(frame(3, "packet", headerPacket()))).toBe(false);
  expect(receiver.records.length).toBe(1);
});

test("who waits is woken by what comes, and by the close", async () => {
  const { source, ring } = setup();
  let woken = 0;
  const wait = async () => {
    await source.ready(2 ** 30);
    woken += 1;
  };
  const first = wait();
  await Promise.resolve();
  expect(woken).toBe(0);
  ring();
  await first;
  expect(source.read()).toBe(false);
  const second = wait();
  await Promise.resolve();
  expect(woken).toBe(1);
  source.close();
  await second;
  expect(woken).toBe(2);
  await source.ready(2 ** 30);
});

test("a ring that comes before anybody waits is not lost", async () => {
  const { source, ring } = setup();
  ring();
  await source.ready(2 ** 30);
  expect(source.read()).toBe(false);
});

test("who was woken in time leaves no timer behind", async () => {
  const [set, cleared] = [spyOn(globalThis, "setTimeout"), spyOn(globalThis, "clearTimeout")];
  const { source, ring } = setup();
  const ready = source.ready(2 ** 30);
  const timers = set.mock.results.map(({ value }) => value as NodeJS.Timeout);
  ring();
  await ready;
  expect(timers.length).toBe(1);
  expect(cleared.mock.calls.map(([timer]) => timer)).toEqual(timers);
  set.mockRestore();
  cleared.mockRestore();
});

test("who waits longer than anything comes is let go", async () => {
  const { source } = setup();
  await source.ready(10);
  expect(source.read()).toBe(false);
});
