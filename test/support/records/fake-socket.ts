// What a socket output above a FakeSender has sent, and the sum that must hold.

import { expect } from "bun:test";
import { ReadTap } from "../../../src/avro/read-tap.ts";
import { decodeRecord } from "../../../src/sysflow/decoder.gen.ts";
import type { SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import type { SchemaVersion } from "../../../src/sysflow/values.ts";
import {
  packetBytesMax,
  type ReaderChange,
  type SocketStats,
  SocketWriter,
  type SocketWriterOptions,
} from "../../../src/write/socket/socket-writer.ts";
import { FakeSender } from "./fake-sender.ts";

/** @param options connection: of the sender; 0 for no reader */
export function fakeSocket(
  options: Partial<SocketWriterOptions> & { readonly connection?: number } = {},
) {
  const { connection, ...others } = options;
  const sender = new FakeSender(connection);
  const changes: ReaderChange[] = [];
  const writer = new SocketWriter({
    sender,
    queueBytesMax: 64 * 1024,
    whenFull: "drop",
    onReader: (change) => changes.push(change),
    ...others,
  });
  return { sender, writer, changes };
}

export function decoded(sender: FakeSender, version: SchemaVersion = 5): SysFlowRecord[] {
  return sender.packets.map(({ bytes }) => {
    expect(bytes.length).toBeLessThanOrEqual(packetBytesMax);
    const tap = new ReadTap(bytes);
    const record = decodeRecord(tap, version);
    expect(tap.pos).toBe(bytes.length);
    return record;
  });
}

/** What must hold at any time at which nothing is on its way. */
export function expectSum(stats: SocketStats): void {
  const { sent, unconnected, dropped, lost, tooLong, refused, recordsTotal } = stats;
  expect(sent + unconnected + dropped + lost + tooLong + refused).toBe(recordsTotal);
}
