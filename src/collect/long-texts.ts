// Arguments and environments that are too long for one record of a batch. Their pieces come right
// before the Process record that they belong to, perhaps in an earlier batch, and are cut anywhere:
// they are joined as bytes and decoded as one.

import { assert } from "../base/assert.ts";
import type { BatchView } from "../capture/batch-reader.ts";
import {
  PROCESS_TEXT_PIECE,
  PROCESS_TEXT_PROCESS,
  TEXT_ARGS,
  TEXT_ENV,
} from "../capture/layout.gen.ts";

export class LongTexts {
  #process = 0;
  #args: Buffer[] = [];
  #env: Buffer[] = [];

  /** Takes a ProcessText record of a batch. */
  add(batch: BatchView, at: number): void {
    const process = batch.u32[at + PROCESS_TEXT_PROCESS] as number;
    const isFirst = this.#args.length === 0 && this.#env.length === 0;
    assert(isFirst || process === this.#process, "pieces of one process come together");
    this.#process = process;
    const part = batch.flags(at);
    assert(part === TEXT_ARGS || part === TEXT_ENV, "a piece is of a known text");
    (part === TEXT_ARGS ? this.#args : this.#env).push(batch.copyBytes(at + PROCESS_TEXT_PIECE));
  }

  /** The arguments that came for this process, joined by NUL bytes. The caller's from then on. */
  takeArguments(process: number): Buffer {
    const pieces = this.#args;
    this.#args = [];
    return this.#join(pieces, process);
  }

  /** Its environment, in the same way. */
  takeEnvironment(process: number): Buffer {
    const pieces = this.#env;
    this.#env = [];
    return this.#join(pieces, process);
  }

  #join(pieces: readonly Buffer[], process: number): Buffer {
    assert(pieces.length === 0 || process === this.#process, "pieces precede their process");
    return Buffer.concat(pieces);
  }
}
