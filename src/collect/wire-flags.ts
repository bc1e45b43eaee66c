// Translates what native code says was done into the bit of a record's opFlags. An operation has
// the same name on both sides: NATIVE_OPEN in a batch is OP_OPEN in a record. Some operations have
// no bit, such as a change of the group.

import { assert } from "../base/assert.ts";
import { type NativeOp, nativeOps } from "../capture/layout.gen.ts";
import { opFlagByName } from "../sysflow/op-names.ts";

/** By the number that the operation has in a batch. */
const flagOf = flagsByNumber();

function flagsByNumber(): readonly number[] {
  const table: number[] = [];
  for (const [name, op] of Object.entries(nativeOps)) {
    table[op as unknown as number] = opFlagByName.get(name) ?? 0;
  }
  return table;
}

/** @param among the bits that records of that kind can have; another is a bug of native code */
export function wireFlag(op: NativeOp, among: number): number {
  const flag = flagOf[op as unknown as number] ?? 0;
  if ((flag & among) === 0) {
    assert(false, `operation ${op} is none of this kind of batch record`);
  }
  return flag;
}
