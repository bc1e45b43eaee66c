// Flows in the order of their last export, linked through the flows themselves: a tick looks only at
// those that are due, and an ending costs the same however many there are.

/** The links of a flow, null while it is in no order. */
export interface Exported<T> {
  /** Whole second of event time; starting counts as exporting. */
  exportSecond: number;
  exportPrevious: T | null;
  exportNext: T | null;
}

export class ExportOrder<T extends Exported<T>> {
  /** The flow whose last export is longest ago. */
  first: T | null = null;
  #last: T | null = null;

  /** Puts a flow that is in no order at the end: it was exported at `second`, or began then. */
  append(flow: T, second: number): void {
    flow.exportSecond = second;
    flow.exportPrevious = this.#last;
    flow.exportNext = null;
    if (this.#last === null) {
      this.first = flow;
    } else {
      this.#last.exportNext = flow;
    }
    this.#last = flow;
  }

  remove(flow: T): void {
    if (flow.exportPrevious === null) {
      this.first = flow.exportNext;
    } else {
      flow.exportPrevious.exportNext = flow.exportNext;
    }
    if (flow.exportNext === null) {
      this.#last = flow.exportPrevious;
    } else {
      flow.exportNext.exportPrevious = flow.exportPrevious;
    }
    flow.exportPrevious = null;
    flow.exportNext = null;
  }
}
