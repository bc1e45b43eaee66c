// Descriptors that threads share, or that have several flows: which of them a close ends, and which an
// end without a call of its own; and what a close of nothing costs.

import { describe, expect, test } from "bun:test";
import * as native from "../../../src/capture/layout.gen.ts";
import { collectLimits } from "../../../src/collect/limits.ts";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect, initAndProcess } from "../../support/collect/collect.ts";
import { RecordingSink } from "../../support/collect/recording-sink.ts";

const [file, neverUsed, unix, otherUnix, socket, otherSocket] = [5, 6, 7, 8, 9, 10];
const start: readonly TestRecord[] = [
  ...initAndProcess,
  { kind: "tick", ts: at(0) },
  { kind: "path", object: file, path: "/a" },
  { kind: "path", object: neverUsed, path: "/never" },
  { kind: "path", object: unix, path: "/s" },
  { kind: "path", object: otherUnix, path: "/t" },
  { kind: "socket", object: socket, sport: 1 },
  { kind: "socket", object: otherSocket, sport: 2 },
];

function typeOf(object: number): string {
  return object <= neverUsed ? "f" : object <= otherUnix ? "u" : "4";
}

/** A write by a thread through descriptor 3. */
function write(tid: number, object: number, n: number): TestRecord {
  const type = typeOf(object);
  return { kind: "io", ts: at(0, n), process: 1, tid, fd: 3, object, type, writeOps: 1 };
}

function call(of: native.NativeOp, tid: number, object: number, more: object = {}): TestRecord {
  const where = { process: 1, tid, fd: 3, object, type: typeOf(object) };
  return { kind: "descriptorOp", ts: at(0, 99), op: of, ...where, ...more };
}

/** Of the flows that have ended, each thread and whether it closed its own. */
function ended(...records: readonly TestRecord[]): [tid: unknown, how: string][] {
  const { sink } = collect([...start, ...records]);
  return sink.without("Process", "File").map(({ tid, opFlags }) => {
    return [tid, ((opFlags as number) & op.OP_CLOSE) !== 0 ? "closed" : "cut off"];
  });
}

const both = (object: number) => [write(100, object, 1), write(101, object, 2)];
const own = { openFlags: native.CLOSE_OWN };
/** Of an end: the other threads have the descriptor still. */
const ownEnd = { ret: 1 };

describe.each([
  ["a file", file],
  ["a Unix socket", unix],
  ["a socket", socket],
])("%s that two threads use", (_, object) => {
  test("is closed for both", () => {
    expect(ended(...both(object), call(native.NATIVE_CLOSE, 100, object)).sort()).toEqual([
      [100, "closed"],
      [101, "cut off"],
    ]);
  });

  test("is closed for one, where the other has a table of its own", () => {
    expect(ended(...both(object), call(native.NATIVE_CLOSE, 100, object, own))).toEqual([
      [100, "closed"],
    ]);
  });

  test("has ended for both", () => {
    expect(ended(...both(object), call(native.NATIVE_ENDED, 100, object)).sort()).toEqual([
      [100, "closed"],
      [101, "cut off"],
    ]);
  });

  test("has ended for one, where the other has a table of its own", () => {
    expect(ended(...both(object), call(native.NATIVE_ENDED, 100, object, ownEnd))).toEqual([
      [100, "closed"],
    ]);
  });

  test("has ended for one that never used it: that is no end of the other's, or it is", () => {
    expect(ended(write(101, object, 1), call(native.NATIVE_ENDED, 100, object, ownEnd))).toEqual(
      [],
    );
    expect(ended(write(101, object, 1), call(native.NATIVE_ENDED, 100, object))).toEqual([
      [101, "cut off"],
    ]);
  });
});

describe.each([
  ["a Unix socket", unix, otherUnix],
  ["a socket", socket, otherSocket],
])("%s with several peers", (_, object, other) => {
  const peers = [write(100, object, 1), write(100, other, 2), write(101, other, 3)];

  test.each([
    ["closed", native.NATIVE_CLOSE],
    ["ended", native.NATIVE_ENDED],
  ] as const)("is %s for all of them, whichever is named", (_how, of) => {
    for (const named of [object, other]) {
      expect(ended(...peers, call(of, 100, named)).sort()).toEqual([
        [100, "closed"],
        [100, "closed"],
        [101, "cut off"],
      ]);
    }
  });

  test("has ended by a name that it was not used by", () => {
    // What is before it in the batch is of another type.
    const last = { ...write(100, file, 3), fd: 4 } as TestRecord;
    const used = [write(100, other, 1), write(101, other, 2), last];
    const records = [...used, call(native.NATIVE_ENDED, 100, object)];
    expect(ended(...records).sort()).toEqual([
      [100, "closed"],
      [101, "cut off"],
    ]);
  });

  test("is closed for its own thread's alone, where the other has a table of its own", () => {
    expect(ended(...peers, call(native.NATIVE_CLOSE, 100, object, own))).toEqual([
      [100, "closed"],
      [100, "closed"],
    ]);
  });
});

describe("what ends without a flow", () => {
  test("on a path that was never used ends nothing, whoever has the descriptor", () => {
    expect(ended(write(101, file, 1), call(native.NATIVE_ENDED, 100, neverUsed))).toEqual([]);
  });

  test("on a socket ends nothing where its process has used none", () => {
    expect(ended(write(100, file, 1), call(native.NATIVE_ENDED, 100, socket))).toEqual([]);
  });

  test.each([
    ["file", file],
    ["socket", socket],
  ])("by the close of a %s leaves the oldest flow of a full table in it", (_, object) => {
    const where = { process: 1, tid: 100, fd: 4 } as const;
    const oldest: TestRecord = {
      ...{ kind: "io", ts: at(0, 1), ...where, object: otherUnix, type: "u", readOps: 1 },
    };
    const limits = { ...collectLimits, flows: 1 };
    const records = [...start, oldest, call(native.NATIVE_CLOSE, 100, object)];
    const { sink, collector } = collect(records, {}, new RecordingSink(), limits);
    expect(collector.stats().flowsEvicted).toBe(0);
    expect(sink.without("Process", "File")).toMatchObject([{ fd: 3, opFlags: op.OP_CLOSE }]);
  });
});

test("a socket's flow that must make room ends not before its last operation", () => {
  const later = call(native.NATIVE_SHUTDOWN, 100, socket, { ts: at(0, 9) });
  const limits = { ...collectLimits, flows: 1 };
  const records = [...start, write(100, socket, 1), later, write(100, otherSocket, 2)];
  const { sink } = collect(records, {}, new RecordingSink(), limits);
  expect(sink.of("NetworkFlow")).toMatchObject([{ ts: at(0, 1), endTs: at(0, 9) }]);
});
