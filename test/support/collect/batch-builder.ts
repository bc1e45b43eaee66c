// Writes batches as native code does, for tests: records are plain objects, times bigint
// nanoseconds. What is left out takes a harmless default.

import { BatchView } from "../../../src/capture/batch-reader.ts";
import * as layout from "../../../src/capture/layout.gen.ts";

export type TestRecord =
  | {
      readonly kind: "process";
      readonly process: number;
      readonly pid: number;
      readonly ts?: bigint;
      readonly createTs?: bigint;
      readonly parent?: number;
      readonly uid?: number;
      readonly gid?: number;
      readonly loginuid?: number;
      readonly container?: number;
      readonly exe?: string;
      readonly args?: readonly string[];
      readonly env?: readonly string[];
      readonly user?: string;
      readonly group?: string;
      readonly cwd?: string;
      readonly tty?: boolean;
      readonly entry?: boolean;
      /** Where a text came before, as processText: how many items it has. */
      readonly argsApart?: number;
      readonly envApart?: number;
    }
  | {
      readonly kind: "processText";
      readonly process: number;
      readonly part: "args" | "env";
      readonly piece: string | Uint8Array;
    }
  | { readonly kind: "processGone"; readonly process: number }
  | {
      readonly kind: "container";
      readonly container: number;
      readonly id: string;
      readonly type?: number;
      readonly known?: boolean;
      readonly privileged?: boolean;
      readonly name?: string;
      readonly image?: string;
      readonly imageTag?: string;
      readonly imageId?: string;
    }
  | { readonly kind: "path"; readonly object: number; readonly path: string | Uint8Array }
  | {
      readonly kind: "socket";
      readonly object: number;
      readonly family?: 4 | 6;
      readonly proto?: number;
      readonly sip?: number;
      readonly sport?: number;
      readonly dip?: number;
      readonly dport?: number;
      /** 16 bytes in network order, with family 6. */
      readonly sip6?: readonly number[];
      readonly dip6?: readonly number[];
    }
  | { readonly kind: "objectReset" }
  | { readonly kind: "tick"; readonly ts: bigint }
  | {
      readonly kind: "processOp";
      readonly ts: bigint;
      readonly process: number;
      readonly tid: number;
      readonly op: layout.NativeOp;
      readonly ret?: number;
      readonly text?: string;
      readonly mainThread?: boolean;
      readonly cloneThread?: boolean;
    }
  | {
      readonly kind: "descriptorOp";
      readonly ts: bigint;
      readonly process: number;
      readonly tid: number;
      readonly op: layout.NativeOp;
      readonly fd: number;
      readonly object: number;
      readonly ret?: number;
      readonly type?: string;
      readonly openFlags?: number;
    }
  | {
      readonly kind: "io";
      readonly ts: bigint;
      readonly lastTs?: bigint;
      readonly process: number;
      readonly tid: number;
      readonly fd: number;
      readonly object: number;
      readonly type?: string;
      readonly readOps?: number;
      readonly writeOps?: number;
      readonly readBytes?: number;
      readonly writeBytes?: number;
    }
  | {
      readonly kind: "pathOp";
      readonly ts: bigint;
      readonly process: number;
      readonly tid: number;
      readonly op: layout.NativeOp;
      readonly object: number;
      readonly object2?: number;
      readonly ret?: number;
      readonly args?: readonly string[];
    };

type RecordOf<K extends TestRecord["kind"]> = Extract<TestRecord, { readonly kind: K }>;

export interface BatchEnd {
  readonly lastTs?: bigint;
  readonly eof?: boolean;
}

/** One batch that holds these records. */
export function buildBatch(records: readonly TestRecord[], end: BatchEnd = {}): BatchView {
  const builder = new BatchBuilder();
  for (const record of records) {
    builder.add(record);
  }
  return builder.build(end);
}

export class BatchBuilder {
  readonly #view: BatchView;
  #end = layout.BYTES_BATCH_HEADER;
  #records = 0;

  constructor(capacity = 1 << 20) {
    this.#view = new BatchView(new ArrayBuffer(capacity));
  }

  get byteLength(): number {
    return this.#end;
  }

  add(record: TestRecord): this {
    switch (record.kind) {
      case "process":
        return this.#process(record);
      case "processText": {
        const part = record.part === "args" ? layout.TEXT_ARGS : layout.TEXT_ENV;
        const at = this.#head(layout.KIND_PROCESS_TEXT, layout.BYTES_PROCESS_TEXT, part);
        this.#u32(at + layout.PROCESS_TEXT_PROCESS, record.process);
        this.#string(at, layout.PROCESS_TEXT_PIECE, record.piece);
        return this;
      }
      case "processGone": {
        const at = this.#head(layout.KIND_PROCESS_GONE, layout.BYTES_PROCESS_GONE);
        this.#u32(at + layout.PROCESS_GONE_PROCESS, record.process);
        return this;
      }
      case "container":
        return this.#container(record);
      case "path": {
        const at = this.#head(layout.KIND_PATH, layout.BYTES_PATH);
        this.#u32(at + layout.PATH_OBJECT, record.object);
        this.#string(at, layout.PATH_PATH, record.path);
        return this;
      }
      case "socket":
        return this.#socket(record);
      case "objectReset":
        this.#head(layout.KIND_OBJECT_RESET, layout.BYTES_OBJECT_RESET);
        return this;
      case "tick": {
        const at = this.#head(layout.KIND_TICK, layout.BYTES_TICK);
        this.#time(at + layout.TICK_TS_LO, record.ts);
        this.#u32(at + layout.TICK_SECOND, Number(record.ts / 1_000_000_000n));
        return this;
      }
      case "processOp":
        return this.#processOp(record);
      case "descriptorOp":
        return this.#descriptorOp(record);
      case "io":
        return this.#io(record);
      case "pathOp":
        return this.#pathOp(record);
    }
  }

  build(end: BatchEnd = {}): BatchView {
    const view = this.#view;
    this.#u32(layout.BATCH_HEADER_MAGIC, layout.BATCH_MAGIC);
    this.#u32(layout.BATCH_HEADER_BYTES, this.#end);
    this.#u32(layout.BATCH_HEADER_RECORDS, this.#records);
    this.#u32(layout.BATCH_HEADER_EOF, end.eof === true ? 1 : 0);
    this.#time(layout.BATCH_HEADER_LAST_TS_LO, end.lastTs ?? 0n);
    return view;
  }

  #process(record: RecordOf<"process">): this {
    const flags =
      (record.tty === true ? layout.PROCESS_TTY : 0) |
      (record.entry === true ? layout.PROCESS_ENTRY : 0) |
      (record.argsApart === undefined ? 0 : layout.PROCESS_ARGS_APART) |
      (record.envApart === undefined ? 0 : layout.PROCESS_ENV_APART);
    const at = this.#head(layout.KIND_PROCESS, layout.BYTES_PROCESS, flags);
    const args = record.args ?? [];
    const env = record.env ?? [];
    this.#time(at + layout.PROCESS_TS_LO, record.ts ?? 0n);
    this.#time(at + layout.PROCESS_CREATE_LO, record.createTs ?? 0n);
    this.#u32(at + layout.PROCESS_PROCESS, record.process);
    this.#u32(at + layout.PROCESS_PARENT, record.parent ?? 0);
    this.#u32(at + layout.PROCESS_PID, record.pid);
    this.#u32(at + layout.PROCESS_UID, record.uid ?? 0);
    this.#u32(at + layout.PROCESS_GID, record.gid ?? 0);
    this.#u32(at + layout.PROCESS_LOGINUID, record.loginuid ?? -1);
    this.#u32(at + layout.PROCESS_CONTAINER, record.container ?? 0);
    this.#u32(at + layout.PROCESS_ARG_COUNT, record.argsApart ?? args.length);
    this.#u32(at + layout.PROCESS_ENV_COUNT, record.envApart ?? env.length);
    this.#string(at, layout.PROCESS_EXE, record.exe ?? "/bin/prog");
    this.#string(at, layout.PROCESS_ARGS, args.join("\0"));
    this.#string(at, layout.PROCESS_ENV, env.join("\0"));
    this.#string(at, layout.PROCESS_USER, record.user ?? "root");
    this.#string(at, layout.PROCESS_GROUP, record.group ?? "root");
    this.#string(at, layout.PROCESS_CWD, record.cwd ?? "/");
    return this;
  }

  #container(record: RecordOf<"container">): this {
    const flags =
      (record.known === true ? layout.CONTAINER_KNOWN : 0) |
      (record.privileged === true ? layout.CONTAINER_PRIVILEGED : 0);
    const at = this.#head(layout.KIND_CONTAINER, layout.BYTES_CONTAINER, flags);
    this.#u32(at + layout.CONTAINER_CONTAINER, record.container);
    this.#u32(at + layout.CONTAINER_TYPE, record.type ?? 0);
    this.#string(at, layout.CONTAINER_ID, record.id);
    this.#string(at, layout.CONTAINER_NAME, record.name ?? "");
    this.#string(at, layout.CONTAINER_IMAGE, record.image ?? "");
    this.#string(at, layout.CONTAINER_IMAGE_TAG, record.imageTag ?? "");
    this.#string(at, layout.CONTAINER_IMAGE_ID, record.imageId ?? "");
    return this;
  }

  #socket(record: RecordOf<"socket">): this {
    const at = this.#head(layout.KIND_SOCKET, layout.BYTES_SOCKET);
    this.#u32(at + layout.SOCKET_OBJECT, record.object);
    this.#u32(at + layout.SOCKET_FAMILY, record.family ?? 4);
    this.#u32(at + layout.SOCKET_PROTO, record.proto ?? 6);
    this.#u32(at + layout.SOCKET_SIP0, record.sip ?? 0x0100007f);
    this.#u32(at + layout.SOCKET_SPORT, record.sport ?? 1000);
    this.#u32(at + layout.SOCKET_DIP0, record.dip ?? 0x0100007f);
    this.#u32(at + layout.SOCKET_DPORT, record.dport ?? 80);
    this.#address(at + layout.SOCKET_SIP0, record.sip6 ?? []);
    this.#address(at + layout.SOCKET_DIP0, record.dip6 ?? []);
    return this;
  }

  /** Bytes in network order, four in a word: the word is the one of a little-endian machine. */
  #address(at: number, bytes: readonly number[]): void {
    const words = new DataView(new Uint8Array(bytes).buffer);
    for (let i = 0; i < words.byteLength; i += 4) {
      this.#u32(at + i / 4, words.getUint32(i, true));
    }
  }

  #processOp(record: RecordOf<"processOp">): this {
    const flags =
      (record.mainThread === false ? 0 : layout.MAIN_THREAD) |
      (record.cloneThread === true ? layout.CLONE_THREAD : 0);
    const at = this.#head(layout.KIND_PROCESS_OP, layout.BYTES_PROCESS_OP, flags);
    this.#time(at + layout.PROCESS_OP_TS_LO, record.ts);
    this.#u32(at + layout.PROCESS_OP_PROCESS, record.process);
    this.#u32(at + layout.PROCESS_OP_TID, record.tid);
    this.#u32(at + layout.PROCESS_OP_OP, record.op as unknown as number);
    this.#u32(at + layout.PROCESS_OP_RET, record.ret ?? 0);
    this.#string(at, layout.PROCESS_OP_TEXT, record.text ?? "");
    return this;
  }

  #descriptorOp(record: RecordOf<"descriptorOp">): this {
    const at = this.#head(layout.KIND_DESCRIPTOR_OP, layout.BYTES_DESCRIPTOR_OP);
    this.#time(at + layout.DESCRIPTOR_OP_TS_LO, record.ts);
    this.#u32(at + layout.DESCRIPTOR_OP_PROCESS, record.process);
    this.#u32(at + layout.DESCRIPTOR_OP_TID, record.tid);
    this.#u32(at + layout.DESCRIPTOR_OP_OP, record.op as unknown as number);
    this.#u32(at + layout.DESCRIPTOR_OP_RET, record.ret ?? 0);
    this.#u32(at + layout.DESCRIPTOR_OP_FD, record.fd);
    this.#u32(at + layout.DESCRIPTOR_OP_OBJECT, record.object);
    this.#u32(at + layout.DESCRIPTOR_OP_TYPE, (record.type ?? "f").charCodeAt(0));
    this.#u32(at + layout.DESCRIPTOR_OP_OPEN_FLAGS, record.openFlags ?? 0);
    return this;
  }

  #io(record: RecordOf<"io">): this {
    const at = this.#head(layout.KIND_IO, layout.BYTES_IO);
    this.#time(at + layout.IO_TS_LO, record.ts);
    this.#time(at + layout.IO_LAST_TS_LO, record.lastTs ?? record.ts);
    this.#u32(at + layout.IO_PROCESS, record.process);
    this.#u32(at + layout.IO_TID, record.tid);
    this.#u32(at + layout.IO_FD, record.fd);
    this.#u32(at + layout.IO_OBJECT, record.object);
    this.#u32(at + layout.IO_TYPE, (record.type ?? "f").charCodeAt(0));
    this.#u32(at + layout.IO_READ_OPS, record.readOps ?? 0);
    this.#u32(at + layout.IO_WRITE_OPS, record.writeOps ?? 0);
    this.#view.f64[(at >> 1) + layout.IO_READ_BYTES] = record.readBytes ?? 0;
    this.#view.f64[(at >> 1) + layout.IO_WRITE_BYTES] = record.writeBytes ?? 0;
    return this;
  }

  #pathOp(record: RecordOf<"pathOp">): this {
    const at = this.#head(layout.KIND_PATH_OP, layout.BYTES_PATH_OP);
    this.#time(at + layout.PATH_OP_TS_LO, record.ts);
    this.#u32(at + layout.PATH_OP_PROCESS, record.process);
    this.#u32(at + layout.PATH_OP_TID, record.tid);
    this.#u32(at + layout.PATH_OP_OP, record.op as unknown as number);
    this.#u32(at + layout.PATH_OP_RET, record.ret ?? 0);
    this.#u32(at + layout.PATH_OP_OBJECT, record.object);
    this.#u32(at + layout.PATH_OP_OBJECT2, record.object2 ?? 0);
    this.#u32(at + layout.PATH_OP_ARG_COUNT, record.args?.length ?? 0);
    this.#string(at, layout.PATH_OP_ARGS, (record.args ?? []).join("\0"));
    return this;
  }

  /** Begins a record: its fixed part is zeroed. Returns its place in words. */
  #head(kind: number, bytes: number, flags = 0): number {
    const at = this.#end / 4;
    this.#view.u32.fill(0, at, at + bytes / 4);
    this.#view.u16[at * 2 + layout.PROCESS_KIND] = kind;
    this.#view.u16[at * 2 + layout.PROCESS_FLAGS] = flags;
    this.#u32(at + layout.PROCESS_SIZE, bytes);
    this.#end += bytes;
    this.#records += 1;
    return at;
  }

  /** Puts a string behind the record at `at`, which must be the last one, and names it there. */
  #string(at: number, field: number, value: string | Uint8Array): void {
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    this.#u32(at + field, this.#end);
    this.#u32(at + field + 1, bytes.length);
    this.#view.bytes.set(bytes, this.#end);
    const padded = Math.ceil(bytes.length / 8) * 8;
    this.#end += padded;
    const size = this.#view.u32[at + layout.PROCESS_SIZE] as number;
    this.#u32(at + layout.PROCESS_SIZE, size + padded);
  }

  #u32(index: number, value: number): void {
    this.#view.u32[index] = value;
  }

  #time(index: number, ts: bigint): void {
    this.#u32(index, Number(ts & 0xffffffffn));
    this.#u32(index + 1, Number(ts >> 32n));
  }
}
