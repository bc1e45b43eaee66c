// What a socket source makes of the frames of native code: these are made here, so that those that no
// healthy writer causes come too.

import { describe, expect, test } from "bun:test";
import type { InputFault } from "../../../src/read/input-fault.ts";
import { SocketSource } from "../../../src/read/socket/socket-source.ts";
import { CopyingReceiver } from "../../support/records/copying-receiver.ts";
import { fakeSocket } from "../../support/records/fake-socket.ts";
import { sampleHeader } from "../../support/records/sample-records.ts";

const kinds = { packet: 0, opened: 1, closed: 2, failed: 3, tooLong: 4 } as const;

function frame(writer: number, kind: keyof typeof kinds, body: Uint8Array): Buffer {
  const head = new Uint32Array([writer, kinds[kind], body.length]);
  return Buffer.concat([new Uint8Array(head.buffer), body]);
}

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(values).buffer);
}

function headerPacket(): Uint8Array {
  const { writer, sender } = fakeSocket();
  writer.header(sampleHeader);
  writer.close();
  return sender.packets[0]?.bytes ?? new Uint8Array(0);
}

const none = new Uint8Array(0);

function setup() {
  const waiting: Buffer[] = [];
  const dropped: number[] = [];
  const faults: (InputFault | null)[] = [];
  const receiver = new CopyingReceiver();
  let ring: () => void = () => undefined;
  const source = new SocketSource({
    name: "s",
    open: (onReady) => {
      ring = onReady;
      return {
        turnedAway: 0,
        take: (into) => waiting.shift()?.copy(into) ?? 0,
        drop: (writer) => dropped.push(writer),
        close: () => undefined,
      };
    },
    receiverOf: () => receiver,
    onEnd: (_, fault) => faults.push(fault),
  });
  const feed = (...frames: readonly Buffer[]) => {
    waiting.push(Buffer.concat(frames));
    return source.read();
  };
  return { source, feed, faults, dropped, receiver, ring: () => ring() };
}

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
  source.close();
  await second;
  expect(woken).toBe(2);
});
