// Arguments and environments that are too long for one record of a batch. Their pieces come
// directly before the Process record that they belong to, perhaps in an earlier batch. A piece can
// end inside a character, so the pieces are joined as bytes and decoded together. Such a text can
// have megabytes, so there is a limit to what all processes together keep. When it is reached,
// further texts are cut.

import { assert } from "../../base/assert.ts";
import type { BatchView } from "../../capture/batch-reader.ts";
import {
  PROCESS_TEXT_PIECE,
  PROCESS_TEXT_PROCESS,
  TEXT_ARGS,
  TEXT_ENV,
} from "../../capture/layout.gen.ts";

/** Stands for a text that there was no room for. */
const cutBytes = 64 * 1024;

/** A process that keeps long texts. */
export interface LongTextOwner {
  /** Bytes of its own; not those that it shares with its parent. */
  longTextBytes: number;
}

export class LongTexts {
  /** Texts cut for want of room, since the start. */
  cut = 0;
  readonly #bytesMax: number;
  #bytes = 0;
  #process = 0;
  #args: Buffer[] = [];
  #env: Buffer[] = [];

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The part of the text that there is room for. It counts as the owner's from now on. */
  keep(text: Buffer, owner: LongTextOwner): Buffer {
    if (this.#bytes + text.length > this.#bytesMax) {
      this.cut += 1;
      return text.subarray(0, characterStart(text, cutBytes));
    }
    owner.longTextBytes += text.length;
    this.#bytes += text.length;
    return text;
  }

  /** Notes that the owner keeps no long texts any more. */
  release(owner: LongTextOwner): void {
    this.#bytes -= owner.longTextBytes;
    owner.longTextBytes = 0;
  }

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

/** Where the UTF-8 character begins that byte `at` belongs to, or the text's end. */
function characterStart(text: Buffer, at: number): number {
  let start = Math.min(at, text.length);
  // Behind the end there is no byte, and so none that goes on with a character.
  while (start > 0 && ((text[start] as number) & 0xc0) === 0x80) {
    start -= 1;
  }
  return start;
}
