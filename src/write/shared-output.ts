// What several outputs have in common that write the same bytes for a record: it is encoded once, into
// a tap of all of them, and each takes it from there. Each output stays what it is alone: it decides for
// itself what it takes, has blocks and counters of its own, and fails by itself.

import type { SysFlowRecord } from "../sysflow/record.gen.ts";
import {
  deliver,
  type OutputSet,
  type RecordOutput,
  type RecordReceiver,
} from "../sysflow/record-sink.ts";

/** An output that takes records as bytes, too, which it may have in common with others. */
export interface SharedOutput<Tap> extends RecordOutput {
  /** The same for those that write the same bytes. */
  readonly form: string;
  /** Makes what encodes for several outputs of this form, of which this is one. */
  sharedBy(members: readonly Member<Tap>[], onFault: OnFault): SharedSender;
  /**
   * Takes the record that is in a tap from `start` to its position. It stays there until `settle` was
   * called or `holdsShared` is false.
   * @returns false where it needs the record itself
   * @throws as its methods for records
   */
  takeEncoded(shared: Tap, start: number, index: number): boolean;
  /** Whether it refers to bytes of such a tap. */
  readonly holdsShared: boolean;
  /** Copies what it refers to. */
  settle(): void;
}

/** Gets what an output throws, and its place among all outputs. */
export type OnFault = (at: number, error: unknown) => void;

export interface Member<Tap> {
  readonly output: SharedOutput<Tap>;
  /** Its place among all outputs. */
  readonly at: number;
}

export interface SharedSender {
  /** Those that it sends to. */
  readonly outputs: OutputSet;
  /** Gives any record but a header to those of its outputs that are in `to`. */
  send(record: SysFlowRecord, to: OutputSet): void;
}

/** What outputs may have in common. */
interface SharedBuffer {
  pos: number;
  ok(): boolean;
  grow(keep: number): void;
  restart(): void;
}

/** Room for three blocks: outputs whose blocks end at different records still hand on few at a time. */
export function sharedBytes(blockBytes: number): number {
  return 3 * blockBytes;
}

/** Passes what is in a tap on to the outputs that have it in common. */
export class Sharers<Tap extends SharedBuffer> {
  readonly outputs: OutputSet;
  readonly #members: readonly Member<Tap>[];
  readonly #onFault: OnFault;
  /** Where the record begins in the tap that is being encoded. */
  #start = 0;
  /** Those that the record is for. */
  #to: OutputSet = 0;
  /** Those that need the record itself. */
  #unserved: OutputSet = 0;

  constructor(members: readonly Member<Tap>[], onFault: OnFault) {
    this.#members = members;
    this.#onFault = onFault;
    this.outputs = members.reduce((set, { at }) => set | (1 << at), 0);
  }

  /** Has a record encoded, which calls `endRecord`, and gives it to those of the outputs in `to`. */
  send(record: SysFlowRecord, to: OutputSet, encoder: RecordReceiver): void {
    this.#to = to;
    deliver(record, encoder);
    if (this.#unserved !== 0) {
      this.#deliver(record);
    }
  }

  /** It is whole in the tap. @returns false where it must be encoded again: now there is room */
  endRecord(tap: Tap, index: number, blockBytes: number): boolean {
    const start = this.#start;
    if (!tap.ok()) {
      tap.grow(start);
      tap.pos = start;
      return false;
    }
    this.#start = tap.pos;
    this.#give(tap, start, index);
    // As a rule when all have ended a block at the same record, else once there is no room.
    if (tap.pos >= blockBytes && (tap.pos >= sharedBytes(blockBytes) || !this.#holdsAny)) {
      this.#settle();
      tap.restart();
      this.#start = 0;
    }
    return true;
  }

  #give(tap: Tap, start: number, index: number): void {
    for (let i = 0; i < this.#members.length; i++) {
      const { at, output } = this.#members[i] as Member<Tap>;
      if ((this.#to & (1 << at)) !== 0) {
        this.#giveTo(output, at, tap, start, index);
      }
    }
  }

  get #holdsAny(): boolean {
    for (let i = 0; i < this.#members.length; i++) {
      if ((this.#members[i] as Member<Tap>).output.holdsShared) {
        return true;
      }
    }
    return false;
  }

  /** No output refers to the tap any more. */
  #settle(): void {
    for (const { output } of this.#members) {
      output.settle();
    }
  }

  #giveTo(output: SharedOutput<Tap>, at: number, tap: Tap, start: number, index: number): void {
    try {
      if (!output.takeEncoded(tap, start, index)) {
        this.#unserved |= 1 << at;
      }
    } catch (error) {
      this.#onFault(at, error);
    }
  }

  #deliver(record: SysFlowRecord): void {
    const to = this.#unserved;
    this.#unserved = 0;
    for (const { at, output } of this.#members) {
      if ((to & (1 << at)) !== 0) {
        try {
          deliver(record, output);
        } catch (error) {
          this.#onFault(at, error);
        }
      }
    }
  }
}
