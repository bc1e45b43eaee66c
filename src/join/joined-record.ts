// A record together with the entities that it refers to. Code that shows records or tests rules on
// them works with this.

import type { Container, File, Pod, Process, SysFlowRecord } from "../sysflow/record.gen.ts";

/**
 * Why a chain of parents ends where it does, though its last process has a parent: that one never
 * came; it came and had to make room for others; it is in the chain already, as in no honest file;
 * or the chain is as long as is allowed.
 */
export type ParentsCut = "unknown" | "evicted" | "loop" | "depth";

/**
 * One object serves for all records: it and all that hangs on it are valid until the next record is
 * taken, and nothing of it may be changed. Entities are as they were last told before this record.
 */
export interface JoinedRecord {
  readonly record: SysFlowRecord;
  /** Of whom the record is; a Process itself. Null where it names none, or one that is not known. */
  readonly process: Process | null;
  /** Parent, grandparent and so on. Found when first asked for, so that who asks for none pays none. */
  readonly parents: readonly Process[];
  /** Null where the last of `parents`, or without any the process, has no parent. */
  readonly parentsCut: ParentsCut | null;
  /** On which the record is; a File itself. Null where it names none, or one that is not known. */
  readonly file: File | null;
  /** The other of a FileEvent with two files. */
  readonly newFile: File | null;
  /** In which the process is, or the file of a File record; a Container itself. */
  readonly container: Container | null;
  /** Of which the container is; a Pod itself. */
  readonly pod: Pod | null;
}

/** What takes joined records. */
export interface JoinedReceiver {
  joined(record: JoinedRecord): void;
}
