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

test("no environment and one empty string are told apart", () => {
  const { sink } = collect([
    { kind: "process", process: 1, pid: 1, env: [] },
    { kind: "process", process: 2, pid: 2, parent: 1, env: [""] },
    { kind: "tick", ts: at(0) },
    clone(2, at(0, 1)),
  ]);
  expect(sink.of("Process").map((p) => p.env)).toEqual([[], [""]]);
});

test("an unknown handle is a bug", () => {
  expect(() => collect([clone(5, at(0))])).toThrow("assertion failed");
});

test("the table counts live processes", () => {
  const { collector } = collect([
    ...family,
    { kind: "process", process: 4, pid: 31 },
    { kind: "processGone", process: 3 },
  ]);
  expect(collector.stats().processes).toBe(3);
});
