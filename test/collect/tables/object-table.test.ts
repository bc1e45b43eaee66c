// What native code's handles of paths and sockets stand for, and how many of them there are.

import { describe, expect, test } from "bun:test";
import { NATIVE_UNLINK } from "../../../src/capture/layout.gen.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect } from "../../support/collect/collect.ts";

const path = (object: number, name: string): TestRecord => ({ kind: "path", object, path: name });
const socket = (object: number): TestRecord => ({ kind: "socket", object });
const reset: TestRecord = { kind: "objectReset" };

describe("objects are counted", () => {
  const count = (...records: readonly TestRecord[]) => collect(records).collector.stats().objects;

  test("by handle, of both kinds", () => {
    expect(count()).toBe(0);
    expect(count(path(1, "/a"), socket(2))).toBe(2);
    expect(count(path(1, "/a"), socket(2), path(1, "/b"), socket(1))).toBe(2);
  });

  test("from none on after a reset", () => {
    expect(count(path(1, "/a"), socket(2), reset)).toBe(0);
    expect(count(path(1, "/a"), socket(2), reset, path(1, "/b"))).toBe(1);
  });
});

describe("a handle", () => {
  const unlink: TestRecord = {
    ...{ kind: "pathOp", ts: at(0, 1), process: 1, tid: 1, op: NATIVE_UNLINK, object: 1 },
  };
  const start: readonly TestRecord[] = [
    { kind: "process", process: 1, pid: 1 },
    { kind: "tick", ts: at(0) },
    path(1, "/a"),
  ];

  test("stands for what was last defined", () => {
    const { sink } = collect([...start, path(1, "/b"), unlink]);
    expect(sink.of("File").map((file) => file.path)).toEqual(["/b"]);
  });

  test("that a reset has made void is a bug", () => {
    expect(() => collect([...start, reset, unlink])).toThrow("assertion failed");
  });
});
