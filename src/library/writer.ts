// Writes .sf files from a program. It takes records as the iterators and the callback give them, or a
// program's own, which are looked at before anything of them is written: a file is never half right.

import { nowSec } from "../base/clock.ts";
import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";
import { loadBinding } from "../capture/binding.ts";
import type { SFHeader, SysFlowRecord } from "../sysflow/record.gen.ts";
import { deliver } from "../sysflow/record-sink.ts";
import { type SchemaVersion, schemaVersionDefault } from "../sysflow/values.ts";
import { FileWriter } from "../write/file/file-writer.ts";
import type { WriteStats } from "../write/file/file-writer-options.ts";
import { recordFault } from "./record-check.ts";

export interface SysFlowWriterOptions {
  /** The file, a folder ("/" at its end), or with rotation a prefix. */
  readonly path: string;
  /** 5 where absent: what only 6 has (IPv6, chmod …) is refused or left out of its record then. */
  readonly schema?: SchemaVersion;
  /** Of the header that is written where the first record is none. */
  readonly exporter?: string;
  readonly nodeIp?: string;
}

export class SysFlowWriter implements Disposable {
  readonly #options: SysFlowWriterOptions;
  readonly #schema: SchemaVersion;
  readonly #writer: FileWriter;
  #hasHeader = false;

  /** Opens the file. @throws SysFlowError OUTPUT_OPEN_FAILED or OUTPUT_IN_USE */
  constructor(options: SysFlowWriterOptions) {
    this.#options = options;
    this.#schema = options.schema ?? schemaVersionDefault;
    this.#writer = new FileWriter({
      path: options.path,
      rotateIntervalSec: 0,
      startSec: nowSec(),
      schema: this.#schema,
      lock: loadBinding().lockFile,
    });
  }

  /**
   * Writes one record, or puts it into the block that is being filled. Nothing of it is kept. An
   * SFHeader that is not the first record is left out: the file has its own. Of entities, those that a
   * record refers to must have been written before it.
   * @throws SysFlowError RECORD_INVALID, after which the next record may be written, or
   *   OUTPUT_WRITE_FAILED
   */
  write(record: SysFlowRecord): void {
    const fault = recordFault(record, this.#schema);
    if (fault !== null) {
      throw new OperatorError("RECORD_INVALID", `cannot write the record: ${fault}`, {
        exitStatus: exitStatus.USAGE,
      });
    }
    if (record.kind !== "SFHeader") {
      this.#begin(null);
      deliver(record, this.#writer);
    } else if (!this.#hasHeader) {
      this.#begin(record);
    }
  }

  /** Ends the block, which is in the part file then. @throws SysFlowError OUTPUT_WRITE_FAILED */
  flush(): void {
    this.#writer.flush();
  }

  stats(): WriteStats {
    return this.#writer.stats();
  }

  /** Writes what is pending, and gives the file its name. A second call does nothing. @throws SysFlowError OUTPUT_WRITE_FAILED */
  close(): void {
    this.#begin(null);
    this.#writer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #begin(given: SFHeader | null): void {
    if (!this.#hasHeader) {
      this.#hasHeader = true;
      const { exporter, nodeIp } = this.#options;
      this.#writer.header({
        kind: "SFHeader",
        version: this.#schema,
        exporter: exporter ?? given?.exporter ?? "",
        ip: nodeIp ?? given?.ip ?? "",
        filename: "",
      });
    }
  }
}
