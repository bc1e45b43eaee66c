// The flag tables and the comparison of OIDs.

import { describe, expect, test } from "bun:test";
import * as native from "../../src/capture/layout.gen.ts";
import { sameOid } from "../../src/sysflow/oid.ts";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import { flowHasOperations } from "../../src/sysflow/op-flags.ts";
import { opFlagByName } from "../../src/sysflow/op-names.ts";
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

/** The bits of names in that list. */
function bitsOf(names: string): number {
  return names.split(" ").reduce((bits, name) => bits | (2 ** opNames.split(" ").indexOf(name)), 0);
}

test("the bits have their names, in their order", () => {
  expect([...opFlagByName]).toEqual(opNames.split(" ").map((name, bit) => [name, 2 ** bit]));
});

test.each<[kind: keyof typeof op.opFlagsOf, names: string]>([
  ["ProcessEvent", "CLONE EXEC EXIT SETUID"],
  ["ProcessFlow", "CLONE EXIT TRUNCATE"],
  ["FileEvent", "MKDIR RMDIR LINK UNLINK SYMLINK RENAME"],
  ["NetworkFlow", "ACCEPT CONNECT READ_RECV WRITE_SEND CLOSE TRUNCATE SHUTDOWN"],
  ["FileFlow", "SETNS ACCEPT CONNECT OPEN READ_RECV WRITE_SEND CLOSE TRUNCATE SHUTDOWN MMAP"],
])("a %s may have %s", (kind, names) => {
  expect(op.opFlagsOf[kind]).toBe(bitsOf(names));
});

test.each([
  ["schema 6 has besides", op.fileEventFlagsOf6, "CHMOD CHOWN MOUNT UMOUNT MKNOD RESIZE"],
  ["are told of one folder", op.folderFlags, "MKDIR RMDIR"],
  ["are told of one file from before", op.existingFlags, "CHMOD CHOWN UMOUNT RESIZE"],
  ["are told of two files", op.twoFileFlags, "LINK SYMLINK RENAME MOUNT"],
  ["make a second name", op.newNameFlags, "LINK SYMLINK RENAME"],
])("FileEvents that %s", (_, flags, names) => {
  expect(flags).toBe(bitsOf(names));
});

test("the arguments of FileEvents, each with the call that has them", () => {
  expect(op.fileEventArgs.map(([flag, args]) => [flag, args.join(" | ")])).toEqual([
    [op.OP_CHMOD, "mode (octal)"],
    [op.OP_CHOWN, "user | group (-1 keeps)"],
    [op.OP_MOUNT, "type | [flags (hexadecimal)]"],
    [op.OP_UMOUNT, "[flags (hexadecimal)]"],
    [op.OP_MKNOD, "mode (octal) | major:minor"],
    [op.OP_RESIZE, "bytes"],
  ]);
  expect(op.fileEventCallsOf6.join(" ")).toBe("chmod chown mount umount mknod truncate");
});

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

test("open flags are Falco's bits, each the next one", () => {
  const names =
    "RDONLY WRONLY CREAT APPEND DSYNC EXCL NONBLOCK SYNC TRUNC DIRECT DIRECTORY LARGEFILE CLOEXEC " +
    "TMPFILE F_CREATED UPPER_LAYER LOWER_LAYER";
  const bits = names.split(" ").map((name, bit) => [`OPEN_${name}`, 2 ** bit] as const);
  expect({ ...openFlags } as object).toEqual({
    ...Object.fromEntries(bits),
    OPEN_NONE: 0,
    OPEN_RDWR: 3,
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
