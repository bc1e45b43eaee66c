import { describe, expect, test } from "bun:test";
import * as native from "../../../src/capture/layout.gen.ts";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import {
  at,
  collect,
  collectBatches,
  initAndProcess,
  startSec,
} from "../../support/collect/collect.ts";
import { RecordingSink, type Written } from "../../support/collect/recording-sink.ts";

const on = { processFlows: true };
const start: readonly TestRecord[] = [...initAndProcess, { kind: "tick", ts: at(0) }];

function processOp(ts: bigint, nativeOp: native.NativeOp, more: object = {}): TestRecord {
  return { kind: "processOp", ts, process: 1, tid: 100, op: nativeOp, ...more };
}

function clone(ts: bigint, ret: number, mainThread: boolean, cloneThread: boolean): TestRecord {
  const tid = mainThread ? 100 : 101;
  return processOp(ts, native.NATIVE_CLONE, { tid, ret, mainThread, cloneThread });
}

function threadExit(ts: bigint, tid = 101): TestRecord {
  return processOp(ts, native.NATIVE_EXIT, { tid, mainThread: false });
}

function eventsAndFlows(records: readonly TestRecord[]): Written[] {
  return collect([...start, ...records], on).sink.without("Process", "File");
}

describe("which clones are events", () => {
  const cases: readonly [
    what: string,
    ret: number,
    mainThread: boolean,
    cloneThread: boolean,
    isEvent: boolean,
  ][] = [
    ["a new process", 0, true, false, true],
    ["its parent", 123, true, false, true],
    ["its parent, of the first process in a namespace", 1, true, false, true],
    ["a parent that is not its group's leader", 123, false, false, true],
    ["a new thread", 0, false, true, false],
    ["a new thread whose flags say nothing", 0, false, false, false],
    ["the thread that made it", 123, true, true, false],
    ["a failure", -11, true, false, false],
    ["a failure to make a thread", -1, true, true, false],
  ];
  test.each(cases)("%s", (_, ret, mainThread, cloneThread, isEvent) => {
    const records = [clone(at(0, 1), ret, mainThread, cloneThread)];
    expect(collect([...start, ...records], on).sink.of("ProcessEvent")).toHaveLength(
      isEvent ? 1 : 0,
    );
    expect(collect([...start, ...records]).sink.of("ProcessEvent")).toHaveLength(1);
  });
});

test("the flow counts threads and errors, and ends before the process's other flows", () => {
  const records = eventsAndFlows([
    { kind: "path", object: 5, path: "/a" },
    { kind: "io", ts: at(0, 1), process: 1, tid: 100, fd: 3, object: 5, readOps: 1 },
    clone(at(0, 2), 0, false, true),
    clone(at(0, 3), 124, true, true),
    clone(at(0, 4), -11, true, false),
    clone(at(0, 5), -1, true, false),
    threadExit(at(0, 6)),
    processOp(at(0, 9), native.NATIVE_EXIT),
  ]);
  expect(records).toMatchObject([
    {
      kind: "ProcessFlow",
      procOID: `${at(0)}/100`,
      ts: at(0, 2),
      endTs: at(0, 9),
      opFlags: op.OP_CLONE | op.OP_EXIT,
      cloned: 1,
      exited: 1,
      errors: 2,
    },
    { kind: "FileFlow" },
    { kind: "ProcessEvent", opFlags: op.OP_EXIT },
  ]);
});

test("a thread's flows end with it, and no event is written", () => {
  const records = eventsAndFlows([
    { kind: "path", object: 5, path: "/a" },
    { kind: "io", ts: at(0, 1), process: 1, tid: 101, fd: 3, object: 5, readOps: 1 },
    threadExit(at(0, 6)),
  ]);
  expect(records).toMatchObject([
    { kind: "FileFlow", tid: 101, endTs: at(0, 6), opFlags: op.OP_READ_RECV | op.OP_TRUNCATE },
  ]);
});

test("export after 30 seconds; idle for 60, the flow is given up", () => {
  const { sink, collector } = collect(
    [
      ...start,
      threadExit(at(0, 1)),
      { kind: "tick", ts: at(30, 5) },
      threadExit(at(30, 6), 102),
      { kind: "tick", ts: at(60, 5) },
      { kind: "tick", ts: at(90, 5) },
    ],
    on,
  );
  expect(sink.of("ProcessFlow")).toMatchObject([
    { ts: at(0, 1), endTs: at(30, 5), exited: 1 },
    { ts: at(30, 5), endTs: at(60, 5), exited: 1 },
  ]);
  expect(collector.stats().processFlows).toBe(0);
});

test("at the end of the run, and where the process vanishes, it is truncated", () => {
  const sink = collectBatches([[...start, threadExit(at(0, 1))]], { lastTs: at(5) }, on);
  const vanished = collect(
    [...start, threadExit(at(0, 1)), { kind: "processGone", process: 1 }],
    on,
  ).sink;
  const opFlags = op.OP_EXIT | op.OP_TRUNCATE;
  expect(sink.of("ProcessFlow")).toMatchObject([{ opFlags, endTs: at(5) }]);
  expect(vanished.of("ProcessFlow")).toMatchObject([{ opFlags, endTs: at(0, 1) }]);
});

test("a flow that goes on in a new file has its process before it", () => {
  const sink = new RecordingSink();
  sink.rotateAt.add(startSec + 20);
  const ticks = [20, 30].map((second) => ({ kind: "tick", ts: at(second) }) as const);
  collect([...start, threadExit(at(0, 1)), ...ticks], on, sink);
  const kinds = sink.without().map(({ kind }) => kind);
  expect(kinds).toEqual(["Process", "Process", "Process", "Process", "ProcessFlow"]);
});
