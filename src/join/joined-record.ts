// A record together with the entities that it refers to. Code that shows records or tests rules on
// them works with this.

import type {
  Container,
  File,
  Pod,
  Process,
  SFHeader,
  SysFlowRecord,
} from "../sysflow/record.gen.ts";

/**
 * Why a chain of parents ends where it does, though its last process has a parent: that one never
 * came; it came and had to make room for others; it is in the chain already, as in no honest file;
 * or the chain is as long as is allowed.
 */
export type ParentsCut = "unknown" | "evicted" | "loop" | "depth";

/**
 * What is kept of an entity, with room for what its reader derives from it (texts, say), so that
 * this is done once and not at each record. The room is emptied when the entity is told anew.
 */
export interface Kept<R> {
  /** The entity as it was told last. */
  readonly record: R;
  derived: object | null;
}

/**
 * One object serves for all records: it and all that hangs on it are valid until the next record is
 * taken, and nothing of it may be changed. Entities are as they were last told before this record.
 */
export interface JoinedRecord {
  readonly record: SysFlowRecord;
  /** The record's place among all that were joined, entities and headers too: 1 of the first. */
  readonly number: number;
  /** Of the file or connection that the record came by; null before the first. */
  readonly header: SFHeader | null;
  /** The process that the record names, or a Process record itself. Null where none or not known. */
  readonly process: Process | null;
  /** The first of `parents`, found without a look at the others. */
  readonly parent: Process | null;
  /** Parent, grandparent and so on. Looked up when they are first asked for, since that takes time. */
  readonly parents: readonly Process[];
  /** Why the chain of parents ends; null where the last one (or the process) has no parent. */
  readonly parentsCut: ParentsCut | null;
  /** The file that the record names, or a File record itself. Null where none or not known. */
  readonly file: File | null;
  /** The second file of a FileEvent that has two. */
  readonly newFile: File | null;
  /** The container of the process, or of the file of a File record; or a Container record itself. */
  readonly container: Container | null;
  /** The pod that the container belongs to, or a Pod record itself. */
  readonly pod: Pod | null;
  /** Beside each of the entities above, null where it is. */
  readonly keptProcess: Kept<Process> | null;
  readonly keptParent: Kept<Process> | null;
  readonly keptFile: Kept<File> | null;
  readonly keptNewFile: Kept<File> | null;
  readonly keptContainer: Kept<Container> | null;
  readonly keptPod: Kept<Pod> | null;
  /**
   * A process's parents are the same as at an earlier record if this number and the process are:
   * it grows when any chain that was looked at may have changed.
   */
  readonly parentsVersion: number;
}

/** What takes joined records. */
export interface JoinedReceiver {
  joined(record: JoinedRecord): void;
}
