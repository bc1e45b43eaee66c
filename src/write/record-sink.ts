// What a record goes to once the collector has decided it: a file, later also a socket or a
// callback. Every method is synchronous and encodes before it returns, so that the caller may go on
// changing the object it passed; a sink keeps no reference to a record.

import type {
  Container,
  File,
  FileEvent,
  FileFlow,
  NetworkFlow,
  Process,
  ProcessEvent,
  ProcessFlow,
  SFHeader,
} from "../sysflow/record.ts";

/** `collect` declares this again by shape and never imports it. */
export interface RecordSink {
  /** The fields other than `filename` are kept and written again at the head of the next file. */
  header(record: SFHeader): void;
  container(record: Container): void;
  process(record: Process): void;
  file(record: File): void;
  processEvent(record: ProcessEvent): void;
  fileEvent(record: FileEvent): void;
  networkFlow(record: NetworkFlow): void;
  fileFlow(record: FileFlow): void;
  processFlow(record: ProcessFlow): void;

  /**
   * Called between records with event time, whole seconds since the epoch, and first of all before
   * any record but the header. Starts a new file, header included, where one is due.
   * @returns true where a new file was started: every entity must then be sent again before its
   *   next use, so the caller marks all of them unwritten.
   */
  rotateDue(nowSec: number): boolean;
}
