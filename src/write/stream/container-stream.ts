// One container file written to a stream, such as a pipe: `-w -`. It has no name, is never rotated,
// and cannot be mended, so a reader that stops has records left out of it and whole blocks after them.

import { createHash } from "node:crypto";
import { ContainerFile, newTap, syncBytes } from "../../avro/container-file.ts";
import type { SharedTap } from "../../avro/shared-tap.ts";
import { assert } from "../../base/assert.ts";
import type { OperatorError } from "../../base/errors.ts";
import type { SFHeader } from "../../sysflow/record.gen.ts";
import { sysFlowSchemaJson } from "../../sysflow/schema.ts";
import type { SchemaVersion } from "../../sysflow/values.ts";
import { EncodedOutput } from "../encoded-output.ts";
import { FlushTimer } from "../flush-timer.ts";
import type { StreamStats } from "./json-writer.ts";
import type { StreamQueue } from "./stream-queue.ts";

export interface ContainerStreamOptions {
  readonly queue: StreamQueue;
  readonly schema: SchemaVersion;
  /** What the sync marker follows from, so that one input gives the same bytes; random where absent. */
  readonly markerSeed?: Uint8Array;
  /** How long a record may wait for its block to fill; null: until it is full. */
  readonly flushMs: number | null;
}

export class ContainerStream extends EncodedOutput {
  readonly #queue: StreamQueue;
  readonly #file: ContainerFile;
  /** Null where a block waits until it is full. */
  readonly #timer: FlushTimer | null;
  #hasHeader = false;
  #dropped = 0;
  /** Left out after a failure. */
  #failed = 0;

  constructor({ queue, schema, markerSeed, flushMs }: ContainerStreamOptions) {
    const tap = newTap();
    super(schema, tap);
    this.#queue = queue;
    this.#file = new ContainerFile({
      sink: { write: (bytes, records) => queue.write(bytes, records) },
      schemaJson: sysFlowSchemaJson(schema),
      tap,
      ...(markerSeed && { syncMarker: markerOf(markerSeed) }),
    });
    this.#timer = flushMs === null ? null : new FlushTimer(flushMs, () => this.#file.flush());
  }

  get hasRoom(): boolean {
    return this.#queue.hasRoom;
  }

  /** It has closed: nothing more is written. */
  get isReaderGone(): boolean {
    return this.#queue.isReaderGone;
  }

  stats(): StreamStats {
    return {
      ...this.counted(),
      dropped: this.#dropped,
      failed: this.#failed + this.#queue.failed,
      bytesWritten: this.#queue.bytesWritten,
      queued: this.#queue.bytes,
    };
  }

  header(record: SFHeader): void {
    assert(!this.#hasHeader, "a stream has one header");
    assert(record.version === this.schema, "the header names the schema of its stream");
    this.#hasHeader = true;
    this.encodeHeader(record);
  }

  rotateDue(): boolean {
    return this.#queue.takesAgain();
  }

  untoldFailure(): OperatorError | null {
    return this.#queue.untoldFailure();
  }

  close(): void {
    this.#timer?.stop();
    this.#file.flush();
    this.#queue.end();
  }

  drained(ms: number): Promise<boolean> {
    return this.#queue.drained(ms);
  }

  giveUp(): void {
    this.#queue.giveUp();
  }

  protected override takes(index: number): boolean {
    if (this.#queue.failure !== null) {
      this.#failed += this.#file.discard() + 1;
    } else if (this.#queue.isDropping) {
      this.#dropped += 1;
    } else {
      return true;
    }
    this.count(index);
    return false;
  }

  override takeEncoded(shared: SharedTap, start: number, index: number): boolean {
    if (this.takes(index)) {
      this.#file.take(shared, start);
      this.#taken(index);
    }
    return true;
  }

  override get holdsShared(): boolean {
    return this.#file.holdsStretch;
  }

  override settle(): void {
    this.#file.settle();
  }

  protected override endRecord(index: number): boolean {
    if (!this.#file.endRecord()) {
      return false;
    }
    this.#taken(index);
    return true;
  }

  #taken(index: number): void {
    this.#timer?.start();
    this.count(index);
  }
}

/** As that of the first file of a run with the same input. */
function markerOf(seed: Uint8Array): Uint8Array {
  return createHash("sha256").update("sysflow 1\0").update(seed).digest().subarray(0, syncBytes);
}
