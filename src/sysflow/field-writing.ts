// What the generated encoder calls for fields that are more than one primitive. Nothing here
// allocates, but for long lists that are new. The caller checks for overflow, once a record (see Tap).

import { recentListMin } from "../avro/recent-lists.ts";
import type { Tap } from "../avro/tap.ts";

/** Union index of `["null", T]`, then the value. */
export function writeOptionalString(tap: Tap, value: string | null): void {
  if (value === null) {
    tap.writeInt(0);
  } else {
    tap.writeInt(1);
    tap.writeString(value);
  }
}

export function writeOptionalFixed(tap: Tap, value: Readonly<Uint8Array> | null): void {
  if (value === null) {
    tap.writeInt(0);
  } else {
    tap.writeInt(1);
    tap.writeFixed(value);
  }
}

/** An array is blocks of items and an empty block; ours has one block, none where it is empty. */
export function writeStrings(tap: Tap, values: readonly string[]): void {
  const count = values.length;
  if (count >= recentListMin) {
    writeLongList(tap, values);
    return;
  }
  writeList(tap, values);
}

function writeLongList(tap: Tap, values: readonly string[]): void {
  const known = tap.lists.find(values);
  if (known !== null) {
    tap.writeBlock(known);
    return;
  }
  const start = tap.pos;
  writeList(tap, values);
  if (tap.ok()) {
    tap.lists.keep(values, tap.buffer, start, tap.pos);
  }
}

function writeList(tap: Tap, values: readonly string[]): void {
  const count = values.length;
  if (count > 0) {
    tap.writeInt(count);
    for (let i = 0; i < count; i++) {
      tap.writeString(values[i] as string);
    }
  }
  tap.writeInt(0);
}

export function writeArray<T>(
  tap: Tap,
  values: readonly T[],
  writeItem: (tap: Tap, value: T) => void,
): void {
  if (values.length > 0) {
    tap.writeInt(values.length);
    for (const value of values) {
      writeItem(tap, value);
    }
  }
  tap.writeInt(0);
}

export function writeBigLong(tap: Tap, value: bigint): void {
  tap.writeLongHalves(Number(BigInt.asUintN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
}

/** A map is an array of pairs, in the order in which its keys were set. */
export function writeStringMap(tap: Tap, values: ReadonlyMap<string, string>): void {
  if (values.size > 0) {
    tap.writeInt(values.size);
    for (const [key, value] of values) {
      tap.writeString(key);
      tap.writeString(value);
    }
  }
  tap.writeInt(0);
}
