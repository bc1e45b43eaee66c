import { describe, expect, test } from "bun:test";
import * as native from "../../../src/capture/layout.gen.ts";
import { objectState } from "../../../src/sysflow/values.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect } from "../../support/collect/collect.ts";
import { RecordingSink } from "../../support/collect/recording-sink.ts";

const { CREATED, MODIFIED, REUP } = objectState;

/** init → 10 → 20 (in container c1) → 30 (in c2), under handles 1 to 4. */
const family: readonly TestRecord[] = [
  { kind: "container", container: 1, id: "c1" },
  { kind: "container", container: 2, id: "c2" },
  { kind: "process", process: 1, pid: 1, entry: true },
  { kind: "process", process: 2, pid: 10, parent: 1 },
  { kind: "process", process: 3, pid: 20, parent: 2, container: 1 },
  { kind: "process", process: 4, pid: 30, parent: 3, container: 2, createTs: at(0, 5) },
  { kind: "tick", ts: at(0) },
];

function clone(process: number, ts: bigint): TestRecord {
  return { kind: "processOp", ts, process, tid: 1, op: native.NATIVE_CLONE };
}

function exec(process: number, ts: bigint): TestRecord {
  return { kind: "processOp", ts, process, tid: 1, op: native.NATIVE_EXEC };
}

/** The entities written, the short way: pid and state, or container id. */
function entities(records: readonly TestRecord[], sink = new RecordingSink()): unknown[] {
  return collect(records, {}, sink)
    .sink.without("ProcessEvent", "FileFlow")
    .map((r) => (r.kind === "Process" ? [Number((r.oid as string).split("/")[1]), r.state] : r.id));
}

test("a process that has left its container names none any more", () => {
  const { sink } = collect([
    ...family,
    exec(3, at(0, 1)),
    { kind: "process", process: 3, pid: 20, parent: 2, container: 0 },
    exec(3, at(0, 2)),
  ]);
  const records = sink.of("Process").filter((record) => record.oid === "0/20");
  expect(records).toMatchObject([{ containerId: "c1" }, { containerId: null }]);
});

describe("what precedes a process", () => {
  test("its container, its ancestors' containers, then its ancestors from the root down", () => {
    expect(entities([...family, clone(4, at(0, 9))])).toEqual([
      "c2",
      "c1",
      [1, REUP],
      [10, REUP],
      [20, REUP],
      [30, CREATED],
    ]);
  });

  test("only what this file lacks", () => {
    expect(
      entities([...family, clone(2, at(0, 1)), clone(4, at(0, 2)), clone(3, at(0, 3))]),
    ).toEqual([[1, REUP], [10, CREATED], "c2", "c1", [20, REUP], [30, CREATED]]);
  });

  test("a dead parent is still sent", () => {
    const sink = new RecordingSink();
    sink.rotateAt.add(1_700_000_001);
    expect(
      entities(
        [
          ...family,
          clone(4, at(0, 1)),
          { kind: "processGone", process: 3 },
          { kind: "process", process: 3, pid: 77, parent: 1 },
          { kind: "tick", ts: at(1) },
          clone(4, at(1, 1)),
        ],
        sink,
      ).slice(6),
    ).toEqual(["c2", "c1", [1, REUP], [10, REUP], [20, REUP], [30, REUP]]);
  });
});

describe("the root above pid 1", () => {
  const records: readonly TestRecord[] = [
    { kind: "process", process: 7, pid: 0 },
    { kind: "process", process: 1, pid: 1, parent: 7 },
    { kind: "tick", ts: at(0) },
    clone(1, at(0, 1)),
  ];

  test("is nobody's parent and is not written", () => {
    const { sink } = collect(records);
    expect(sink.of("Process")).toMatchObject([{ oid: "0/1", poid: null }]);
  });

  test("is written where it acts itself", () => {
    expect(entities([...records, clone(7, at(0, 2))])).toEqual([
      [1, CREATED],
      [0, CREATED],
    ]);
  });
});

test("parents that form a ring end the walk", () => {
  expect(
    entities([
      { kind: "process", process: 1, pid: 1 },
      { kind: "process", process: 2, pid: 2, parent: 1 },
      { kind: "process", process: 1, pid: 1, parent: 2 },
      { kind: "tick", ts: at(0) },
      clone(1, at(0, 1)),
    ]),
  ).toEqual([
    [2, REUP],
    [1, CREATED],
  ]);
});

test("a re-send keeps the record's time; a change sets it", () => {
  const sink = new RecordingSink();
  sink.rotateAt.add(1_700_000_001);
  collect(
    [
      ...family,
      clone(2, at(0, 1)),
      { kind: "tick", ts: at(1) },
      clone(2, at(1, 1)),
      exec(2, at(1, 2)),
    ],
    {},
    sink,
  );
  const ofTen = sink.of("Process").filter((p) => p.oid === "0/10");
  expect(ofTen.map((p) => [p.state, p.ts])).toEqual([
    [CREATED, at(0, 1)],
    [REUP, at(0, 1)],
    [MODIFIED, at(1, 2)],
  ]);
});

test("the parent stays the creator when a reaper takes the child over", () => {
  const { sink } = collect([
    ...family,
    clone(4, at(0, 1)),
    { kind: "process", process: 4, pid: 30, parent: 1, createTs: at(0, 5) },
    exec(4, at(0, 2)),
  ]);
  expect(sink.of("Process").at(-1)).toMatchObject({ state: MODIFIED, poid: "0/20" });
});

test("a process that moves into a container says so at its next change, after the container", () => {
  const { sink } = collect([
    ...family,
    clone(2, at(0, 1)),
    { kind: "process", process: 2, pid: 10, parent: 1, container: 1 },
    exec(2, at(0, 2)),
  ]);
  expect(sink.without("ProcessEvent").slice(2)).toMatchObject([
    { kind: "Container", id: "c1" },
    { kind: "Process", state: MODIFIED, containerId: "c1" },
  ]);
});

describe("environments", () => {
  const lists: readonly (readonly string[])[] = [[], [""], ["", ""], ["A=1", "B=é"]];
  test.each(lists.map((env) => [env]))(
    "%j is kept as it is, also by a child and an exec",
    (env) => {
      const { sink } = collect([
        { kind: "process", process: 1, pid: 1, env },
        { kind: "process", process: 2, pid: 2, parent: 1, env },
        { kind: "process", process: 3, pid: 3, parent: 2, env: ["C=3"] },
        { kind: "process", process: 2, pid: 2, parent: 1, env },
        { kind: "tick", ts: at(0) },
        clone(2, at(0, 1)),
        clone(3, at(0, 2)),
      ]);
      expect(sink.of("Process").map((p) => p.env)).toEqual([env, env, ["C=3"]]);
    },
  );
});

describe("an environment is kept once", () => {
  const env = ["A=1", "B=2"];
  const define = (process: number, parent: number, of: readonly string[]): TestRecord => {
    return { kind: "process", process, pid: process, parent, env: of };
  };
  /** Of the last records of two processes. */
  const environments = (...records: readonly TestRecord[]) =>
    collect([{ kind: "tick", ts: at(0) }, ...records])
      .sink.of("Process")
      .map((record) => record.env);

  test("for a process that runs another program", () => {
    const [first, second] = environments(
      ...[define(1, 0, env), exec(1, at(0, 1)), define(1, 0, env), exec(1, at(0, 2))],
    );
    expect(second).toEqual(env);
    expect(second).toBe(first);
  });

  test("for parent and child", () => {
    const [parent, child] = environments(
      ...[define(1, 0, env), define(2, 1, env), exec(2, at(0, 1))],
    );
    expect(child).toEqual(env);
    expect(child).toBe(parent);
  });

  test("for children of one parent", () => {
    const [parent, first, second] = environments(
      ...[define(1, 0, ["C=3"]), define(2, 1, env), define(3, 1, env)],
      ...[exec(2, at(0, 1)), exec(3, at(0, 2))],
    );
    expect([parent, second]).toEqual([["C=3"], env]);
    expect(second).toBe(first);
  });
});

test("no environment and one empty string are told apart", () => {
  const { sink } = collect([
    { kind: "process", process: 1, pid: 1, env: [] },
    { kind: "process", process: 2, pid: 2, parent: 1, env: [""] },
    { kind: "tick", ts: at(0) },
    clone(2, at(0, 1)),
  ]);
  expect(sink.of("Process").map((p) => p.env)).toEqual([[], [""]]);
});

test("an unknown handle is a bug, and so is one whose process has gone", () => {
  expect(() => collect([clone(5, at(0))])).toThrow("assertion failed");
  const gone: TestRecord = { kind: "processGone", process: 4 };
  expect(() => collect([...family, gone, clone(4, at(0, 1))])).toThrow("assertion failed");
});

test("what is known of a process is in its record", () => {
  const facts = { uid: 1, gid: 2, user: "u", group: "g", cwd: "/c", exe: "/e" };
  const { sink } = collect([
    { kind: "tick", ts: at(0) },
    { kind: "process", process: 1, pid: 1, ...facts, tty: true, entry: true, args: ["a", "b"] },
    { kind: "process", process: 2, pid: 2, parent: 1, ...facts, gid: 3, group: "h" },
    clone(1, at(0, 1)),
    clone(2, at(0, 2)),
  ]);
  const names = { uid: 1, userName: "u", cwd: "/c", exe: "/e", env: [], containerId: null };
  expect(sink.of("Process")).toMatchObject([
    { ...names, gid: 2, groupName: "g", tty: true, entry: true, exeArgs: "a b" },
    { ...names, gid: 3, groupName: "h", tty: false, entry: false, exeArgs: "" },
  ]);
});

test("another pid under a handle is another process, though it began at the same time", () => {
  const { sink, collector } = collect([
    { kind: "tick", ts: at(0) },
    { kind: "process", process: 1, pid: 1, createTs: at(0) },
    clone(1, at(0, 1)),
    { kind: "process", process: 1, pid: 2, createTs: at(0) },
    clone(1, at(0, 2)),
  ]);
  const ids = sink.of("Process").map(({ oid, state }) => [oid, state]);
  expect(ids).toEqual([
    [`${at(0)}/1`, CREATED],
    [`${at(0)}/2`, CREATED],
  ]);
  expect(collector.stats().processes).toBe(1);
});

test("at the end flows end by process, in the order of their first definition", () => {
  const records: TestRecord[] = [
    { kind: "tick", ts: at(0) },
    { kind: "path", object: 20, path: "/a" },
  ];
  for (const process of [5, 2, 9, 1]) {
    const pid = 100 + process;
    records.push({ kind: "process", process, pid });
    const where = { process, tid: pid, fd: 3, object: 20 } as const;
    records.push({ kind: "io", ts: at(0, process), ...where, readOps: 1 });
  }
  const { sink, collector } = collect(records);
  collector.finish(0, 0x7fff_ffff);
  expect(sink.of("FileFlow").map(({ procOID }) => procOID)).toEqual([
    ...["0/105", "0/102", "0/109", "0/101"],
  ]);
});

describe("a new group", () => {
  const setgid = (process: number, ts: bigint): TestRecord => {
    return { kind: "processOp", ts, process, tid: 1, op: native.NATIVE_SETGID };
  };
  const states = (sink: RecordingSink) =>
    sink.of("Process").map(({ oid, state, ts }) => [oid, state, ts]);

  test("of a process that was not written yet is in its first record, which has its time", () => {
    const { sink } = collect([...family, setgid(1, at(0, 1)), clone(1, at(5, 2))]);
    expect(states(sink)).toEqual([["0/1", CREATED, at(5, 2)]]);
  });

  test("of one that was written is told at once, with all of its time", () => {
    const { sink } = collect([...family, clone(1, at(0, 1)), setgid(1, at(5, 2))]);
    expect(states(sink)).toEqual([
      ["0/1", CREATED, at(0, 1)],
      ["0/1", MODIFIED, at(5, 2)],
    ]);
  });
});

test("a child that gets another parent before it is written leaves its siblings theirs", () => {
  const child = (process: number, parent: number): TestRecord => {
    return { kind: "process", process, pid: 100 + process, parent };
  };
  const gone = (process: number): TestRecord => ({ kind: "processGone", process });
  const left = (...moved: readonly number[]) => {
    const records: TestRecord[] = [
      { kind: "process", process: 1, pid: 1 },
      { kind: "process", process: 2, pid: 2 },
      ...[3, 4, 5].map((process) => child(process, 1)),
      ...moved.map((process) => child(process, 2)),
      ...[1, 2].map(gone),
    ];
    const counts = [collect(records).collector.stats().endedAncestors];
    for (const process of [5, 4, 3]) {
      records.push(gone(process));
      counts.push(collect(records).collector.stats().endedAncestors);
    }
    return counts;
  };
  // An ended parent stays as long as it has children: those that go are 5, 4 and 3.
  expect(left()).toEqual([1, 1, 1, 0]);
  expect(left(4)).toEqual([2, 2, 1, 0]);
  expect(left(5)).toEqual([2, 1, 1, 0]);
  expect(left(3)).toEqual([2, 2, 1, 0]);
  expect(left(4, 5)).toEqual([2, 2, 1, 0]);
  expect(left(3, 4)).toEqual([2, 1, 1, 0]);
  expect(left(3, 4, 5)).toEqual([1, 1, 1, 0]);
});

test("the table counts live processes", () => {
  const { collector } = collect([
    ...family,
    { kind: "process", process: 4, pid: 31 },
    { kind: "processGone", process: 3 },
  ]);
  expect(collector.stats().processes).toBe(3);
});
