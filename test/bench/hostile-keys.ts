// What keys cost that a program or a peer has chosen so that they met in one bucket, by ordinary ones:
// flows of 32,000 peers here, the native tables by native/bench/hostile_keys.cc. Status 1 of the bench
// where one costs more than the gate allows.

import { BYTES_BATCH_HEADER } from "../../src/capture/layout.gen.ts";
import { ProcessEntry } from "../../src/collect/entries/process-entry.ts";
import { SocketObject } from "../../src/collect/entries/socket-object.ts";
import { NetworkFlowState } from "../../src/collect/flows/network-flow.ts";
import { FlowTable } from "../../src/collect/tables/flow-table.ts";
import { BatchBuilder } from "../support/collect/batch-builder.ts";
import { collidingPeer, ordinaryPeer, type Peer } from "../support/collect/hostile-peers.ts";

const PEERS = 32_000;
/** Short ones, so that some are undisturbed on a busy machine. */
const ROUNDS = 100;
/** Colliding by ordinary. */
const GATE = 1.5;

export interface HostileResult {
  readonly name: string;
  readonly collidingNs: number;
  readonly ordinaryNs: number;
}

/** @param program native/bench/hostile_keys, built */
export async function measureHostileKeys(program: string): Promise<readonly HostileResult[]> {
  const flows = ([4, 6] as const).map((family) => flowCosts(family));
  const run = Bun.spawn([program], { stdout: "pipe" });
  const text = await new Response(run.stdout).text();
  if ((await run.exited) !== 0) throw new Error(`${program} failed`);
  return [...flows, ...(JSON.parse(text) as HostileResult[])];
}

export function hostileKeysPassed(results: readonly HostileResult[]): boolean {
  return results.every((result) => ratioOf(result) <= GATE);
}

export function hostileKeysText(results: readonly HostileResult[]): string {
  const lines = results.map(
    (result) =>
      `${result.name.padEnd(36)} ${result.collidingNs.toFixed(0).padStart(6)} ns ` +
      `${result.ordinaryNs.toFixed(0).padStart(6)} ns  ${ratioOf(result).toFixed(2)}`,
  );
  const head = `colliding keys: finding one, an ordinary one, the ratio (at most ${GATE})`;
  return `${head}\n${lines.join("\n")}\n`;
}

function ratioOf({ collidingNs, ordinaryNs }: HostileResult): number {
  return collidingNs / ordinaryNs;
}

/** Nanoseconds of finding the flow of a peer, each the best of rounds that take turns with the other's. */
function flowCosts(family: 4 | 6): HostileResult {
  const colliding = flowsOf((n) => collidingPeer(family, n));
  const ordinary = flowsOf((n) => ordinaryPeer(family, n));
  let collidingNs = Number.POSITIVE_INFINITY;
  let ordinaryNs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    collidingNs = Math.min(collidingNs, findAll(colliding));
    ordinaryNs = Math.min(ordinaryNs, findAll(ordinary));
  }
  return { name: `flows of IPv${family} peers`, collidingNs, ordinaryNs };
}

interface Flows {
  readonly table: FlowTable;
  readonly process: ProcessEntry;
  readonly sockets: readonly SocketObject[];
}

function flowsOf(peerOf: (n: number) => Peer): Flows {
  const processor = { write() {}, ended() {}, leadingFlags: 0 };
  const process = new ProcessEntry(1, 0, 0, 100);
  const table = new FlowTable();
  const sockets: SocketObject[] = [];
  for (let n = 0; n < PEERS; n++) {
    const batch = new BatchBuilder(256).add({ kind: "socket", object: 1, ...peerOf(n) }).build();
    const socket = new SocketObject(batch, BYTES_BATCH_HEADER / 4);
    sockets.push(socket);
    table.add(new NetworkFlowState(processor, process, socket, 100, 3, 0, 0), 0);
  }
  return { table, process, sockets };
}

/** Nanoseconds that finding one of them takes. */
function findAll({ table, process, sockets }: Flows): number {
  const begin = performance.now();
  for (const socket of sockets) {
    if (table.find(process, 100, 3, socket) === null) throw new Error("a flow is not found");
  }
  return ((performance.now() - begin) * 1e6) / sockets.length;
}
