// A socket that is listened on, for writers that send each record as one packet: the other side of
// the socket output, ours and upstream's. Each writer is a stream of its own, with a header, ids and
// a receiver of its own, and what is wrong with one ends that one only. No packet says which schema
// it is of; the header's version does.

import { AvroError } from "../../avro/avro-error.ts";
import { ReadTap } from "../../avro/read-tap.ts";
import { exitStatus } from "../../base/exit-status.ts";
import { decodeRecord } from "../../sysflow/decoder.gen.ts";
import type { SysFlowRecord } from "../../sysflow/record.gen.ts";
import { deliver, type RecordReceiver } from "../../sysflow/record-sink.ts";
import { type SchemaVersion, schemaVersions } from "../../sysflow/values.ts";
import { InputFault } from "../input-fault.ts";

/** The native side; `capture/sockets.ts` opens one. */
export interface SocketListener {
  readonly turnedAway: number;
  take(buffer: Uint8Array): number;
  drop(writer: number): void;
  close(): void;
}

/** Who sends. */
export interface SocketPeer {
  /** Counts the writers of a source from 1. */
  readonly number: number;
  /** Of the process that connected; 0 where it is of another pid namespace. */
  readonly pid: number;
  readonly uid: number;
}

export interface SocketSourceOptions {
  /** What messages call it, such as the socket's path. */
  readonly name: string;
  /** @param onReady called when `take` has something again @throws OperatorError INPUT_OPEN_FAILED */
  readonly open: (onReady: () => void) => SocketListener;
  /** Called with each writer's first header. @returns what takes its records, that header first */
  readonly receiverOf: (peer: SocketPeer) => RecordReceiver;
  /** Called when nothing more comes of a writer. @param fault null where it has closed in order */
  readonly onEnd: (peer: SocketPeer, fault: InputFault | null) => void;
}

export interface SocketCounts {
  /** Records given. */
  readonly records: number;
  /** Writers that have connected. */
  readonly writers: number;
  /** Those of them that ended otherwise than in order. */
  readonly faults: number;
  /** Connections that were refused by who they belong to. */
  readonly turnedAway: number;
}

/** Room for the longest packet that native code lets through. */
const bufferBytes = 512 * 1024;
const headBytes = 12;

/** native/socket/record_listener.h: what a frame is about. */
const event = { PACKET: 0, OPENED: 1, CLOSED: 2, FAILED: 3, TOO_LONG: 4 } as const;

/** A writer that is connected. */
interface Stream {
  readonly peer: SocketPeer;
  /** Null before its header. */
  receiver: RecordReceiver | null;
  version: SchemaVersion;
  records: number;
}

export class SocketSource {
  readonly #options: SocketSourceOptions;
  readonly #listener: SocketListener;
  readonly #buffer = Buffer.alloc(bufferBytes);
  readonly #words: DataView;
  readonly #tap = new ReadTap();
  readonly #streams = new Map<number, Stream>();
  /** The part of the buffer that is not read yet. */
  #at = 0;
  #end = 0;
  #isRung = false;
  #wake: (() => void) | null = null;
  #isClosed = false;
  #records = 0;
  #writers = 0;
  #faults = 0;

  /** @throws OperatorError INPUT_OPEN_FAILED */
  constructor(options: SocketSourceOptions) {
    this.#options = options;
    this.#words = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, bufferBytes);
    this.#listener = options.open(() => {
      this.#isRung = true;
      this.#wake?.();
    });
  }

  counts(): SocketCounts {
    return {
      records: this.#records,
      writers: this.#writers,
      faults: this.#faults,
      turnedAway: this.#listener.turnedAway,
    };
  }

  /**
   * Gives what has come, up to half a megabyte, and waits for nothing.
   * @returns false where nothing had come: then await `ready`
   * @throws what a receiver throws; the next call goes on behind that record
   */
  read(): boolean {
    if (this.#at === this.#end) {
      if (this.#isClosed) {
        return false;
      }
      this.#isRung = false;
      this.#at = 0;
      this.#end = this.#listener.take(this.#buffer);
      if (this.#end === 0) {
        return false;
      }
    }
    while (this.#at < this.#end) {
      this.#frame();
    }
    return true;
  }

  /** Resolves when `read` has something to give, after `timeoutMs` at the latest, or once closed. */
  ready(timeoutMs: number): Promise<void> {
    if (this.#isRung || this.#isClosed || this.#at < this.#end) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#wake = wake;
    });
  }

  /** Ends all connections and removes the socket's file. May be called twice. */
  close(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#end = 0;
      this.#at = 0;
      this.#listener.close();
      this.#wake?.();
    }
  }

  #frame(): void {
    const start = this.#at;
    const word = (index: number) => this.#words.getUint32(start + 4 * index, isLittleEndian);
    const [number, kind, bytes] = [word(0), word(1), word(2)];
    // First of all, so that a receiver that throws does not get the same record again.
    this.#at = start + headBytes + bytes;
    if (kind === event.OPENED) {
      const peer = { number, pid: word(3), uid: word(4) };
      this.#streams.set(number, { peer, receiver: null, version: 5, records: 0 });
      this.#writers += 1;
      return;
    }
    const stream = this.#streams.get(number);
    if (stream === undefined) {
      // What was on its way when its fault was found.
      return;
    }
    switch (kind) {
      case event.PACKET:
        this.#packet(stream, this.#buffer.subarray(start + headBytes, this.#at));
        break;
      case event.CLOSED:
        this.#ended(stream, null);
        break;
      case event.TOO_LONG:
        this.#ended(stream, this.#fault(stream, "INPUT_DAMAGED", "its packet is above 256 KiB"));
        break;
      default:
        this.#ended(stream, this.#fault(stream, "INPUT_READ_FAILED", `system error ${word(3)}`));
    }
  }

  #packet(stream: Stream, bytes: Buffer): void {
    let record: SysFlowRecord;
    try {
      record = this.#decode(stream, bytes);
    } catch (error) {
      if (!(error instanceof AvroError)) {
        throw error;
      }
      this.#listener.drop(stream.peer.number);
      this.#ended(stream, this.#worded(stream, error));
      return;
    }
    stream.records += 1;
    this.#records += 1;
    stream.receiver ??= this.#options.receiverOf(stream.peer);
    deliver(record, stream.receiver);
  }

  #decode(stream: Stream, bytes: Buffer): SysFlowRecord {
    const tap = this.#tap;
    tap.reset(bytes);
    const record = decodeRecord(tap, stream.version);
    tap.check();
    if (tap.pos !== bytes.length) {
      throw new AvroError(`${bytes.length - tap.pos} bytes follow its record`);
    }
    if (record.kind === "SFHeader") {
      stream.version = versionOf(record.version);
    } else if (stream.records === 0) {
      throw new AvroError(`its first record is a ${record.kind}, not an SFHeader`);
    }
    return record;
  }

  #ended(stream: Stream, fault: InputFault | null): void {
    this.#streams.delete(stream.peer.number);
    this.#faults += fault === null ? 0 : 1;
    this.#options.onEnd(stream.peer, fault);
  }

  #worded(stream: Stream, cause: AvroError): InputFault {
    if (cause.fault === "unsupported") {
      return this.#fault(stream, "INPUT_UNSUPPORTED", cause.message, cause);
    }
    const why = cause.fault === "cut" ? "it is cut" : cause.message;
    return this.#fault(stream, "INPUT_DAMAGED", `packet ${stream.records + 1}: ${why}`, cause);
  }

  #fault({ peer, records }: Stream, code: string, why: string, cause?: AvroError): InputFault {
    const who = peer.pid === 0 ? `writer ${peer.number}` : `process ${peer.pid}`;
    const message =
      `cannot read on from ${who} at the socket ${this.#options.name}: ${why}; ` +
      `${records} of its records were read; restart it, so that it connects anew`;
    const status = code === "INPUT_DAMAGED" ? exitStatus.DAMAGED_INPUT : exitStatus.FAILURE;
    return new InputFault(code, message, { exitStatus: status, ...(cause && { cause }) });
  }
}

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

function versionOf(version: number): SchemaVersion {
  const known = schemaVersions.find((each) => each === version);
  if (known === undefined) {
    const message = `its records are of schema ${version}, and packets of ${schemaVersions.join(" and ")} can be read`;
    throw new AvroError(message, { fault: "unsupported" });
  }
  return known;
}
