// Records as lines of JSON, to a stream: for jq and other programs that know no Avro. The lines are
// made by the generated encoder, each into the bytes of its block at once, without an object or a
// text for each.

import { assert } from "../../base/assert.ts";
import type { OperatorError } from "../../base/errors.ts";
import type { JsonTap } from "../../sysflow/json-tap.ts";
import type { RecordKind, SFHeader } from "../../sysflow/record.gen.ts";
import type { SchemaVersion } from "../../sysflow/values.ts";
import { RecordCounts } from "../record-counts.ts";
import {
  type Member,
  type OnFault,
  type SharedOutput,
  type SharedSender,
  Sharers,
} from "../shared-output.ts";
import { JsonEncoder, SharedLines } from "./json-encoder.ts";
import { LineBlock, type LineStats } from "./line-block.ts";
import type { StreamQueue } from "./stream-queue.ts";

/** Counts since the start. */
export interface StreamStats extends LineStats {
  /** Records handed over, by kind. */
  readonly records: Readonly<Record<RecordKind, number>>;
  readonly recordsTotal: number;
}

export interface JsonWriterOptions {
  readonly queue: StreamQueue;
  /** Fields that it lacks are left out. */
  readonly schema: SchemaVersion;
  /** For the header: the file's path, "" where there is none. */
  readonly filename: string;
}

export class JsonWriter extends JsonEncoder implements SharedOutput<JsonTap> {
  readonly #queue: StreamQueue;
  readonly #filename: string;
  readonly #lines: LineBlock;
  readonly #counts = new RecordCounts();

  constructor({ queue, schema, filename }: JsonWriterOptions) {
    const lines = new LineBlock(queue);
    super(schema, lines.tap);
    this.#queue = queue;
    this.#lines = lines;
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
    return { ...this.#counts.get(), ...this.#lines.stats() };
  }

  get form(): string {
    return `JSON ${this.schema}`;
  }

  sharedBy(members: readonly Member<JsonTap>[], onFault: OnFault): SharedSender {
    return new SharedLines(this.schema, new Sharers(members, onFault));
  }

  header(record: SFHeader): void {
    assert(record.version === this.schema, "the header names the schema of its stream");
    this.#lines.settle();
    this.encodeHeader({ ...record, filename: this.#filename });
  }

  takeEncoded(shared: JsonTap, start: number, index: number): boolean {
    if (this.#mayTake(index)) {
      this.#lines.take(shared, start);
      this.#counts.add(index);
    }
    return true;
  }

  get holdsShared(): boolean {
    return this.#lines.holdsStretch;
  }

  settle(): void {
    this.#lines.settle();
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

  protected override takes(index: number): boolean {
    this.#lines.settle();
    return this.#mayTake(index);
  }

  protected override endRecord(index: number): boolean {
    if (!this.#lines.endLine()) {
      return false;
    }
    this.#counts.add(index);
    return true;
  }

  #mayTake(index: number): boolean {
    const takes = this.#lines.takes();
    if (!takes) {
      this.#counts.add(index);
    }
    return takes;
  }
}
