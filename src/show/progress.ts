// The progress bar of a replay: one line on a terminal's standard error, redrawn a few times a
// second, gone at the end. Nothing where standard error is not a terminal.

import { monotonicMs } from "../base/clock.ts";

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly bytesTotal: number;
  /** What is counted beside; events where absent. */
  readonly what?: string;
  readonly stream?: ProgressStream;
  readonly clockMs?: () => number;
}

const redrawMs = 200;
/** A short replay is over before a bar would be read. */
const quietMs = 500;
const barWidthMax = 40;

export class Progress {
  readonly #bytesTotal: number;
  readonly #what: string;
  readonly #stream: ProgressStream;
  readonly #clockMs: () => number;
  readonly #startMs: number;
  #nextMs: number;
  #drawn = false;

  constructor(options: ProgressOptions) {
    this.#bytesTotal = options.bytesTotal;
    this.#what = options.what ?? "events";
    this.#stream = options.stream ?? process.stderr;
    this.#clockMs = options.clockMs ?? monotonicMs;
    this.#startMs = this.#clockMs();
    this.#nextMs = this.#startMs + quietMs;
  }

  /** Cheap to call often. @param bytesDone bytes of the file read so far */
  update(bytesDone: number, events: number): void {
    const now = this.#clockMs();
    if (now < this.#nextMs || this.#stream.isTTY !== true || this.#bytesTotal <= 0) {
      return;
    }
    this.#nextMs = now + redrawMs;
    this.#drawn = true;
    const share = Math.min(1, bytesDone / this.#bytesTotal);
    const rate = events / Math.max(0.001, (now - this.#startMs) / 1000);
    const tail = ` ${Math.floor(share * 100)
      .toString()
      .padStart(
        3,
      )} %  ${events.toLocaleString("en-US")} ${this.#what}  ${(rate / 1e6).toFixed(2)} M/s`;
    const width = Math.min(barWidthMax, (this.#stream.columns ?? 80) - tail.length - 3);
    this.#stream.write(`\r\x1b[K${barText(share, width)}${tail}`);
  }

  /** Takes the bar away, so that what follows starts on a clean line. */
  close(): void {
    if (this.#drawn) {
      this.#stream.write("\r\x1b[K");
      this.#drawn = false;
    }
  }
}

function barText(share: number, width: number): string {
  if (width < 5) {
    return "";
  }
  const full = Math.round(share * width);
  return `[${"=".repeat(full)}${" ".repeat(width - full)}]`;
}
