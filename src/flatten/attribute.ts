// What rules, encoders and outputs ask records for: attributes. One is a name with functions that
// read its value from a joined record when they are called, so nothing is made that nobody asks
// for. registry.ts finds them by name.

import type { JoinedRecord } from "../join/joined-record.ts";

/**
 * `list`: texts, of which a comparison holds where it holds for one. `json`: a JSON text. `time`:
 * nanoseconds in 64 bits, since the epoch where the description says no more. `boolean`: 0 or 1.
 */
export type AttributeType = "text" | "list" | "json" | "integer" | "time" | "boolean";

/**
 * What a value hangs on. It is the same at two records if that is: "process" the process of both
 * (`keptProcess` and what it holds), "parents" that and `parentsVersion`, "file" the file, and so on;
 * "header" all records since the header; "record" nothing but one record.
 */
export type AttributeOwner =
  | "record"
  | "process"
  | "parents"
  | "file"
  | "container"
  | "pod"
  | "header";

/** A record with what it refers to: good until the next record is taken. */
export type FlatContext = JoinedRecord;

export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly owner: AttributeOwner;
  /** One line for people. */
  readonly description: string;
  /** The kinds of records in which it can have a value: bits of record-kinds.ts. */
  readonly kinds: number;
  /** Where no record has a value that is not written in that version of the schema. */
  readonly schema?: 6;
  /**
   * Null where there is no value: the record is of another kind, or what would tell it never came.
   * A text that is known to be empty is "". A list is joined by commas, a boolean is true or false.
   */
  text(of: FlatContext): string | null;
  /** Of lists alone. What is given must not be changed. */
  items?(of: FlatContext): readonly string[] | null;
  /** Of integers and booleans; NaN for no value. Of times the nearest double. */
  number?(of: FlatContext): number;
  /** Of times: the halves, of which the high one is signed or unsigned; NaN for no value. */
  timeHi?(of: FlatContext): number;
  timeLo?(of: FlatContext): number;
}

/** `sysflow` is upstream's behaviour to the letter, its defects included. */
export type AttributeMode = "default" | "sysflow";
