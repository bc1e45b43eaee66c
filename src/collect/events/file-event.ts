// File events, such as mkdir and rename, each a record of its own. Which there are, and what each says
// of its files, is listed in native/layout/operations.h. Their paths come resolved, as the process saw
// them. Failed calls are recorded too. What schema 5 has no flag for is counted and leaves no trace in
// the file.

import { assert } from "../../base/assert.ts";
import type { BatchView } from "../../capture/batch-reader.ts";
import {
  type NativeOp,
  PATH_OP_ARG_COUNT,
  PATH_OP_ARGS,
  PATH_OP_OBJECT,
  PATH_OP_OBJECT2,
  PATH_OP_OP,
  PATH_OP_RET,
  PATH_OP_TID,
  PATH_OP_TS_HI,
  PATH_OP_TS_LO,
} from "../../capture/layout.gen.ts";
import {
  existingFlags,
  fileEventFlagsOf6,
  folderFlags,
  newNameFlags,
  opFlagsOf,
  twoFileFlags,
} from "../../sysflow/op-flags.gen.ts";
import type { FileEvent } from "../../sysflow/record.gen.ts";
import type { RecordSink } from "../../sysflow/record-sink.ts";
import {
  foidBytes,
  type ObjectState,
  objectState,
  type Restype,
  restype,
  type SchemaVersion,
} from "../../sysflow/values.ts";
import type { FileEntry } from "../entries/file-entry.ts";
import type { ProcessEntry } from "../entries/process-entry.ts";
import type { FileTable } from "../tables/file-table.ts";
import type { ObjectTable } from "../tables/object-table.ts";
import type { ProcessTable } from "../tables/process-table.ts";
import { wireFlag } from "../wire-flags.ts";

export class FileEventProcessor {
  /** Operations that schema 5 has no flag for. */
  skipped = 0;
  readonly #schema: SchemaVersion;
  readonly #sink: RecordSink;
  readonly #processes: ProcessTable;
  readonly #files: FileTable;
  readonly #objects: ObjectTable;
  /** Filled anew for each event. */
  readonly #record: { -readonly [K in keyof FileEvent]: FileEvent[K] } = {
    kind: "FileEvent",
    procOID: { createLo: 0, createHi: 0, hpid: 0 },
    tsLo: 0,
    tsHi: 0,
    tid: 0,
    opFlags: 0,
    fileOID: new Uint8Array(foidBytes),
    ret: 0,
    newFileOID: null,
    args: [],
  };

  constructor(
    schema: SchemaVersion,
    sink: RecordSink,
    processes: ProcessTable,
    files: FileTable,
    objects: ObjectTable,
  ) {
    this.#schema = schema;
    this.#sink = sink;
    this.#processes = processes;
    this.#files = files;
    this.#objects = objects;
  }

  /** A PathOp record of a batch. */
  operation(process: ProcessEntry, batch: BatchView, at: number): void {
    const record = this.#record;
    record.opFlags = wireFlag(batch.u32[at + PATH_OP_OP] as unknown as NativeOp, pathFlags);
    const isOfSchema6 = (record.opFlags & fileEventFlagsOf6) !== 0;
    if (isOfSchema6 && this.#schema < 6) {
      this.skipped += 1;
      return;
    }
    record.procOID = process.record.oid;
    record.tsLo = batch.u32[at + PATH_OP_TS_LO] as number;
    record.tsHi = batch.u32[at + PATH_OP_TS_HI] as number;
    record.tid = batch.i32[at + PATH_OP_TID] as number;
    record.ret = batch.i32[at + PATH_OP_RET] as number;
    const argCount = batch.u32[at + PATH_OP_ARG_COUNT] as number;
    record.args = argCount === 0 ? noArgs : batch.strings(at + PATH_OP_ARGS, argCount);
    this.#processes.use(process, objectState.REUP, record.tsLo, record.tsHi);

    const handle = batch.u32[at + PATH_OP_OBJECT] as number;
    const handle2 = batch.u32[at + PATH_OP_OBJECT2] as number;
    if ((record.opFlags & twoFileFlags) !== 0) {
      const type = restype.UNKNOWN;
      record.fileOID = this.#use(process, handle, type, objectState.REUP).record.foid;
      // A mount makes no file. 0 where a capture has lost the new name.
      const isNew = (record.opFlags & newNameFlags) !== 0;
      const state = isNew ? objectState.CREATED : objectState.REUP;
      record.newFileOID =
        handle2 === 0 ? null : this.#use(process, handle2, type, state).record.foid;
    } else {
      // CREATED also where the call removes the file: upstream's choice, and on the wire.
      const isDirectory = (record.opFlags & folderFlags) !== 0;
      const type = isDirectory ? restype.DIRECTORY : restype.UNKNOWN;
      const isThere = (record.opFlags & existingFlags) !== 0;
      const state = isThere ? objectState.REUP : objectState.CREATED;
      record.fileOID = this.#use(process, handle, type, state).record.foid;
      record.newFileOID = null;
    }
    this.#sink.fileEvent(record);
  }

  #use(process: ProcessEntry, handle: number, type: Restype, state: ObjectState): FileEntry {
    const object = this.#objects.get(handle);
    assert(!object.isSocket, "a file event names paths");
    const { tsLo, tsHi } = this.#record;
    return this.#files.use(object, process.container, type, state, tsLo, tsHi);
  }
}

const noArgs: readonly string[] = [];
const pathFlags = opFlagsOf.FileEvent | fileEventFlagsOf6;
