// The live table (`--print`) as an output of a run: it shows records on standard output, at a rate
// that eyes can follow where the run is live. It fits RunOutput by its shape alone: what shows records
// knows nothing of runs.

import { assert } from "../base/assert.ts";
import { OperatorError, systemCause } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { JoinedOutput } from "../join/joined-output.ts";
import { Joiner } from "../join/joiner.ts";
import { LineOutput } from "./line-output.ts";
import { LiveTable } from "./live-table.ts";

const printRateDefault = 200;

interface Opened {
  readonly lines: LineOutput;
  readonly table: LiveTable;
  readonly joined: JoinedOutput;
  readonly log: Log;
}

/** What it needs of the run: where its words go, and whether it is live (null) or reads a capture. */
interface Context {
  readonly log: Log;
  readonly read: string | null;
}

export class TableOutput {
  readonly #printRate: number | null;
  #parts: Opened | null = null;

  /** @param printRate lines a second, 0 for all; null: by where it is shown */
  constructor(printRate: number | null) {
    this.#printRate = printRate;
  }

  /** Whether it is shown on a terminal; false before it is open. */
  get isTerminal(): boolean {
    return this.#parts?.lines.isTerminal === true;
  }

  open({ log, read }: Context) {
    const lines = new LineOutput();
    const live = read === null;
    const table = new LiveTable({
      output: lines,
      linesPerSec: this.#printRate ?? (live || lines.isTerminal ? printRateDefault : 0),
      waitsForReader: !live,
    });
    const joined = new JoinedOutput(new Joiner(table));
    this.#parts = { lines, table, joined, log };
    return { output: joined, onFailure: "end" } as const;
  }

  afterTurn(): void {
    this.#opened.table.flush();
  }

  get hasRoom(): boolean {
    return this.#opened.lines.hasRoom;
  }

  get over(): string | null {
    return this.#opened.lines.error === null ? null : "the reader of the table has gone";
  }

  close(): void {
    this.#opened.table.close();
  }

  drained(ms: number): Promise<boolean> {
    return this.#opened.lines.drained(ms);
  }

  giveUp(): void {
    const message = "the reader of the table has stopped: its last lines are not shown";
    this.#opened.log.warning("reader", message);
  }

  closed(): void {
    const { error } = this.#opened.lines;
    if (error !== null && !("code" in error && error.code === "EPIPE")) {
      const message = `cannot write the table to standard output: ${systemCause(error)}`;
      throw new OperatorError("OUTPUT_WRITE_FAILED", message, { cause: error });
    }
  }

  report() {
    const { joined, table } = this.#opened;
    return {
      place: null,
      schema: null,
      records: joined.counts,
      bytesWritten: 0,
      files: 0,
      losses: [],
      leftOut: [{ stage: "print", cause: "lines over the rate", count: table.leftOut }],
    } as const;
  }

  get #opened(): Opened {
    assert(this.#parts !== null, "an output is used once it is open");
    return this.#parts;
  }
}
