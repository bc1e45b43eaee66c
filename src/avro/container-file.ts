// Writes an Avro object container file: a header, then blocks of deflated records. Nothing reaches
// the output before a block is full, so the caller must call `flush` at the end. The caller encodes
// each record straight into `tap` and then calls `endRecord`, which says whether the record fitted; or
// it takes records that were encoded for several files at once (see SharedTap).

import { randomBytes } from "node:crypto";
import { assert } from "../base/assert.ts";
import { deflateRaw } from "../base/deflate.ts";
import type { SharedTap } from "./shared-tap.ts";
import { Tap } from "./tap.ts";

/** Where the file's bytes go. Takes all of them or throws; keeps no reference to the array. */
export interface ByteSink {
  /** @param records, bytesRaw of the block that they are; 0 of the file's header */
  write(bytes: Uint8Array, records: number, bytesRaw: number): void;
}

export interface ContainerFileOptions {
  readonly sink: ByteSink;
  /** Stands in the file as it is. */
  readonly schemaJson: string;
  /** May be handed on from one file to the next, but never shared by two at once. */
  readonly tap?: Tap;
  /** How blocks are packed; `deflate` where absent. */
  readonly codec?: Codec;
  /** A block is closed once its uncompressed size reaches this; 80,000 as upstream's. */
  readonly blockBytesMax?: number;
  /** 16 bytes; random where absent. */
  readonly syncMarker?: Uint8Array;
  /** Writes no header: it is not known yet what belongs into it, and `head` makes it later. */
  readonly isHeadless?: boolean;
}

/** Those that every reader of Avro has. */
export const codecs = ["deflate", "null"] as const;
export type Codec = (typeof codecs)[number];

/** Encoded records that are in no block yet. */
export interface PendingRecords {
  readonly bytes: Uint8Array;
  readonly records: number;
}

export const blockBytesDefault = 80_000;

/** What the name of a file ends in while it is written: such a one is not whole yet. */
export const partSuffix = ".part";
export const magic = "Obj\x01";
export const syncBytes = 16;
/** Room for the last record of a block; a larger one makes the tap grow, which it remembers. */
const tapSlack = 48 * 1024;
/** Two longs of up to ten bytes stand before a block's data. */
const blockHeaderMax = 20;

export class ContainerFile {
  readonly tap: Tap;
  readonly #sink: ByteSink;
  readonly #blockBytesMax: number;
  readonly #schemaJson: string;
  readonly #codec: Codec;
  readonly #syncMarker: Uint8Array;
  /** Where the records in `tap` end. */
  #recordStart = 0;
  /** Of the records in `tap` and, behind them, those of the stretch. */
  #blockRecords = 0;
  /** The tap that others use too, of which a stretch belongs to the block; none where it is empty. */
  #shared: SharedTap | null = null;
  #stretchStart = 0;
  #stretchEnd = 0;
  #out = Buffer.alloc(0);

  /** Counts of what reached the sink. */
  blocks = 0;
  bytesRaw = 0;
  bytesWritten = 0;

  /** Writes the file's header to the sink at once, where it is to have one. */
  constructor(options: ContainerFileOptions) {
    this.#sink = options.sink;
    this.#blockBytesMax = options.blockBytesMax ?? blockBytesDefault;
    this.#syncMarker = options.syncMarker ?? randomBytes(syncBytes);
    assert(this.#syncMarker.length === syncBytes, "a sync marker has 16 bytes");
    this.tap = options.tap ?? newTap(this.#blockBytesMax);
    this.tap.pos = 0;
    this.#schemaJson = options.schemaJson;
    this.#codec = options.codec ?? "deflate";
    if (options.isHeadless !== true) {
      const header = this.#fileHeader();
      this.#sink.write(header, 0, 0);
      this.bytesWritten = header.length;
    }
  }

  /**
   * The header of a headless file, and a first block. The caller puts it before all else.
   * @param raw the block's records, encoded
   */
  head(raw: Uint8Array<ArrayBuffer>, records: number): Uint8Array {
    const header = this.#fileHeader();
    const length = this.#layBlock(this.#pack(raw), records);
    this.#countBlock(length + header.length, raw.length);
    return Buffer.concat([header, this.#out.subarray(0, length)]);
  }

  /** Records encoded and not yet passed to the sink. */
  get pendingRecords(): number {
    return this.#blockRecords;
  }

  /**
   * To be called after each record encoded into `tap`.
   * @returns false where the record did not fit: it is taken back, there is more room now, and the
   *   caller encodes it again.
   * @throws what the sink throws, when this record filled the block; see `flush`.
   */
  endRecord(): boolean {
    const tap = this.tap;
    assert(!this.holdsStretch, "what is encoded here stands behind what was taken");
    if (!tap.ok()) {
      tap.grow(this.#recordStart);
      tap.pos = this.#recordStart;
      return false;
    }
    this.#blockRecords += 1;
    this.#recordStart = tap.pos;
    if (tap.pos >= this.#blockBytesMax) {
      this.flush();
    }
    return true;
  }

  /**
   * In place of `endRecord`: the record is in another tap, from `start` to its position, and stays there
   * until `settle` was called or `holdsStretch` is false.
   * @throws what the sink throws, when this record filled the block; see `flush`.
   */
  take(shared: SharedTap, start: number): void {
    if (start !== this.#stretchEnd || shared !== this.#shared) {
      this.settle();
      this.#shared = shared;
      this.#stretchStart = start;
    }
    this.#stretchEnd = shared.pos;
    this.#blockRecords += 1;
    if (this.#recordStart + shared.pos - this.#stretchStart >= this.#blockBytesMax) {
      this.flush();
    }
  }

  /** Whether records of this block are still in another tap. */
  get holdsStretch(): boolean {
    return this.#stretchStart < this.#stretchEnd;
  }

  /** Copies what is still in another tap. */
  settle(): void {
    if (this.#shared !== null && this.holdsStretch) {
      const stretch = this.#shared.buffer.subarray(this.#stretchStart, this.#stretchEnd);
      const end = this.#recordStart + stretch.length;
      while (end > this.tap.buffer.length) {
        this.tap.grow(this.#recordStart);
      }
      this.tap.buffer.set(stretch, this.#recordStart);
      this.tap.pos = end;
      this.#recordStart = end;
    }
    this.#stretchStart = this.#stretchEnd;
  }

  /** In place of `endRecord`: the record encoded last is left out. */
  leaveOut(): void {
    this.tap.pos = this.#recordStart;
  }

  /**
   * Closes the current block and passes it to the sink in one piece; nothing where it is empty.
   * @throws what the sink throws. The block's records are still pending then.
   */
  flush(): void {
    if (this.#blockRecords === 0) {
      return;
    }
    const rawLength = this.#recordStart + this.#stretchEnd - this.#stretchStart;
    const length = this.#layBlock(this.#packBlock(), this.#blockRecords);
    this.#sink.write(this.#out.subarray(0, length), this.#blockRecords, rawLength);
    this.#countBlock(length, rawLength);
    this.discard();
  }

  /** Takes the pending records out, to be added to another file of the same schema. */
  takePending(): PendingRecords {
    this.settle();
    const bytes = Uint8Array.from(this.tap.buffer.subarray(0, this.#recordStart));
    return { bytes, records: this.discard() };
  }

  /** @throws what the sink throws, when they filled the block; see `flush`. */
  addPending({ bytes, records }: PendingRecords): void {
    // They end as one record would, which counts itself.
    this.#blockRecords += records - 1;
    do this.tap.writeFixed(bytes);
    while (!this.endRecord());
  }

  /** Forgets the pending records, or a record half encoded. @returns how many there were. */
  discard(): number {
    const records = this.#blockRecords;
    this.#blockRecords = 0;
    this.#recordStart = 0;
    this.#stretchStart = this.#stretchEnd;
    this.tap.pos = 0;
    return records;
  }

  #fileHeader(): Uint8Array {
    return encodeFileHeader(this.#schemaJson, this.#codec, this.#syncMarker);
  }

  /** Where the block is one stretch, it may be that another file has had it packed. */
  #packBlock(): Uint8Array {
    if (this.#codec === "deflate" && this.#recordStart === 0 && this.#shared !== null) {
      return this.#shared.deflated(this.#stretchStart, this.#stretchEnd);
    }
    this.settle();
    return this.#pack(this.tap.buffer.subarray(0, this.#recordStart) as Uint8Array<ArrayBuffer>);
  }

  #pack(raw: Uint8Array<ArrayBuffer>): Uint8Array {
    return this.#codec === "null" ? raw : deflateRaw(raw);
  }

  #countBlock(length: number, rawLength: number): void {
    this.blocks += 1;
    this.bytesRaw += rawLength;
    this.bytesWritten += length;
  }

  /** Count, byte length, data and sync marker into `#out`. @returns their length. */
  #layBlock(data: Uint8Array, records: number): number {
    const capacity = blockHeaderMax + data.length + syncBytes;
    if (this.#out.length < capacity) {
      this.#out = Buffer.allocUnsafeSlow(capacity * 2);
    }
    const head = new Tap(blockHeaderMax);
    head.writeLong(records);
    head.writeLong(data.length);
    this.#out.set(head.buffer.subarray(0, head.pos));
    this.#out.set(data, head.pos);
    this.#out.set(this.#syncMarker, head.pos + data.length);
    return head.pos + data.length + syncBytes;
  }
}

/** Room for a block of that size and the record that runs over its end. */
export function newTap(blockBytesMax: number = blockBytesDefault): Tap {
  return new Tap(blockBytesMax + tapSlack);
}

/** Magic, a map of exactly two entries in upstream's order, the sync marker. */
function encodeFileHeader(schemaJson: string, codec: Codec, syncMarker: Uint8Array): Uint8Array {
  const schema = Buffer.from(schemaJson, "utf8");
  const tap = new Tap(magic.length + schema.length + 128);
  tap.writeFixed(Buffer.from(magic, "latin1"));
  tap.writeLong(2);
  tap.writeString("avro.codec");
  tap.writeString(codec);
  tap.writeString("avro.schema");
  tap.writeBytes(schema);
  tap.writeLong(0);
  tap.writeFixed(syncMarker);
  assert(tap.ok(), "the file header has room");
  return tap.buffer.subarray(0, tap.pos);
}
