// Joined records of a file or of a list of records, as rules and encoders are given them.

import type { JoinedRecord } from "../../../src/join/joined-record.ts";
import { Joiner } from "../../../src/join/joiner.ts";
import { readRecords } from "../../../src/read/read-records.ts";
import type { SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { deliver } from "../../../src/sysflow/record-sink.ts";

/** Calls `each` with every record of a file, joined. @throws what is wrong with the file */
export async function eachJoined(
  path: string,
  each: (joined: JoinedRecord) => void,
): Promise<void> {
  await readRecords(path, new Joiner({ joined: each }), {
    onFault: (fault) => {
      throw fault;
    },
  });
}

/** The same for records in memory, which must be in a right order. */
export function eachJoinedOf(
  records: readonly SysFlowRecord[],
  each: (joined: JoinedRecord) => void,
): void {
  const joiner = new Joiner({ joined: each });
  for (const record of records) {
    deliver(record, joiner);
  }
}
