import { describe, expect, test } from "bun:test";
import { scrambled } from "../../../src/base/keyed-hash.ts";
import { BYTES_BATCH_HEADER } from "../../../src/capture/layout.gen.ts";
import { FileEntry } from "../../../src/collect/entries/file-entry.ts";
import type { DataFlow } from "../../../src/collect/entries/process-entry.ts";
import { ProcessEntry } from "../../../src/collect/entries/process-entry.ts";
import { SocketObject } from "../../../src/collect/entries/socket-object.ts";
import { DataFlows } from "../../../src/collect/flows/data-flows.ts";
import { FileFlowState } from "../../../src/collect/flows/file-flow.ts";
import { NetworkFlowState } from "../../../src/collect/flows/network-flow.ts";
import { collectLimits } from "../../../src/collect/limits.ts";
import { FlowTable } from "../../../src/collect/tables/flow-table.ts";
import type { File } from "../../../src/sysflow/record.gen.ts";
import { restype } from "../../../src/sysflow/values.ts";
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

/** The very same ones: flows that are equal in all they have are two still. */
function expectSame(found: readonly DataFlow[], wanted: readonly DataFlow[]): void {
  expect(found.length).toBe(wanted.length);
  expect(found.every((flow, i) => flow === wanted[i])).toBe(true);
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

describe("what has the same hash is told apart:", () => {
  class Collided extends SocketObject {
    override readonly hash = 7;
  }
  const socket = (sport: number) => {
    const batch = new BatchBuilder(256).add({ kind: "socket", object: 1, sport }).build();
    return new Collided(batch, BYTES_BATCH_HEADER / 4);
  };
  const file = () => new FileEntry({ path: "/" } as File, null, 7, 1);
  const onFile = (process: ProcessEntry, of: FileEntry, tid: number) =>
    new FileFlowState(noProcessor, process, of, restype.FILE, tid, 3, 0, 0);
  const process = processOf(1);
  const [same, same2] = [processOf(2), processOf(2)];
  const [shared, shared2] = [file(), file()];
  const objects: readonly [string, (tid: number) => DataFlow, (tid: number) => DataFlow][] = [
    ["two files", (tid) => onFile(process, shared, tid), (tid) => onFile(process, shared2, tid)],
    [
      "two sockets",
      (tid) => flowOf(process, socket(1), tid, 3),
      (tid) => flowOf(process, socket(2), tid, 3),
    ],
    [
      "a file and a socket",
      (tid) => onFile(process, shared, tid),
      (tid) => flowOf(process, socket(1), tid, 3),
    ],
    [
      "a socket and a file",
      (tid) => flowOf(process, socket(1), tid, 3),
      (tid) => onFile(process, shared, tid),
    ],
    ["two processes", (tid) => onFile(same, shared, tid), (tid) => onFile(same2, shared, tid)],
  ];

  test.each(objects)("%s, alone and in groups", (_, one, other) => {
    const table = new FlowTable();
    const [flow, ofOtherThread] = [one(pid), one(pid + 1)];
    table.add(flow, 0);
    const absent = other(pid);
    expect(table.find(absent.process, pid, 3, absent.object)).toBeNull();
    expect(table.find(flow.process, pid, 3, flow.object)).toBe(flow);
    table.add(ofOtherThread, 0);
    const [second, third] = [other(pid + 2), other(pid + 3)];
    table.add(second, 0);
    table.add(third, 0);
    expectSame(others(table, flow), [ofOtherThread]);
    expectSame(others(table, second), [third]);
  });
});

describe("what finding costs", () => {
  test("is the longest chain, of flows or of groups", () => {
    const table = new FlowTable();
    expect(table.longestChain).toBe(0);
    const process = processOf(1);
    // Equal in all that their hash is of.
    const flows = [1, 2, 3].map(() => flowOf(process, socketOf(1), pid, 3));
    for (const [i, flow] of flows.entries()) {
      table.add(flow, 0);
      expect(table.longestChain).toBe(i + 1);
    }
  });

  test("stays the same for many flows, and for many groups of few flows", () => {
    const table = new FlowTable();
    for (let id = 1; id <= 100; id++) {
      const process = processOf(id);
      for (let n = 0; n < 400; n++) {
        table.add(flowOf(process, socketOf(1), pid + (n & 1), n), 0);
      }
    }
    expect([table.size, table.groupCount]).toEqual([40_000, 40_000]);
    expect(table.longestChain).toBeLessThan(20);
  });
});

test("a flow that was removed holds no other one", () => {
  const table = new FlowTable();
  const process = processOf(1);
  const flows = [1, 2, 3].flatMap((tid) =>
    [1, 2, 3].map(() => flowOf(process, socketOf(1), tid, 3)),
  );
  for (const flow of flows) {
    table.add(flow, 0);
  }
  const middle = flows[4] as DataFlow;
  table.remove(middle);
  const { bucketNext, thread, threadPrevious, threadNext, group, groupPrevious } = middle;
  expect([bucketNext, thread, threadPrevious, threadNext, group, groupPrevious]).toEqual(
    new Array(6).fill(null),
  );
  expect([middle.groupNext, middle.orderPrevious, middle.orderNext]).toEqual([null, null, null]);
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

describe("the flows of several threads on one descriptor", () => {
  test("groups of many processes on one descriptor are told apart", () => {
    const table = new FlowTable();
    const socket = socketOf(1);
    const pairs: DataFlow[][] = [];
    for (let id = 1; id <= 60; id++) {
      const process = processOf(id);
      for (let fd = 0; fd < 50; fd++) {
        pairs.push([pid, pid + 1].map((tid) => flowOf(process, socket, tid, fd)));
      }
    }
    for (const flow of pairs.flat()) {
      table.add(flow, 0);
    }
    expect(pairs.every(([a, b]) => others(table, a as DataFlow)[0] === b)).toBe(true);
  });

  test("whichever flow of a descriptor ends, the others are found in the order of their start", () => {
    for (const gone of [0, 1, 2, 3]) {
      const table = new FlowTable();
      const process = processOf(1);
      const flows = [1, 2, 3, 4].map((tid) => flowOf(process, socketOf(1), tid, 3));
      const [first, , , last] = flows as [DataFlow, DataFlow, DataFlow, DataFlow];
      const asker = flowOf(process, socketOf(1), 5, 3);
      for (const flow of flows) {
        table.add(flow, 0);
      }
      const left = flows.filter((_, i) => i !== gone);
      table.remove(flows[gone] as DataFlow);
      expectSame(others(table, asker), left);
      // One more at the end, then none in the middle.
      const added = flowOf(process, socketOf(1), 6, 3);
      table.add(added, 0);
      expectSame(others(table, asker), [...left, added]);
      for (const flow of left.filter((each) => each !== first && each !== last)) {
        table.remove(flow);
      }
      const ends = left.filter((each) => each === first || each === last);
      expectSame(others(table, asker), [...ends, added]);
    }
  });

  test("a descriptor without flows has no group, and gets one again", () => {
    const table = new FlowTable();
    const process = processOf(1);
    const flows = [pid, pid + 1].map((tid) => flowOf(process, socketOf(1), tid, 3));
    for (let round = 0; round < 3; round++) {
      for (const flow of flows) table.add(flow, 0);
      expect([table.groupCount, table.longestChain]).toEqual([1, 1]);
      for (const flow of flows) table.remove(flow);
      expect([table.groupCount, table.longestChain]).toEqual([0, 0]);
    }
  });

  test("a thread of any number is another one", () => {
    for (const tid of [0, 1, pid]) {
      const table = new FlowTable();
      const process = processOf(1);
      const flow = flowOf(process, socketOf(1), tid, 3);
      table.add(flow, 0);
      expectSame(others(table, flowOf(process, socketOf(1), 7, 3)), [flow]);
    }
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
