import { describe, expect, test } from "bun:test";
import { scrambled } from "../../../src/base/keyed-hash.ts";
import { BYTES_BATCH_HEADER } from "../../../src/capture/layout.gen.ts";
import type { DataFlow } from "../../../src/collect/entries/process-entry.ts";
import { ProcessEntry } from "../../../src/collect/entries/process-entry.ts";
import { SocketObject } from "../../../src/collect/entries/socket-object.ts";
import { DataFlows } from "../../../src/collect/flows/data-flows.ts";
import { NetworkFlowState } from "../../../src/collect/flows/network-flow.ts";
import { collectLimits } from "../../../src/collect/limits.ts";
import { FlowTable } from "../../../src/collect/tables/flow-table.ts";
import { BatchBuilder } from "../../support/collect/batch-builder.ts";

const noProcessor = { write() {}, ended() {}, leadingFlags: 0 };
const pid = 100;

function processOf(id: number): ProcessEntry {
  return new ProcessEntry(id, 0, 0, pid);
}

function socketOf(sport: number): SocketObject {
  const batch = new BatchBuilder(256).add({ kind: "socket", object: 1, sport }).build();
  return new SocketObject(batch, BYTES_BATCH_HEADER / 4);
}

function flowOf(process: ProcessEntry, socket: SocketObject, tid: number, fd: number): DataFlow {
  return new NetworkFlowState(noProcessor, process, socket, tid, fd, 0, 0);
}

function others(table: FlowTable, flow: DataFlow): DataFlow[] {
  const found: DataFlow[] = [];
  table.ofOtherThreads(flow.process, flow.tid, flow.fd, flow.object, found);
  return found;
}

describe("finding", () => {
  test("among many, through growth and removal", () => {
    const table = new FlowTable();
    const processes = [1, 2, 3].map(processOf);
    const sockets = [1, 2, 3, 4].map((port) => socketOf(port));
    const flows: DataFlow[] = [];
    for (const process of processes) {
      for (const socket of sockets) {
        for (let n = 0; n < 300; n++) {
          const flow = flowOf(process, socket, pid + (n % 7), n);
          table.add(flow, 0);
          flows.push(flow);
        }
      }
    }
    const find = (f: DataFlow) => table.find(f.process, f.tid, f.fd, f.object);
    expect(table.size).toBe(3600);
    expect(flows.every((f) => find(f) === f)).toBe(true);
    for (const flow of flows.filter((_, i) => i % 3 === 0)) {
      table.remove(flow);
    }
    expect(table.size).toBe(2400);
    expect(flows.every((f, i) => find(f) === (i % 3 === 0 ? null : f))).toBe(true);
  });
});

describe("what the table keeps for threads", () => {
  test("one thread needs no groups; from the second on each descriptor has one", () => {
    const table = new FlowTable();
    const process = processOf(1);
    const first = flowOf(process, socketOf(1), pid, 3);
    const second = flowOf(process, socketOf(1), pid + 1, 3);
    const third = flowOf(process, socketOf(2), pid + 1, 4);
    table.add(first, 0);
    expect(table.groupCount).toBe(0);
    table.add(second, 0);
    table.add(third, 0);
    expect(table.groupCount).toBe(2);
    expect(others(table, first)).toEqual([second]);
    expect(others(table, second)).toEqual([first]);
    expect(others(table, third)).toEqual([]);
    for (const flow of [first, second, third]) {
      table.remove(flow);
    }
    expect(table.groupCount).toBe(0);
  });

  test("groups are many, through growth and removal", () => {
    const table = new FlowTable();
    const process = processOf(1);
    const socket = socketOf(1);
    const flows: DataFlow[] = [];
    for (let n = 0; n < 6000; n++) {
      const flow = flowOf(process, socket, pid + (n & 1), n >> 1);
      table.add(flow, 0);
      flows.push(flow);
    }
    expect(table.groupCount).toBe(3000);
    expect(flows.every((f, i) => others(table, f)[0] === flows[i ^ 1])).toBe(true);
    for (const flow of flows) {
      table.remove(flow);
    }
    expect([table.size, table.groupCount]).toEqual([0, 0]);
  });

  test("an ended thread is forgotten, once its flows are", () => {
    const table = new FlowTable();
    const process = processOf(1);
    const flow = flowOf(process, socketOf(1), pid + 1, 3);
    table.add(flow, 0);
    expect(() => table.forgetThread(process, pid + 1)).toThrow("assertion failed");
    table.remove(flow);
    table.forgetThread(process, pid + 1);
    expect(process.threadFlows?.size).toBe(0);
  });

  test("the end of a thread forgets it", () => {
    const flows = new DataFlows();
    const process = processOf(1);
    flows.add(flowOf(process, socketOf(1), pid + 1, 3));
    flows.endThread(process, pid + 1, 0, 0);
    expect([flows.table.size, process.threadFlows?.size]).toEqual([0, 0]);
  });

  test("what ends is listed in the order of its start", () => {
    const table = new FlowTable();
    const process = processOf(1);
    const flows = [3, 1, 2, 1, 3, 2].map((thread, i) => flowOf(process, socketOf(1), thread, i));
    for (const flow of flows) {
      table.add(flow, 0);
    }
    const ofProcess: DataFlow[] = [];
    const ofThread: DataFlow[] = [];
    table.ofProcess(process, ofProcess);
    table.ofThread(process, 1, ofThread);
    expect(ofProcess.map((f) => f.fd)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(ofThread.map((f) => f.fd)).toEqual([1, 3]);
  });
});

test("the flow whose export is longest ago leads, whatever is removed", () => {
  const table = new FlowTable();
  const process = processOf(1);
  const [a, b, c, d] = [1, 2, 3, 4].map((fd) => flowOf(process, socketOf(1), pid, fd));
  const flows = [a, b, c, d] as DataFlow[];
  for (const flow of flows) {
    table.add(flow, 1);
  }
  const leads: number[] = [];
  const lead = () => leads.push(table.longestUnexported?.fd ?? 0);
  lead();
  table.markExported(a as DataFlow, 2);
  lead();
  table.remove(b as DataFlow);
  lead();
  table.remove(d as DataFlow);
  table.markExported(c as DataFlow, 3);
  lead();
  table.remove(a as DataFlow);
  lead();
  table.remove(c as DataFlow);
  lead();
  expect(leads).toEqual([1, 2, 3, 1, 3, 0]);
});

test("threads without flows are kept up to a limit", () => {
  const table = new FlowTable({ ...collectLimits, idleThreads: 3 });
  const process = processOf(1);
  const tids = [1, 2, 3, 4, 5, 6];
  for (const tid of tids) {
    const flow = flowOf(process, socketOf(1), tid, 3);
    table.add(flow, 0);
    table.remove(flow);
  }
  expect([...(process.threadFlows?.keys() ?? [])]).toEqual([1, 2, 3].map((n) => scrambled(n)));
  const open = tids.map((tid) => flowOf(process, socketOf(2), tid, 3));
  for (const flow of open) table.add(flow, 0);
  expect(process.threadFlows?.size).toBe(6);
  for (const flow of open) table.remove(flow);
  expect([...(process.threadFlows?.keys() ?? [])]).toEqual([4, 5, 6].map((n) => scrambled(n)));
});
