// Outputs of encoded records that share the work: where several have the same schema, a record is
// encoded once for all of them.

import { blockBytesDefault } from "../avro/container-file.ts";
import { SharedTap } from "../avro/shared-tap.ts";
import { assert } from "../base/assert.ts";
import type { OperatorError } from "../base/errors.ts";
import type { SFHeader, SysFlowRecord } from "../sysflow/record.gen.ts";
import type { OutputSet } from "../sysflow/record-sink.ts";
import type { SchemaVersion } from "../sysflow/values.ts";
import { RecordEncoder } from "./record-encoder.ts";
import {
  type Member,
  type OnFault,
  type SharedOutput,
  type SharedSender,
  Sharers,
  sharedBytes,
} from "./shared-output.ts";

export abstract class EncodedOutput extends RecordEncoder implements SharedOutput<SharedTap> {
  abstract header(record: SFHeader): void;
  abstract untoldFailure(): OperatorError | null;
  abstract rotateDue(eventSec: number): boolean;
  abstract takeEncoded(shared: SharedTap, start: number, index: number): boolean;
  abstract get holdsShared(): boolean;
  abstract settle(): void;

  get form(): string {
    return `Avro ${this.schema}`;
  }

  sharedBy(members: readonly Member<SharedTap>[], onFault: OnFault): SharedSender {
    return new SharedRecords(this.schema, new Sharers(members, onFault));
  }
}

/** Behind the room for blocks, for the record that passes its end; a longer one makes the tap grow. */
const slackBytes = 48 * 1024;

export class SharedRecords extends RecordEncoder implements SharedSender {
  readonly #sharers: Sharers<SharedTap>;
  readonly #tap: SharedTap;

  constructor(schema: SchemaVersion, sharers: Sharers<SharedTap>) {
    const tap = new SharedTap(sharedBytes(blockBytesDefault) + slackBytes);
    super(schema, tap);
    this.#tap = tap;
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
    return this.#sharers.endRecord(this.#tap, index, blockBytesDefault);
  }
}
