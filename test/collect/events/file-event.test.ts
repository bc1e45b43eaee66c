import { describe, expect, test } from "bun:test";
import * as native from "../../../src/capture/layout.gen.ts";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import { objectState } from "../../../src/sysflow/values.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect, initAndProcess } from "../../support/collect/collect.ts";

const { CREATED, REUP } = objectState;

const start: readonly TestRecord[] = [
  ...initAndProcess,
  { kind: "tick", ts: at(0) },
  { kind: "path", object: 5, path: "/tmp/old" },
  { kind: "path", object: 6, path: "/tmp/new" },
];

function pathOp(nativeOp: native.NativeOp, more: object = {}): TestRecord {
  return { kind: "pathOp", ts: at(0, 1), process: 1, tid: 100, op: nativeOp, object: 5, ...more };
}

function sha1(text: string): string {
  return new Bun.CryptoHasher("sha1").update(text).digest("hex");
}

const oneFile: readonly [
  what: string,
  nativeOp: native.NativeOp,
  opFlags: number,
  restype: string,
][] = [
  ["mkdir", native.NATIVE_MKDIR, op.OP_MKDIR, "d"],
  ["rmdir", native.NATIVE_RMDIR, op.OP_RMDIR, "d"],
  ["unlink", native.NATIVE_UNLINK, op.OP_UNLINK, "?"],
];
test.each(oneFile)("%s names one file, CREATED", (_, nativeOp, opFlags, restype) => {
  const { sink } = collect([...start, pathOp(nativeOp, { ret: -17 })]);
  expect(sink.without("Process")).toMatchObject([
    { kind: "File", path: "/tmp/old", restype, state: CREATED, ts: at(0, 1) },
    {
      kind: "FileEvent",
      procOID: `${at(0)}/100`,
      ts: at(0, 1),
      tid: 100,
      opFlags,
      fileOID: sha1("/tmp/old"),
      newFileOID: null,
      ret: -17,
    },
  ]);
});

const twoFiles: readonly [what: string, nativeOp: native.NativeOp, opFlags: number][] = [
  ["link", native.NATIVE_LINK, op.OP_LINK],
  ["symlink", native.NATIVE_SYMLINK, op.OP_SYMLINK],
  ["rename", native.NATIVE_RENAME, op.OP_RENAME],
];
test.each(twoFiles)(
  "%s names the old one, REUP, and the new one, CREATED",
  (_, nativeOp, opFlags) => {
    const { sink } = collect([...start, pathOp(nativeOp, { object2: 6 })]);
    expect(sink.without("Process")).toMatchObject([
      { kind: "File", path: "/tmp/old", restype: "?", state: REUP },
      { kind: "File", path: "/tmp/new", restype: "?", state: CREATED },
      { kind: "FileEvent", opFlags, fileOID: sha1("/tmp/old"), newFileOID: sha1("/tmp/new") },
    ]);
  },
);

test("an operation on one file has no second one, whatever came before", () => {
  const { sink } = collect([
    ...start,
    pathOp(native.NATIVE_RENAME, { object2: 6 }),
    pathOp(native.NATIVE_UNLINK),
  ]);
  expect(sink.of("FileEvent")).toMatchObject([
    { opFlags: op.OP_RENAME, newFileOID: sha1("/tmp/new") },
    { opFlags: op.OP_UNLINK, newFileOID: null },
  ]);
});

test("a known file keeps its record, and the same file twice is written once", () => {
  const { sink } = collect([
    ...start,
    pathOp(native.NATIVE_MKDIR),
    pathOp(native.NATIVE_RENAME, { object2: 5 }),
  ]);
  expect(sink.of("File")).toMatchObject([{ restype: "d", state: CREATED }]);
  expect(sink.of("FileEvent")).toHaveLength(2);
});

test("a lost new name is null", () => {
  const { sink } = collect([...start, pathOp(native.NATIVE_RENAME)]);
  expect(sink.of("FileEvent")).toMatchObject([{ opFlags: op.OP_RENAME, newFileOID: null }]);
});

test("in flow and consume mode, not in nofiles", () => {
  for (const [mode, count] of [
    ["flow", 1],
    ["consume", 1],
    ["nofiles", 0],
  ] as const) {
    const { sink } = collect([...start, pathOp(native.NATIVE_UNLINK)], { mode, fileOnly: true });
    expect(sink.of("FileEvent")).toHaveLength(count);
  }
});

const ofSchema6: readonly [
  what: string,
  nativeOp: native.NativeOp,
  opFlags: number,
  state: number,
  args: readonly string[],
][] = [
  ["chmod", native.NATIVE_CHMOD, op.OP_CHMOD, REUP, ["0755"]],
  ["chown", native.NATIVE_CHOWN, op.OP_CHOWN, REUP, ["1", "-1"]],
  ["umount", native.NATIVE_UMOUNT, op.OP_UMOUNT, REUP, []],
  ["mknod", native.NATIVE_MKNOD, op.OP_MKNOD, CREATED, ["020600", "1:3"]],
  ["truncate", native.NATIVE_RESIZE, op.OP_RESIZE, REUP, ["4096"]],
];
const skipped: readonly [what: string, nativeOp: native.NativeOp][] = [
  ...ofSchema6.map(([what, nativeOp]): [string, native.NativeOp] => [what, nativeOp]),
  ["mount", native.NATIVE_MOUNT],
];

describe("schema 6", () => {
  test.each(ofSchema6)(
    "%s names one file, and what was asked",
    (_, nativeOp, opFlags, state, args) => {
      const { sink } = collect([...start, pathOp(nativeOp, { ret: -1, args })], { schema: 6 });
      expect(sink.without("Process")).toMatchObject([
        { kind: "File", path: "/tmp/old", restype: "?", state },
        { kind: "FileEvent", opFlags, fileOID: sha1("/tmp/old"), newFileOID: null, ret: -1, args },
      ]);
    },
  );

  test("mount names the source and where it is seen, both REUP", () => {
    const mount = pathOp(native.NATIVE_MOUNT, { object2: 6, args: ["tmpfs", "0x6"] });
    const { sink } = collect([...start, mount, pathOp(native.NATIVE_MKDIR)], { schema: 6 });
    expect(sink.without("Process")).toMatchObject([
      { kind: "File", path: "/tmp/old", restype: "?", state: REUP },
      { kind: "File", path: "/tmp/new", restype: "?", state: REUP },
      { opFlags: op.OP_MOUNT, newFileOID: sha1("/tmp/new"), args: ["tmpfs", "0x6"] },
      { opFlags: op.OP_MKDIR, args: [] },
    ]);
  });

  test.each(skipped)("%s is counted with schema 5, and writes nothing at all", (_, nativeOp) => {
    const { sink, collector } = collect([...start, pathOp(nativeOp)]);
    expect(sink.without()).toEqual([]);
    expect(collector.stats().fileEventsSkipped).toBe(1);
  });
});
