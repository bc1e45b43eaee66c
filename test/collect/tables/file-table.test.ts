// What the table of files forgets, and what stays with it: the files of a container are found by their
// path as long as there is one of them, and nothing is left of a container whose last one has gone.

import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import * as native from "../../../src/capture/layout.gen.ts";
import { PathObject } from "../../../src/collect/entries/file-entry.ts";
import { Generations } from "../../../src/collect/generations.ts";
import { collectLimits } from "../../../src/collect/limits.ts";
import { noLookups } from "../../../src/collect/lookups.ts";
import { ContainerTable } from "../../../src/collect/tables/container-table.ts";
import { FileTable } from "../../../src/collect/tables/file-table.ts";
import { PodTable } from "../../../src/collect/tables/pod-table.ts";
import { OP_CLOSE, OP_READ_RECV } from "../../../src/sysflow/op-flags.gen.ts";
import { objectState, restype } from "../../../src/sysflow/values.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect, startSec } from "../../support/collect/collect.ts";
import { RecordingSink } from "../../support/collect/recording-sink.ts";

/** A process in a container of its own, both under one handle. */
function inContainer(handle: number): TestRecord[] {
  return [
    { kind: "container", container: handle, id: `c${handle}` },
    { kind: "process", process: handle, pid: 100 + handle, container: handle },
  ];
}

/** Looks a path up that no other use has: by its text. The use leaves no open flow. */
function use(process: number, object: number, path: string): TestRecord[] {
  return [
    { kind: "path", object, path },
    { kind: "pathOp", ts: at(0, object), process, tid: 1, op: native.NATIVE_UNLINK, object },
  ];
}

/** Keeps files alone: processes have lists of their own. */
class FileSink extends RecordingSink {
  override process(): void {
    // Not wanted.
  }
}

const limitedTo = (files: number, ...records: readonly TestRecord[]) =>
  collect([{ kind: "tick", ts: at(0) }, ...records], {}, new FileSink(), {
    ...collectLimits,
    files,
  });

describe("when a file of a container is forgotten", () => {
  test.each([[["/b"]], [["/b", "/c"]]])("the others of it are known still: %j", (others) => {
    const { sink, collector } = limitedTo(
      others.length + 1,
      ...inContainer(1),
      { kind: "process", process: 9, pid: 9 },
      ...["/a", ...others].flatMap((path, i) => use(1, 10 + i, path)),
      ...use(9, 20, "/on-host"),
      ...others.flatMap((path, i) => use(1, 30 + i, path)),
    );
    const paths = sink.of("File").map(({ path }) => path);
    expect(paths).toEqual(["/a", ...others, "/on-host"]);
    expect(collector.stats()).toMatchObject({ files: others.length + 1, filesEvicted: 1 });
  });

  test("it is new for who has its path at hand, too", () => {
    const [, again] = use(1, 10, "/a");
    const { sink } = limitedTo(
      1,
      ...inContainer(1),
      ...use(1, 10, "/a"),
      ...use(1, 11, "/b"),
      again as TestRecord,
    );
    expect(sink.of("File").map(({ path }) => path)).toEqual(["/a", "/b", "/a"]);
  });

  test("and it is new when it is used again, as are those of the host", () => {
    const { sink } = limitedTo(
      1,
      ...inContainer(1),
      { kind: "process", process: 9, pid: 9 },
      ...use(1, 10, "/a"),
      ...use(9, 20, "/a"),
      ...use(1, 30, "/a"),
      ...use(9, 40, "/a"),
    );
    const files = sink.of("File").map(({ containerId }) => containerId);
    expect(files).toEqual(["c1", null, "c1", null]);
  });

  test("nothing is left of its container after the last", () => {
    /** Each map has one; what else has some is not kept here. */
    const arrays = () => {
      Bun.gc(true);
      return heapStats().objectTypeCounts["Array"] ?? 0;
    };
    const count = 2000;
    const before = arrays();
    const { collector } = limitedTo(
      10,
      ...Array.from({ length: count }, (_, i): TestRecord[] => [
        { kind: "container", container: i + 1, id: `c${i}` },
        { kind: "process", process: 1, pid: i + 1, container: i + 1 },
        ...use(1, i + 1, "/a"),
      ]).flat(),
    );
    expect(arrays() - before).toBeLessThan(count / 4);
    expect(collector.stats()).toMatchObject({ files: 10, filesEvicted: count - 10 });
  });
});

/** Reads through a descriptor: there is an open flow then. */
function read(process: number, object: number, fd: number, ts: bigint): TestRecord {
  return { kind: "io", ts, process, tid: 1, fd, object, readOps: 1 };
}

function descriptor(
  op: native.NativeOp,
  process: number,
  object: number,
  fd: number,
  ts: bigint,
): TestRecord {
  return { kind: "descriptorOp", ts, process, tid: 1, op, fd, object, type: "f" };
}

function paths(first: number, ...names: readonly string[]): TestRecord[] {
  return names.map((path, i) => ({ kind: "path", object: first + i, path }));
}

function unlink(process: number, object: number, ts: bigint): TestRecord {
  return { kind: "pathOp", ts, process, tid: 1, op: native.NATIVE_UNLINK, object };
}

const onHost: TestRecord = { kind: "process", process: 9, pid: 9 };
const pathsOf = (sink: RecordingSink) => sink.of("File").map(({ path }) => path);

describe("the limits", () => {
  test("let in as many characters as they say", () => {
    const records = [
      ...[{ kind: "tick", ts: at(0) } as const, onHost],
      ...[use(9, 1, "/a"), use(9, 2, "/b")].flat(),
    ];
    const exact = { ...collectLimits, pathChars: 4 };
    const { collector } = collect(records, {}, new FileSink(), exact);
    expect(collector.stats()).toMatchObject({ files: 2, filesEvicted: 0 });
  });

  test("hold once the last flow of a file has ended", () => {
    const { collector } = limitedTo(
      1,
      onHost,
      ...paths(1, "/a", "/b"),
      read(9, 1, 3, at(0, 1)),
      unlink(9, 2, at(0, 2)),
      descriptor(native.NATIVE_CLOSE, 9, 1, 3, at(0, 3)),
    );
    expect(collector.stats()).toMatchObject({ files: 1, filesEvicted: 1 });
  });

  test("take no file whose flows have not all ended, however it is used", () => {
    const [a, b, c, d, e] = [1, 2, 3, 4, 5];
    let time = 0;
    const unlinked = (...objects: number[]) => objects.map((of) => unlink(9, of, at(0, ++time)));
    const { sink, collector } = limitedTo(
      3,
      onHost,
      ...paths(1, "/a", "/b", "/c", "/d", "/e"),
      read(9, a, 3, at(0, ++time)),
      ...unlinked(b, c),
      read(9, a, 4, at(0, ++time)),
      ...unlinked(d),
      descriptor(native.NATIVE_CLOSE, 9, a, 4, at(0, ++time)),
      ...unlinked(a, e, b, c, d),
      descriptor(native.NATIVE_CLOSE, 9, a, 3, at(0, ++time)),
    );
    expect(pathsOf(sink)).toEqual(["/a", "/b", "/c", "/d", "/e", "/b", "/c", "/d"]);
    expect(sink.of("FileFlow").map(({ fd, opFlags }) => [fd, opFlags])).toEqual([
      [4, OP_READ_RECV | OP_CLOSE],
      [3, OP_READ_RECV | OP_CLOSE],
    ]);
    expect(collector.stats()).toMatchObject({ files: 3, filesEvicted: 5 });
  });
});

test("what ended without a call is found in its own container, whoever used its path last", () => {
  const { sink } = limitedTo(
    10,
    ...[...inContainer(1), ...inContainer(2), onHost],
    ...paths(11, "/p", "/q"),
    read(9, 11, 3, at(0, 1)),
    read(1, 11, 3, at(0, 2)),
    read(1, 12, 4, at(0, 3)),
    read(9, 12, 4, at(0, 4)),
    // The second container has no file at all.
    descriptor(native.NATIVE_ENDED, 2, 11, 3, at(0, 5)),
    descriptor(native.NATIVE_ENDED, 9, 11, 3, at(0, 6)),
    descriptor(native.NATIVE_ENDED, 1, 11, 3, at(0, 7)),
    descriptor(native.NATIVE_ENDED, 1, 12, 4, at(0, 8)),
    descriptor(native.NATIVE_ENDED, 9, 12, 4, at(0, 9)),
  );
  expect(sink.of("FileFlow").map((flow) => [flow.procOID, flow.ts, flow.endTs])).toEqual([
    ["0/9", at(0, 1), at(0, 6)],
    ["0/101", at(0, 2), at(0, 7)],
    ["0/101", at(0, 3), at(0, 8)],
    ["0/9", at(0, 4), at(0, 9)],
  ]);
});

describe("where an output has begun anew", () => {
  const beginsAt = (second: number, ...records: readonly TestRecord[]) => {
    const sink = new RecordingSink();
    sink.rotateAt.add(startSec + second);
    return collect([{ kind: "tick", ts: at(0) }, ...records], {}, sink).sink;
  };

  test("a file without flows is new, with the time of that use", () => {
    const sink = beginsAt(
      5,
      onHost,
      ...paths(1, "/a"),
      unlink(9, 1, at(0, 1)),
      { kind: "tick", ts: at(5) },
      unlink(9, 1, at(5, 1)),
    );
    expect(sink.of("File").map(({ state, ts }) => [state, ts])).toEqual([
      [objectState.CREATED, at(0, 1)],
      [objectState.CREATED, at(5, 1)],
    ]);
  });

  test("one that had a flow then is not, though that ended untold", () => {
    const sink = beginsAt(
      30,
      onHost,
      { kind: "process", process: 1, pid: 1 },
      ...paths(1, "/a"),
      descriptor(native.NATIVE_SHUTDOWN, 1, 1, 3, at(0, 1)),
      { kind: "tick", ts: at(30) },
      { kind: "processGone", process: 1 },
      unlink(9, 1, at(30, 1)),
    );
    expect(sink.of("FileFlow")).toHaveLength(1);
    expect(sink.of("File").map(({ state, ts }) => [state, ts])).toEqual([
      [objectState.REUP, at(0, 1)],
      [objectState.REUP, at(0, 1)],
    ]);
  });

  test("the container of an open flow's file precedes it, where its process has moved", () => {
    const sink = beginsAt(
      20,
      ...inContainer(1),
      { kind: "container", container: 2, id: "c2" },
      ...paths(11, "/a"),
      read(1, 11, 3, at(0, 1)),
      { kind: "process", process: 1, pid: 101, container: 2 },
      { kind: "tick", ts: at(20) },
      { kind: "tick", ts: at(30) },
    );
    const [, , , ...anew] = sink.without();
    expect(anew).toMatchObject([
      { kind: "Container", id: "c2" },
      { kind: "Process", containerId: "c2" },
      { kind: "Container", id: "c1" },
      { kind: "File", containerId: "c1" },
      { kind: "FileFlow" },
    ]);
  });
});

describe("several outputs", () => {
  /** @returns the table, and what each record was sent to, with its time */
  function setup(all: number) {
    const given: [outputs: number, ts: number][] = [];
    const sink = new RecordingSink();
    sink.file = ({ tsLo }, to?: number) => given.push([to ?? 0, tsLo]);
    const generations = new Generations(all);
    const pods = new PodTable(sink, generations, collectLimits);
    const containers = new ContainerTable(sink, generations, pods, collectLimits, noLookups);
    const table = new FileTable(sink, generations, containers, collectLimits);
    const find = (path: string, ts = 0) =>
      table.use(new PathObject(path), null, restype.FILE, objectState.CREATED, ts, 0);
    return { table, generations, given, find };
  }

  test("have one time again after all have begun anew", () => {
    const { table, generations, given, find } = setup(0b11);
    find("/a", 1);
    generations.begin(0b01);
    find("/a", 2);
    generations.begin(0b11);
    const file = find("/a", 3);
    table.hold(file);
    generations.begin(0b11);
    find("/a", 4);
    expect(given).toEqual([
      [0b11, 1],
      [0b01, 2],
      [0b11, 3],
      [0b11, 3],
    ]);
  });

  test("files have hashes of their own, so that their flows are found at once", () => {
    const { find } = setup(1);
    const hashes = Array.from({ length: 1000 }, (_, i) => find(`/${i}`).hash);
    expect(new Set(hashes).size).toBe(1000);
  });
});
