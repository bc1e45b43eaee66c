import { describe, expect, test } from "bun:test";
import * as native from "../../src/capture/layout.gen.ts";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import { objectState } from "../../src/sysflow/values.ts";
import type { TestRecord } from "../support/collect/batch-builder.ts";
import {
  at,
  collect,
  collectBatches,
  initAndProcess,
  startSec,
} from "../support/collect/collect.ts";
import { RecordingSink } from "../support/collect/recording-sink.ts";

const start: readonly TestRecord[] = [
  ...initAndProcess,
  { kind: "process", process: 2, pid: 200, parent: 1 },
  { kind: "tick", ts: at(0) },
  { kind: "path", object: 5, path: "/a" },
  { kind: "path", object: 6, path: "/b" },
  { kind: "socket", object: 7 },
];

function io(ts: bigint, more: object = {}): TestRecord {
  return { kind: "io", ts, process: 1, tid: 100, fd: 3, object: 5, readOps: 1, ...more };
}

function opened(ts: bigint): TestRecord {
  return {
    kind: "descriptorOp",
    ts,
    process: 1,
    tid: 100,
    op: native.NATIVE_OPEN,
    fd: 4,
    object: 6,
  };
}

test("the header comes first, with what the options say", () => {
  const { sink } = collect([], { exporter: "node-7", nodeIp: "10.0.0.7" });
  expect(sink.records).toEqual([
    { kind: "SFHeader", version: 5, exporter: "node-7", ip: "10.0.0.7", filename: "" },
  ]);
});

test("the sink is asked about rotation at each tick, the first before any record", () => {
  const sink = new RecordingSink();
  collect([...start, io(at(0, 1)), { kind: "tick", ts: at(3) }], {}, sink);
  expect(sink.ticks).toEqual([startSec, startSec + 3]);
});

test("an object handle from before a reset is void", () => {
  expect(() => collect([...start, { kind: "objectReset" }, io(at(0, 1))])).toThrow(
    "an object handle is defined before it is used",
  );
});

test("a tick that goes back in time does not turn the clock back", () => {
  const sink = new RecordingSink();
  collect(
    [
      { kind: "tick", ts: at(5) },
      { kind: "tick", ts: at(4) },
    ],
    {},
    sink,
  );
  expect(sink.ticks).toEqual([startSec + 5, startSec + 5]);
});

describe("rotation", () => {
  test("every entity is sent again before its next use, flows go on", () => {
    const sink = new RecordingSink();
    sink.rotateAt.add(startSec + 1);
    collect(
      [
        ...start,
        io(at(0, 1), { readBytes: 4 }),
        { kind: "tick", ts: at(1) },
        io(at(1, 1), { readBytes: 5 }),
        { kind: "processOp", ts: at(1, 2), process: 1, tid: 100, op: native.NATIVE_EXIT },
      ],
      {},
      sink,
    );
    const { REUP } = objectState;
    expect(sink.without().slice(3)).toMatchObject([
      { kind: "Process", oid: "0/1", state: REUP },
      { kind: "Process", oid: `${at(0)}/100`, state: REUP },
      { kind: "File", path: "/a", state: REUP, ts: at(0, 1) },
      { kind: "FileFlow", ts: at(0, 1), reads: [2, 9] },
      { kind: "ProcessEvent" },
    ]);
  });

  test("an export after it has all that the flow refers to, ancestors too", () => {
    const sink = new RecordingSink();
    sink.rotateAt.add(startSec + 1);
    collect(
      [...start, io(at(0, 1)), { kind: "tick", ts: at(1) }, { kind: "tick", ts: at(30) }],
      {},
      sink,
    );
    expect(
      sink
        .without()
        .slice(3)
        .map((r) => r.kind),
    ).toEqual(["Process", "Process", "File", "FileFlow"]);
  });

  test("so has the end of the run", () => {
    const sink = new RecordingSink();
    sink.rotateAt.add(startSec + 1);
    const records = [...start, io(at(0, 1)), { kind: "tick", ts: at(1) } as const];
    collectBatches([records], { lastTs: at(2) }, {}, sink);
    expect(
      sink
        .without()
        .slice(3)
        .map((r) => r.kind),
    ).toEqual(["Process", "Process", "File", "FileFlow"]);
  });

  test("files without open flows are forgotten, and created anew", () => {
    const sink = new RecordingSink();
    sink.rotateAt.add(startSec + 1);
    const unlink = { process: 1, tid: 100, op: native.NATIVE_UNLINK };
    const close = { process: 1, tid: 100, fd: 3, object: 5, op: native.NATIVE_CLOSE };
    const { collector } = collect(
      [
        ...start,
        io(at(0, 1)),
        { kind: "descriptorOp", ts: at(0, 2), ...close },
        { kind: "pathOp", ts: at(0, 3), ...unlink, object: 6 },
        io(at(0, 4), { object: 6 }),
        { kind: "tick", ts: at(1) },
        { kind: "pathOp", ts: at(1, 1), ...unlink, object: 5 },
        io(at(1, 2), { object: 6 }),
      ],
      {},
      sink,
    );
    expect(sink.of("File").map((f) => [f.path, f.state, f.restype, f.ts])).toEqual([
      ["/a", objectState.REUP, "f", at(0, 1)],
      ["/b", objectState.CREATED, "?", at(0, 3)],
      ["/a", objectState.CREATED, "?", at(1, 1)],
      ["/b", objectState.REUP, "?", at(0, 3)],
    ]);
    expect(collector.stats().files).toBe(2);
  });
});

test("a file whose flow another thread's close ended is new in the next output file", () => {
  const sink = new RecordingSink();
  sink.rotateAt.add(startSec + 1);
  const close = { process: 1, tid: 101, fd: 3, object: 5, op: native.NATIVE_CLOSE };
  const { collector } = collect(
    [
      ...start,
      io(at(0, 1)),
      { kind: "descriptorOp", ts: at(0, 2), ...close },
      { kind: "tick", ts: at(1) },
      io(at(1, 7)),
    ],
    {},
    sink,
  );
  expect(sink.of("FileFlow").map(({ tid }) => tid)).toEqual([100, 101]);
  expect(sink.of("File").map(({ ts }) => ts)).toEqual([at(0, 1), at(1, 7)]);
  expect(collector.stats()).toMatchObject({ files: 1, fileFlows: 1 });
});

test("at the end: process by process, network flows, file flows, truncated at the last time", () => {
  const sink = collectBatches(
    [
      [
        ...start,
        io(at(0, 1), { process: 2, tid: 200 }),
        io(at(0, 2)),
        io(at(0, 3), { object: 7, type: "4" }),
        io(at(0, 4), { tid: 101 }),
      ],
    ],
    { lastTs: at(9, 9) },
  );
  const flows = sink.without("Process", "File");
  expect(flows.map((r) => [r.kind, r.tid])).toEqual([
    ["NetworkFlow", 100],
    ["FileFlow", 100],
    ["FileFlow", 101],
    ["FileFlow", 200],
  ]);
  expect(flows.every((r) => r.endTs === at(9, 9))).toBe(true);
  expect(flows.every((r) => r.opFlags === (op.OP_READ_RECV | op.OP_TRUNCATE))).toBe(true);
});

test("a collector is finished once", () => {
  const { collector } = collect(start);
  collector.finish(0, 0);
  expect(() => collector.finish(0, 0)).toThrow("assertion failed");
});

test.each<[string, bigint, TestRecord]>([
  ["a tick", at(9), { kind: "tick", ts: at(9) }],
  ["an operation of a descriptor", at(9, 1), opened(at(9, 1))],
  [
    "one of a process",
    at(9, 2),
    { kind: "processOp", ts: at(9, 2), process: 2, tid: 200, op: native.NATIVE_CLONE },
  ],
  [
    "one of a path",
    at(9, 3),
    { kind: "pathOp", ts: at(9, 3), process: 2, tid: 200, op: native.NATIVE_UNLINK, object: 6 },
  ],
  ["reading, which does not count,", at(0), io(at(9, 4), { process: 2, tid: 200 })],
])("what a process leaves behind ends at the last event: %s", (_, end, event) => {
  const gone: TestRecord = { kind: "processGone", process: 1 };
  const { sink } = collect([...start, io(at(0)), event, gone]);
  expect(sink.of("FileFlow")[0]).toMatchObject({ ts: at(0), endTs: end });
});

test("containersOnly leaves out what happens on the host", () => {
  const { sink } = collect(
    [
      ...start,
      { kind: "container", container: 1, id: "c" },
      { kind: "process", process: 3, pid: 300, parent: 1, container: 1 },
      io(at(0, 1)),
      { kind: "processOp", ts: at(0, 2), process: 1, tid: 100, op: native.NATIVE_EXEC },
      { kind: "pathOp", ts: at(0, 3), process: 1, tid: 100, op: native.NATIVE_UNLINK, object: 5 },
      opened(at(0, 3)),
      { kind: "processOp", ts: at(0, 4), process: 3, tid: 300, op: native.NATIVE_EXEC },
    ],
    { containersOnly: true },
  );
  expect(sink.without("Process", "Container")).toMatchObject([
    { kind: "ProcessEvent", procOID: "0/300" },
  ]);
});

test("the same path in two containers is two files", () => {
  const { sink, collector } = collect([
    ...start,
    { kind: "container", container: 1, id: "c" },
    { kind: "process", process: 3, pid: 300, container: 1 },
    io(at(0, 1)),
    io(at(0, 2), { process: 3, tid: 300 }),
    io(at(0, 3)),
  ]);
  const sha1 = (text: string) => new Bun.CryptoHasher("sha1").update(text).digest("hex");
  expect(sink.of("File").map((f) => [f.containerId, f.foid])).toEqual([
    [null, sha1("/a")],
    ["c", sha1("c/a")],
  ]);
  expect(collector.stats()).toMatchObject({ files: 2, fileFlows: 2, objects: 3 });
});

const unknownOp = 99 as unknown as native.NativeOp;
const unknowns: readonly [what: string, record: TestRecord][] = [
  ["object", io(at(0, 1), { object: 99 })],
  ["process", io(at(0, 1), { process: 99 })],
  ["operation", { kind: "processOp", ts: at(0), process: 1, tid: 100, op: unknownOp }],
  [
    "descriptor operation",
    {
      kind: "descriptorOp",
      ts: at(0),
      process: 1,
      tid: 100,
      op: native.NATIVE_CLONE,
      fd: 3,
      object: 5,
    },
  ],
  [
    "path operation",
    { kind: "pathOp", ts: at(0), process: 1, tid: 100, op: native.NATIVE_OPEN, object: 5 },
  ],
];
test.each(unknowns)("an unknown %s is a bug", (_, record) => {
  expect(() => collect([...start, record])).toThrow("assertion failed");
});
