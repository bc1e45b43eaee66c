// Records as lines of JSON, to a stream: for jq and other programs that know no Avro. The lines are
// made by the generated encoder, each into the bytes of its block at once, without an object or a
// text for each.

import { assert } from "../../base/assert.ts";
import type { OperatorError } from "../../base/errors.ts";
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
import type { JsonTap } from "../../sysflow/json-tap.ts";
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
} from "../../sysflow/record.gen.ts";
import type { RecordOutput } from "../../sysflow/record-sink.ts";
import type { SchemaVersion } from "../../sysflow/values.ts";
import { LineBlock } from "./line-block.ts";
import type { StreamQueue } from "./stream-queue.ts";

/** Counts since the start. */
export interface StreamStats {
  /** Records handed over, by kind. */
  readonly records: Readonly<Record<RecordKind, number>>;
  readonly recordsTotal: number;
  /** Left out because the queue was full. */
  readonly dropped: number;
  /** Not written because a write failed. */
  readonly failed: number;
  readonly bytesWritten: number;
  /** Bytes that wait in the queue. */
  readonly queued: number;
}

export interface JsonWriterOptions {
  readonly queue: StreamQueue;
  /** Fields that it lacks are left out. */
  readonly schema: SchemaVersion;
  /** For the header: the file's path, "" where there is none. */
  readonly filename: string;
}

export class JsonWriter implements RecordOutput {
  readonly #queue: StreamQueue;
  readonly #schema: SchemaVersion;
  readonly #filename: string;
  readonly #lines: LineBlock;
  readonly #tap: JsonTap;
  /** Records by union index. */
  readonly #counts = new Float64Array(recordKinds.length);
  #dropped = 0;
  /** Left out after a failure. */
  #failed = 0;

  constructor({ queue, schema, filename }: JsonWriterOptions) {
    this.#queue = queue;
    this.#lines = new LineBlock(queue);
    this.#tap = this.#lines.tap;
    this.#schema = schema;
    this.#filename = filename;
  }

  get hasRoom(): boolean {
    return this.#queue.hasRoom;
  }

  /** It has closed: nothing more is written. */
  get isReaderGone(): boolean {
    return this.#queue.isReaderGone;
  }

  stats(): StreamStats {
    const records = {} as Record<RecordKind, number>;
    recordKinds.forEach((kind, index) => {
      records[kind] = this.#counts[index] as number;
    });
    return {
      records,
      recordsTotal: this.#counts.reduce((sum, count) => sum + count, 0),
      dropped: this.#dropped,
      failed: this.#failed + this.#queue.failed,
      bytesWritten: this.#queue.bytesWritten,
      queued: this.#queue.bytes,
    };
  }

  header(record: SFHeader): void {
    assert(record.version === this.#schema, "the header names the schema of its stream");
    const own = { ...record, filename: this.#filename };
    do jsonHeader(this.#tap, own);
    while (!this.#endRecord(unionIndex.SFHeader));
  }

  container(record: Container): void {
    if (!this.#takes(unionIndex.Container)) {
      return;
    }
    do jsonContainer(this.#tap, record);
    while (!this.#endRecord(unionIndex.Container));
  }

  process(record: Process): void {
    if (!this.#takes(unionIndex.Process)) {
      return;
    }
    do jsonProcess(this.#tap, record, this.#schema);
    while (!this.#endRecord(unionIndex.Process));
  }

  file(record: File): void {
    if (!this.#takes(unionIndex.File)) {
      return;
    }
    do jsonFile(this.#tap, record);
    while (!this.#endRecord(unionIndex.File));
  }

  processEvent(record: ProcessEvent): void {
    if (!this.#takes(unionIndex.ProcessEvent)) {
      return;
    }
    do jsonProcessEvent(this.#tap, record);
    while (!this.#endRecord(unionIndex.ProcessEvent));
  }

  fileEvent(record: FileEvent): void {
    if (!this.#takes(unionIndex.FileEvent)) {
      return;
    }
    do jsonFileEvent(this.#tap, record, this.#schema);
    while (!this.#endRecord(unionIndex.FileEvent));
  }

  networkFlow(record: NetworkFlow): void {
    if (!this.#takes(unionIndex.NetworkFlow)) {
      return;
    }
    do jsonNetworkFlow(this.#tap, record, this.#schema);
    while (!this.#endRecord(unionIndex.NetworkFlow));
  }

  fileFlow(record: FileFlow): void {
    if (!this.#takes(unionIndex.FileFlow)) {
      return;
    }
    do jsonFileFlow(this.#tap, record);
    while (!this.#endRecord(unionIndex.FileFlow));
  }

  processFlow(record: ProcessFlow): void {
    if (!this.#takes(unionIndex.ProcessFlow)) {
      return;
    }
    do jsonProcessFlow(this.#tap, record);
    while (!this.#endRecord(unionIndex.ProcessFlow));
  }

  networkEvent(record: NetworkEvent): void {
    if (!this.#takes(unionIndex.NetworkEvent)) {
      return;
    }
    do jsonNetworkEvent(this.#tap, record);
    while (!this.#endRecord(unionIndex.NetworkEvent));
  }

  pod(record: Pod): void {
    if (!this.#takes(unionIndex.Pod)) {
      return;
    }
    do jsonPod(this.#tap, record);
    while (!this.#endRecord(unionIndex.Pod));
  }

  k8sEvent(record: K8sEvent): void {
    if (!this.#takes(unionIndex.K8sEvent)) {
      return;
    }
    do jsonK8sEvent(this.#tap, record);
    while (!this.#endRecord(unionIndex.K8sEvent));
  }

  rotateDue(): boolean {
    return this.#queue.takesAgain();
  }

  untoldFailure(): OperatorError | null {
    return this.#queue.untoldFailure();
  }

  close(): void {
    this.#lines.flush();
    this.#queue.end();
  }

  drained(ms: number): Promise<boolean> {
    return this.#queue.drained(ms);
  }

  giveUp(): void {
    this.#queue.giveUp();
  }

  /** Asked before a line is made. @returns false where the record is left out, and counted */
  #takes(index: number): boolean {
    if (this.#queue.failure !== null) {
      this.#failed += 1;
    } else if (this.#queue.isDropping) {
      this.#dropped += 1;
    } else {
      return true;
    }
    this.#count(index);
    return false;
  }

  /** The line in the tap is whole. @returns false where it must be made again: now there is room */
  #endRecord(index: number): boolean {
    if (!this.#lines.endLine()) {
      return false;
    }
    this.#count(index);
    return true;
  }

  #count(index: number): void {
    this.#counts[index] = (this.#counts[index] as number) + 1;
  }
}
