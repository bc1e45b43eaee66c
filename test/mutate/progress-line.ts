// One line on a terminal's standard error while mutants run: a bar, how many are done, how long the rest
// takes. It is redrawn a few times a second and gone at the end. Nothing where there is no terminal.

import { monotonicMs } from "../../src/base/clock.ts";

interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const redrawMs = 200;
const barWidth = 30;

export class ProgressLine {
  readonly #stream: Stream;
  readonly #clockMs: () => number;
  #what = "";
  #startMs = 0;
  #nextMs = 0;

  constructor(stream: Stream = process.stderr, clockMs = monotonicMs) {
    this.#stream = stream;
    this.#clockMs = clockMs;
  }

  /** @param what is counted: the time is counted anew where it changes */
  update(done: number, total: number, what: string): void {
    const now = this.#clockMs();
    if (what !== this.#what) {
      this.#what = what;
      this.#startMs = now;
    }
    if (now < this.#nextMs || this.#stream.isTTY !== true) {
      return;
    }
    this.#nextMs = now + redrawMs;
    const full = Math.round((done / total) * barWidth);
    const bar = `[${"=".repeat(full)}${" ".repeat(barWidth - full)}]`;
    const left = Math.ceil(((now - this.#startMs) / 1000 / done) * (total - done));
    this.#stream.write(`\r\x1b[K${bar} ${done} of ${total} ${what}, ${left} s left`);
  }

  /** Takes the line away. */
  close(): void {
    if (this.#nextMs > 0) {
      this.#stream.write("\r\x1b[K");
      this.#nextMs = 0;
    }
  }
}
