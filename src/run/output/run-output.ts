// What an output of a run is: the record output that the fan-out feeds, and besides how it is opened,
// whether it has room, how it is drained and closed, and what the summary says of it. A run takes a
// list of these and treats all alike (outputs.ts), so a new output is a class with this interface and
// one place that puts it on the list. Most write from a queue: QueuedOutput has what these share.

import { assert } from "../../base/assert.ts";
import type { OperatorError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { RecordKind } from "../../sysflow/record.gen.ts";
import type { SchemaVersion } from "../../sysflow/values.ts";
import type { Branch } from "../../write/fan-out.ts";

/** What a run tells an output that is opened. */
export interface OutputContext {
  /** The capture that is read; null: live. A live run waits for no output, a replay does. */
  readonly read: string | null;
  readonly log: Log;
  /** To be called when it begins anew, while the counts and tables are still those from before. */
  readonly beforeRotation: () => void;
}

/** Its methods are called in the order in which they stand here; none before `open`. */
export interface RunOutput {
  /**
   * Called when the capture is open. Where it throws, nothing else is called.
   * @returns what is to be given the records, and what its failure does to the run
   * @throws OperatorError
   */
  open(context: OutputContext): Branch;
  /** Called between batches, every 20 to 35 ms. Does not wait. */
  afterTurn(): void;
  /** False asks to be given nothing more until it has `drained`; asked by a replay alone. */
  readonly hasRoom: boolean;
  /**
   * Why it takes nothing more though it has not failed, such as a reader that has gone; null while it
   * takes records. A run of which every output is over ends, with the first one's words.
   */
  readonly over: string | null;
  /**
   * Begins the end: nothing is given after it, and what was given is on its way.
   * @throws OperatorError
   */
  close(): void;
  /** @returns whether all that was given is where it belongs, or lost and told; after at most so long */
  drained(ms: number): Promise<boolean>;
  /** What has not been taken by now is lost, and counted. Called where it was not drained in time. */
  giveUp(): void;
  /** Called last. @throws OperatorError what could not be written, where nothing else has told it */
  closed(): void;
  /** Its counts so far; may be asked at any time after `open`. */
  report(): OutputReport;
}

export interface Tally {
  readonly stage: "kernel" | "capture" | "collect" | "write" | "print" | "policy";
  readonly cause: string;
  readonly count: number;
}

/** How often a rule matched. */
export interface RuleCount {
  readonly rule: string;
  /** The word of the rule's file. */
  readonly priority: string;
  readonly count: number;
}

/** What the summary says of one output. Rows whose count is 0 are left out there. */
export interface OutputReport {
  /** Where the records went: a path, an address; null for the table, which is for eyes. */
  readonly place: string | null;
  /** Null where no records are written as such. */
  readonly schema: SchemaVersion | null;
  /** Records given to it, by kind; null where it counts none. */
  readonly records: Readonly<Record<RecordKind, number>> | null;
  readonly bytesWritten: number;
  readonly files: number;
  /** Of what was given and is not written or sent yet; absent where nothing waits. */
  readonly queue?: { readonly bytes: number; readonly bytesMax: number };
  /** Of an output that tests rules: those that matched; absent where it is none. */
  readonly alerts?: readonly RuleCount[];
  /** Never wanted. */
  readonly losses: readonly Tally[];
  /** Asked for by the operator. */
  readonly leftOut: readonly Tally[];
}

/** What a queued output hands on to its writer. */
interface QueuedWriter {
  readonly hasRoom: boolean;
  close(): void;
  drained(ms: number): Promise<boolean>;
  giveUp(): void;
}

/** An output whose writer has a queue that empties by itself. */
export abstract class QueuedOutput<Writer extends QueuedWriter> implements RunOutput {
  #writer: Writer | null = null;
  /** With which the others went on. */
  #failure: OperatorError | null = null;

  abstract open(context: OutputContext): Branch;
  abstract readonly over: string | null;
  abstract report(): OutputReport;

  afterTurn(): void {
    // Its queue empties by itself.
  }

  get hasRoom(): boolean {
    return this.writer.hasRoom;
  }

  close(): void {
    this.writer.close();
  }

  drained(ms: number): Promise<boolean> {
    return this.writer.drained(ms);
  }

  giveUp(): void {
    this.writer.giveUp();
  }

  closed(): void {
    // Any other failure was thrown by a call, or is the fan-out's to find.
    if (this.#failure !== null) {
      throw this.#failure;
    }
  }

  protected get writer(): Writer {
    assert(this.#writer !== null, "an output is used once it is open");
    return this.#writer;
  }

  protected get isOpen(): boolean {
    return this.#writer !== null;
  }

  /**
   * @param output what takes the records
   * @returns the branch of an output whose failure the others outlive: it is told, and thrown at the end
   */
  protected opened(writer: Writer, output: Branch["output"], log: Log): Branch {
    this.#writer = writer;
    return {
      output,
      onFailure: "goOn",
      onFailed: (failure) => {
        this.#failure = failure;
        log.error("output", `${failure.message}; the other outputs go on`);
      },
    };
  }
}
