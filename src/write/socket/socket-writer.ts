// The output to a Unix socket: each record is one packet, so it has 16 KiB at most (upstream's
// readers take no more). Native code sends on a thread of its own; this class encodes, hands over
// blocks of records, and begins anew with each connection: the header, then all entities again,
// which the collector gives because `rotateDue` says so. Nothing waits for the reader. What cannot
// get to it is counted, by why.

import type { SharedTap } from "../../avro/shared-tap.ts";
import { Tap } from "../../avro/tap.ts";
import { assert } from "../../base/assert.ts";
import type { OperatorError } from "../../base/errors.ts";
import type {
  FileEvent,
  K8sEvent,
  Pod,
  Process,
  ProcessEvent,
  RecordKind,
  SFHeader,
  SysFlowRecord,
} from "../../sysflow/record.gen.ts";
import { recordKinds, unionIndex } from "../../sysflow/record.gen.ts";
import { deliver } from "../../sysflow/record-sink.ts";
import { type SchemaVersion, schemaVersionDefault } from "../../sysflow/values.ts";
import { EncodedOutput } from "../encoded-output.ts";
import { FlushTimer } from "../flush-timer.ts";
import { cutRecord } from "./cut-record.ts";

/** What native code has counted, in records but for the bytes; see capture/binding.ts. */
export interface SenderStats {
  readonly sent: number;
  readonly lost: number;
  readonly unread: number;
  readonly refused: number;
  readonly sentBytes: number;
  readonly connections: number;
  readonly fault: string;
}

/** The native side; `capture/sockets.ts` opens one. */
export interface SocketSender {
  /** The connection that stands, counted from 1; 0 for none. */
  readonly connection: number;
  readonly queuedBytes: number;
  push(block: Uint8Array, bytes: number, connection: number): number;
  stats(): SenderStats;
  close(): void;
}

/** What has become of the reader. */
export type ReaderChange =
  | { readonly state: "awaited"; readonly cause: string }
  | { readonly state: "gone"; readonly cause: string }
  | { readonly state: "here"; readonly connections: number };

export interface SocketWriterOptions {
  /** Becomes this object's, which closes it. */
  readonly sender: SocketSender;
  /** 5 where absent: readers of sockets are told no schema, and most know that one. */
  readonly schema?: SchemaVersion;
  /** No block is taken beyond it, but the one that passes it. */
  readonly queueBytesMax: number;
  /**
   * `drop`: records are left out and counted while the queue is full or no reader is there. `wait`:
   * all is taken, and who gives it waits for `drained` between batches where there is no room.
   */
  readonly whenFull: "drop" | "wait";
  /** Called for each change, the first where no reader is there at the start. */
  readonly onReader?: (change: ReaderChange) => void;
}

/** Counts since the start. All records are sent, dropped, lost, too long or refused. */
export interface SocketStats {
  /** Records handed over, by kind, with the headers of later connections. */
  readonly records: Readonly<Record<RecordKind, number>>;
  readonly recordsTotal: number;
  /** Given to the kernel for a reader. */
  readonly sent: number;
  /** Of those, what a reader had not read when it went away, as far as is known. */
  readonly unread: number;
  /** Left out because there was no reader. */
  readonly unconnected: number;
  /** Left out because the queue was full. */
  readonly dropped: number;
  /** Queued when the reader went away. */
  readonly lost: number;
  /** Left out because they are too long for a packet and have no part that may be cut. */
  readonly tooLong: number;
  /** The kernel would not take them. */
  readonly refused: number;
  /** Sent without a part of them, to fit into a packet. */
  readonly cut: number;
  readonly bytesSent: number;
  /** Bytes that wait in the queue. */
  readonly queued: number;
  readonly connections: number;
}

/** What upstream's reader has room for: a longer packet ends its connection. */
export const packetBytesMax = 16 * 1024;

/** Handed over at once: some 300 records, a small part of what each call costs. */
const blockBytes = 64 * 1024;
const lengthBytes = 4;
/** How long a record may wait for others before its block is handed over. */
const flushMs = 20;
const pollMs = 5;

export class SocketWriter extends EncodedOutput {
  readonly #options: SocketWriterOptions;
  readonly #sender: SocketSender;
  readonly #tap: Tap;
  #header: SFHeader | null = null;
  /** What is in the block is for this one; 0 where no reader is there. */
  #connection = 0;
  /** Where the record begins that is being encoded; before it the block, and room for its length. */
  #start = lengthBytes;
  /** Set where the last record was too long: by so many bytes. */
  #over = 0;
  #isDropping = false;
  #isClosed = false;
  readonly #timer = new FlushTimer(flushMs, () => this.#flush());
  #unconnected = 0;
  #dropped = 0;
  #tooLong = 0;
  #cut = 0;

  constructor(options: SocketWriterOptions) {
    const tap = new Tap(blockBytes + 2 * packetBytesMax);
    super(options.schema ?? schemaVersionDefault, tap);
    this.#options = options;
    this.#sender = options.sender;
    this.#tap = tap;
    tap.pos = lengthBytes;
    this.#connection = this.#sender.connection;
    if (this.#connection === 0) {
      options.onReader?.({ state: "awaited", cause: this.#sender.stats().fault });
    }
  }

  /** Whether records would be taken now without loss. */
  get hasRoom(): boolean {
    const { connection, queuedBytes } = this.#sender;
    return connection !== 0 && queuedBytes < this.#options.queueBytesMax;
  }

  stats(): SocketStats {
    const { sent, unread, lost, refused, sentBytes, connections } = this.#sender.stats();
    return {
      ...this.counted(),
      sent,
      unread,
      lost,
      refused,
      unconnected: this.#unconnected,
      dropped: this.#dropped,
      tooLong: this.#tooLong,
      cut: this.#cut,
      bytesSent: sentBytes,
      queued: this.#sender.queuedBytes,
      connections,
    };
  }

  header(record: SFHeader): void {
    assert(this.#header === null, "one header is given; connections repeat it by themselves");
    assert(record.version === this.schema, "the header names the schema of what follows");
    this.#header = record;
    if (this.#connection !== 0) {
      this.encodeHeader(record);
    }
  }

  override process(record: Process): void {
    super.process(record);
    this.#cutLong(record);
  }

  override processEvent(record: ProcessEvent): void {
    super.processEvent(record);
    this.#cutLong(record);
  }

  override fileEvent(record: FileEvent): void {
    super.fileEvent(record);
    this.#cutLong(record);
  }

  override pod(record: Pod): void {
    super.pod(record);
    this.#cutLong(record);
  }

  override k8sEvent(record: K8sEvent): void {
    super.k8sEvent(record);
    this.#cutLong(record);
  }

  rotateDue(): boolean {
    if (this.#isClosed) {
      return false;
    }
    this.#flush();
    const { connection } = this.#sender;
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#isDropping = false;
      return this.#begin();
    }
    if (this.#isDropping && this.#sender.queuedBytes <= this.#options.queueBytesMax / 2) {
      this.#isDropping = false;
      return true;
    }
    return false;
  }

  /** None ends it: it connects again for ever. */
  untoldFailure(): OperatorError | null {
    return null;
  }

  /** Nothing more comes. All is sent once it has `drained`. */
  close(): void {
    this.#flush();
    this.#isClosed = true;
  }

  /**
   * @returns whether all was sent, after at most so long; before `close` and with `wait`, whether
   *   there is a reader for what comes next too. After `close`, true ends the connection.
   */
  async drained(ms: number): Promise<boolean> {
    this.#flush();
    for (let left = ms; !this.#isDrained(); left -= pollMs) {
      if (left <= 0) {
        return false;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(pollMs, left)));
    }
    if (this.#isClosed) {
      this.#sender.close();
    }
    return true;
  }

  /** What has not been sent by now is lost, and counted. */
  giveUp(): void {
    this.close();
    this.#sender.close();
  }

  /** Copies it at once, since a record has its length before it here. One to be cut is needed itself. */
  override takeEncoded(shared: SharedTap, start: number, index: number): boolean {
    if (shared.pos - start > packetBytesMax) {
      return false;
    }
    if (this.takes(index)) {
      this.#tap.writePart(shared.buffer, start, shared.pos);
      this.endRecord(index);
    }
    return true;
  }

  override get holdsShared(): boolean {
    return false;
  }

  override settle(): void {
    // It has copied everything.
  }

  protected override takes(index: number): boolean {
    assert(this.#header !== null, "the header comes before any other record");
    if (this.#connection === 0) {
      this.#unconnected += 1;
    } else if (this.#isDropping) {
      this.#dropped += 1;
    } else {
      return true;
    }
    this.count(index);
    return false;
  }

  protected override endRecord(index: number): boolean {
    const tap = this.#tap;
    const bytes = tap.pos - this.#start;
    if (bytes > packetBytesMax) {
      this.#over = bytes - packetBytesMax;
      tap.pos = this.#start;
      if (!canBeCut.has(index)) {
        this.#giveUpLong(index);
      }
      return true;
    }
    assert(tap.ok(), "behind a block there is room for the longest record");
    tap.buffer.writeUInt32LE(bytes, this.#start - lengthBytes);
    this.#start = tap.pos + lengthBytes;
    tap.pos = this.#start;
    this.count(index);
    if (this.#start > blockBytes) {
      this.#flush();
    } else {
      this.#timer.start();
    }
    return true;
  }

  /** Begins anew with the connection that stands, if there is one. @returns true where it does */
  #begin(): boolean {
    const { onReader } = this.#options;
    const { connections, fault } = this.#sender.stats();
    if (this.#connection === 0) {
      onReader?.({ state: "gone", cause: fault });
      return false;
    }
    onReader?.({ state: "here", connections });
    assert(this.#header !== null, "the header comes before the first tick");
    this.encodeHeader(this.#header);
    return true;
  }

  /** Where the record just encoded was too long, sends what fits of it. */
  #cutLong(record: SysFlowRecord): void {
    const over = this.#over;
    if (over === 0) {
      return;
    }
    this.#over = 0;
    const shorter = cutRecord(record, over);
    if (shorter === null) {
      this.#giveUpLong(unionIndex[record.kind]);
      return;
    }
    deliver(shorter, this);
    this.#cut += 1;
  }

  #giveUpLong(index: number): void {
    this.#over = 0;
    this.#tooLong += 1;
    this.count(index);
  }

  /** Hands over the block. */
  #flush(): void {
    const bytes = this.#start - lengthBytes;
    if (bytes === 0) {
      return;
    }
    const queued = this.#sender.push(this.#tap.buffer, bytes, this.#connection);
    this.#start = lengthBytes;
    this.#tap.pos = lengthBytes;
    if (queued >= this.#options.queueBytesMax && this.#options.whenFull === "drop") {
      this.#isDropping = true;
    }
  }

  #isDrained(): boolean {
    const { connection, queuedBytes } = this.#sender;
    const waits = this.#options.whenFull === "wait" && !this.#isClosed;
    return queuedBytes === 0 && (connection !== 0 || !waits);
  }
}

const canBeCut: ReadonlySet<number> = new Set(
  (["Process", "ProcessEvent", "FileEvent", "Pod", "K8sEvent"] as const).map((kind) =>
    recordKinds.indexOf(kind),
  ),
);
