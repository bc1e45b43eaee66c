// Every operation of native code against the bits of records, by their names.

import { describe, expect, test } from "bun:test";
import { type NativeOp, nativeOps } from "../../src/capture/layout.gen.ts";
import { wireFlag } from "../../src/collect/wire-flags.ts";
import * as flags from "../../src/sysflow/op-flags.gen.ts";
import { opFlagByName } from "../../src/sysflow/op-names.ts";

const { fileEventFlagsOf6, opFlagsOf } = flags;
/** What tells of something that no record has a bit for. */
const without = ["SETGID", "ENDED"];
const all = 0x7fffffff;

describe("an operation of native code", () => {
  test.each(Object.entries(nativeOps).filter(([name]) => !without.includes(name)))(
    "%s is the bit of that name, of one kind of record",
    (name, op) => {
      const flag = (flags as unknown as Record<string, number>)[`OP_${name}`] as number;
      expect(flag).toBeGreaterThan(0);
      expect(wireFlag(op, all)).toBe(flag);
      expect(wireFlag(op, flag)).toBe(flag);
      expect(() => wireFlag(op, all & ~flag)).toThrow(`operation ${op} is none of this kind`);
      const of5 = opFlagsOf.ProcessEvent | opFlagsOf.FileEvent | opFlagsOf.FileFlow;
      expect(flag & (of5 | fileEventFlagsOf6)).toBe(flag);
    },
  );

  test.each(without)("%s has no bit", (name) => {
    expect(() => wireFlag(nativeOps[name] as NativeOp, all)).toThrow("none of this kind");
  });

  test("that is not known has none", () => {
    expect(() => wireFlag(99 as unknown as NativeOp, all)).toThrow("operation 99");
  });
});

test("bits have their names in the order of the bits", () => {
  const { size } = opFlagByName;
  expect(size).toBeGreaterThanOrEqual(27);
  expect([...opFlagByName.values()]).toEqual(Array.from({ length: size }, (_, bit) => 2 ** bit));
  expect([...opFlagByName.keys()].slice(0, 3)).toEqual(["CLONE", "EXEC", "EXIT"]);
});
