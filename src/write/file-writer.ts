// The sink that writes .sf files: encodes records into an Avro container file and starts a new one
// when the interval is over. After a failed write it takes no more: every further record is counted
// as failed, so that stopping cleanly neither throws again nor loses count.

import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { ContainerFile, newTap, syncBytes } from "../avro/container-file.ts";
import type { Tap } from "../avro/tap.ts";
import { assert } from "../base/assert.ts";
import { nowSec } from "../base/clock.ts";
import { errnoCode, OperatorError } from "../base/errors.ts";
import {
  encodeContainer,
  encodeFile,
  encodeFileEvent,
  encodeFileFlow,
  encodeHeader,
  encodeK8sEvent,
  encodeNetworkEvent,
  encodeNetworkFlow,
  encodePod,
  encodeProcess,
  encodeProcessEvent,
  encodeProcessFlow,
} from "../sysflow/encoder.gen.ts";
import {
  type Container,
  type File,
  type FileEvent,
  type FileFlow,
  type K8sEvent,
  type NetworkEvent,
  type NetworkFlow,
  type Pod,
  type Process,
  type ProcessEvent,
  type ProcessFlow,
  type RecordKind,
  recordKinds,
  type SFHeader,
  unionIndex,
} from "../sysflow/record.gen.ts";
import type { RecordOutput } from "../sysflow/record-sink.ts";
import { sysFlowSchemaJson } from "../sysflow/schema.ts";
import { type SchemaVersion, schemaVersionDefault } from "../sysflow/values.ts";
import type { KnownFile } from "./known-file.ts";
import { OutputFile, type OutputFs } from "./output-file.ts";
import { makeLastFolder } from "./output-folder.ts";
import { Rotation } from "./rotation.ts";

export interface FileWriterOptions {
  /** The file itself, a folder (with "/" at its end or existing), or with rotation a prefix. */
  readonly path: string;
  /** Seconds between rotations, 0 for one file to the end. */
  readonly rotateIntervalSec: number;
  /**
   * Seconds since the epoch at which the first file begins; it is opened at once. Null where event
   * time governs and is not known yet: then the first `rotateDue` opens it, and must come before
   * the first record other than the header.
   */
  readonly startSec: number | null;
  /** 5 where absent. What it has no room for must not come, or is left out of its record. */
  readonly schema?: SchemaVersion;
  /** Called when a rotation is due, while the counts and tables are still those of the old file. */
  readonly beforeRotation?: () => void;
  /** Called once for each wish to re-open, when it was looked after. */
  readonly onReopened?: (reopened: Reopened) => void;
  /** Files that no output must be. */
  readonly known?: readonly KnownFile[];
  /**
   * What the sync markers follow from, so that one run of the same input gives the same bytes.
   * Random markers where absent.
   */
  readonly markerSeed?: Uint8Array;
  readonly fs?: OutputFs;
  readonly blockBytesMax?: number;
}

/** What became of a wish to re-open the output. */
export type Reopened =
  | { readonly outcome: "new"; readonly path: string }
  /** The file is where it was, and goes on; what was pending is in it now. */
  | { readonly outcome: "same"; readonly path: string }
  /** A new one could not be opened, so that the old one goes on. */
  | { readonly outcome: "kept"; readonly path: string; readonly cause: string };

/** Counts since the start, over all files. */
export interface WriteStats {
  /** Records handed to the writer, by kind. */
  readonly records: Readonly<Record<RecordKind, number>>;
  readonly recordsTotal: number;
  /** Those of them that could not be written, and are in no file. */
  readonly failed: number;
  /** Bytes of whole blocks before compression. */
  readonly bytesRaw: number;
  /** Bytes passed to the file system, headers and framing included. */
  readonly bytesWritten: number;
  readonly blocks: number;
  readonly files: number;
}

/** Stamped names taken by another writer in the same second: try so many seconds on. */
const nameTriesMax = 60;

export class FileWriter implements RecordOutput {
  readonly #options: FileWriterOptions;
  readonly #rotation: Rotation;
  readonly #schema: SchemaVersion;
  readonly #tap: Tap;
  /** Records by union index. */
  readonly #counts = new Float64Array(recordKinds.length);
  #failed = 0;
  /** Counts of the files already finished. */
  #bytesRaw = 0;
  #bytesWritten = 0;
  #blocks = 0;
  #files = 0;
  #header: SFHeader | null = null;
  /** Both null before the first file, between two, and after the last. */
  #output: OutputFile | null = null;
  #file: ContainerFile | null = null;
  #failure: OperatorError | null = null;
  #closed = false;
  #isReopenWanted = false;

  /** @throws OperatorError OUTPUT_OPEN_FAILED, OUTPUT_IN_USE or OUTPUT_WRITE_FAILED */
  constructor(options: FileWriterOptions) {
    this.#options = options;
    this.#schema = options.schema ?? schemaVersionDefault;
    this.#tap = newTap(options.blockBytesMax);
    this.#rotation = new Rotation({
      path: options.path,
      isDirectory: isFolder(options.path),
      intervalSec: options.rotateIntervalSec,
    });
    if (options.startSec !== null) {
      this.#rotation.start(options.startSec);
      this.#open(options.startSec);
    }
  }

  /** Path of the file being written, or "" where there is none at the moment. */
  get path(): string {
    return this.#output?.path ?? "";
  }

  /** The error after which nothing more was written, or null. */
  get failure(): OperatorError | null {
    return this.#failure;
  }

  /** Each is thrown by the call in which it comes. */
  untoldFailure(): null {
    return null;
  }

  stats(): WriteStats {
    const records = {} as Record<RecordKind, number>;
    let recordsTotal = 0;
    recordKinds.forEach((kind, index) => {
      records[kind] = this.#counts[index] ?? 0;
      recordsTotal += records[kind];
    });
    return {
      records,
      recordsTotal,
      failed: this.#failed,
      bytesRaw: this.#bytesRaw + (this.#file?.bytesRaw ?? 0),
      bytesWritten: this.#bytesWritten + (this.#file?.bytesWritten ?? 0),
      blocks: this.#blocks + (this.#file?.blocks ?? 0),
      files: this.#files,
    };
  }

  header(record: SFHeader): void {
    assert(this.#header === null, "one header is given; rotation repeats it by itself");
    assert(record.version === this.#schema, "the header names the schema of its file");
    this.#header = record;
    if (this.#file !== null) {
      this.#writeHeader(record);
    }
  }

  container(record: Container): void {
    do encodeContainer(this.#tap, record);
    while (!this.#endRecord(unionIndex.Container));
  }

  process(record: Process): void {
    do encodeProcess(this.#tap, record);
    while (!this.#endRecord(unionIndex.Process));
  }

  file(record: File): void {
    do encodeFile(this.#tap, record);
    while (!this.#endRecord(unionIndex.File));
  }

  processEvent(record: ProcessEvent): void {
    do encodeProcessEvent(this.#tap, record);
    while (!this.#endRecord(unionIndex.ProcessEvent));
  }

  fileEvent(record: FileEvent): void {
    do encodeFileEvent(this.#tap, record, this.#schema);
    while (!this.#endRecord(unionIndex.FileEvent));
  }

  networkFlow(record: NetworkFlow): void {
    do encodeNetworkFlow(this.#tap, record, this.#schema);
    while (!this.#endRecord(unionIndex.NetworkFlow));
  }

  fileFlow(record: FileFlow): void {
    do encodeFileFlow(this.#tap, record);
    while (!this.#endRecord(unionIndex.FileFlow));
  }

  processFlow(record: ProcessFlow): void {
    do encodeProcessFlow(this.#tap, record);
    while (!this.#endRecord(unionIndex.ProcessFlow));
  }

  networkEvent(record: NetworkEvent): void {
    do encodeNetworkEvent(this.#tap, record);
    while (!this.#endRecord(unionIndex.NetworkEvent));
  }

  pod(record: Pod): void {
    do encodePod(this.#tap, record);
    while (!this.#endRecord(unionIndex.Pod));
  }

  k8sEvent(record: K8sEvent): void {
    do encodeK8sEvent(this.#tap, record);
    while (!this.#endRecord(unionIndex.K8sEvent));
  }

  /** @throws OperatorError where the old file cannot be finished or the new one not opened. */
  rotateDue(timeSec: number): boolean {
    if (this.#failure !== null || this.#closed) {
      return false;
    }
    if (this.#file === null) {
      this.#rotation.start(timeSec);
      this.#open(timeSec);
      return false;
    }
    if (!this.#rotation.due(timeSec)) {
      return this.#isReopenWanted && this.#reopen(timeSec);
    }
    this.#options.beforeRotation?.();
    // The old file is complete before the new name appears: consumers go by that.
    this.#finish();
    this.#open(timeSec);
    this.#endWish({ outcome: "new", path: this.path });
    return true;
  }

  /**
   * Asks for a new output file at the next `rotateDue`, as programs that rotate logs do. A file with
   * a time in its name gets a successor; any other is opened again by its name, unless that still
   * leads to it.
   */
  wantReopen(): void {
    this.#isReopenWanted = true;
  }

  /**
   * Ends the open block, so that a reader of the file sees every record so far.
   * @throws OperatorError OUTPUT_WRITE_FAILED
   */
  flush(): void {
    if (this.#failure !== null) {
      return;
    }
    try {
      this.#file?.flush();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Writes what is pending and closes; a second call does nothing. @throws OperatorError */
  close(): void {
    if (this.#closed) {
      return;
    }
    if (this.#file === null && this.#header !== null && this.#failure === null) {
      // Not one event came, so event time never named the file.
      this.#open(nowSec());
    }
    this.#finish();
    this.#closed = true;
  }

  /** False where the record must be encoded again: there was no room, now there is more. */
  #endRecord(index: number): boolean {
    assert(this.#header !== null, "the header comes before any other record");
    const file = this.#file;
    if (file === null) {
      assert(this.#failure !== null, "a record comes after the file is open and before close");
      this.#tap.pos = 0;
      this.#failed += 1;
    } else {
      try {
        if (!file.endRecord()) {
          return false;
        }
      } catch (error) {
        this.#count(index);
        throw this.#fail(error);
      }
    }
    this.#count(index);
    return true;
  }

  #count(index: number): void {
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  #writeHeader(header: SFHeader): void {
    const record = { ...header, filename: this.path };
    do encodeHeader(this.#tap, record);
    while (!this.#endRecord(unionIndex.SFHeader));
  }

  /** @returns true where a new file was begun */
  #reopen(timeSec: number): boolean {
    const path = this.path;
    const place = this.#rotation.stamped ? "gone" : this.#output?.place;
    // What is pending goes into the old file, whatever becomes of the new one; but not behind a hole.
    const hasBlocks = (this.#file?.blocks ?? 0) > 0;
    const held = place === "cut" ? this.#file?.takePending() : undefined;
    this.flush();
    if (place === "here") {
      this.#endWish({ outcome: "same", path });
      return false;
    }
    let output: OutputFile;
    try {
      output = this.#openOutput(timeSec);
    } catch (error) {
      if (!(error instanceof OperatorError)) {
        throw error;
      }
      if (held !== undefined) {
        this.#file?.addPending(held);
      }
      this.#endWish({ outcome: "kept", path, cause: error.message });
      return false;
    }
    this.#options.beforeRotation?.();
    this.#finish();
    // Held back before the first block, the header is among what is held.
    this.#begin(output, held === undefined || hasBlocks);
    if (held !== undefined) {
      this.#file?.addPending(held);
    }
    this.#endWish({ outcome: "new", path: this.path });
    return true;
  }

  #endWish(reopened: Reopened): void {
    if (this.#isReopenWanted) {
      this.#isReopenWanted = false;
      this.#options.onReopened?.(reopened);
    }
  }

  #open(timeSec: number): void {
    let output: OutputFile;
    try {
      output = this.#openOutput(timeSec);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#begin(output);
  }

  #begin(output: OutputFile, hasHeader = true): void {
    this.#output = output;
    this.#files += 1;
    try {
      this.#file = new ContainerFile({
        sink: output,
        schemaJson: sysFlowSchemaJson(this.#schema),
        tap: this.#tap,
        ...this.#syncMarker(),
        ...(this.#options.blockBytesMax && { blockBytesMax: this.#options.blockBytesMax }),
      });
    } catch (error) {
      throw this.#fail(error);
    }
    if (this.#header !== null && hasHeader) {
      this.#writeHeader(this.#header);
    }
  }

  /** Follows from the input and the number of the file: others cannot put it into their data. */
  #syncMarker(): { readonly syncMarker?: Uint8Array } {
    const { markerSeed } = this.#options;
    if (markerSeed === undefined) {
      return {};
    }
    const digest = createHash("sha256")
      .update(`sysflow ${this.#files}\0`)
      .update(markerSeed)
      .digest();
    return { syncMarker: digest.subarray(0, syncBytes) };
  }

  #openOutput(timeSec: number): OutputFile {
    const exclusive = this.#rotation.stamped;
    const { fs, known } = this.#options;
    let isFolderMade = fs !== undefined;
    for (let tries = 1; ; tries++) {
      const path = this.#rotation.nextPath(timeSec);
      try {
        return new OutputFile(path, { exclusive, ...(known && { known }), ...(fs && { fs }) });
      } catch (error) {
        const code = error instanceof OperatorError ? errnoCode(error.cause) : null;
        if (code === "ENOENT" && !isFolderMade) {
          makeLastFolder(path);
          isFolderMade = true;
        } else if (!(exclusive && code === "EEXIST" && tries < nameTriesMax)) {
          throw error;
        }
      }
    }
  }

  /** Ends the current file, if there is one. */
  #finish(): void {
    try {
      this.#file?.flush();
      this.#output?.close();
    } catch (error) {
      throw this.#fail(error);
    }
    this.#leaveFile();
  }

  /** Notes the failure, counts what is lost with it, and closes the file as far as it goes. */
  #fail(error: unknown): unknown {
    if (!(error instanceof OperatorError)) {
      return error;
    }
    this.#failure = error;
    this.#failed += this.#file?.discard() ?? 0;
    try {
      this.#output?.close();
    } catch (closeError) {
      // The first error is the one to report; this one comes of it.
      assert(closeError instanceof OperatorError, "closing fails as an operator error");
    }
    this.#leaveFile();
    return error;
  }

  #leaveFile(): void {
    this.#bytesRaw += this.#file?.bytesRaw ?? 0;
    this.#bytesWritten += this.#file?.bytesWritten ?? 0;
    this.#blocks += this.#file?.blocks ?? 0;
    this.#file = null;
    this.#output = null;
  }
}

/** Whether files go into this path, under names of their own. */
export function isFolder(path: string): boolean {
  if (path.endsWith("/")) {
    return true;
  }
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    // Not ours to look at: opening the file then says why, with its remedy.
    return false;
  }
}
