// What the table of files forgets, and what stays with it: the files of a container are found by their
// path as long as there is one of them, and nothing is left of a container whose last one has gone.

import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { NATIVE_UNLINK } from "../../../src/capture/layout.gen.ts";
import { collectLimits } from "../../../src/collect/limits.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect } from "../../support/collect/collect.ts";
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
    { kind: "pathOp", ts: at(0, object), process, tid: 1, op: NATIVE_UNLINK, object },
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
