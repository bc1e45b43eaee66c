import { describe, expect, test } from "bun:test";
import * as native from "../../../src/capture/layout.gen.ts";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import { objectState } from "../../../src/sysflow/values.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect, initAndProcess } from "../../support/collect/collect.ts";

const { CREATED, MODIFIED, REUP } = objectState;

const start: readonly TestRecord[] = [...initAndProcess, { kind: "tick", ts: at(0) }];

function processOp(ts: bigint, nativeOp: native.NativeOp, more: object = {}): TestRecord {
  return { kind: "processOp", ts, process: 1, tid: 100, op: nativeOp, ...more };
}

function io(ts: bigint, more: object = {}): TestRecord {
  return { kind: "io", ts, process: 1, tid: 100, fd: 3, object: 5, readOps: 1, ...more };
}

const objects: readonly TestRecord[] = [
  { kind: "path", object: 5, path: "/a" },
  { kind: "path", object: 6, path: "/b" },
  { kind: "socket", object: 7 },
];

describe("first use", () => {
  const states: readonly [what: string, op: native.NativeOp, more: object, state: number][] = [
    ["clone", native.NATIVE_CLONE, {}, CREATED],
    ["exec", native.NATIVE_EXEC, {}, CREATED],
    ["setuid", native.NATIVE_SETUID, {}, REUP],
    ["exit", native.NATIVE_EXIT, {}, REUP],
    ["exit of a thread", native.NATIVE_EXIT, { tid: 101, mainThread: false }, REUP],
  ];
  test.each(states)(
    "%s: the process, after its parent, then the event",
    (_, nativeOp, more, state) => {
      const { sink } = collect([...start, processOp(at(0, 1), nativeOp, { ret: -1, ...more })]);
      expect(sink.without()).toMatchObject([
        { kind: "Process", oid: "0/1", state: REUP, ts: at(0, 1), poid: null },
        { kind: "Process", oid: `${at(0)}/100`, state, ts: at(0, 1), poid: "0/1" },
        { kind: "ProcessEvent", procOID: `${at(0)}/100`, ts: at(0, 1), ret: -1 },
      ]);
    },
  );
});

test("what one event names is no part of the next", () => {
  const { sink } = collect([
    ...start,
    processOp(at(0, 1), native.NATIVE_SETUID, { text: "daemon" }),
    processOp(at(0, 2), native.NATIVE_CLONE),
    processOp(at(0, 3), native.NATIVE_EXEC, { ret: -2, text: "/bin/none" }),
    processOp(at(0, 4), native.NATIVE_EXEC),
  ]);
  const args = sink.of("ProcessEvent").map((event) => event.args);
  expect(args).toEqual([["daemon"], [], ["/bin/none"], []]);
});

describe("a change of a known process", () => {
  const known = [...start, processOp(at(0, 1), native.NATIVE_CLONE)];
  const changes: readonly [what: string, op: native.NativeOp, flag: number, args: string[]][] = [
    ["exec", native.NATIVE_EXEC, op.OP_EXEC, []],
    ["exec that names its path", native.NATIVE_EXEC, op.OP_EXEC, ["/bin/none"]],
    ["setuid", native.NATIVE_SETUID, op.OP_SETUID, ["daemon"]],
  ];
  test.each(changes)("%s sends it again with all its facts", (_, nativeOp, opFlags, args) => {
    const { sink } = collect([
      ...known,
      {
        kind: "process",
        process: 1,
        pid: 100,
        parent: 0,
        createTs: at(0),
        exe: "/bin/sh",
        args: ["-c", "echo a  b"],
        env: ["A=1", ""],
        cwd: "/tmp/",
        tty: true,
        uid: 7,
        user: "seven",
        gid: -1,
        loginuid: 1000,
        group: "<NA>",
      },
      processOp(at(0, 5), nativeOp, { text: args[0] ?? "", ret: -2 }),
    ]);
    expect(sink.without().slice(3)).toEqual([
      {
        kind: "Process",
        state: MODIFIED,
        oid: `${at(0)}/100`,
        poid: "0/1",
        ts: at(0, 5),
        exe: "/bin/sh",
        exeArgs: "-c echo a  b",
        uid: 7,
        userName: "seven",
        gid: -1,
        loginuid: 1000,
        groupName: "<NA>",
        tty: true,
        containerId: null,
        entry: false,
        cwd: "/tmp/",
        env: ["A=1", ""],
      },
      {
        kind: "ProcessEvent",
        procOID: `${at(0)}/100`,
        ts: at(0, 5),
        tid: 100,
        opFlags,
        args,
        ret: -2,
      },
    ]);
  });

  test("a setuid that names no user has one empty argument", () => {
    const { sink } = collect([...known, processOp(at(0, 2), native.NATIVE_SETUID)]);
    expect(sink.of("ProcessEvent").at(-1)).toMatchObject({ args: [""] });
  });

  test("an exec that was done has no argument", () => {
    const { sink } = collect([...known, processOp(at(0, 2), native.NATIVE_EXEC, { text: "/a" })]);
    expect(sink.of("ProcessEvent").at(-1)).toMatchObject({ args: [] });
  });

  test("a new group sends it again, without an event", () => {
    const { sink } = collect([...known, processOp(at(0, 2), native.NATIVE_SETGID)]);
    expect(sink.without().slice(3)).toMatchObject([{ kind: "Process", state: MODIFIED }]);
  });

  test("a new group of a process that nothing refers to is told with it", () => {
    const { sink } = collect([...start, processOp(at(0, 2), native.NATIVE_SETGID)]);
    expect(sink.without()).toEqual([]);
  });
});

describe("exit", () => {
  const busy: readonly TestRecord[] = [
    ...start,
    ...objects,
    io(at(0, 1), { object: 7, type: "4" }),
    io(at(0, 2), { tid: 101, fd: 4, object: 6 }),
    io(at(0, 3)),
    io(at(0, 4), { tid: 102 }),
  ];

  test("of a process: all file flows, then all network flows, then the event", () => {
    const { sink, collector } = collect([
      ...busy,
      processOp(at(0, 9), native.NATIVE_EXIT, { ret: 256 }),
    ]);
    expect(sink.without("Process", "File").map((r) => [r.kind, r.tid, r.fd])).toEqual([
      ["FileFlow", 101, 4],
      ["FileFlow", 100, 3],
      ["FileFlow", 102, 3],
      ["NetworkFlow", 100, 3],
      ["ProcessEvent", 100, undefined],
    ]);
    expect(sink.of("FileFlow").every((f) => f.endTs === at(0, 9))).toBe(true);
    expect(sink.of("NetworkFlow")).toMatchObject([{ opFlags: op.OP_READ_RECV | op.OP_TRUNCATE }]);
    expect(sink.of("ProcessEvent")).toMatchObject([{ opFlags: op.OP_EXIT, ret: 256 }]);
    expect(collector.stats()).toMatchObject({ fileFlows: 0, networkFlows: 0 });
  });

  test("of a thread: its flows, and others' on the same descriptor and file before them", () => {
    const exit = processOp(at(0, 9), native.NATIVE_EXIT, { tid: 102, mainThread: false });
    const { sink, collector } = collect([...busy, exit]);
    expect(sink.without("Process", "File").map((r) => [r.kind, r.tid, r.fd])).toEqual([
      ["FileFlow", 100, 3],
      ["FileFlow", 102, 3],
      ["ProcessEvent", 102, undefined],
    ]);
    expect(collector.stats()).toMatchObject({ fileFlows: 1, networkFlows: 1 });
  });

  test("a thread that comes again after its exit starts new flows", () => {
    const { sink } = collect([
      ...busy,
      processOp(at(0, 8), native.NATIVE_EXIT, { tid: 101, mainThread: false }),
      io(at(0, 9), { tid: 101, fd: 4, object: 6 }),
      processOp(at(0, 10), native.NATIVE_EXIT),
    ]);
    const again = sink.of("FileFlow").filter((f) => f.tid === 101);
    expect(again.map((f) => f.ts)).toEqual([at(0, 2), at(0, 9)]);
  });

  test("what is left of a process that vanishes is written, not before its last operation", () => {
    const { sink, collector } = collect([
      ...busy,
      io(at(0, 5), { lastTs: at(0, 8) }),
      // Events can be out of order by a little.
      {
        kind: "descriptorOp",
        ts: at(0, 7),
        process: 1,
        tid: 100,
        fd: 3,
        object: 5,
        op: native.NATIVE_MMAP,
      },
      processOp(at(0, 6), native.NATIVE_CLONE, { process: 9, tid: 1 }),
      { kind: "processGone", process: 1 },
    ]);
    expect(sink.of("FileFlow").map((f) => [f.tid, f.endTs])).toEqual([
      [101, at(0, 6)],
      [100, at(0, 8)],
      [102, at(0, 6)],
    ]);
    expect(collector.stats()).toMatchObject({ processes: 1, fileFlows: 0, networkFlows: 0 });
  });

  test("a handle that names another process ends the flows of the one before", () => {
    const { sink } = collect([
      ...busy,
      { kind: "process", process: 1, pid: 200, createTs: at(1) },
      processOp(at(1, 1), native.NATIVE_EXEC, { tid: 200 }),
    ]);
    expect(sink.of("FileFlow")).toHaveLength(3);
    expect(sink.of("ProcessEvent")).toMatchObject([{ procOID: `${at(1)}/200` }]);
  });
});
