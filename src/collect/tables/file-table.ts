// Files by container and path. A file is a name, not an inode: its id is the SHA-1 of container id
// and path, and the same path in two containers is two files. Its record keeps the restype, time
// and state of its first use; later sends in further files of output are REUP. A file without open
// flows may go: in the next output file it is a new one, and when the table is full the one whose
// use is longest ago is forgotten.

import { createHash } from "node:crypto";
import { assert } from "../../base/assert.ts";
import { EntryOrder } from "../../base/entry-order.ts";
import { TextMap } from "../../base/text-map.ts";
import type { File } from "../../sysflow/record.gen.ts";
import type { RecordSink } from "../../sysflow/record-sink.ts";
import type { ObjectState, Restype } from "../../sysflow/values.ts";
import { objectState } from "../../sysflow/values.ts";
import type { ContainerEntry } from "../entries/container-entry.ts";
import { FileEntry, type PathObject } from "../entries/file-entry.ts";
import type { CollectLimits } from "../limits.ts";
import type { ContainerTable } from "./container-table.ts";

export class FileTable {
  readonly #sink: RecordSink;
  readonly #containers: ContainerTable;
  readonly #onHost = new TextMap<FileEntry>();
  readonly #inContainers = new Map<ContainerEntry, TextMap<FileEntry>>();
  readonly #limits: CollectLimits;
  /** The files without open flows. */
  readonly #idle = new EntryOrder<FileEntry>();
  /** Files forgotten for want of room, since the start. */
  evicted = 0;
  #size = 0;
  #pathChars = 0;
  #hashNext = 0;
  #generation = 1;

  constructor(sink: RecordSink, containers: ContainerTable, limits: CollectLimits) {
    this.#sink = sink;
    this.#containers = containers;
    this.#limits = limits;
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
        this.#idle.append(entry);
        this.#makeRoom();
      }
      path.file = entry;
    }
    if (entry.flows === 0) {
      this.#idle.touch(entry);
    }
    if (entry.writtenGeneration !== this.#generation) {
      if (entry.flows === 0 && entry.idleGeneration !== this.#generation) {
        this.#renew(entry.record, restype, state, tsLo, tsHi);
        entry.writtenGeneration = 0;
      }
      this.#write(entry);
    }
    return entry;
  }

  /** Notes a flow that begins on the file: while there are any, the table keeps it. */
  hold(entry: FileEntry): void {
    if (entry.flows === 0) {
      this.#idle.remove(entry);
    }
    entry.flows += 1;
  }

  /** Notes the end of a flow on the file. */
  release(entry: FileEntry): void {
    entry.flows -= 1;
    assert(entry.flows >= 0, "a file counts its open flows");
    if (entry.flows === 0) {
      entry.idleGeneration = this.#generation;
      this.#idle.append(entry);
      this.#makeRoom();
    }
  }

  /** The file, where the table has it. Nothing is written, and it counts for no use. */
  find(path: PathObject, container: ContainerEntry | null): FileEntry | null {
    const entry = path.file;
    if (entry !== null && entry.container === container && entry.inTable) {
      return entry;
    }
    const files = container === null ? this.#onHost : this.#inContainers.get(container);
    return files?.get(path.path) ?? null;
  }

  /** Writes the record of a file met before, where this output file lacks it. */
  useAgain(entry: FileEntry): void {
    if (entry.writtenGeneration !== this.#generation) {
      this.#write(entry);
    }
  }

  /** A new output file was begun: what has no open flows is new in it, as in upstream's. */
  nextGeneration(): void {
    this.#generation += 1;
  }

  #filesOf(container: ContainerEntry | null): TextMap<FileEntry> {
    if (container === null) {
      return this.#onHost;
    }
    let files = this.#inContainers.get(container);
    if (files === undefined) {
      files = new TextMap();
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
    this.#pathChars += path.length;
    this.#hashNext = (this.#hashNext + 0x9e3779b1) | 0;
    return new FileEntry(record, container, this.#hashNext, this.#generation);
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

  #renew(record: File, type: Restype, state: ObjectState, tsLo: number, tsHi: number): void {
    record.restype = type;
    record.state = state;
    record.tsLo = tsLo;
    record.tsHi = tsHi;
  }

  #makeRoom(): void {
    const { files, pathChars } = this.#limits;
    while (this.#size > files || this.#pathChars > pathChars) {
      const oldest = this.#idle.first;
      // The newest is the one at hand, and stays.
      if (oldest === null || this.#idle.size === 1) {
        return;
      }
      this.#forget(oldest);
      this.evicted += 1;
    }
  }

  #forget(entry: FileEntry): void {
    const files = this.#filesOf(entry.container);
    files.delete(entry.record.path);
    if (files.size === 0 && entry.container !== null) {
      this.#inContainers.delete(entry.container);
    }
    this.#idle.remove(entry);
    entry.inTable = false;
    this.#size -= 1;
    this.#pathChars -= entry.record.path.length;
  }
}
