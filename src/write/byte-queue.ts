// Bytes that wait for an output, in the order in which they came. They come as blocks of records: a
// block arrives whole or is counted as lost. The queue owns its chunks and uses them again, so a
// queue that is emptied as fast as it fills allocates nothing.

import { assert } from "../base/assert.ts";

/**
 * What an output keeps that is not out yet, unless it is told otherwise. A minute of a busy host: 1 MB/s
 * after compression is some 60,000 records a second.
 */
export const queueBytesDefault = 64 * 1024 * 1024;

/** Blocks that are not out, or not whole. */
export interface Lost {
  readonly records: number;
  readonly blocks: number;
  readonly bytes: number;
  readonly bytesRaw: number;
}

interface Chunk {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

interface BlockMark {
  /** Bytes before its end, since the start. */
  readonly end: number;
  readonly records: number;
  /** 0 for what is no block, such as a file's header. */
  readonly bytesRaw: number;
}

/** Some ten blocks. */
const chunkBytes = 128 * 1024;
const freeChunksMax = 4;
/** Handed over at once: 2 MB, well below what one call may take. */
const viewsMax = 16;

export class ByteQueue {
  #chunks: Chunk[] = [];
  readonly #free: Chunk[] = [];
  #marks: BlockMark[] = [];
  #in = 0;
  #out = 0;
  /** Bytes that are out, up to the end of the last whole block, and the records in them. */
  whole = 0;
  wholeRecords = 0;

  get bytes(): number {
    return this.#in - this.#out;
  }

  /** Copies them. @param records, bytesRaw of the block that they are */
  push(bytes: Uint8Array, records: number, bytesRaw: number): void {
    let done = 0;
    while (done < bytes.length) {
      const chunk = this.#roomy();
      const count = Math.min(bytes.length - done, chunk.bytes.length - chunk.end);
      chunk.bytes.set(bytes.subarray(done, done + count), chunk.end);
      chunk.end += count;
      done += count;
    }
    this.#in += bytes.length;
    this.#marks.push({ end: this.#in, records, bytesRaw });
  }

  /** Puts a block before all others. None of their bytes may have been written. Keeps the array. */
  pushFirst(bytes: Uint8Array, records: number, bytesRaw: number): void {
    assert(this.#out === 0, "what comes first is not late");
    this.#chunks.unshift({ bytes, start: 0, end: bytes.length });
    const shifted = this.#marks.map((mark) => ({ ...mark, end: mark.end + bytes.length }));
    this.#marks = [{ end: bytes.length, records, bytesRaw }, ...shifted];
    this.#in += bytes.length;
  }

  /** The first bytes that are not out; they stay as they are until `advance`. */
  views(): Uint8Array[] {
    let skipped = this.#out - this.whole;
    const views: Uint8Array[] = [];
    for (const { bytes, start, end } of this.#chunks) {
      if (views.length === viewsMax) {
        break;
      }
      const from = start + Math.min(skipped, end - start);
      skipped -= from - start;
      if (from < end) {
        views.push(bytes.subarray(from, end));
      }
    }
    return views;
  }

  /** Notes that so many of the first bytes were written. Those of a block are kept until all are. */
  advance(count: number): void {
    assert(count <= this.bytes, "no more is out than was in");
    this.#out += count;
    const before = this.whole;
    for (let mark = this.#marks[0]; mark !== undefined && mark.end <= this.#out; ) {
      this.whole = mark.end;
      this.wholeRecords += mark.records;
      this.#marks.shift();
      mark = this.#marks[0];
    }
    this.#release(this.whole - before);
  }

  /** What is out of a block that is not out whole was taken back, and is to be written again. */
  rewind(): void {
    this.#out = this.whole;
  }

  /** Forgets all that is queued. */
  lose(): Lost {
    const lost = {
      records: this.#marks.reduce((sum, mark) => sum + mark.records, 0),
      blocks: this.#marks.filter((mark) => mark.bytesRaw > 0).length,
      bytes: this.#in - this.whole,
      bytesRaw: this.#marks.reduce((sum, mark) => sum + mark.bytesRaw, 0),
    };
    this.#chunks = [];
    this.#marks = [];
    this.#in = this.whole;
    this.#out = this.whole;
    return lost;
  }

  #release(count: number): void {
    let rest = count;
    while (rest > 0) {
      const chunk = this.#chunks[0];
      assert(chunk !== undefined, "whole blocks are in the chunks");
      const taken = Math.min(rest, chunk.end - chunk.start);
      chunk.start += taken;
      rest -= taken;
      if (chunk.start === chunk.end) {
        this.#chunks.shift();
        this.#keep(chunk);
      }
    }
  }

  #roomy(): Chunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.end < last.bytes.length) {
      return last;
    }
    const chunk = this.#free.pop() ?? { bytes: new Uint8Array(chunkBytes), start: 0, end: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }

  #keep(chunk: Chunk): void {
    if (chunk.bytes.length === chunkBytes && this.#free.length < freeChunksMax) {
      chunk.start = 0;
      chunk.end = 0;
      this.#free.push(chunk);
    }
  }
}
