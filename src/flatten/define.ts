// Makes attributes from functions that read one value. They add what all of one type have in common:
// no value in a record of another kind, and numbers as texts.

import type { Attribute, AttributeOwner, FlatContext } from "./attribute.ts";
import { kindBit } from "./record-kinds.ts";

/** What an attribute is besides its value. */
export interface About {
  readonly name: string;
  readonly owner: AttributeOwner;
  /** Bits of record-kinds.ts: in records of other kinds the value is not read. */
  readonly kinds: number;
  readonly description: string;
}

type ReadText = (of: FlatContext) => string | null;
type ReadItems = (of: FlatContext) => readonly string[] | null;
type ReadNumber = (of: FlatContext) => number;

function isOf(of: FlatContext, kinds: number): boolean {
  return (kindBit(of.record.kind) & kinds) !== 0;
}

export function textAttribute(about: About, read: ReadText): Attribute {
  const { kinds } = about;
  return { ...about, type: "text", text: (of) => (isOf(of, kinds) ? read(of) : null) };
}

export function jsonAttribute(about: About, read: ReadText): Attribute {
  return { ...textAttribute(about, read), type: "json" };
}

/** @param text the items joined by commas, where that is made better than each time anew */
export function listAttribute(about: About, read: ReadItems, text?: ReadText): Attribute {
  const { kinds } = about;
  const items: ReadItems = (of) => (isOf(of, kinds) ? read(of) : null);
  return {
    ...about,
    type: "list",
    items,
    text:
      text === undefined
        ? (of) => items(of)?.join(",") ?? null
        : (of) => (isOf(of, kinds) ? text(of) : null),
  };
}

/** @param read gives NaN for no value */
export function integerAttribute(about: About, read: ReadNumber): Attribute {
  const { kinds } = about;
  const number: ReadNumber = (of) => (isOf(of, kinds) ? read(of) : Number.NaN);
  return { ...about, type: "integer", number, text: (of) => numberText(number(of)) };
}

/** @param read gives 0, 1, or NaN for no value */
export function booleanAttribute(about: About, read: ReadNumber): Attribute {
  const { kinds } = about;
  const number: ReadNumber = (of) => (isOf(of, kinds) ? read(of) : Number.NaN);
  return {
    ...about,
    type: "boolean",
    number,
    text(of) {
      const value = number(of);
      return Number.isNaN(value) ? null : value === 0 ? "false" : "true";
    },
  };
}

/** @param hi, lo the halves of nanoseconds; both NaN for no value */
export function timeAttribute(about: About, hi: ReadNumber, lo: ReadNumber): Attribute {
  const { kinds } = about;
  const timeHi: ReadNumber = (of) => (isOf(of, kinds) ? hi(of) : Number.NaN);
  const timeLo: ReadNumber = (of) => (isOf(of, kinds) ? lo(of) : Number.NaN);
  return {
    ...about,
    type: "time",
    timeHi,
    timeLo,
    number: (of) => (timeHi(of) | 0) * 2 ** 32 + (timeLo(of) >>> 0) + 0 * timeHi(of),
    text(of) {
      const high = timeHi(of);
      return Number.isNaN(high) ? null : halvesText(high, timeLo(of));
    },
  };
}

function numberText(value: number): string | null {
  return Number.isNaN(value) ? null : String(value);
}

/** A signed 64-bit number in decimal. Only made for people and for encoders, so BigInt is good enough. */
export function halvesText(hi: number, lo: number): string {
  return String((BigInt(hi | 0) << 32n) | BigInt(lo >>> 0));
}
