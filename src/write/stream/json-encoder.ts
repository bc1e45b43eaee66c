// Encodes records into lines of JSON: the common part of the outputs of lines and of what encodes for
// several of them at once.

import { assert } from "../../base/assert.ts";
import {
  jsonContainer,
  jsonFile,
  jsonFileEvent,
  jsonFileFlow,
  jsonHeader,
  jsonK8sEvent,
  jsonNetworkEvent,
  jsonNetworkFlow,
  jsonPod,
  jsonProcess,
  jsonProcessEvent,
  jsonProcessFlow,
} from "../../sysflow/json.gen.ts";
import { JsonTap } from "../../sysflow/json-tap.ts";
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
  type SysFlowRecord,
  unionIndex,
} from "../../sysflow/record.gen.ts";
import type { OutputSet } from "../../sysflow/record-sink.ts";
import type { SchemaVersion } from "../../sysflow/values.ts";
import { type SharedSender, type Sharers, sharedBytes } from "../shared-output.ts";
import { blockBytes, slackBytes } from "./line-block.ts";

export abstract class JsonEncoder {
  /** Fields that it lacks are left out. */
  protected readonly schema: SchemaVersion;
  protected readonly tap: JsonTap;

  constructor(schema: SchemaVersion, tap: JsonTap) {
    this.schema = schema;
    this.tap = tap;
  }

  /** The line in the tap is whole. @returns false where it must be made again: now there is room */
  protected abstract endRecord(index: number): boolean;

  /** Asked before a line is made. @returns false where the record is left out, and counted */
  protected takes(_index: number): boolean {
    return true;
  }

  protected encodeHeader(record: SFHeader): void {
    do jsonHeader(this.tap, record);
    while (!this.endRecord(unionIndex.SFHeader));
  }

  container(record: Container): void {
    if (!this.takes(unionIndex.Container)) {
      return;
    }
    do jsonContainer(this.tap, record);
    while (!this.endRecord(unionIndex.Container));
  }

  process(record: Process): void {
    if (!this.takes(unionIndex.Process)) {
      return;
    }
    do jsonProcess(this.tap, record, this.schema);
    while (!this.endRecord(unionIndex.Process));
  }

  file(record: File): void {
    if (!this.takes(unionIndex.File)) {
      return;
    }
    do jsonFile(this.tap, record);
    while (!this.endRecord(unionIndex.File));
  }

  processEvent(record: ProcessEvent): void {
    if (!this.takes(unionIndex.ProcessEvent)) {
      return;
    }
    do jsonProcessEvent(this.tap, record);
    while (!this.endRecord(unionIndex.ProcessEvent));
  }

  fileEvent(record: FileEvent): void {
    if (!this.takes(unionIndex.FileEvent)) {
      return;
    }
    do jsonFileEvent(this.tap, record, this.schema);
    while (!this.endRecord(unionIndex.FileEvent));
  }

  networkFlow(record: NetworkFlow): void {
    if (!this.takes(unionIndex.NetworkFlow)) {
      return;
    }
    do jsonNetworkFlow(this.tap, record, this.schema);
    while (!this.endRecord(unionIndex.NetworkFlow));
  }

  fileFlow(record: FileFlow): void {
    if (!this.takes(unionIndex.FileFlow)) {
      return;
    }
    do jsonFileFlow(this.tap, record);
    while (!this.endRecord(unionIndex.FileFlow));
  }

  processFlow(record: ProcessFlow): void {
    if (!this.takes(unionIndex.ProcessFlow)) {
      return;
    }
    do jsonProcessFlow(this.tap, record);
    while (!this.endRecord(unionIndex.ProcessFlow));
  }

  networkEvent(record: NetworkEvent): void {
    if (!this.takes(unionIndex.NetworkEvent)) {
      return;
    }
    do jsonNetworkEvent(this.tap, record);
    while (!this.endRecord(unionIndex.NetworkEvent));
  }

  pod(record: Pod): void {
    if (!this.takes(unionIndex.Pod)) {
      return;
    }
    do jsonPod(this.tap, record);
    while (!this.endRecord(unionIndex.Pod));
  }

  k8sEvent(record: K8sEvent): void {
    if (!this.takes(unionIndex.K8sEvent)) {
      return;
    }
    do jsonK8sEvent(this.tap, record);
    while (!this.endRecord(unionIndex.K8sEvent));
  }
}

/** Makes a line once for several outputs. */
export class SharedLines extends JsonEncoder implements SharedSender {
  readonly #sharers: Sharers<JsonTap>;

  constructor(schema: SchemaVersion, sharers: Sharers<JsonTap>) {
    super(schema, new JsonTap(sharedBytes(blockBytes) + slackBytes));
    this.#sharers = sharers;
  }

  get outputs(): OutputSet {
    return this.#sharers.outputs;
  }

  send(record: SysFlowRecord, to: OutputSet): void {
    this.#sharers.send(record, to, this);
  }

  header(): void {
    assert(false, "each output has a header of its own");
  }

  protected override endRecord(index: number): boolean {
    return this.#sharers.endRecord(this.tap, index, blockBytes);
  }
}
