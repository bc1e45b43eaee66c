// Peers that choose addresses and ports so that their flows met in one bucket, with the hash that the
// table had once: what finding one costs is counted in steps. test/bench has the times.

import { describe, expect, test } from "bun:test";
import { BYTES_BATCH_HEADER } from "../../../src/capture/layout.gen.ts";
import { ProcessEntry } from "../../../src/collect/entries/process-entry.ts";
import { SocketObject } from "../../../src/collect/entries/socket-object.ts";
import { NetworkFlowState } from "../../../src/collect/flows/network-flow.ts";
import { FlowTable } from "../../../src/collect/tables/flow-table.ts";
import { BatchBuilder } from "../../support/collect/batch-builder.ts";
import { collidingPeer, onceHashOf, type Peer } from "../../support/collect/hostile-peers.ts";

const noProcessor = { write() {}, ended() {}, leadingFlags: 0 };
const peers = 4096;
/** What as many random ones have at most, but once in some millions of runs. */
const stepsMax = 16;

function flowsOf(peerOf: (n: number) => Peer, fdOf: (n: number) => number): FlowTable {
  const table = new FlowTable();
  const process = new ProcessEntry(1, 0, 0, 100);
  for (let n = 0; n < peers; n++) {
    const batch = new BatchBuilder(256).add({ kind: "socket", object: 1, ...peerOf(n) }).build();
    const socket = new SocketObject(batch, BYTES_BATCH_HEADER / 4);
    table.add(new NetworkFlowState(noProcessor, process, socket, 100, fdOf(n), 0, 0), 0);
  }
  expect(table.size).toBe(peers);
  return table;
}

describe("finding a flow costs the same", () => {
  test.each([
    ["IPv4", 4],
    ["IPv6", 6],
  ] as const)("with %s peers that collided", (_, family) => {
    const peerOf = (n: number) => collidingPeer(family, n);
    const once = new Set(Array.from({ length: peers }, (_, n) => onceHashOf(peerOf(n))));
    expect(once.size).toBe(1);
    expect(flowsOf(peerOf, () => 3).longestChain).toBeLessThanOrEqual(stepsMax);
  });

  test("with descriptors of every structure", () => {
    const peerOf = () => collidingPeer(4, 1);
    for (const fdOf of [(n: number) => n, (n: number) => n << 8, (n: number) => n << 16]) {
      expect(flowsOf(peerOf, fdOf).longestChain).toBeLessThanOrEqual(stepsMax);
    }
  });
});
