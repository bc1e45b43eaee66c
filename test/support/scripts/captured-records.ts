// Reads a capture to its end and gives its batch records as plain objects, handles resolved to what
// they stand for. Each handle is looked up as of that moment, so a record that names a handle before
// its definition or after its end throws here.

import { BatchView, readBatch } from "../../../src/capture/batch-reader.ts";
import { type CaptureStats, loadBinding, type OpenOptions } from "../../../src/capture/binding.ts";
import * as at from "../../../src/capture/layout.gen.ts";

const opNames = Object.entries(at)
  .filter(([name]) => /^NATIVE_/.test(name))
  .map(([name, value]) => [value, name.slice("NATIVE_".length).toLowerCase()] as const);
const opNameOf: ReadonlyMap<unknown, string> = new Map(opNames);

/** One record. Which fields there are depends on `kind`; times are ns since the epoch. */
export interface CapturedRecord {
  readonly kind: string;
  readonly op?: string;
  readonly ts?: bigint;
  readonly lastTs?: bigint;
  readonly pid?: number;
  readonly tid?: number;
  readonly fd?: number;
  readonly ret?: number;
  readonly object?: string;
  readonly object2?: string | null;
  readonly type?: string;
  readonly readOps?: number;
  readonly writeOps?: number;
  readonly readBytes?: number;
  readonly writeBytes?: number;
  readonly openFlags?: number;
  readonly isMainThread?: boolean;
  readonly isCloneThread?: boolean;
  readonly uid?: number;
  readonly gid?: number;
  readonly text?: string;
  readonly exe?: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly parent?: number | null;
  readonly createTs?: bigint;
  readonly container?: string | null;
  readonly second?: number;
}

export interface Captured {
  readonly records: readonly CapturedRecord[];
  readonly batches: number;
  readonly stats: CaptureStats;
}

/** @throws what next() throws; records before it are lost. */
export function captureAll(options: OpenOptions): Captured {
  const capture = new (loadBinding().Capture)(options);
  try {
    const buffer = new Uint8Array(capture.batchBytes);
    const view = new BatchView(buffer.buffer);
    const reader = new RecordReader();
    let batches = 0;
    for (;;) {
      const size = capture.next(buffer, 1000);
      if (size < 0) return { records: reader.records, batches, stats: capture.stats() };
      if (size > 0) {
        batches += 1;
        readBatch(view, reader);
      }
    }
  } finally {
    capture.close();
  }
}

/** The records of one kind; `op` names the operation where the kind has several. */
export function ofKind(captured: Captured, kind: string, op?: string): readonly CapturedRecord[] {
  return captured.records.filter((r) => r.kind === kind && (op === undefined || r.op === op));
}

class RecordReader {
  readonly records: CapturedRecord[] = [];
  readonly #pids = new Map<number, number>();
  readonly #objects = new Map<number, string>();
  readonly #containers = new Map<number, string>();

  process(b: BatchView, p: number): void {
    const pid = b.i32[p + at.PROCESS_PID] as number;
    const parent = b.u32[p + at.PROCESS_PARENT] as number;
    const container = b.u32[p + at.PROCESS_CONTAINER] as number;
    this.records.push({
      kind: "process",
      pid,
      ts: time(b, p + at.PROCESS_TS_LO),
      createTs: time(b, p + at.PROCESS_CREATE_LO),
      parent: parent === 0 ? null : known(this.#pids, parent),
      container: container === 0 ? null : known(this.#containers, container),
      uid: b.i32[p + at.PROCESS_UID] as number,
      gid: b.i32[p + at.PROCESS_GID] as number,
      exe: b.string(p + at.PROCESS_EXE),
      args: b.strings(p + at.PROCESS_ARGS, b.u32[p + at.PROCESS_ARG_COUNT] as number),
      env: b.strings(p + at.PROCESS_ENV, b.u32[p + at.PROCESS_ENV_COUNT] as number),
      cwd: b.string(p + at.PROCESS_CWD),
    });
    this.#pids.set(b.u32[p + at.PROCESS_PROCESS] as number, pid);
  }

  processText(): void {
    throw new Error("only a live capture sends pieces of texts");
  }

  processGone(b: BatchView, p: number): void {
    const handle = b.u32[p + at.PROCESS_GONE_PROCESS] as number;
    this.records.push({ kind: "processGone", pid: known(this.#pids, handle) });
    this.#pids.delete(handle);
  }

  container(b: BatchView, p: number): void {
    const id = b.string(p + at.CONTAINER_ID);
    this.#containers.set(b.u32[p + at.CONTAINER_CONTAINER] as number, id);
    this.records.push({ kind: "container", container: id });
  }

  path(b: BatchView, p: number): void {
    const object = b.string(p + at.PATH_PATH);
    this.#objects.set(b.u32[p + at.PATH_OBJECT] as number, object);
  }

  socket(b: BatchView, p: number): void {
    const end = (ip: number, port: number) => {
      const words = [0, 4, 8, 12].flatMap((byte) => [
        ...b.bytes.subarray((p + ip) * 4 + byte, (p + ip) * 4 + byte + 4),
      ]);
      const length = b.u32[p + at.SOCKET_FAMILY] === 4 ? 4 : 16;
      return `${words.slice(0, length).join(".")}:${b.u32[p + port]}`;
    };
    const source = end(at.SOCKET_SIP0, at.SOCKET_SPORT);
    const destination = end(at.SOCKET_DIP0, at.SOCKET_DPORT);
    const proto = b.i32[p + at.SOCKET_PROTO];
    this.#objects.set(b.u32[p + at.SOCKET_OBJECT] as number, `${proto} ${source}->${destination}`);
  }

  objectReset(): void {
    this.#objects.clear();
    this.records.push({ kind: "objectReset" });
  }

  tick(b: BatchView, p: number): void {
    const second = b.u32[p + at.TICK_SECOND] as number;
    this.records.push({ kind: "tick", ts: time(b, p + at.TICK_TS_LO), second });
  }

  processOp(b: BatchView, p: number): void {
    const flags = b.flags(p);
    this.records.push({
      kind: "processOp",
      op: known(opNameOf, b.u32[p + at.PROCESS_OP_OP]),
      ts: time(b, p + at.PROCESS_OP_TS_LO),
      pid: known(this.#pids, b.u32[p + at.PROCESS_OP_PROCESS] as number),
      tid: b.i32[p + at.PROCESS_OP_TID] as number,
      ret: b.i32[p + at.PROCESS_OP_RET] as number,
      uid: b.i32[p + at.PROCESS_OP_UID] as number,
      text: b.string(p + at.PROCESS_OP_TEXT),
      isMainThread: (flags & at.MAIN_THREAD) !== 0,
      isCloneThread: (flags & at.CLONE_THREAD) !== 0,
    });
  }

  descriptorOp(b: BatchView, p: number): void {
    this.records.push({
      kind: "descriptorOp",
      op: known(opNameOf, b.u32[p + at.DESCRIPTOR_OP_OP]),
      ts: time(b, p + at.DESCRIPTOR_OP_TS_LO),
      pid: known(this.#pids, b.u32[p + at.DESCRIPTOR_OP_PROCESS] as number),
      tid: b.i32[p + at.DESCRIPTOR_OP_TID] as number,
      fd: b.i32[p + at.DESCRIPTOR_OP_FD] as number,
      ret: b.i32[p + at.DESCRIPTOR_OP_RET] as number,
      object: known(this.#objects, b.u32[p + at.DESCRIPTOR_OP_OBJECT] as number),
      type: String.fromCharCode(b.u32[p + at.DESCRIPTOR_OP_TYPE] as number),
      openFlags: b.u32[p + at.DESCRIPTOR_OP_OPEN_FLAGS] as number,
    });
  }

  io(b: BatchView, p: number): void {
    this.records.push({
      kind: "io",
      ts: time(b, p + at.IO_TS_LO),
      lastTs: time(b, p + at.IO_LAST_TS_LO),
      pid: known(this.#pids, b.u32[p + at.IO_PROCESS] as number),
      tid: b.i32[p + at.IO_TID] as number,
      fd: b.i32[p + at.IO_FD] as number,
      object: known(this.#objects, b.u32[p + at.IO_OBJECT] as number),
      type: String.fromCharCode(b.u32[p + at.IO_TYPE] as number),
      readOps: b.u32[p + at.IO_READ_OPS] as number,
      writeOps: b.u32[p + at.IO_WRITE_OPS] as number,
      readBytes: b.f64[(p >> 1) + at.IO_READ_BYTES] as number,
      writeBytes: b.f64[(p >> 1) + at.IO_WRITE_BYTES] as number,
    });
  }

  pathOp(b: BatchView, p: number): void {
    const object2 = b.u32[p + at.PATH_OP_OBJECT2] as number;
    this.records.push({
      kind: "pathOp",
      op: known(opNameOf, b.u32[p + at.PATH_OP_OP]),
      ts: time(b, p + at.PATH_OP_TS_LO),
      pid: known(this.#pids, b.u32[p + at.PATH_OP_PROCESS] as number),
      tid: b.i32[p + at.PATH_OP_TID] as number,
      ret: b.i32[p + at.PATH_OP_RET] as number,
      object: known(this.#objects, b.u32[p + at.PATH_OP_OBJECT] as number),
      object2: object2 === 0 ? null : known(this.#objects, object2),
      args: b.strings(p + at.PATH_OP_ARGS, b.u32[p + at.PATH_OP_ARG_COUNT] as number),
    });
  }
}

function known<K, V>(table: ReadonlyMap<K, V>, key: K): V {
  const value = table.get(key);
  if (value === undefined) throw new Error(`handle ${String(key)} is not defined`);
  return value;
}

function time(batch: BatchView, word: number): bigint {
  return (BigInt(batch.u32[word + 1] as number) << 32n) | BigInt(batch.u32[word] as number);
}
