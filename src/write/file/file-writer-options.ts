// What a file output can be told, and what it tells of itself.

import type { Codec } from "../../avro/container-file.ts";
import type { RecordKind } from "../../sysflow/record.gen.ts";
import type { SchemaVersion } from "../../sysflow/values.ts";
import type { KnownFile } from "../known-file.ts";
import type { QueueOptions } from "./file-queue.ts";
import type { OutputFs } from "./output-fs.ts";
import type { LockFile } from "./part-file.ts";
import type { KeepOptions } from "./retention.ts";
import type { DiscardCause } from "./trouble.ts";

export interface FileWriterOptions {
  /** The file itself, a folder (with "/" at its end or existing), or with rotation a prefix. */
  readonly path: string;
  /** Seconds between rotations, 0 for one file to the end. */
  readonly rotateIntervalSec: number;
  /** Bytes after which a file is ended at the next tick; by time alone where absent. */
  readonly rotateBytes?: number | undefined;
  /** Stands behind the time in a name; none where absent. */
  readonly suffix?: string;
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
  /** Called once for each request to re-open, when it was dealt with. */
  readonly onReopened?: (reopened: Reopened) => void;
  /** Files that must not be used as an output. */
  readonly known?: readonly KnownFile[];
  /**
   * What the sync markers follow from, so that one run of the same input gives the same bytes.
   * Random markers where absent.
   */
  readonly markerSeed?: Uint8Array;
  readonly fs?: OutputFs;
  /** Where absent nobody can tell a part file of a dead writer from one that is being written. */
  readonly lock?: LockFile | undefined;
  /** `deflate` where absent. */
  readonly codec?: Codec;
  readonly blockBytesMax?: number;
  /** Where the run may not wait for the disk or a reader; without it, each write waits. */
  readonly queue?: QueueOptions;
  /** Where a queue drops; all is kept where absent. Names must have times. */
  readonly keep?: KeepOptions;
  /** What an operator should know while the run goes on: trouble, and what was recovered. */
  readonly onNotice?: (message: string) => void;
  /** Where a queue drops: a block at least so often. 1000 where absent. */
  readonly flushMs?: number;
}

/** The result of a request to re-open the output. */
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
  /** Those of them that could not be written. */
  readonly failed: number;
  /** Those left out because the queue was full. */
  readonly dropped: number;
  /** Those left out because the disk took nothing, or a bound was reached. */
  readonly discarded: Readonly<Record<DiscardCause, number>>;
  /** Bytes of whole blocks before compression. */
  readonly bytesRaw: number;
  /** Bytes passed to the file system, headers and framing included. */
  readonly bytesWritten: number;
  readonly blocks: number;
  readonly files: number;
  /** Bytes that wait in the queue; null without one. */
  readonly queued: number | null;
  /** Old files removed to keep within the bounds. */
  readonly removed: number;
  /** Files of dead writers that were made whole, and the bytes cut off from them. */
  readonly recovered: number;
  readonly recoveredCut: number;
}
