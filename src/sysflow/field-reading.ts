// What the generated decoder calls for fields that are more than one primitive. All throw an
// AvroError where the bytes cannot be such a field.

import { AvroError } from "../avro/avro-error.ts";
import type { ReadTap } from "../avro/read-tap.ts";

/** The index of an enum's symbol. */
export function readEnum(tap: ReadTap, symbols: number): number {
  const index = tap.readInt();
  if (index < 0 || index >= symbols) {
    throw new AvroError(`an enum of ${symbols} symbols is ${index}`);
  }
  return index;
}

/** Union index of `["null", T]`. @returns whether a value follows */
export function readIsPresent(tap: ReadTap): boolean {
  const branch = tap.readInt();
  if (branch !== 0 && branch !== 1) {
    throw new AvroError(`a union of 2 branches is ${branch}`);
  }
  return branch === 1;
}

export function readOptionalString(tap: ReadTap): string | null {
  return readIsPresent(tap) ? tap.readString() : null;
}

export function readOptionalFixed(tap: ReadTap, size: number): Uint8Array | null {
  return readIsPresent(tap) ? tap.readFixed(size) : null;
}

export function readStrings(tap: ReadTap): string[] {
  const values: string[] = [];
  for (let count = tap.readItemCount(); count > 0; count = tap.readItemCount()) {
    for (let i = 0; i < count; i++) {
      values.push(tap.readString());
    }
  }
  return values;
}

export function readArray<T>(tap: ReadTap, readItem: (tap: ReadTap) => T): T[] {
  const values: T[] = [];
  for (let count = tap.readItemCount(); count > 0; count = tap.readItemCount()) {
    for (let i = 0; i < count; i++) {
      values.push(readItem(tap));
    }
  }
  return values;
}

/** For a union index that no record has. */
export function readUnknown(index: number): never {
  throw new AvroError(`there is no record of union index ${index}`);
}

export function readBigLong(tap: ReadTap): bigint {
  return tap.readBigLong();
}

export function readStringMap(tap: ReadTap): Map<string, string> {
  const values = new Map<string, string>();
  for (let count = tap.readItemCount(); count > 0; count = tap.readItemCount()) {
    for (let i = 0; i < count; i++) {
      values.set(tap.readString(), tap.readString());
    }
  }
  return values;
}
