// Passes records to several outputs. Entities go to the outputs that lack them, all other records
// to each; those that write the same bytes have them made once. When one output fails, each record still reaches the others, and only then does the
// failure end the run, if it is to end the run at all. A newcomer's trap: an output is identified
// by its place in the list, which is also its bit in an OutputSet.

import { assert } from "../base/assert.ts";
import { OperatorError } from "../base/errors.ts";
import type {
  Container,
  File,
  FileEvent,
  FileFlow,
  K8sEvent,
  NetworkEvent,
  NetworkFlow,
  Pod,
  Process,
  ProcessEvent,
  ProcessFlow,
  SFHeader,
  SysFlowRecord,
} from "../sysflow/record.gen.ts";
import {
  deliver,
  type OutputSet,
  outputsMax,
  type RecordOutput,
  type RecordReceiver,
  type RecordSink,
} from "../sysflow/record-sink.ts";
import type { Member, SharedOutput, SharedSender } from "./shared-output.ts";

export interface Branch {
  readonly output: RecordOutput;
  /**
   * `end`: its failure is thrown, which ends the run. `goOn`: it is told, and thrown only where no
   * output is left that works.
   */
  readonly onFailure: "end" | "goOn";
  /** Called once, where the run goes on without it. */
  readonly onFailed?: (failure: OperatorError) => void;
}

export class FanOut implements RecordSink {
  readonly outputs: OutputSet;
  readonly #branches: readonly Branch[];
  /** The only output; null where there are several. */
  readonly #only: RecordOutput | null;
  /** Each encodes a record once for several outputs. */
  readonly #shared: readonly SharedSender[];
  /** Outputs that none of these sends to. */
  readonly #apart: OutputSet;
  /** Those whose failure was seen. */
  #failed: OutputSet = 0;
  /** To be thrown once every output has had its turn. */
  #fault: unknown = null;

  /** @param branches at least one, and at most 31 */
  constructor(branches: readonly Branch[]) {
    const count = branches.length;
    assert(count > 0 && count <= outputsMax, "outputs are numbered from 0 to 30");
    this.#branches = branches;
    this.#only = count === 1 ? (branches[0] as Branch).output : null;
    this.outputs = 2 ** count - 1;
    this.#shared = this.#sharedSenders();
    this.#apart = this.#shared.reduce((set, { outputs }) => set & ~outputs, this.outputs);
  }

  header(record: SFHeader): void {
    this.#deliver(record, this.outputs);
    this.#throwFault();
  }

  container(record: Container, to: OutputSet): void {
    this.#send(record, to);
  }

  process(record: Process, to: OutputSet): void {
    if (this.#only === null) {
      this.#send(record, to);
    } else {
      this.#only.process(record);
    }
  }

  file(record: File, to: OutputSet): void {
    if (this.#only === null) {
      this.#send(record, to);
    } else {
      this.#only.file(record);
    }
  }

  processEvent(record: ProcessEvent): void {
    if (this.#only === null) {
      this.#send(record, this.outputs);
    } else {
      this.#only.processEvent(record);
    }
  }

  fileEvent(record: FileEvent): void {
    if (this.#only === null) {
      this.#send(record, this.outputs);
    } else {
      this.#only.fileEvent(record);
    }
  }

  networkFlow(record: NetworkFlow): void {
    if (this.#only === null) {
      this.#send(record, this.outputs);
    } else {
      this.#only.networkFlow(record);
    }
  }

  fileFlow(record: FileFlow): void {
    if (this.#only === null) {
      this.#send(record, this.outputs);
    } else {
      this.#only.fileFlow(record);
    }
  }

  processFlow(record: ProcessFlow): void {
    if (this.#only === null) {
      this.#send(record, this.outputs);
    } else {
      this.#only.processFlow(record);
    }
  }

  networkEvent(record: NetworkEvent): void {
    this.#send(record, this.outputs);
  }

  pod(record: Pod, to: OutputSet): void {
    this.#send(record, to);
  }

  k8sEvent(record: K8sEvent): void {
    this.#send(record, this.outputs);
  }

  rotateDue(eventSec: number): OutputSet {
    let anew = 0;
    for (let i = 0; i < this.#branches.length; i++) {
      const { output } = this.#branches[i] as Branch;
      try {
        anew |= output.rotateDue(eventSec) ? 1 << i : 0;
      } catch (error) {
        this.#take(i, error);
      }
    }
    this.#throwFault();
    return anew;
  }

  /**
   * Looks for failures that came between calls, as those of queued writes do.
   * @throws OperatorError that of an output that ends the run, or the last where none is left
   */
  check(): void {
    for (let i = 0; i < this.#branches.length; i++) {
      const failure = (this.#branches[i] as Branch).output.untoldFailure();
      if (failure !== null) {
        this.#take(i, failure);
      }
    }
    this.#throwFault();
  }

  #sharedSenders(): SharedSender[] {
    const byForm = new Map<string, Member<never>[]>();
    this.#branches.forEach(({ output }, at) => {
      if (isShared(output)) {
        byForm.set(output.form, [...(byForm.get(output.form) ?? []), { output, at }]);
      }
    });
    const onFault = (at: number, error: unknown) => this.#take(at, error);
    return [...byForm.values()].flatMap((members) => {
      const [first, second] = members;
      return second === undefined ? [] : (first?.output.sharedBy(members, onFault) ?? []);
    });
  }

  #send(record: SysFlowRecord, to: OutputSet): void {
    for (let i = 0; i < this.#shared.length; i++) {
      const shared = this.#shared[i] as SharedSender;
      if ((to & shared.outputs) !== 0) {
        shared.send(record, to);
      }
    }
    this.#deliver(record, to & this.#apart);
    this.#throwFault();
  }

  #deliver(record: SysFlowRecord, to: OutputSet): void {
    for (let i = 0; i < this.#branches.length; i++) {
      if ((to & (1 << i)) !== 0) {
        this.#deliverTo(record, i);
      }
    }
  }

  #deliverTo(record: SysFlowRecord, i: number): void {
    const output: RecordReceiver = (this.#branches[i] as Branch).output;
    try {
      deliver(record, output);
    } catch (error) {
      this.#take(i, error);
    }
  }

  /** Notes a failure, once for each output. Any error but an OperatorError is a defect. */
  #take(i: number, error: unknown): void {
    if (!(error instanceof OperatorError)) {
      this.#fault ??= error;
      return;
    }
    if ((this.#failed & (1 << i)) !== 0) {
      return;
    }
    this.#failed |= 1 << i;
    const { onFailure, onFailed } = this.#branches[i] as Branch;
    if (onFailure === "end" || this.#failed === this.outputs) {
      this.#fault ??= error;
    } else {
      onFailed?.(error);
    }
  }

  #throwFault(): void {
    const fault = this.#fault;
    if (fault !== null) {
      this.#fault = null;
      throw fault;
    }
  }
}

function isShared(output: RecordOutput): output is SharedOutput<never> {
  return "takeEncoded" in output;
}
