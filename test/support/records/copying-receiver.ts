// Keeps a copy of each record that it is given, in order.

import type { SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import type { RecordReceiver } from "../../../src/sysflow/record-sink.ts";

export class CopyingReceiver implements RecordReceiver {
  readonly records: SysFlowRecord[] = [];
  readonly #take = (record: SysFlowRecord): void => {
    this.records.push(structuredClone(record));
  };

  readonly header = this.#take;
  readonly container = this.#take;
  readonly process = this.#take;
  readonly file = this.#take;
  readonly processEvent = this.#take;
  readonly networkFlow = this.#take;
  readonly fileFlow = this.#take;
  readonly fileEvent = this.#take;
  readonly networkEvent = this.#take;
  readonly processFlow = this.#take;
  readonly pod = this.#take;
  readonly k8sEvent = this.#take;
}
