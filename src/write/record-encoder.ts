// Encodes records into bytes and counts them by kind: the common part of all outputs of encoded
// records. The output itself decides where the bytes go, and says after each record whether there
// was room for it.

import type { Tap } from "../avro/tap.ts";
import {
  encodeContainer,
  encodeFile,
  encodeFileEvent,
  encodeFileFlow,
  encodeHeader,
  encodeK8sEvent,
  encodeNetworkEvent,
  encodeNetworkFlow,
  encodePod,
  encodeProcess,
  encodeProcessEvent,
  encodeProcessFlow,
} from "../sysflow/encoder.gen.ts";
import {
  type Container,
  type File,
  type FileEvent,
  type FileFlow,
  type K8sEvent,
  type NetworkEvent,
  type NetworkFlow,
  type Pod,
  type Process,
  type ProcessEvent,
  type ProcessFlow,
  type RecordKind,
  recordKinds,
  type SFHeader,
  unionIndex,
} from "../sysflow/record.gen.ts";
import type { SchemaVersion } from "../sysflow/values.ts";

export abstract class RecordEncoder {
  protected readonly schema: SchemaVersion;
  readonly #tap: Tap;
  /** Records by union index. */
  readonly #counts = new Float64Array(recordKinds.length);

  constructor(schema: SchemaVersion, tap: Tap) {
    this.schema = schema;
    this.#tap = tap;
  }

  /** The record in the tap is whole. @returns false where it must be encoded again: now there is room. */
  protected abstract endRecord(index: number): boolean;

  protected count(index: number): void {
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** Records handed over since the start, by kind. */
  protected counted(): { readonly records: Record<RecordKind, number>; recordsTotal: number } {
    const records = {} as Record<RecordKind, number>;
    let recordsTotal = 0;
    recordKinds.forEach((kind, index) => {
      records[kind] = this.#counts[index] ?? 0;
      recordsTotal += records[kind];
    });
    return { records, recordsTotal };
  }

  protected encodeHeader(record: SFHeader): void {
    do encodeHeader(this.#tap, record);
    while (!this.endRecord(unionIndex.SFHeader));
  }

  container(record: Container): void {
    do encodeContainer(this.#tap, record);
    while (!this.endRecord(unionIndex.Container));
  }

  process(record: Process): void {
    do encodeProcess(this.#tap, record);
    while (!this.endRecord(unionIndex.Process));
  }

  file(record: File): void {
    do encodeFile(this.#tap, record);
    while (!this.endRecord(unionIndex.File));
  }

  processEvent(record: ProcessEvent): void {
    do encodeProcessEvent(this.#tap, record);
    while (!this.endRecord(unionIndex.ProcessEvent));
  }

  fileEvent(record: FileEvent): void {
    do encodeFileEvent(this.#tap, record, this.schema);
    while (!this.endRecord(unionIndex.FileEvent));
  }

  networkFlow(record: NetworkFlow): void {
    do encodeNetworkFlow(this.#tap, record, this.schema);
    while (!this.endRecord(unionIndex.NetworkFlow));
  }

  fileFlow(record: FileFlow): void {
    do encodeFileFlow(this.#tap, record);
    while (!this.endRecord(unionIndex.FileFlow));
  }

  processFlow(record: ProcessFlow): void {
    do encodeProcessFlow(this.#tap, record);
    while (!this.endRecord(unionIndex.ProcessFlow));
  }

  networkEvent(record: NetworkEvent): void {
    do encodeNetworkEvent(this.#tap, record);
    while (!this.endRecord(unionIndex.NetworkEvent));
  }

  pod(record: Pod): void {
    do encodePod(this.#tap, record);
    while (!this.endRecord(unionIndex.Pod));
  }

  k8sEvent(record: K8sEvent): void {
    do encodeK8sEvent(this.#tap, record);
    while (!this.endRecord(unionIndex.K8sEvent));
  }
}
