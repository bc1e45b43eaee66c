// Reads one .sf file, or a stream of the same form, block by block, and gives its records to a
// receiver. This class reads no file itself: the caller puts bytes into `room()` and reports them
// with `filled()`. Records are given out only from blocks that are complete and good to their last
// record. A fault is thrown after that, as an error that says what is wrong, where, and how much
// was read.

import { AvroError, type AvroFault } from "../avro/avro-error.ts";
import { type Block, ContainerReader } from "../avro/container-reader.ts";
import { ReadTap } from "../avro/read-tap.ts";
import { assert } from "../base/assert.ts";
import { systemCause } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";
import type { SysFlowRecord } from "../sysflow/record.gen.ts";
import { decoderOfSchema, type RecordDecoder } from "../sysflow/record-decoder.ts";
import { deliver, type RecordReceiver } from "../sysflow/record-sink.ts";
import { InputFault } from "./input-fault.ts";

/** A larger block is decoded twice, to be checked and to be given, rather than held as objects. */
const heldBytesMax = 1 << 20;

/** What a call of `next` came to: records were given, more bytes are needed, or there is no more. */
export type ReadStep = "block" | "more" | "end";

export class SfReader {
  readonly #name: string;
  readonly #container = new ContainerReader();
  readonly #tap = new ReadTap();
  readonly #held: SysFlowRecord[] = [];
  #decode: RecordDecoder | null = null;
  /** Whole blocks given, and where the last one ended. */
  #blocks = 0;
  #goodBytes = 0;

  /** Records given. */
  records = 0;
  /** Records of kinds that SysFlow did not have when this was written; they are not given. */
  unknown = 0;

  /** @param name what messages call it, such as its path */
  constructor(name: string) {
    this.#name = name;
  }

  /** Where the next bytes of the file belong, from its start on. */
  room(): Uint8Array {
    return this.#container.room();
  }

  /** So many bytes are in the room now; none where the file has ended. */
  filled(bytes: number): void {
    this.#container.filled(bytes);
  }

  /**
   * Gives the records of the next block, if it is there.
   * @throws InputFault INPUT_FOREIGN, INPUT_CUT, INPUT_DAMAGED or INPUT_UNSUPPORTED, after which
   *   nothing more can be read; and what the receiver throws
   */
  next(to: RecordReceiver): ReadStep {
    const block = this.#nextBlock();
    if (block === null) {
      return "more";
    }
    if (block === "end") {
      return "end";
    }
    // Not within the `try` that words the faults of the file: what a receiver throws is its own.
    if (block.data.length > heldBytesMax) {
      assert(this.#decode !== null, "a block comes after the header");
      this.#decodeAgain(block, this.#decode, to);
    } else {
      for (const record of this.#held) {
        deliver(record, to);
      }
    }
    return "block";
  }

  /** The error to throw where no more bytes can be had. */
  readFailed(cause: unknown): InputFault {
    const why = `reading beyond byte ${this.#goodBytes} failed: ${systemCause(cause)}`;
    const message = this.#message(why, "see to what it is stored on");
    return new InputFault("INPUT_READ_FAILED", message, { cause });
  }

  /** A block whose records are all good, and held unless there are too many. */
  #nextBlock(): Block | "end" | null {
    try {
      if (this.#decode === null) {
        const header = this.#container.header();
        if (header === null) {
          return null;
        }
        this.#decode = decoderOfSchema(header.schemaJson);
        this.#goodBytes = this.#container.position;
      }
      const block = this.#container.next();
      if (block === "end" && this.records === 0) {
        throw new AvroError("it ends before its first record", { fault: "cut" });
      }
      if (block !== null && block !== "end") {
        const given = this.#check(block, this.#decode);
        this.records += given;
        this.unknown += block.records - given;
        this.#blocks += 1;
        this.#goodBytes = this.#container.position;
      }
      return block;
    } catch (error) {
      throw error instanceof AvroError ? this.#worded(error) : error;
    }
  }

  /** @returns how many of its records are of kinds that are known */
  #check(block: Block, decode: RecordDecoder): number {
    this.#held.length = 0;
    const isHeld = block.data.length <= heldBytesMax;
    const tap = this.#tap;
    tap.reset(block.data);
    let given = 0;
    for (let i = 0; i < block.records; i++) {
      const record = decodeWhole(tap, decode, i);
      if (record !== null) {
        if (this.records + given === 0 && record.kind !== "SFHeader") {
          throw new AvroError(`its first record is a ${record.kind}, not an SFHeader`);
        }
        given += 1;
        if (isHeld) {
          this.#held.push(record);
        }
      }
    }
    if (tap.pos !== tap.length) {
      throw new AvroError(`${tap.length - tap.pos} bytes follow its last record`);
    }
    return given;
  }

  #decodeAgain(block: Block, decode: RecordDecoder, to: RecordReceiver): void {
    this.#tap.reset(block.data);
    for (let i = 0; i < block.records; i++) {
      const record = decode(this.#tap);
      if (record !== null) {
        deliver(record, to);
      }
    }
  }

  #worded(cause: AvroError): InputFault {
    const from = this.#goodBytes;
    const where = from === 0 ? "its header" : `block ${this.#blocks + 1}, from byte ${from} on,`;
    const { code, remedy, word } = faults[cause.fault];
    return new InputFault(code, this.#message(word(where, cause.message), remedy), {
      cause,
      exitStatus: cause.fault === "unsupported" ? exitStatus.FAILURE : exitStatus.DAMAGED_INPUT,
    });
  }

  #message(why: string, remedy: string): string {
    const { records } = this;
    const read =
      records === 0
        ? "no record of it was read"
        : records === 1
          ? "the one record before was read"
          : `the ${records} records before were read`;
    const all = records === 0 ? "" : "all of ";
    return `cannot read ${all}${this.#name}: ${why}; ${read}; ${remedy}`;
  }
}

/** @param index of the record in its block */
function decodeWhole(tap: ReadTap, decode: RecordDecoder, index: number): SysFlowRecord | null {
  try {
    const record = decode(tap);
    tap.check();
    return record;
  } catch (error) {
    if (error instanceof AvroError) {
      const why = error.fault === "cut" ? "it runs past the end of the block" : error.message;
      throw new AvroError(`in its record ${index + 1} ${why}`, { cause: error });
    }
    throw error;
  }
}

interface FaultWords {
  readonly code: string;
  /** A clause of the part of the file and of what was found there. */
  readonly word: (where: string, why: string) => string;
  readonly remedy: string;
}

const faults: Readonly<Record<AvroFault, FaultWords>> = {
  foreign: {
    code: "INPUT_FOREIGN",
    word: (_, why) => `it is no SysFlow file: ${why}`,
    remedy: "name a file that was written in SysFlow's format",
  },
  cut: {
    code: "INPUT_CUT",
    word: (where, why) => `${where} is not whole: ${why}`,
    remedy: "it was cut, or is still being written: read it again when its writer has ended",
  },
  damaged: {
    code: "INPUT_DAMAGED",
    word: (where, why) => `${where} is damaged: ${why}`,
    remedy: "take the file anew from where it came",
  },
  unsupported: {
    code: "INPUT_UNSUPPORTED",
    word: (_, why) => why,
    remedy: "have it written with SysFlow's schema and with the codec deflate or null",
  },
};
