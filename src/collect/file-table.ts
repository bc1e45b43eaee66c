// Files by container and path. A file is a name, not an inode: its id is the SHA-1 of container id
// and path, and the same path in two containers is two files. Its record keeps the restype, time
// and state of its first use; later sends in further files of output are REUP.

import { createHash } from "node:crypto";
import type { File, ObjectState, Restype } from "../sysflow/record.ts";
import { objectState } from "../sysflow/record.ts";
import type { RecordSink } from "../sysflow/record-sink.ts";
import type { ContainerEntry, ContainerTable } from "./container-table.ts";
import type { PathObject } from "./object-table.ts";

export class FileEntry {
  readonly isSocket = false;
  readonly record: File;
  readonly container: ContainerEntry | null;
  /** For the flow table. */
  readonly hash: number;
  writtenGeneration = 0;
  /** Open flows on this file: while there are any, the table keeps it. */
  flows = 0;
  /** False once the table has forgotten it: a path object must then not use it any more. */
  inTable = true;

  constructor(record: File, container: ContainerEntry | null, hash: number) {
    this.record = record;
    this.container = container;
    this.hash = hash;
  }
}

export class FileTable {
  readonly #sink: RecordSink;
  readonly #containers: ContainerTable;
  readonly #onHost = new Map<string, FileEntry>();
  readonly #inContainers = new Map<ContainerEntry, Map<string, FileEntry>>();
  #size = 0;
  #hashNext = 0;
  #generation = 1;

  constructor(sink: RecordSink, containers: ContainerTable) {
    this.#sink = sink;
    this.#containers = containers;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * The file of a path in a container, written where this output file lacks it.
   * @param restype, state, tsLo, tsHi: of the record, should this be the file's first use.
   */
  use(
    path: PathObject,
    container: ContainerEntry | null,
    restype: Restype,
    state: ObjectState,
    tsLo: number,
    tsHi: number,
  ): FileEntry {
    let entry = path.file;
    if (entry === null || entry.container !== container || !entry.inTable) {
      const files = this.#filesOf(container);
      entry = files.get(path.path) ?? null;
      if (entry === null) {
        entry = this.#create(path.path, container, restype, state, tsLo, tsHi);
        files.set(path.path, entry);
      }
      path.file = entry;
    }
    if (entry.writtenGeneration !== this.#generation) {
      this.#write(entry);
    }
    return entry;
  }

  /** Writes the record of a file met before, where this output file lacks it. */
  useAgain(entry: FileEntry): void {
    if (entry.writtenGeneration !== this.#generation) {
      this.#write(entry);
    }
  }

  /** A new output file was begun: files without flows are forgotten, as upstream does. */
  nextGeneration(): void {
    this.#generation += 1;
    this.#forgetUnused(this.#onHost);
    for (const [container, files] of this.#inContainers) {
      this.#forgetUnused(files);
      if (files.size === 0) {
        this.#inContainers.delete(container);
      }
    }
  }

  #filesOf(container: ContainerEntry | null): Map<string, FileEntry> {
    if (container === null) {
      return this.#onHost;
    }
    let files = this.#inContainers.get(container);
    if (files === undefined) {
      files = new Map();
      this.#inContainers.set(container, files);
    }
    return files;
  }

  #create(
    path: string,
    container: ContainerEntry | null,
    restype: Restype,
    state: ObjectState,
    tsLo: number,
    tsHi: number,
  ): FileEntry {
    const containerId = container === null ? null : container.record.id;
    const foid = createHash("sha1")
      .update(containerId === null ? path : containerId + path)
      .digest();
    const record: File = {
      kind: "File",
      state,
      foid,
      tsLo,
      tsHi,
      restype,
      path,
      containerId,
    };
    this.#size += 1;
    this.#hashNext = (this.#hashNext + 0x9e3779b1) | 0;
    return new FileEntry(record, container, this.#hashNext);
  }

  #write(entry: FileEntry): void {
    if (entry.container !== null) {
      this.#containers.use(entry.container);
    }
    if (entry.writtenGeneration !== 0) {
      entry.record.state = objectState.REUP;
    }
    entry.writtenGeneration = this.#generation;
    this.#sink.file(entry.record);
  }

  #forgetUnused(files: Map<string, FileEntry>): void {
    for (const [path, entry] of files) {
      if (entry.flows === 0) {
        entry.inTable = false;
        files.delete(path);
        this.#size -= 1;
      }
    }
  }
}
