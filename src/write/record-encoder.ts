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
  type SFHeader,
  unionIndex,
} from "../sysflow/record.gen.ts";
import type { SchemaVersion } from "../sysflow/values.ts";
import { RecordCounts } from "./record-counts.ts";

export abstract class RecordEncoder {
  protected readonly schema: SchemaVersion;
  readonly #tap: Tap;
  readonly #counts = new RecordCounts();

  constructor(schema: SchemaVersion, tap: Tap) {
    this.schema = schema;
    this.#tap = tap;
  }

  /** The record in the tap is whole. @returns false where it must be encoded again: now there is room. */
  protected abstract endRecord(index: number): boolean;

  /**
   * Asked before a record is encoded. @returns false where it is left out, and counted by the output
   * itself: nothing is spent on records that a stuck reader does not get.
   */
  protected takes(_index: number): boolean {
    return true;
  }

  protected count(index: number): void {
    this.#counts.add(index);
  }

  /** Records handed over since the start, by kind. */
  protected counted() {
    return this.#counts.get();
  }

  protected encodeHeader(record: SFHeader): void {
    do encodeHeader(this.#tap, record);
    while (!this.endRecord(unionIndex.SFHeader));
  }

  container(record: Container): void {
    if (!this.takes(unionIndex.Container)) {
      return;
    }
    do encodeContainer(this.#tap, record);
    while (!this.endRecord(unionIndex.Container));
  }

  process(record: Process): void {
    if (!this.takes(unionIndex.Process)) {
      return;
    }
    do encodeProcess(this.#tap, record, this.schema);
    while (!this.endRecord(unionIndex.Process));
  }

  file(record: File): void {
    if (!this.takes(unionIndex.File)) {
      return;
    }
    do encodeFile(this.#tap, record);
    while (!this.endRecord(unionIndex.File));
  }

  processEvent(record: ProcessEvent): void {
    if (!this.takes(unionIndex.ProcessEvent)) {
      return;
    }
    do encodeProcessEvent(this.#tap, record);
    while (!this.endRecord(unionIndex.ProcessEvent));
  }

  fileEvent(record: FileEvent): void {
    if (!this.takes(unionIndex.FileEvent)) {
      return;
    }
    do encodeFileEvent(this.#tap, record, this.schema);
    while (!this.endRecord(unionIndex.FileEvent));
  }

  networkFlow(record: NetworkFlow): void {
    if (!this.takes(unionIndex.NetworkFlow)) {
      return;
    }
    do encodeNetworkFlow(this.#tap, record, this.schema);
    while (!this.endRecord(unionIndex.NetworkFlow));
  }

  fileFlow(record: FileFlow): void {
    if (!this.takes(unionIndex.FileFlow)) {
      return;
    }
    do encodeFileFlow(this.#tap, record);
    while (!this.endRecord(unionIndex.FileFlow));
  }

  processFlow(record: ProcessFlow): void {
    if (!this.takes(unionIndex.ProcessFlow)) {
      return;
    }
    do encodeProcessFlow(this.#tap, record);
    while (!this.endRecord(unionIndex.ProcessFlow));
  }

  networkEvent(record: NetworkEvent): void {
    if (!this.takes(unionIndex.NetworkEvent)) {
      return;
    }
    do encodeNetworkEvent(this.#tap, record);
    while (!this.endRecord(unionIndex.NetworkEvent));
  }

  pod(record: Pod): void {
    if (!this.takes(unionIndex.Pod)) {
      return;
    }
    do encodePod(this.#tap, record);
    while (!this.endRecord(unionIndex.Pod));
  }

  k8sEvent(record: K8sEvent): void {
    if (!this.takes(unionIndex.K8sEvent)) {
      return;
    }
    do encodeK8sEvent(this.#tap, record);
    while (!this.endRecord(unionIndex.K8sEvent));
  }
}
