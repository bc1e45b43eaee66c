// Where records go. Both sides of the seam know this interface and not each other: `collect` calls
// it, the writers of `write` are it. Records are the collector's own live objects: a sink encodes or
// copies before it returns, field by field, and keeps none (a flow carries table links beside its
// fields, so it cannot be copied whole).

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
} from "./record.ts";

export interface RecordSink {
  /** Called once; the sink repeats the header by itself at the head of each further file. */
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
   * Called at each tick with event time, whole seconds since the epoch; the first call precedes
   * every record but the header.
   * @returns true where a new file was begun, so that all entities must be sent again.
   */
  rotateDue(eventSec: number): boolean;
}
