// What full tables give up, and that it comes again when it is used again.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readBatch } from "../../src/capture/batch-reader.ts";
import * as native from "../../src/capture/layout.gen.ts";
import { nativeLimits } from "../../src/capture/limits.gen.ts";
import { Collector } from "../../src/collect/collector.ts";
import { type CollectLimits, collectLimits, limitWords } from "../../src/collect/limits.ts";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import { buildBatch, type TestRecord } from "../support/collect/batch-builder.ts";
import { at, type Collected, flowOptions, startSec } from "../support/collect/collect.ts";
import { RecordingSink } from "../support/collect/recording-sink.ts";

function run(
  limits: Partial<CollectLimits>,
  records: readonly TestRecord[],
  rotateAt: readonly number[] = [],
): Collected {
  const sink = new RecordingSink();
  for (const second of rotateAt) {
    sink.rotateAt.add(startSec + second);
  }
  const collector = new Collector(sink, flowOptions, { ...collectLimits, ...limits });
  readBatch(buildBatch(records), collector);
  return { sink, collector };
}

const start: readonly TestRecord[] = [
  { kind: "process", process: 1, pid: 100 },
  ...["/a", "/b", "/c"].map((path, i) => ({ kind: "path", object: 5 + i, path }) as const),
  { kind: "socket", object: 8, sport: 40000 },
  { kind: "tick", ts: at(0) },
];

function use(object: number, ts: bigint, more: Partial<TestRecord> = {}): TestRecord {
  const type = object === 8 ? "4" : "f";
  const io = {
    kind: "io",
    ts,
    process: 1,
    tid: 100,
    fd: object,
    object,
    type,
    readOps: 1,
  } as const;
  return { ...io, ...more } as TestRecord;
}

function close(object: number, ts: bigint): TestRecord {
  const where = { process: 1, tid: 100, fd: object, object, type: "f" } as const;
  return { kind: "descriptorOp", ts, op: native.NATIVE_CLOSE, ...where };
}

function unlink(object: number, ts: bigint): TestRecord {
  return { kind: "pathOp", ts, process: 1, tid: 100, op: native.NATIVE_UNLINK, object };
}

test("they are as documented", () => {
  const { ancestorDepth, ...own } = collectLimits;
  expect(ancestorDepth).toBe(nativeLimits.ancestorsMax);
  expect(own).toEqual({
    flows: 131_072,
    files: 65_536,
    pathChars: 16_777_216,
    containers: 8192,
    pods: 8192,
    endedAncestors: 16_384,
    longTextBytes: 134_217_728,
    idleThreads: 64,
  });
});

test("README tells of them in these words", () => {
  const readme = readFileSync(join(import.meta.dir, "../../README.md"), "utf8");
  for (const [name, words] of Object.entries(limitWords)) {
    const limit = collectLimits[name as keyof typeof limitWords].toLocaleString("en-US");
    expect(readme).toContain(`| ${words} | ${limit} |`);
  }
});

describe("flows", () => {
  const flowsOf = ({ sink }: Collected) =>
    sink.without("Process", "File").map((r) => [r.kind, r.fd, r.opFlags, r.ts, r.endTs]);
  const truncated = op.OP_READ_RECV | op.OP_TRUNCATE;

  test("the one whose export is longest ago ends where the new one begins", () => {
    const collected = run({ flows: 2 }, [
      ...start,
      use(8, at(0, 1)),
      use(6, at(0, 2)),
      use(7, at(0, 3)),
      use(8, at(0, 4)),
    ]);
    expect(flowsOf(collected)).toEqual([
      ["NetworkFlow", 8, truncated, at(0, 1), at(0, 3)],
      ["FileFlow", 6, truncated, at(0, 2), at(0, 4)],
    ]);
    expect(collected.collector.stats()).toMatchObject({
      flowsEvicted: 2,
      fileFlows: 1,
      networkFlows: 1,
    });
  });

  test("an export makes a flow the one that stays", () => {
    const collected = run({ flows: 2 }, [
      ...start,
      use(5, at(0, 1)),
      { kind: "tick", ts: at(20) },
      use(6, at(20, 1)),
      { kind: "tick", ts: at(31) },
      use(7, at(31, 1)),
    ]);
    expect(flowsOf(collected)).toEqual([
      ["FileFlow", 5, op.OP_READ_RECV, at(0, 1), at(31)],
      ["FileFlow", 6, truncated, at(20, 1), at(31, 1)],
    ]);
  });

  test("never before its last operation", () => {
    const collected = run({ flows: 1 }, [
      ...start,
      use(5, at(0, 1), { lastTs: at(0, 9) }),
      use(6, at(0, 2)),
    ]);
    expect(flowsOf(collected)).toEqual([["FileFlow", 5, truncated, at(0, 1), at(0, 9)]]);
  });

  test("what has no operations is not written", () => {
    const setns = { process: 1, tid: 100, fd: 5, object: 5, type: "f", op: native.NATIVE_SHUTDOWN };
    const restarted: readonly TestRecord[] = [
      ...start,
      { kind: "descriptorOp", ts: at(0, 1), ...setns },
      { kind: "tick", ts: at(30) },
      use(6, at(30, 1)),
    ];
    const collected = run({ flows: 1 }, restarted);
    expect(flowsOf(collected)).toHaveLength(1);
    expect(collected.collector.stats().flowsEvicted).toBe(1);
  });
});

describe("files", () => {
  const pathsOf = ({ sink }: Collected) => sink.of("File").map((r) => r.path);

  test("the one whose use is longest ago is forgotten, and sent again when it is used", () => {
    const collected = run({ files: 2 }, [
      ...start,
      ...[5, 6, 5, 7, 5, 6, 5].map((object, i) => unlink(object, at(0, i + 1))),
    ]);
    expect(pathsOf(collected)).toEqual(["/a", "/b", "/c", "/b"]);
    expect(collected.collector.stats()).toMatchObject({ files: 2, filesEvicted: 2 });
  });

  test("one with an open flow stays until that ends", () => {
    const collected = run({ files: 1 }, [
      ...start,
      use(5, at(0, 1)),
      unlink(6, at(0, 2)),
      unlink(7, at(0, 3)),
      unlink(5, at(0, 4)),
      close(5, at(0, 5)),
      unlink(6, at(0, 6)),
      unlink(5, at(0, 7)),
    ]);
    expect(pathsOf(collected)).toEqual(["/a", "/b", "/c", "/b", "/a"]);
    expect(collected.collector.stats()).toMatchObject({ files: 1, filesEvicted: 4 });
  });

  test("long paths count by their length", () => {
    const long = (object: number) =>
      ({ kind: "path", object, path: `/${"x".repeat(999)}${object}` }) as const;
    const objects = [11, 12, 13, 14];
    const collected = run({ pathChars: 2500 }, [
      ...start,
      ...objects.map(long),
      ...objects.map((object, i) => unlink(object, at(0, i + 1))),
    ]);
    expect(collected.collector.stats()).toMatchObject({ files: 2, filesEvicted: 2 });
  });

  test("the last one in a container takes the container's table along", () => {
    const records: TestRecord[] = [...start];
    for (let i = 1; i <= 4; i++) {
      records.push({ kind: "container", container: i, id: `c${i}` });
      records.push({ kind: "process", process: 10 + i, pid: 200 + i, container: i });
      records.push({ ...unlink(5, at(0, i)), process: 10 + i } as TestRecord);
    }
    const collected = run({ files: 2 }, [...records, ...records.slice(start.length)]);
    expect(collected.sink.of("File").map((r) => r.containerId)).toEqual([
      "c1",
      "c2",
      "c3",
      "c4",
      "c1",
      "c2",
      "c3",
      "c4",
    ]);
  });
});

test("containers: the one defined longest ago is forgotten; its processes go on", () => {
  const define = (container: number, id: string) => ({ kind: "container", container, id }) as const;
  const { sink, collector } = run({ containers: 2 }, [
    define(1, "c1"),
    { kind: "process", process: 1, pid: 100, container: 1 },
    { kind: "path", object: 5, path: "/a" },
    { kind: "tick", ts: at(0) },
    define(2, "c2"),
    define(1, "c3"),
    unlink(5, at(0, 1)),
    define(3, "c1"),
    { kind: "process", process: 2, pid: 200, container: 3 },
    { ...unlink(5, at(0, 2)), process: 2 } as TestRecord,
  ]);
  expect(sink.of("Container").map((r) => r.id)).toEqual(["c1", "c1"]);
  expect(sink.of("Process").map((r) => r.containerId)).toEqual(["c1", "c1"]);
  expect(collector.stats()).toMatchObject({ containers: 2, containersEvicted: 2 });
});

/** Handles 1 to `length` each started the next; all but the last have ended. */
function chain(length: number): TestRecord[] {
  const records: TestRecord[] = [{ kind: "tick", ts: at(0) }];
  for (let handle = 1; handle <= length; handle++) {
    const createTs = at(0, handle);
    const identity = { process: handle, pid: 100 + handle, createTs };
    records.push({ kind: "process", ...identity, ...(handle > 1 && { parent: handle - 1 }) });
    records.push(clone(handle, createTs));
    if (handle > 1) {
      records.push({ kind: "processGone", process: handle - 1 });
    }
  }
  return records;
}
function clone(process: number, ts: bigint): TestRecord {
  return { kind: "processOp", ts, process, tid: 100 + process, op: native.NATIVE_CLONE };
}
const processesOf = ({ sink }: Collected) =>
  sink.of("Process").map((r) => [pidOf(r.oid), r.poid === null ? null : pidOf(r.poid)]);
const pidOf = (oid: unknown) => Number(String(oid).split("/")[1]);

describe("ended processes with descendants", () => {
  test("so many are kept, the newest; who stands at the cut has no parent then", () => {
    const records = [...chain(6), { kind: "tick", ts: at(1) } as const, clone(6, at(1, 1))];
    const collected = run({ endedAncestors: 3 }, records, [1]);
    expect(processesOf(collected)).toEqual([
      [101, null],
      [102, 101],
      [103, 102],
      [104, 103],
      [105, 104],
      [106, 105],
      [103, null],
      [104, 103],
      [105, 104],
      [106, 105],
    ]);
    expect(collected.collector.stats()).toMatchObject({ endedAncestors: 3, ancestorsEvicted: 2 });
  });

  test("in the file where it stands, a process keeps its parent", () => {
    const exec: TestRecord = { ...clone(6, at(0, 99)), op: native.NATIVE_EXEC } as TestRecord;
    const collected = run({ endedAncestors: 0 }, [...chain(6), exec]);
    expect(processesOf(collected).at(-1)).toEqual([106, 105]);
    expect(collected.collector.stats()).toMatchObject({ endedAncestors: 0, ancestorsEvicted: 5 });
  });

  test("the end of the last descendant frees them all", () => {
    const records = [...chain(6), { kind: "processGone", process: 6 } as const];
    expect(run({}, records).collector.stats()).toMatchObject({ processes: 0, endedAncestors: 0 });
    expect(run({}, chain(6)).collector.stats()).toMatchObject({ processes: 1, endedAncestors: 5 });
  });

  test("a pid that is taken again ends its last owner", () => {
    const again: TestRecord = { kind: "process", process: 6, pid: 999, createTs: at(0, 50) };
    const { collector } = run({}, [...chain(6), again]);
    expect(collector.stats()).toMatchObject({ processes: 1, endedAncestors: 0 });
  });

  test("siblings in any order", () => {
    const child = (process: number) =>
      ({
        kind: "process",
        process,
        pid: 100 + process,
        parent: 1,
        createTs: at(0, process),
      }) as const;
    const gone = (process: number) => ({ kind: "processGone", process }) as const;
    const family = [chain(1), child(2), child(3), child(4), gone(1)].flat();
    for (const order of [
      [2, 3, 4],
      [4, 3, 2],
      [3, 2, 4],
      [3, 4, 2],
    ]) {
      const [first, second, third] = order.map(gone) as [TestRecord, TestRecord, TestRecord];
      const left = (records: readonly TestRecord[]) => run({}, records).collector.stats();
      expect(left([...family, first, second])).toMatchObject({ endedAncestors: 1, processes: 1 });
      expect(left([...family, first, second, third])).toMatchObject({ endedAncestors: 0 });
    }
  });

  test("no more than so many ancestors are sent before a process", () => {
    const records = [...chain(6), { kind: "tick", ts: at(1) } as const, clone(6, at(1, 1))];
    const collected = run({ ancestorDepth: 2 }, records, [1]);
    expect(processesOf(collected).slice(6)).toEqual([
      [104, null],
      [105, 104],
      [106, 105],
    ]);
  });
});
