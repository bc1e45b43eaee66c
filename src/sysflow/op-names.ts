// The opFlags bits by their names. They are taken from the constants of op-flags.gen.ts, so that
// there is no second list to keep in step.

import * as constants from "./op-flags.gen.ts";

/** By the name without `OP_`, in the order of the bits. */
export const opFlagByName: ReadonlyMap<string, number> = new Map(
  Object.entries(constants)
    .flatMap(([name, value]) =>
      name.startsWith("OP_") && typeof value === "number"
        ? [[name.slice("OP_".length), value] as const]
        : [],
    )
    .sort(([, a], [, b]) => a - b),
);
