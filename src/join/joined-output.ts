// What takes joined records as an output of a run: passes each record to the joiner and counts records
// by kind.

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
  RecordKind,
  SFHeader,
} from "../sysflow/record.gen.ts";
import { recordKinds } from "../sysflow/record.gen.ts";
import type { RecordOutput } from "../sysflow/record-sink.ts";
import type { Joiner } from "./joiner.ts";

export class JoinedOutput implements RecordOutput {
  /** Records seen, by kind. */
  readonly counts: Record<RecordKind, number>;
  readonly #joiner: Joiner;

  constructor(joiner: Joiner) {
    this.#joiner = joiner;
    this.counts = Object.fromEntries(recordKinds.map((kind) => [kind, 0])) as Record<
      RecordKind,
      number
    >;
  }

  header(record: SFHeader): void {
    this.counts.SFHeader += 1;
    this.#joiner.header(record);
  }

  container(record: Container): void {
    this.counts.Container += 1;
    this.#joiner.container(record);
  }

  process(record: Process): void {
    this.counts.Process += 1;
    this.#joiner.process(record);
  }

  file(record: File): void {
    this.counts.File += 1;
    this.#joiner.file(record);
  }

  processEvent(record: ProcessEvent): void {
    this.counts.ProcessEvent += 1;
    this.#joiner.processEvent(record);
  }

  fileEvent(record: FileEvent): void {
    this.counts.FileEvent += 1;
    this.#joiner.fileEvent(record);
  }

  networkFlow(record: NetworkFlow): void {
    this.counts.NetworkFlow += 1;
    this.#joiner.networkFlow(record);
  }

  fileFlow(record: FileFlow): void {
    this.counts.FileFlow += 1;
    this.#joiner.fileFlow(record);
  }

  processFlow(record: ProcessFlow): void {
    this.counts.ProcessFlow += 1;
    this.#joiner.processFlow(record);
  }

  networkEvent(record: NetworkEvent): void {
    this.counts.NetworkEvent += 1;
    this.#joiner.networkEvent(record);
  }

  pod(record: Pod): void {
    this.counts.Pod += 1;
    this.#joiner.pod(record);
  }

  k8sEvent(record: K8sEvent): void {
    this.counts.K8sEvent += 1;
    this.#joiner.k8sEvent(record);
  }

  /** Never one of its own: standard output's is told at the end of the run. */
  untoldFailure(): OperatorError | null {
    return null;
  }

  /** One stream from the beginning to the end. */
  rotateDue(): boolean {
    return false;
  }
}
