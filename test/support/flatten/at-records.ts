// Attributes asked of joined records as they come, since a joined record is good until the next only.

import type { Attribute } from "../../../src/flatten/attribute.ts";
import { kindBit } from "../../../src/flatten/record-kinds.ts";
import type { JoinedRecord } from "../../../src/join/joined-record.ts";
import { Joiner } from "../../../src/join/joiner.ts";
import { readRecords } from "../../../src/read/read-records.ts";
import type { SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { deliver } from "../../../src/sysflow/record-sink.ts";

/** Calls back with each record that has attributes, and its number among them. */
export async function atRecordsOf(
  path: string,
  at: (joined: JoinedRecord, index: number) => void,
): Promise<void> {
  let index = 0;
  const joiner = new Joiner({
    joined(joined) {
      if (kindBit(joined.record.kind) !== 0) {
        at(joined, index);
        index += 1;
      }
    },
  });
  await readRecords(path, joiner, {
    onFault(fault) {
      throw new Error(`${path}: not read to its end`, { cause: fault });
    },
  });
}

/** The join of the last of these records. What was joined before it is known to it. */
export function joinOf(records: readonly SysFlowRecord[]): JoinedRecord {
  let last: JoinedRecord | null = null;
  const joiner = new Joiner({
    joined(joined) {
      last = joined;
    },
  });
  for (const record of records) {
    deliver(record, joiner);
  }
  if (last === null) {
    throw new Error("no record was joined");
  }
  return last;
}

/** All that one attribute gives of a record, by type. */
export function attributeValue(attribute: Attribute, of: JoinedRecord): unknown {
  switch (attribute.type) {
    case "list":
      return attribute.items?.(of) ?? null;
    case "integer":
      return attribute.number?.(of);
    case "boolean":
      return { 0: false, 1: true }[String(attribute.number?.(of))] ?? null;
    default:
      return attribute.text(of);
  }
}
