// Tap against avsc: the same bytes for every primitive, longs beyond 2^53 included.

import { expect, test } from "bun:test";
import avro from "avsc";
import fc from "fast-check";
import { Tap } from "../../src/avro/tap.ts";
import { exactLong } from "../support/records/avsc-sf.ts";

const bytesType = avro.Type.forSchema("bytes");
const intType = avro.Type.forSchema("int");
const stringType = avro.Type.forSchema("string");

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const anyString = fc.string({ unit: "binary", maxLength: 200 });

test("writeLongHalves writes what avsc writes for the 64-bit value", () => {
  fc.assert(
    fc.property(int64, (value) => {
      const written = bytesOf((tap) => tap.writeLongHalves(low(value), high(value)));
      expect(written).toEqual(exactLong.toBuffer(value));
    }),
  );
});

test("writeLongHalves takes a signed or an unsigned half", () => {
  fc.assert(
    fc.property(int64, (value) => {
      const unsigned = bytesOf((tap) => tap.writeLongHalves(low(value), high(value) >>> 0));
      const signed = bytesOf((tap) => tap.writeLongHalves(low(value) | 0, high(value)));
      expect(unsigned).toEqual(signed);
    }),
  );
});

test("writeLong writes every safe integer", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(bytesOf((tap) => tap.writeLong(value))).toEqual(exactLong.toBuffer(BigInt(value)));
    }),
  );
});

test("writeInt writes every int32, and a uint32 as the int32 of the same bits", () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }), (value) => {
      expect(bytesOf((tap) => tap.writeInt(value))).toEqual(intType.toBuffer(value | 0));
    }),
  );
});

test("writeString writes valid UTF-8 of any string", () => {
  fc.assert(
    fc.property(anyString, (value) => {
      expect(bytesOf((tap) => tap.writeString(value))).toEqual(stringType.toBuffer(value));
    }),
  );
});

test("writeBytes writes a length and the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
      const expected = bytesType.toBuffer(Buffer.from(value));
      expect(bytesOf((tap) => tap.writeBytes(value))).toEqual(expected);
    }),
  );
});

test("past the end every write ends where it would in a larger buffer, and ok is false", () => {
  const writes = fc.oneof(
    int64.map((value) => (tap: Tap) => tap.writeLongHalves(low(value), high(value))),
    anyString.map((value) => (tap: Tap) => tap.writeString(value)),
    fc.uint8Array({ maxLength: 40 }).map((value) => (tap: Tap) => tap.writeBytes(value)),
    fc.boolean().map((value) => (tap: Tap) => tap.writeBoolean(value)),
  );
  fc.assert(
    fc.property(fc.array(writes, { maxLength: 8 }), fc.nat({ max: 64 }), (list, capacity) => {
      const [small, large] = [new Tap(capacity), new Tap(10_000)];
      for (const write of list) {
        write(small);
        write(large);
      }
      expect(small.pos).toBe(large.pos);
      expect(small.ok()).toBe(large.pos <= capacity);
    }),
  );
});

function bytesOf(write: (tap: Tap) => void): Buffer {
  const tap = new Tap(2048);
  write(tap);
  expect(tap.ok()).toBe(true);
  return Buffer.from(tap.buffer.subarray(0, tap.pos));
}

function low(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}

function high(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}
