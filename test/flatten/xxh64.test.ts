// XXH64 against the runtime's own, on texts of all lengths around its steps.

import { expect, test } from "bun:test";
import { xxh64Hex } from "../../src/flatten/texts/xxh64.ts";

test("is the runtime's, for texts of 0 to 100 bytes", () => {
  for (let length = 0; length <= 100; length++) {
    const text = "é0123456789/".repeat(10).slice(0, length);
    const expected = Bun.hash.xxHash64(text).toString(16).padStart(16, "0");
    expect(xxh64Hex(text), text).toBe(expected);
  }
});
