// Ends of sockets by themselves: in the tables only a hash comes before the comparison, and no two
// ends of a test share one.

import { describe, expect, test } from "bun:test";
import { type BatchHandler, readBatch } from "../../../src/capture/batch-reader.ts";
import { SocketObject } from "../../../src/collect/entries/socket-object.ts";
import { networkProto } from "../../../src/sysflow/values.ts";
import { buildBatch, type TestRecord } from "../../support/collect/batch-builder.ts";

type Ends = Partial<Extract<TestRecord, { kind: "socket" }>>;

function socket(ends: Ends): SocketObject {
  let made: SocketObject | null = null;
  const handler: Partial<BatchHandler> = {
    socket(batch, at) {
      made = new SocketObject(batch, at);
    },
  };
  readBatch(buildBatch([{ kind: "socket", object: 1, ...ends }]), handler as BatchHandler);
  if (made === null) throw new Error("there was no socket");
  return made;
}

const address = Array.from({ length: 16 }, (_, i) => i + 1);
const ipv4: Ends = { sip: 0x0100007f, sport: 40000, dip: 0x0200007f, dport: 80 };
const reversed = address.toReversed();
const ipv6: Ends = { ...ipv4, family: 6, sip6: address, dip6: reversed };

const bytes = address.keys().toArray();
const different: readonly (readonly [string, Ends, Ends])[] = [
  ["source", ipv4, { ...ipv4, sip: 1 }],
  ["source port", ipv4, { ...ipv4, sport: 40001 }],
  ["source port's first bit", { ...ipv4, sport: 1 }, { ...ipv4, sport: 0x8001 }],
  ["order of ports", { ...ipv4, sport: 1, dport: 2 }, { ...ipv4, sport: 2, dport: 1 }],
  ["destination", ipv4, { ...ipv4, dip: 1 }],
  ["destination port", ipv4, { ...ipv4, dport: 81 }],
  ["source port, IPv6", ipv6, { ...ipv6, sport: 40001 }],
  ["destination port, IPv6", ipv6, { ...ipv6, dport: 81 }],
  ...bytes.map(
    (byte) =>
      [`byte ${byte} of source`, ipv6, { ...ipv6, sip6: address.with(byte, 0xff) }] as const,
  ),
  ...bytes.map(
    (byte) =>
      [`byte ${byte} of destination`, ipv6, { ...ipv6, dip6: reversed.with(byte, 0xff) }] as const,
  ),
];

describe("ends", () => {
  test.each([
    ["IPv4", ipv4],
    ["IPv6", ipv6],
  ])("that are equal are so, %s, and have one hash", (_, ends) => {
    expect(socket(ends).hasEndsOf(socket(ends))).toBe(true);
    expect(socket(ends).hash).toBe(socket(ends).hash);
  });

  test.each(different)("of another %s are others, and have another hash", (_, a, b) => {
    expect(socket(a).hasEndsOf(socket(b))).toBe(false);
    expect(socket(b).hasEndsOf(socket(a))).toBe(false);
    expect(socket(a).hash).not.toBe(socket(b).hash);
  });

  test("that are exchanged are others", () => {
    const { sip, sport, dip, dport } = ipv4;
    const back = socket({ sip: dip, sport: dport, dip: sip, dport: sport } as Ends);
    expect(socket(ipv4).hasEndsOf(back)).toBe(false);
    expect(socket(ipv4).hash).not.toBe(back.hash);
  });

  test("of the two families are never the same", () => {
    const zeros = new Array<number>(16).fill(0);
    const none: Ends = { ...ipv4, sip: 0, dip: 0 };
    const none6: Ends = { ...none, family: 6, sip6: zeros, dip6: zeros };
    expect(socket(none).hasEndsOf(socket(none6))).toBe(false);
    expect(socket(none6).hasEndsOf(socket(none))).toBe(false);
  });

  test("are in network order", () => {
    const { sip, dip, sip6, dip6 } = socket(ipv6);
    expect([sip, dip]).toEqual([0, 0]);
    expect([...(sip6 ?? [])]).toEqual(address);
    expect([...(dip6 ?? [])]).toEqual(reversed);
  });
});

test.each([
  [0, networkProto.UNKNOWN],
  [1, 1],
  [255, 255],
  [256, networkProto.UNKNOWN],
  [-1, networkProto.UNKNOWN],
])("protocol %d is %d on the wire", (proto, wire) => {
  expect(socket({ ...ipv4, proto }).proto).toBe(wire as SocketObject["proto"]);
});
