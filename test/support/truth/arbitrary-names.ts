// Names as the kernel takes them: any bytes but NUL and the slash, and more often than chance would
// have it such as some reader could take for something else.

import fc from "fast-check";

/** The kernel's bound is 255; the programs of the tests put a letter behind them. */
const nameBytesMax = 250;

const anyByte = fc.integer({ min: 1, max: 255 }).filter((byte) => byte !== 0x2f);

const piece = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
  anyByte.map((byte) => Buffer.from([byte])),
  fc.string({ unit: "binary", minLength: 1, maxLength: 4 }).map((text) => Buffer.from(text)),
  // Beginnings and ends of characters, surrogates, forms that are longer than need be.
  fc
    .constantFrom("c3", "a9", "e697", "f09f98", "eda080", "c0af", "f4908080", "efbbbf", "efbfbd")
    .map((hex) => Buffer.from(hex, "hex")),
  fc
    .constantFrom(
      "\\xe9",
      "\\x5c",
      "\\x00",
      "\\x41",
      "\\",
      "x",
      "..",
      " (deleted)",
      "<NA>",
      "%s",
      " ",
    )
    .map((text) => Buffer.from(text)),
  fc.constantFrom("\n", "\t", "\u001b[31m", "\r", "\u007f").map((text) => Buffer.from(text)),
);

export const arbitraryName: fc.Arbitrary<Buffer> = fc
  .oneof(
    { weight: 6, arbitrary: fc.array(piece, { minLength: 1, maxLength: 12 }) },
    { weight: 1, arbitrary: fc.array(piece, { minLength: 40, maxLength: 60 }) },
  )
  .map((pieces) => {
    const bytes = Buffer.concat(pieces).map((byte) => (byte === 0 || byte === 0x2f ? 0x2e : byte));
    return Buffer.from(bytes.subarray(0, nameBytesMax));
  })
  .filter((name) => !/^\.{0,2}$/.test(name.toString("latin1")));
