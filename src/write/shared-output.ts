// What several outputs have in common that write the same bytes for a record: it is encoded once, into
// a tap of all of them, and each takes it from there. Each output stays what it is alone: it decides for
// itself what it takes, has blocks and counters of its own, and fails by itself.

import type { SysFlowRecord } from "../sysflow/record.gen.ts";
import { deliver, type OutputSet, type RecordOutput } from "../sysflow/record-sink.ts";

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

/** Passes what is in a tap on to the outputs that have it in common. */
export class Sharers<Tap> {
  readonly outputs: OutputSet;
  readonly #members: readonly Member<Tap>[];
  readonly #onFault: OnFault;
  /** Those that the record is for. */
  #to: OutputSet = 0;
  /** Those that need the record itself. */
  #unserved: OutputSet = 0;

  constructor(members: readonly Member<Tap>[], onFault: OnFault) {
    this.#members = members;
    this.#onFault = onFault;
    this.outputs = members.reduce((set, { at }) => set | (1 << at), 0);
  }

  /** Before a record is encoded. */
  begin(to: OutputSet): void {
    this.#to = to;
  }

  /** It is encoded. */
  give(tap: Tap, start: number, index: number): void {
    for (let i = 0; i < this.#members.length; i++) {
      const { at, output } = this.#members[i] as Member<Tap>;
      if ((this.#to & (1 << at)) !== 0) {
        this.#giveTo(output, at, tap, start, index);
      }
    }
  }

  /** After that. */
  end(record: SysFlowRecord): void {
    if (this.#unserved !== 0) {
      this.#deliver(record);
    }
  }

  get holdsAny(): boolean {
    for (let i = 0; i < this.#members.length; i++) {
      if ((this.#members[i] as Member<Tap>).output.holdsShared) {
        return true;
      }
    }
    return false;
  }

  /** No output refers to the tap any more. */
  settle(): void {
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
