// A record sink that gives each record to who joins it for the live table, and passes it on to the file
// writer, or to nothing. Counts by kind where there is no writer that does.

import type { Joiner } from "../join/joiner.ts";
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
import type { RecordSink } from "../sysflow/record-sink.ts";

export class RecordTee implements RecordSink {
  /** Records seen, by kind. */
  readonly counts: Record<RecordKind, number>;
  readonly #joiner: Joiner;
  readonly #next: RecordSink | null;

  constructor(joiner: Joiner, next: RecordSink | null) {
    this.#joiner = joiner;
    this.#next = next;
    this.counts = Object.fromEntries(recordKinds.map((kind) => [kind, 0])) as Record<
      RecordKind,
      number
    >;
  }

  header(record: SFHeader): void {
    this.counts.SFHeader += 1;
    this.#joiner.header(record);
    this.#next?.header(record);
  }

  container(record: Container): void {
    this.counts.Container += 1;
    this.#joiner.container(record);
    this.#next?.container(record);
  }

  process(record: Process): void {
    this.counts.Process += 1;
    this.#joiner.process(record);
    this.#next?.process(record);
  }

  file(record: File): void {
    this.counts.File += 1;
    this.#joiner.file(record);
    this.#next?.file(record);
  }

  processEvent(record: ProcessEvent): void {
    this.counts.ProcessEvent += 1;
    this.#joiner.processEvent(record);
    this.#next?.processEvent(record);
  }

  fileEvent(record: FileEvent): void {
    this.counts.FileEvent += 1;
    this.#joiner.fileEvent(record);
    this.#next?.fileEvent(record);
  }

  networkFlow(record: NetworkFlow): void {
    this.counts.NetworkFlow += 1;
    this.#joiner.networkFlow(record);
    this.#next?.networkFlow(record);
  }

  fileFlow(record: FileFlow): void {
    this.counts.FileFlow += 1;
    this.#joiner.fileFlow(record);
    this.#next?.fileFlow(record);
  }

  processFlow(record: ProcessFlow): void {
    this.counts.ProcessFlow += 1;
    this.#joiner.processFlow(record);
    this.#next?.processFlow(record);
  }

  networkEvent(record: NetworkEvent): void {
    this.counts.NetworkEvent += 1;
    this.#joiner.networkEvent(record);
    this.#next?.networkEvent(record);
  }

  pod(record: Pod): void {
    this.counts.Pod += 1;
    this.#joiner.pod(record);
    this.#next?.pod(record);
  }

  k8sEvent(record: K8sEvent): void {
    this.counts.K8sEvent += 1;
    this.#joiner.k8sEvent(record);
    this.#next?.k8sEvent(record);
  }

  rotateDue(nowSec: number): boolean {
    const rotated = this.#next?.rotateDue(nowSec) ?? false;
    if (rotated) {
      this.#joiner.forget();
    }
    return rotated;
  }
}
