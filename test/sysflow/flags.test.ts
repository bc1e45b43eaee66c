// The flag tables and the comparison of OIDs.

import { describe, expect, test } from "bun:test";
import * as native from "../../src/capture/layout.gen.ts";
import { sameOid } from "../../src/sysflow/oid.ts";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import { flowHasOperations } from "../../src/sysflow/op-flags.ts";
import * as openFlags from "../../src/sysflow/open-flags.ts";

const opNames =
  "CLONE EXEC EXIT SETUID SETNS ACCEPT CONNECT OPEN READ_RECV WRITE_SEND CLOSE TRUNCATE SHUTDOWN " +
  "MMAP DIGEST MKDIR RMDIR LINK UNLINK SYMLINK RENAME CHMOD CHOWN MOUNT UMOUNT MKNOD RESIZE";

test.each(opNames.split(" ").map((name, bit) => [name, bit] as const))(
  "OP_%s is bit %d",
  (name, bit) => {
    const table = op as unknown as Readonly<Record<string, number>>;
    expect(table[`OP_${name}`]).toBe(2 ** bit);
  },
);

test("no name is both a flag of records and something of native code", () => {
  const names = Object.keys(op).filter((name) => name.startsWith("OP_"));
  expect(names.filter((name) => name in native)).toEqual([]);
  // @ts-expect-error: what native code says was done is no flag
  const flags: number = native.NATIVE_OPEN;
  // @ts-expect-error: nor the other way round
  const nativeOp: native.NativeOp = op.OP_OPEN;
  // @ts-expect-error: nor are the two compared
  expect(native.NATIVE_OPEN === op.OP_OPEN).toBe(false);
  expect([Number(flags), Number(nativeOp)]).toEqual([5, 0x80]);
});

test("events and flows of one process share no flag but CLONE and EXIT", () => {
  const { opFlagsOf } = op;
  expect(opFlagsOf.ProcessEvent & opFlagsOf.ProcessFlow).toBe(op.OP_CLONE | op.OP_EXIT);
  expect(opFlagsOf.FileEvent & opFlagsOf.FileFlow).toBe(0);
  expect(opFlagsOf.NetworkFlow & ~opFlagsOf.FileFlow).toBe(0);
});

describe("a flow has operations", () => {
  test.each([
    [0, false],
    [op.OP_TRUNCATE, false],
    [op.OP_CLOSE, true],
    [op.OP_CLOSE | op.OP_TRUNCATE, true],
  ])("%d: %p", (flags, expected) => {
    expect(flowHasOperations(flags)).toBe(expected);
  });
});

test("open flags as measured: fopen w+ is 0x107, ld.so's open is 0x1001", () => {
  const { OPEN_RDWR, OPEN_CREAT, OPEN_TRUNC, OPEN_RDONLY, OPEN_CLOEXEC } = openFlags;
  expect(OPEN_RDWR | OPEN_CREAT | OPEN_TRUNC).toBe(0x107);
  expect(OPEN_RDONLY | OPEN_CLOEXEC).toBe(0x1001);
});

describe("sameOid", () => {
  const oid = { createLo: 0xfffffff0, createHi: 395_000_000, hpid: 12 };

  test.each([
    ["itself", oid, true],
    ["signed halves", { ...oid, createLo: 0xfffffff0 | 0 }, true],
    ["another low half", { ...oid, createLo: 1 }, false],
    ["another high half", { ...oid, createHi: 1 }, false],
    ["another pid", { ...oid, hpid: 13 }, false],
  ])("%s", (_, other, expected) => {
    expect(sameOid(oid, other)).toBe(expected);
  });
});
