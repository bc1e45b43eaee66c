// What Tap writes ReadTap reads, every primitive and any value; and it never believes bytes that are
// not there.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { AvroError } from "../../src/avro/avro-error.ts";
import { ReadTap } from "../../src/avro/read-tap.ts";
import { Tap } from "../../src/avro/tap.ts";
import { exactLong } from "../support/records/avsc-sf.ts";

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
/** Values around each change of length, where most of the errors live. */
const edges = Array.from({ length: 64 }, (_, bit) => 2n ** BigInt(bit)).flatMap((power) => [
  power - 1n,
  power,
  -power,
  -power - 1n,
]);

test.each(edges.filter((edge) => BigInt.asIntN(64, edge) === edge))("the long %p", (value) => {
  const tap = new ReadTap(exactLong.toBuffer(value));
  tap.readHalves();
  expect((BigInt(tap.hi) << 32n) | BigInt(tap.lo)).toBe(value);
  expect(tap.pos).toBe(tap.length);
});

test("readHalves and readBigLong give the 64-bit value", () => {
  fc.assert(
    fc.property(int64, (value) => {
      const tap = new ReadTap(exactLong.toBuffer(value));
      tap.readHalves();
      expect([tap.lo, tap.hi]).toEqual([
        Number(BigInt.asUintN(32, value)),
        Number(BigInt.asIntN(32, value >> 32n)),
      ]);
      expect(tap.pos).toBe(tap.length);
      expect(new ReadTap(exactLong.toBuffer(value)).readBigLong()).toBe(value);
    }),
  );
});

test("readLong gives the number that is nearest", () => {
  fc.assert(
    fc.property(fc.oneof(int64, fc.maxSafeInteger().map(BigInt)), (value) => {
      const tap = new ReadTap(exactLong.toBuffer(value));
      expect(tap.readLong()).toBe(Number(value));
      expect(tap.pos).toBe(tap.length);
    }),
  );
});

test.each(edges.filter((edge) => BigInt.asIntN(32, edge) === edge))("the int %p", (value) => {
  const tap = new ReadTap(exactLong.toBuffer(value));
  expect(tap.readInt()).toBe(Number(value));
  expect(tap.pos).toBe(tap.length);
});

test("readBoolean knows two values", () => {
  const tap = new ReadTap(Buffer.from([0, 1, 2]));
  expect([tap.readBoolean(), tap.readBoolean()]).toEqual([false, true]);
  expect(() => tap.readBoolean()).toThrow("a boolean is 2");
});

test.each([
  [[0xff, 0xff, 0xff, 0xff, 0x0f], -(2 ** 31)],
  [[0xfe, 0xff, 0xff, 0xff, 0x0f], 2 ** 31 - 1],
])("an int may have 32 bits: %j", (bytes, value) => {
  expect(new ReadTap(Buffer.from(bytes)).readInt()).toBe(value);
});

test.each([[[0xff, 0xff, 0xff, 0xff, 0x10]], [[0xff, 0xff, 0xff, 0xff, 0x8f, 0x01]]])(
  "and no more: %j",
  (bytes) => {
    expect(() => new ReadTap(Buffer.from(bytes)).readInt()).toThrow("an int has more than 32 bits");
  },
);

test("a long has 64 bits and no more", () => {
  const long = (last: number) => Buffer.from([...Array(9).fill(0xff), last]);
  expect(new ReadTap(long(1)).readBigLong()).toBe(-(2n ** 63n));
  expect(() => new ReadTap(long(2)).readBigLong()).toThrow("a long has more than 64 bits");
});

test("there is nothing in it until it is given bytes", () => {
  expect(new ReadTap().length).toBe(0);
});

test("the end of an array is one byte", () => {
  const tap = new ReadTap(Buffer.from([0, 8]));
  expect([tap.readItemCount(), tap.pos]).toEqual([0, 1]);
});

test("readInt gives every int32", () => {
  fc.assert(
    fc.property(fc.integer(), (value) => {
      expect(readBack((tap) => tap.writeInt(value)).readInt()).toBe(value);
    }),
  );
});

test("readString gives any text, and U+FFFD for what is none", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (value) => {
      expect(readBack((tap) => tap.writeString(value)).readString()).toBe(value);
    }),
  );
  for (const value of ["", "A", "é", "AB"]) {
    expect(readBack((tap) => tap.writeString(value)).readString()).toBe(value);
  }
  expect(new ReadTap(Buffer.from([4, 0x41, 0xff])).readString()).toBe("A\ufffd");
});

test("readFixed gives a copy", () => {
  const bytes = Buffer.from([1, 2, 3, 4]);
  const tap = new ReadTap(bytes);
  tap.pos = 1;
  const fixed = tap.readFixed(2);
  bytes.fill(9);
  expect(fixed).toEqual(new Uint8Array([2, 3]));
});

test("a part of a larger buffer is all that is read", () => {
  const tap = new ReadTap();
  tap.reset(Buffer.from([9, 9, 2, 4, 65, 66, 9]).subarray(2, 6));
  expect([tap.readInt(), tap.readString(), tap.pos, tap.length]).toEqual([1, "AB", 4, 4]);
  tap.readInt();
  expect(() => tap.check()).toThrow("it ends there");
});

test("nothing is given of a length that is not there", () => {
  const bytes = Buffer.from([6, 65, 66]);
  expect(() => new ReadTap(bytes).readString()).toThrow("it ends there");
  expect(() => new ReadTap(bytes).readFixed(4)).toThrow("it ends there");
  expect(() => new ReadTap(bytes).pass(4)).toThrow("it ends there");
  expect(new ReadTap(bytes).pass(3)).toBe(0);
});

test("there are no more items than bytes", () => {
  expect(new ReadTap(Buffer.from([4, 0, 0])).readItemCount()).toBe(2);
  expect(() => new ReadTap(Buffer.from([6, 0, 0])).readItemCount()).toThrow(
    "3 items stand in fewer bytes",
  );
});

test("other bytes are read from their start", () => {
  const tap = new ReadTap(Buffer.from([1, 2]));
  tap.pass(2);
  tap.reset(Buffer.from([6]));
  expect(tap.readInt()).toBe(3);
});

test("an array's block may tell its length in bytes", () => {
  const tap = new ReadTap(Buffer.from([3, 4, 65, 66]));
  expect([tap.readItemCount(), tap.pos]).toEqual([2, 2]);
});

test("past the end, every read ends with an AvroError or a check that throws", () => {
  const reads = fc.constantFrom<(tap: ReadTap) => unknown>(
    (tap) => tap.readBoolean(),
    (tap) => tap.readInt(),
    (tap) => tap.readLong(),
    (tap) => tap.readBigLong(),
    (tap) => tap.readString(),
    (tap) => tap.readFixed(7),
    (tap) => tap.readItemCount(),
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 12 }),
      fc.array(reads, { minLength: 13 }),
      (bytes, all) => {
        const tap = new ReadTap(Buffer.from(bytes));
        expect(() => {
          for (const read of all) read(tap);
          tap.check();
        }).toThrow(AvroError);
      },
    ),
  );
});

function readBack(write: (tap: Tap) => void): ReadTap {
  const tap = new Tap(2048);
  write(tap);
  return new ReadTap(tap.buffer.subarray(0, tap.pos));
}
