// Reads a batch that native code has filled: one view over the reused buffer, and a walk that calls
// one handler method per record with the record's place. No object per record is made. `at` counts
// 32-bit words from the buffer's start; the constants of layout.gen.ts are added to it, but for f64
// fields, which count in 64-bit words: index with `(at >> 1) + IO_READ_BYTES`.

import { assert } from "../base/assert.ts";
import {
  BATCH_HEADER_BYTES,
  BATCH_HEADER_EOF,
  BATCH_HEADER_LAST_TS_HI,
  BATCH_HEADER_LAST_TS_LO,
  BATCH_HEADER_MAGIC,
  BATCH_HEADER_RECORDS,
  BATCH_MAGIC,
  BYTES_BATCH_HEADER,
  BYTES_CONTAINER,
  BYTES_DESCRIPTOR_OP,
  BYTES_IO,
  BYTES_OBJECT_RESET,
  BYTES_PATH,
  BYTES_PATH_OP,
  BYTES_PROCESS,
  BYTES_PROCESS_GONE,
  BYTES_PROCESS_OP,
  BYTES_PROCESS_TEXT,
  BYTES_SOCKET,
  BYTES_TICK,
  KIND_CONTAINER,
  KIND_DESCRIPTOR_OP,
  KIND_IO,
  KIND_OBJECT_RESET,
  KIND_PATH,
  KIND_PATH_OP,
  KIND_PROCESS,
  KIND_PROCESS_GONE,
  KIND_PROCESS_OP,
  KIND_PROCESS_TEXT,
  KIND_SOCKET,
  KIND_TICK,
  PROCESS_FLAGS,
  PROCESS_KIND,
  PROCESS_SIZE,
} from "./layout.gen.ts";

/**
 * Typed views of one batch buffer. The caller owns the buffer and hands it to native code again for
 * the next batch: what is read from a view is copied (numbers, strings), a view is never kept.
 */
export class BatchView {
  readonly buffer: ArrayBuffer;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly bytes: Buffer;

  /** @param buffer its length must be a multiple of 8, and hold at least a batch header. */
  constructor(buffer: ArrayBuffer) {
    assert(buffer.byteLength % 8 === 0, "a batch buffer is a multiple of 8 bytes");
    assert(buffer.byteLength >= BYTES_BATCH_HEADER, "a batch buffer holds at least a header");
    this.buffer = buffer;
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.bytes = Buffer.from(buffer);
  }

  /** Bytes of the batch, header and strings included. */
  get byteLength(): number {
    return this.u32[BATCH_HEADER_BYTES] as number;
  }

  get recordCount(): number {
    return this.u32[BATCH_HEADER_RECORDS] as number;
  }

  /** True where no batch follows. */
  get isEof(): boolean {
    return this.u32[BATCH_HEADER_EOF] !== 0;
  }

  /** Time of the last event that the batch covers, also of one that made no record. */
  get lastTsLo(): number {
    return this.u32[BATCH_HEADER_LAST_TS_LO] as number;
  }

  get lastTsHi(): number {
    return this.u32[BATCH_HEADER_LAST_TS_HI] as number;
  }

  /** The flags of the record at `at`; which bits there are depends on its kind. */
  flags(at: number): number {
    return this.u16[at * 2 + PROCESS_FLAGS] as number;
  }

  /**
   * Decodes the string whose Span lies at word `spanAt`. Bytes that are not UTF-8 become U+FFFD.
   * Buffer's own decoder is used at every length: a loop over ASCII took twice its time at 30
   * bytes and ten times at 600, TextDecoder a third more (measured).
   */
  string(spanAt: number): string {
    const offset = this.u32[spanAt] as number;
    const length = this.u32[spanAt + 1] as number;
    if (length === 0) {
      return "";
    }
    assert(offset + length <= this.byteLength, "a string lies inside its batch");
    return this.bytes.toString("utf8", offset, offset + length);
  }

  /**
   * The same, where the result is likely: returns `likely` itself if it is ASCII and equal, which
   * saves decoding and memory.
   */
  stringOrSame(spanAt: number, likely: string): string {
    const offset = this.u32[spanAt] as number;
    const length = this.u32[spanAt + 1] as number;
    if (length !== likely.length) {
      return this.string(spanAt);
    }
    const bytes = this.bytes;
    for (let i = 0; i < length; i++) {
      const code = likely.charCodeAt(i);
      if (code > 0x7f || code !== bytes[offset + i]) {
        return this.string(spanAt);
      }
    }
    return likely;
  }

  /** True where the span at word `spanAt` holds these bytes. */
  hasBytes(spanAt: number, expected: Buffer): boolean {
    const offset = this.u32[spanAt] as number;
    const length = this.u32[spanAt + 1] as number;
    return (
      length === expected.length &&
      this.bytes.compare(expected, 0, length, offset, offset + length) === 0
    );
  }

  /** A copy of the bytes of the span at word `spanAt`. */
  copyBytes(spanAt: number): Buffer {
    const offset = this.u32[spanAt] as number;
    return Buffer.from(this.bytes.subarray(offset, offset + (this.u32[spanAt + 1] as number)));
  }

  /** Decodes a list of `count` strings that NUL bytes join. An empty list differs from [""]. */
  strings(spanAt: number, count: number): string[] {
    if (count === 0) {
      return [];
    }
    const items = this.string(spanAt).split("\0");
    assert(items.length === count, "a list has as many items as its count says");
    return items;
  }
}

/** One method per record kind of native/layout/event_layout.h, called in the order of the batch. */
export interface BatchHandler {
  process(batch: BatchView, at: number): void;
  processText(batch: BatchView, at: number): void;
  processGone(batch: BatchView, at: number): void;
  container(batch: BatchView, at: number): void;
  path(batch: BatchView, at: number): void;
  socket(batch: BatchView, at: number): void;
  objectReset(batch: BatchView, at: number): void;
  tick(batch: BatchView, at: number): void;
  processOp(batch: BatchView, at: number): void;
  descriptorOp(batch: BatchView, at: number): void;
  io(batch: BatchView, at: number): void;
  pathOp(batch: BatchView, at: number): void;
}

/**
 * Walks the records of a filled batch.
 * @returns their number.
 * @throws Error where the batch is malformed, which only a bug of ours can make it.
 */
export function readBatch(batch: BatchView, handler: BatchHandler): number {
  const walk = new BatchWalk(batch);
  walk.read(handler, Number.POSITIVE_INFINITY);
  return batch.recordCount;
}

/** The same in parts, between which others have their turn. One for each view, batch after batch. */
export class BatchWalk {
  readonly batch: BatchView;
  #at = 0;
  #end = 0;
  #records = 0;

  /** @param batch is filled */
  constructor(batch: BatchView) {
    this.batch = batch;
    this.begin();
  }

  /** The view has been filled again. */
  begin(): void {
    const { buffer, byteLength, u32 } = this.batch;
    assert(u32[BATCH_HEADER_MAGIC] === BATCH_MAGIC, "a batch begins with its magic number");
    assert(byteLength >= BYTES_BATCH_HEADER, "a batch holds its header");
    assert(byteLength <= buffer.byteLength, "a batch fits its buffer");
    this.#at = BYTES_BATCH_HEADER / 4;
    this.#end = byteLength >> 2;
    this.#records = 0;
  }

  get isOver(): boolean {
    return this.#at >= this.#end;
  }

  /** @param recordsMax after so many there is a pause; more than 0 */
  read(handler: BatchHandler, recordsMax: number): void {
    const batch = this.batch;
    const { u16, u32 } = batch;
    const end = this.#end;
    let at = this.#at;
    let records = 0;
    while (at < end && records < recordsMax) {
      const kind = u16[at * 2 + PROCESS_KIND] as number;
      const size = u32[at + PROCESS_SIZE] as number;
      const sizeMin = sizeMinOfKind[kind];
      assert(sizeMin !== undefined && size >= sizeMin, "a record has the size of its kind");
      assert((size & 7) === 0 && at + (size >>> 2) <= end, "a record is aligned, inside its batch");
      dispatch(batch, handler, kind, at);
      at += size >>> 2;
      records += 1;
    }
    this.#at = at;
    this.#records += records;
    if (at >= end) {
      assert(this.#records === batch.recordCount, "a batch has as many records as its header says");
    }
  }
}

/** Indexed by kind; undefined where no kind has that number. */
const sizeMinOfKind: readonly (number | undefined)[] = [
  undefined,
  BYTES_PROCESS,
  BYTES_PROCESS_GONE,
  BYTES_CONTAINER,
  BYTES_PATH,
  BYTES_SOCKET,
  BYTES_OBJECT_RESET,
  BYTES_TICK,
  BYTES_PROCESS_OP,
  BYTES_DESCRIPTOR_OP,
  BYTES_IO,
  BYTES_PATH_OP,
  BYTES_PROCESS_TEXT,
];

export function dispatch(batch: BatchView, handler: BatchHandler, kind: number, at: number): void {
  // The most frequent kinds first.
  switch (kind) {
    case KIND_IO:
      handler.io(batch, at);
      break;
    case KIND_DESCRIPTOR_OP:
      handler.descriptorOp(batch, at);
      break;
    case KIND_PATH:
      handler.path(batch, at);
      break;
    case KIND_SOCKET:
      handler.socket(batch, at);
      break;
    case KIND_PROCESS:
      handler.process(batch, at);
      break;
    case KIND_PROCESS_OP:
      handler.processOp(batch, at);
      break;
    case KIND_PATH_OP:
      handler.pathOp(batch, at);
      break;
    case KIND_TICK:
      handler.tick(batch, at);
      break;
    case KIND_PROCESS_GONE:
      handler.processGone(batch, at);
      break;
    case KIND_CONTAINER:
      handler.container(batch, at);
      break;
    case KIND_OBJECT_RESET:
      handler.objectReset(batch, at);
      break;
    case KIND_PROCESS_TEXT:
      handler.processText(batch, at);
      break;
    default:
      assert(false, `a batch has only known kinds, not ${kind}`);
  }
}
