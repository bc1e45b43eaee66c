// The interfaces for where records go. `collect` and `read` call them, and the outputs in `write`
// implement them; neither side knows the other. Records are the collector's own live objects: a
// sink encodes or copies a record before it returns, field by field, and keeps none. (A flow also
// has the links of its table, so it cannot be copied as a whole.)

import type { OperatorError } from "../base/errors.ts";
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

/** One output: what is written, sent or shown, with its own beginning, losses and end. */
export interface RecordOutput extends RecordReceiver {
  /**
   * The error after which it took nothing more, where it came between two calls and was not thrown
   * by any; once, and null before and after that.
   */
  untoldFailure(): OperatorError | null;
  /**
   * Called at each tick with event time; see RecordSink.
   * @returns true where it begins anew, and lacks every entity.
   */
  rotateDue(eventSec: number): boolean;
}

/** Outputs as bits: output 0 is the lowest. */
export type OutputSet = number;

/** Bits of a number that JavaScript calculates with, but for its sign. */
export const outputsMax = 31;

type Entities = "container" | "process" | "file" | "pod";

/**
 * What a collector writes to: one output or several, each of which may begin anew as it goes (a new
 * file, a new connection). Entities go to those alone that lack them, all else goes to each.
 */
export interface RecordSink extends Omit<RecordReceiver, Entities> {
  /** All outputs. */
  readonly outputs: OutputSet;
  container(record: Container, to: OutputSet): void;
  process(record: Process, to: OutputSet): void;
  file(record: File, to: OutputSet): void;
  pod(record: Pod, to: OutputSet): void;
  /**
   * Called at each tick with event time, whole seconds since the epoch; the first call precedes
   * every record but the header.
   * @returns those that begin anew, so that entities must be given to them again.
   */
  rotateDue(eventSec: number): OutputSet;
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
