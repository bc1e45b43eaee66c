// Mutants that no test can tell from the source, each with the reason. One that is no longer there, or
// that a test does notice, fails the run: it is to be struck from here. Who adds one should first have
// tried to delete the code.

import { ofCollect } from "./equivalents/collect.ts";
import { ofTables } from "./equivalents/collect-tables.ts";
import { quick, replaced, size } from "./equivalents/in-file.ts";
import { ofRead } from "./equivalents/read.ts";
import { ofWrite } from "./equivalents/write.ts";
import type { Equivalent } from "./report.ts";

export const equivalents: readonly Equivalent[] = [
  {
    file: "src/avro/container-file.ts",
    line: "const tapSlack = 48 * 1024;",
    changes: ["48 * 1024 → 48 / 1024", "48 → 48 + 1", "1024 → 1024 + 1"],
    why: size,
  },
  {
    file: "src/avro/container-file.ts",
    line: "const blockHeaderMax = 20;",
    changes: ["20 → 20 + 1"],
    why: size,
  },
  {
    file: "src/avro/container-file.ts",
    line: "#out = Buffer.alloc(0);",
    changes: ["0 → 1"],
    why: size,
  },
  {
    file: "src/avro/container-file.ts",
    line: "if (this.#out.length < capacity) {",
    changes: [
      "this.#out.length < capacity → true",
      "this.#out.length < capacity → this.#out.length <= capacity",
    ],
    why: size,
  },
  {
    file: "src/avro/container-file.ts",
    line: "this.#out = Buffer.allocUnsafeSlow(capacity * 2);",
    changes: ["2 → 2 + 1"],
    why: size,
  },
  {
    file: "src/avro/container-file.ts",
    line: "const tap = new Tap(magic.length + schema.length + 128);",
    changes: ["128 → 128 + 1"],
    why: size,
  },
  {
    file: "src/avro/container-reader.ts",
    line: '#codec: Codec = "null";',
    changes: ['"null" → ""'],
    why: replaced,
  },
  {
    file: "src/avro/container-reader.ts",
    line: "#syncMarker: Uint8Array = new Uint8Array(0);",
    changes: ["0 → 1"],
    why: replaced,
  },
  {
    file: "src/avro/container-reader.ts",
    line: "return Buffer.allocUnsafeSlow(length * 2);",
    changes: ["2 → 2 + 1"],
    why: size,
  },
  {
    file: "src/avro/container-reader.ts",
    line: "const isLarge = length > windowBytes && left < windowBytes;",
    changes: ["length > windowBytes → length >= windowBytes"],
    why: "one of the first size is replaced by another of that size",
  },
  { file: "src/avro/read-tap.ts", line: "lo = 0;", changes: ["0 → 1"], why: replaced },
  { file: "src/avro/read-tap.ts", line: "hi = 0;", changes: ["0 → 1"], why: replaced },
  {
    file: "src/avro/read-tap.ts",
    line: "if (byte < 0x80) {",
    changes: ["byte < 0x80 → false", "{ this.pos += 1; return (byte >>> 1) ^ -(byte & 1); } → {}"],
    why: quick,
  },
  {
    file: "src/avro/read-tap.ts",
    line: 'return length === 0 ? "" : this.#buffer.toString("utf8", start, this.pos);',
    changes: ["length === 0 → false"],
    why: quick,
  },
  {
    file: "src/avro/skip.ts",
    line: 'case "null":',
    changes: ['"null" → ""'],
    why: "there is nothing to do for null, nor for a kind that there is not",
  },
  {
    file: "src/collect/entries/socket-object.ts",
    line: "for (let i = 0; i < ipv6Bytes; i++) {",
    changes: ["i < ipv6Bytes → i <= ipv6Bytes"],
    why: "there is nothing behind the last byte of either, and a byte put there is dropped",
  },
  {
    file: "src/collect/entries/file-entry.ts",
    line: "inTable = true;",
    changes: ["true → false"],
    why: quick,
  },
  {
    file: "src/avro/tap.ts",
    line: "if (value === (value | 0)) {",
    changes: ["value === (value | 0) → false", "value | 0 → value & 0", "0 → 1"],
    why: quick,
  },
  {
    file: "src/avro/tap.ts",
    line: "if (length > shortStringMax) {",
    changes: [
      "length > shortStringMax → true",
      "length > shortStringMax → length >= shortStringMax",
    ],
    why: quick,
  },
  {
    file: "src/avro/tap.ts",
    line: "if (code > 0x7f) {",
    changes: ["code > 0x7f → true", "code > 0x7f → code >= 0x7f"],
    why: quick,
  },
  ...ofWrite,
  ...ofRead,
  ...ofCollect,
  ...ofTables,
];
