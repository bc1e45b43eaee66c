// What opFlags say beyond their bits, which op-flags.gen.ts lists.

import { OP_TRUNCATE } from "./op-flags.gen.ts";

/** False for a flow in which nothing happened: such a flow is never written. */
export function flowHasOperations(opFlags: number): boolean {
  return (opFlags & ~OP_TRUNCATE) !== 0;
}
