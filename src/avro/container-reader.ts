// Reads an Avro object container file: its header, then one block after another. A block is given
// out only when all of it is there and its sync marker is right. This class reads no file itself:
// the caller puts bytes into `room()` and reports them with `filled()`. The file may be hostile:
// memory grows with the bytes that have arrived, never with a length that the file only claims, and
// every length has a limit.

import { inflateRaw } from "../base/deflate.ts";
import { errnoCode } from "../base/errors.ts";
import { AvroError } from "./avro-error.ts";
import { type Codec, codecs, magic, syncBytes } from "./container-file.ts";
import { ReadTap } from "./read-tap.ts";
import { shown } from "./schema-tree.ts";

export interface ContainerHeader {
  readonly schemaJson: string;
}

export interface Block {
  /** How many records it says that it has. */
  readonly records: number;
  /** Those records. Good until more bytes are asked for. */
  readonly data: Buffer;
}

/** Most that is read as one block, packed or unpacked; ours have 80 kB, and one record at least. */
export const blockBytesMax = 16 << 20;
/** All of the metadata: SysFlow's have 6 kB. */
const headerBytesMax = 1 << 20;
const headerEntriesMax = 1000;
/** A few blocks. The caller awaits each filling, so that other work gets its turn in between. */
const windowBytes = 64 * 1024;

export class ContainerReader {
  #window: Buffer = Buffer.allocUnsafeSlow(windowBytes);
  /** The part of the window that is filled and not yet consumed. */
  #from = 0;
  #to = 0;
  /** Bytes of the file before the window. */
  #before = 0;
  #isAtEnd = false;
  readonly #tap = new ReadTap();
  #codec: Codec = "null";
  #syncMarker: Uint8Array = new Uint8Array(0);

  /** Where the next block begins. */
  get position(): number {
    return this.#before + this.#from;
  }

  /**
   * Where the next bytes of the file belong, from its start on; never more than a window, be the
   * block as large as may be. What was given before is void.
   */
  room(): Buffer {
    const left = this.#window.subarray(this.#from, this.#to);
    const window = this.#windowFor(left.length);
    left.copy(window);
    this.#before += this.#from;
    this.#window = window;
    this.#to = left.length;
    this.#from = 0;
    return window.subarray(this.#to, this.#to + windowBytes);
  }

  /** Notes that so many bytes were put into the room; none where the file has ended. */
  filled(bytes: number): void {
    this.#to += bytes;
    this.#isAtEnd = bytes === 0;
  }

  /** To be asked for until it is there, and first. @returns null where more bytes are needed */
  header(): ContainerHeader | null {
    return this.#attempt((tap) => {
      const start = tap.text(Math.min(magic.length, tap.length));
      if (start === "" && !this.#isAtEnd) {
        tap.pass(1);
      }
      if (start === "" || !magic.startsWith(start)) {
        const why = start === "" ? "it is empty" : "it begins otherwise";
        throw new AvroError(why, { fault: "foreign" });
      }
      const meta = readMetadata(tap);
      this.#syncMarker = tap.readFixed(syncBytes);
      const codec = meta.get("avro.codec") ?? "null";
      const known = codecs.find((each) => each === codec);
      if (known === undefined) {
        const why = `its blocks are packed with the codec ${shown(codec)}`;
        throw new AvroError(why, { fault: "unsupported" });
      }
      this.#codec = known;
      const schemaJson = meta.get("avro.schema");
      if (schemaJson === undefined) {
        throw new AvroError("it has no schema");
      }
      return { schemaJson };
    });
  }

  /** @returns null where more bytes are needed, "end" where the file ends with the last block */
  next(): Block | "end" | null {
    if (this.#from === this.#to) {
      return this.#isAtEnd ? "end" : null;
    }
    const packed = this.#attempt((tap) => {
      const records = readSize(tap);
      const length = readSize(tap);
      if (length > blockBytesMax) {
        throw new AvroError(`it says that it has ${length} bytes, ${tooMany}`);
      }
      const start = this.#from + tap.pos;
      tap.pass(length + syncBytes);
      return { records, data: this.#window.subarray(start, start + length) };
    });
    if (packed === null) {
      return null;
    }
    const { records } = packed;
    const marker = this.#window.subarray(this.#from - syncBytes, this.#from);
    if (!marker.equals(this.#syncMarker)) {
      throw new AvroError("no sync marker is at its end");
    }
    const data = this.#unpack(packed.data);
    if (records > data.length) {
      throw new AvroError(`${records} records stand in ${data.length} bytes`);
    }
    return { records, data };
  }

  /**
   * Reads something that may not be there to its end yet.
   * @returns null, with nothing consumed, where more bytes are needed and may come
   * @throws AvroError "cut" where none will come
   */
  #attempt<T>(read: (tap: ReadTap) => T): T | null {
    this.#tap.reset(this.#window.subarray(this.#from, this.#to));
    try {
      const value = read(this.#tap);
      this.#from += this.#tap.pos;
      return value;
    } catch (error) {
      if (error instanceof AvroError && error.fault === "cut" && !this.#isAtEnd) {
        return null;
      }
      throw error;
    }
  }

  /** Twice as large where it is full, and of its first size again where that is enough. */
  #windowFor(left: number): Buffer {
    const { length } = this.#window;
    if (left === length) {
      return Buffer.allocUnsafeSlow(length * 2);
    }
    const isLarge = length > windowBytes && left < windowBytes;
    return isLarge ? Buffer.allocUnsafeSlow(windowBytes) : this.#window;
  }

  #unpack(packed: Buffer): Buffer {
    if (this.#codec === "null") {
      return packed;
    }
    try {
      return inflateRaw(packed, blockBytesMax);
    } catch (cause) {
      const isLarge = errnoCode(cause) === "ERR_BUFFER_TOO_LARGE";
      const why = isLarge
        ? `it unpacks to more bytes, ${tooMany}`
        : "its packed data are not whole";
      throw new AvroError(why, { cause });
    }
  }
}

function readMetadata(tap: ReadTap): ReadonlyMap<string, string> {
  const meta = new Map<string, string>();
  for (let count = readItemCount(tap); count > 0; count = readItemCount(tap)) {
    if (count + meta.size > headerEntriesMax) {
      throw new AvroError(`it has more than ${headerEntriesMax} entries`);
    }
    for (let i = 0; i < count; i++) {
      const key = readText(tap);
      meta.set(key, readText(tap));
    }
  }
  return meta;
}

/** Unlike the tap's own, for items that need not be there yet. */
function readItemCount(tap: ReadTap): number {
  const count = tap.readLong();
  if (count < 0) {
    tap.readLong();
  }
  tap.check();
  return Math.abs(count);
}

function readText(tap: ReadTap): string {
  const length = readSize(tap);
  if (length + tap.pos > headerBytesMax) {
    throw new AvroError(`it has more than ${headerBytesMax} bytes`);
  }
  return tap.text(length);
}

function readSize(tap: ReadTap): number {
  const size = tap.readLong();
  tap.check();
  if (size < 0) {
    throw new AvroError(`a size in it is ${size}`);
  }
  return size;
}

const tooMany = `more than the ${blockBytesMax} that are read as one block`;
