// What the generated JSON encoder calls for fields that are more than one primitive.

import { recentListMin } from "../avro/recent-lists.ts";
import type { JsonTap } from "./json-tap.ts";

export function jsonOptionalString(tap: JsonTap, value: string | null): void {
  if (value === null) {
    tap.text("null");
  } else {
    tap.string(value);
  }
}

export function jsonOptionalHex(tap: JsonTap, value: Readonly<Uint8Array> | null): void {
  if (value === null) {
    tap.text("null");
  } else {
    tap.hex(value);
  }
}

export function jsonStrings(tap: JsonTap, values: readonly string[]): void {
  if (values.length < recentListMin) {
    jsonList(tap, values);
    return;
  }
  const known = tap.lists.find(values);
  if (known !== null) {
    tap.block(known);
    return;
  }
  const start = tap.pos;
  if (!tap.strings(values)) {
    jsonList(tap, values);
  }
  if (tap.ok()) {
    tap.lists.keep(values, tap.buffer, start, tap.pos);
  }
}

function jsonList(tap: JsonTap, values: readonly string[]): void {
  const count = values.length;
  tap.text("[");
  for (let i = 0; i < count; i++) {
    if (i > 0) {
      tap.text(",");
    }
    tap.string(values[i] as string);
  }
  tap.text("]");
}

export function jsonArray<T>(
  tap: JsonTap,
  values: readonly T[],
  writeItem: (tap: JsonTap, value: T) => void,
): void {
  tap.text("[");
  values.forEach((value, index) => {
    if (index > 0) {
      tap.text(",");
    }
    writeItem(tap, value);
  });
  tap.text("]");
}

export function jsonBigLong(tap: JsonTap, value: bigint): void {
  tap.bigLong(value);
}

/** An object with the keys in the order in which they were set. */
export function jsonStringMap(tap: JsonTap, values: ReadonlyMap<string, string>): void {
  let separator = "{";
  for (const [key, value] of values) {
    tap.text(separator);
    tap.string(key);
    tap.text(":");
    tap.string(value);
    separator = ",";
  }
  tap.text(separator === "{" ? "{}" : "}");
}
