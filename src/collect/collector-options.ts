// What decides which records a run makes. Nothing has a default here: the command line sets every
// value.

import type { SchemaVersion } from "../sysflow/values.ts";

/**
 * flow: everything. consume: an open makes its FileFlow at once and other file flows are left out.
 * nofiles: neither FileFlow nor FileEvent.
 */
export type CollectMode = "flow" | "consume" | "nofiles";

/** 0 keeps every file flow, 1 drops all that only read, 2 those below system directories. */
export type FileReadMode = 0 | 1 | 2;

export interface CollectorOptions {
  readonly mode: CollectMode;
  /** Thread starts and ends are counted in ProcessFlow records instead of single events. */
  readonly processFlows: boolean;
  /** Only regular files make file flows: no directories, pipes or Unix sockets. */
  readonly fileOnly: boolean;
  readonly fileReadMode: FileReadMode;
  /** Only what processes in containers do makes records. */
  readonly containersOnly: boolean;
  /** What the output can express: what schema 5 cannot is counted and left out. */
  readonly schema: SchemaVersion;
  /** SFHeader.exporter: the operator's id, else the host name of the capture. */
  readonly exporter: string;
  /** SFHeader.ip, "" where the operator names none. */
  readonly nodeIp: string;
}
