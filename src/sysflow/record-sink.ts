// Where records go. Both sides of the seam know these interfaces and not each other: `collect` and
// `read` call them, the writers of `write` are such. Records are the collector's own live objects: a
// sink encodes or copies before it returns, field by field, and keeps none (a flow carries table
// links beside its fields, so it cannot be copied whole).

import type {
  Container,
  File,
  FileEvent,
  FileFlow,
  K8sEvent,
  NetworkEvent,
  NetworkFlow,
  Pod,
  Process,
  ProcessEvent,
  ProcessFlow,
  SFHeader,
  SysFlowRecord,
} from "./record.gen.ts";

/** What takes records, from wherever they come. */
export interface RecordReceiver {
  /**
   * Precedes all other records. From a collector it comes once, and who writes files repeats it by
   * itself at the head of each; a reader gives that of each file, with which all ids begin anew.
   */
  header(record: SFHeader): void;
  container(record: Container): void;
  process(record: Process): void;
  file(record: File): void;
  processEvent(record: ProcessEvent): void;
  networkFlow(record: NetworkFlow): void;
  fileFlow(record: FileFlow): void;
  fileEvent(record: FileEvent): void;
  networkEvent(record: NetworkEvent): void;
  processFlow(record: ProcessFlow): void;
  pod(record: Pod): void;
  k8sEvent(record: K8sEvent): void;
}

/** What a collector writes to, which may begin new files as it goes. */
export interface RecordSink extends RecordReceiver {
  /**
   * Called at each tick with event time, whole seconds since the epoch; the first call precedes
   * every record but the header.
   * @returns true where a new file was begun, so that all entities must be sent again.
   */
  rotateDue(eventSec: number): boolean;
}

/** Passes a record to the method of its kind. */
export function deliver(record: SysFlowRecord, to: RecordReceiver): void {
  switch (record.kind) {
    case "SFHeader":
      to.header(record);
      break;
    case "Container":
      to.container(record);
      break;
    case "Process":
      to.process(record);
      break;
    case "File":
      to.file(record);
      break;
    case "ProcessEvent":
      to.processEvent(record);
      break;
    case "NetworkFlow":
      to.networkFlow(record);
      break;
    case "FileFlow":
      to.fileFlow(record);
      break;
    case "FileEvent":
      to.fileEvent(record);
      break;
    case "NetworkEvent":
      to.networkEvent(record);
      break;
    case "ProcessFlow":
      to.processFlow(record);
      break;
    case "Pod":
      to.pod(record);
      break;
    case "K8sEvent":
      to.k8sEvent(record);
      break;
    default:
      record satisfies never;
  }
}
