// One record with what it refers to, as the iterators give it. It is made once and belongs to its
// receiver: nothing in it is used again or changed afterwards, so it may be kept.

import type { JoinedRecord } from "../join/joined-record.ts";
import { copyRecord } from "../sysflow/copier.gen.ts";
import type {
  Container,
  File,
  Pod,
  Process,
  SFHeader,
  SysFlowRecord,
} from "../sysflow/record.gen.ts";
import { endNanosecondsOf, millisecondsOf, nanosecondsOf } from "./times.ts";

export class SysFlowItem {
  /** That of the run, or of the file that the record is from. */
  readonly header: SFHeader;
  /** Of any kind: `switch (item.record.kind)` narrows it. */
  readonly record: SysFlowRecord;
  /** The container of the process; a Container record itself. Null outside containers. */
  readonly container: Container | null;
  /** The pod of the container; a Pod record itself. Null outside Kubernetes. */
  readonly pod: Pod | null;
  /** The process that the record is of; a Process record itself. Null where none or not known. */
  readonly process: Process | null;
  /** The file that the record is of; a File record itself. Null where none or not known. */
  readonly file1: File | null;
  /** The second file of a FileEvent that has two, such as a new name. */
  readonly file2: File | null;

  constructor(header: SFHeader, record: SysFlowRecord, joined: JoinedRecord) {
    this.header = header;
    this.record = record;
    this.container = joined.container;
    this.pod = joined.pod;
    this.process = joined.process;
    this.file1 = joined.file;
    this.file2 = joined.newFile;
  }

  /** Nanoseconds since the epoch; null for records without a time (SFHeader, Container). */
  get ts(): bigint | null {
    return "tsLo" in this.record ? nanosecondsOf(this.record) : null;
  }

  /** The same in milliseconds. */
  get timeMs(): number | null {
    return "tsLo" in this.record ? millisecondsOf(this.record) : null;
  }

  /** When a flow ended; null for all other records. */
  get endTs(): bigint | null {
    return "endTsLo" in this.record ? endNanosecondsOf(this.record) : null;
  }
}

/** The header that stands for one before the first came, as in a file without one. */
export const noHeader: SFHeader = {
  kind: "SFHeader",
  version: 0,
  exporter: "",
  ip: "",
  filename: "",
};

/** The record as something to keep. The joiner has made copies of the entities already. */
export function keptRecord(joined: JoinedRecord): SysFlowRecord {
  const { record } = joined;
  switch (record.kind) {
    case "Container":
      return joined.container ?? record;
    case "Process":
      return joined.process ?? record;
    case "File":
      return joined.file ?? record;
    case "Pod":
      return joined.pod ?? record;
    default:
      return copyRecord(record);
  }
}
