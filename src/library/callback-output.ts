// The callback as an output of a run. It is called for events, flows, pods and what the cluster
// reports; the other entities are its arguments. What it throws ends the run: nothing of the
// collector's is between it and the call, so every other output still gets all that was taken.

import { JoinedOutput } from "../join/joined-output.ts";
import type { JoinedReceiver, JoinedRecord } from "../join/joined-record.ts";
import { Joiner } from "../join/joiner.ts";
import type { OutputReport, RunOutput } from "../run/output/run-output.ts";
import type { StopFlag } from "../run/stop-flag.ts";
import type {
  Container,
  File,
  Pod,
  Process,
  SFHeader,
  SysFlowRecord,
} from "../sysflow/record.gen.ts";
import type { Branch } from "../write/fan-out.ts";
import { keptRecord, noHeader } from "./item.ts";

/** What a callback is called for: all but the entities that are its arguments. */
export type CallbackRecord = Exclude<
  SysFlowRecord,
  { readonly kind: "SFHeader" | "Container" | "Process" | "File" }
>;

/**
 * Called within `run`, one record after the other, in their order; not called again once it has
 * thrown. All arguments may be kept.
 * @param container that of the process, or null
 * @param process null where it is not known, or for a Pod or K8sEvent
 * @param file1 of a FileFlow or FileEvent, else null
 * @param file2 of a FileEvent with two files, else null
 * @param pod that of the container, or null
 */
export type SysFlowCallback = (
  header: SFHeader,
  container: Container | null,
  process: Process | null,
  file1: File | null,
  file2: File | null,
  record: CallbackRecord,
  pod: Pod | null,
) => void;

export class CallbackOutput implements RunOutput, JoinedReceiver {
  readonly hasRoom = true;
  readonly over = null;
  readonly #callback: SysFlowCallback;
  readonly #flag: StopFlag;
  readonly #sink = new JoinedOutput(new Joiner(this));
  #header = noHeader;
  #thrown: { readonly error: unknown } | null = null;
  /** Records that came after it had thrown. */
  #notGiven = 0;

  constructor(callback: SysFlowCallback, flag: StopFlag) {
    this.#callback = callback;
    this.#flag = flag;
  }

  open(): Branch {
    return { output: this.#sink, onFailure: "end" };
  }

  joined(joined: JoinedRecord): void {
    const record = keptRecord(joined);
    switch (record.kind) {
      case "SFHeader":
        this.#header = record;
        break;
      case "Container":
      case "Process":
      case "File":
        break;
      default:
        this.#call(joined, record);
    }
  }

  afterTurn(): void {
    // It has had everything when it returned.
  }

  close(): void {
    // As above.
  }

  drained(): Promise<boolean> {
    return Promise.resolve(true);
  }

  giveUp(): void {
    // It is always drained.
  }

  closed(): void {
    if (this.#thrown !== null) {
      throw this.#thrown.error;
    }
  }

  report(): OutputReport {
    const cause = "records not given to the callback, which had thrown";
    return {
      place: null,
      schema: null,
      records: this.#sink.counts,
      bytesWritten: 0,
      files: 0,
      losses: [{ stage: "write", cause, count: this.#notGiven }],
      leftOut: [],
    };
  }

  #call({ container, file, newFile, pod, process }: JoinedRecord, record: CallbackRecord): void {
    if (this.#thrown !== null) {
      this.#notGiven += 1;
      return;
    }
    try {
      this.#callback(this.#header, container, process, file, newFile, record, pod);
    } catch (error) {
      // Thrown through the collector it would leave the other outputs without what follows.
      this.#thrown = { error };
      this.#flag.request("the callback threw");
    }
  }
}
