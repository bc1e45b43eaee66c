// Records that an output was given, by kind.

import { type RecordKind, recordKinds } from "../sysflow/record.gen.ts";

export class RecordCounts {
  /** By union index. */
  readonly #counts = new Float64Array(recordKinds.length);

  add(index: number): void {
    this.#counts[index] = (this.#counts[index] as number) + 1;
  }

  /** Since the start. */
  get(): { readonly records: Record<RecordKind, number>; readonly recordsTotal: number } {
    const records = {} as Record<RecordKind, number>;
    let recordsTotal = 0;
    recordKinds.forEach((kind, index) => {
      records[kind] = this.#counts[index] as number;
      recordsTotal += records[kind];
    });
    return { records, recordsTotal };
  }
}
