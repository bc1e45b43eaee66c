// A stand-in for process.stdout: keeps what is written, can be stuck, can fail.

import type { OutputStream } from "../../src/show/line-output.ts";

export class FakeStream implements OutputStream {
  text = "";
  writes = 0;
  /** Takes what is written but does not report it as done. */
  isStuck = false;
  readonly isTTY: boolean;
  readonly columns?: number;
  #done: ((error?: Error | null) => void)[] = [];
  #onError: (error: Error) => void = () => {
    throw new Error("nobody listens for errors");
  };

  /** @param columns of a terminal; none where absent */
  constructor(columns?: number) {
    this.isTTY = columns !== undefined;
    if (columns !== undefined) {
      this.columns = columns;
    }
  }

  write(text: string, done: (error?: Error | null) => void): boolean {
    this.text += text;
    this.writes += 1;
    if (this.isStuck) {
      this.#done.push(done);
    } else {
      done(null);
    }
    return !this.isStuck;
  }

  on(_event: "error", listener: (error: Error) => void): void {
    this.#onError = listener;
  }

  release(error: Error | null = null): void {
    for (const done of this.#done.splice(0)) {
      done(error);
    }
  }

  fail(error: Error): void {
    this.#onError(error);
  }
}
