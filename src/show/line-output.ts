// Standard output as a bounded line sink. Writes to a pipe are asynchronous and without a limit of
// their own: a reader that stops would make the program grow for ever, or the capture fall behind.

import { monotonicMs } from "../base/clock.ts";

/** What is needed of process.stdout; tests bring their own. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

const pendingCharactersMax = 1 << 20;

export class LineOutput {
  readonly #stream: OutputStream;
  #lines: string[] = [];
  #linesLength = 0;
  /** Handed to the stream and not yet taken by the system. */
  #inFlight = 0;
  #error: Error | null = null;
  #waiting: (() => void)[] = [];

  constructor(stream: OutputStream = process.stdout) {
    this.#stream = stream;
    stream.on("error", (error) => this.#fail(error));
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Columns of the terminal; null where it is none. */
  get columns(): number | null {
    return this.isTerminal ? (this.#stream.columns ?? 80) : null;
  }

  /** Why nothing more can be written, or null. EPIPE: the reader has gone, which is its right. */
  get error(): Error | null {
    return this.#error;
  }

  /** Whether a line would be taken now. */
  get hasRoom(): boolean {
    return this.#error === null && this.#inFlight + this.#linesLength < pendingCharactersMax;
  }

  /** @returns false where there is no room and the line was not taken: the caller counts it. */
  line(text: string): boolean {
    if (!this.hasRoom) {
      return false;
    }
    this.lineAlways(text);
    return true;
  }

  /** Takes a line without a bound: only for a caller that waits for `drained` before long. */
  lineAlways(text: string): void {
    if (this.#error === null) {
      this.#lines.push(text);
      this.#linesLength += text.length + 1;
    }
  }

  /** Hands what was taken to the system, in one write. */
  flush(): void {
    if (this.#lines.length === 0 || this.#error !== null) {
      return;
    }
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    this.#linesLength = 0;
    this.#inFlight += text.length;
    this.#stream.write(text, (error) => {
      this.#inFlight -= text.length;
      if (error) {
        this.#fail(error);
      }
      this.#wake();
    });
  }

  /** Waits until all is written, or never will be. @returns false where the time is over first */
  async drained(msMax: number): Promise<boolean> {
    this.flush();
    const end = monotonicMs() + msMax;
    while (this.#inFlight > 0 && this.#error === null) {
      const left = end - monotonicMs();
      if (left <= 0) {
        return false;
      }
      await this.#written(left);
    }
    return true;
  }

  /** Resolves at the next finished write or after so long. */
  #written(msMax: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, msMax);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#lines = [];
    this.#linesLength = 0;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) {
      resolve();
    }
  }
}
