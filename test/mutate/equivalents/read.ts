// Mutants of src/read that no test can tell from the source.

import type { Equivalent } from "../report.ts";
import { bug, inFile, ofTime, replaced, size } from "./in-file.ts";

const twice = "blocks that are decoded twice give the same records as those that are held";

export const ofRead: readonly Equivalent[] = [
  ...inFile("read/file-order.ts", [
    "return a === b ? 0 : a < b ? -1 : 1;",
    "they are not equal there",
    "a < b → a <= b",
  ]),
  ...inFile("read/read-into.ts", ["const retryMs = 5;", ofTime, "5 → 5 + 1"]),
  ...inFile(
    "read/sf-reader.ts",
    ["const heldBytesMax = 1 << 20;", twice, "1 << 20 → 1 >> 20", "1 → 0", "20 → 20 + 1"],
    [
      "if (block.data.length > heldBytesMax) {",
      twice,
      "block.data.length > heldBytesMax → true",
      "block.data.length > heldBytesMax → block.data.length >= heldBytesMax",
    ],
    ["if (isHeld) {", "what is held in vain is forgotten with the next block", "isHeld → true"],
    [
      "throw error instanceof AvroError ? this.#worded(error) : error;",
      bug,
      "error instanceof AvroError → true",
    ],
    ["if (error instanceof AvroError) {", bug, "error instanceof AvroError → true"],
  ),
  ...inFile("read/read-records.ts", [
    "if (error instanceof InputFault) {",
    bug,
    "error instanceof InputFault → true",
  ]),
  ...inFile(
    "read/socket/socket-source.ts",
    ["const bufferBytes = 512 * 1024;", size, "512 → 512 + 1", "1024 → 1024 + 1"],
    [
      "const event = { PACKET: 0, OPENED: 1, CLOSED: 2, FAILED: 3, TOO_LONG: 4 } as const;",
      "what has failed is what is none of the others",
      "3 → 3 + 1",
    ],
    ["this.#wake = null;", "who was woken is woken again in vain", "this.#wake = null; → ;"],
    [
      "this.#streams.set(number, { peer, receiver: null, version: 5, records: 0 });",
      replaced,
      "5 → 5 + 1",
    ],
    [
      "if (!(error instanceof AvroError)) {",
      bug,
      "!(error instanceof AvroError) → false",
      "{ throw error; } → {}",
    ],
  ),
];
