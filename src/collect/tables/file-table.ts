// Files by container and path. A file is a name here, not an inode: its id is the SHA-1 of
// container id and path, so the same path in two containers is two files. Its record keeps the
// restype, time and state of the file's first use. Where an output begins anew the record is sent
// again with the state REUP. A file without open flows may be removed: for outputs that have begun
// since, it is a new file at its next use. When the table is full, the file that was not used for
// the longest time is removed.

import { assert } from "../../base/assert.ts";
import { EntryOrder } from "../../base/entry-order.ts";
import { TextMap } from "../../base/text-map.ts";
import { foidOf } from "../../sysflow/oid.ts";
import type { File } from "../../sysflow/record.gen.ts";
import type { OutputSet, RecordSink } from "../../sysflow/record-sink.ts";
import type { ObjectState, Restype } from "../../sysflow/values.ts";
import { objectState } from "../../sysflow/values.ts";
import type { ContainerEntry } from "../entries/container-entry.ts";
import { FileEntry, type PathObject } from "../entries/file-entry.ts";
import { type Generations, outputIndex } from "../generations.ts";
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
  readonly #generations: Generations;

  constructor(
    sink: RecordSink,
    generations: Generations,
    containers: ContainerTable,
    limits: CollectLimits,
  ) {
    this.#sink = sink;
    this.#generations = generations;
    this.#containers = containers;
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * The file of a path in a container, written to outputs that lack it.
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
    if (entry.writtenGeneration !== this.#generations.newest) {
      const lacking = this.#generations.lacking(entry);
      const renewed = this.#isNewTo(entry, lacking);
      if (renewed !== 0) {
        const record = this.#ownRecord(entry, renewed);
        record.restype = restype;
        record.state = state;
        record.tsLo = tsLo;
        record.tsHi = tsHi;
        this.#send(entry, record, renewed);
      }
      this.#write(entry, lacking & ~renewed);
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
      entry.idleGeneration = this.#generations.newest;
      this.#idle.append(entry);
      this.#makeRoom();
    }
  }

  /** The file, if the table has it. This writes nothing and does not count as a use. */
  find(path: PathObject, container: ContainerEntry | null): FileEntry | null {
    const entry = path.file;
    if (entry !== null && entry.container === container && entry.inTable) {
      return entry;
    }
    const files = container === null ? this.#onHost : this.#inContainers.get(container);
    return files?.get(path.path) ?? null;
  }

  /** Writes the record of a file met before, to outputs that lack it. */
  useAgain(entry: FileEntry): void {
    if (entry.writtenGeneration !== this.#generations.newest) {
      this.#write(entry, this.#generations.lacking(entry));
    }
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
    const foid = foidOf(containerId, path);
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
    return new FileEntry(record, container, this.#hashNext, this.#generations.newest);
  }

  /** For an output that has begun since, a file that had no open flows is new, as in upstream's. */
  #isNewTo(entry: FileEntry, lacking: OutputSet): OutputSet {
    return entry.flows === 0 ? lacking & this.#generations.begunSince(entry.idleGeneration) : 0;
  }

  /** The record of these outputs. It may be changed: other outputs keep a record of their own. */
  #ownRecord(entry: FileEntry, outputs: OutputSet): File {
    if (outputs === this.#generations.all) {
      entry.own = null;
      return entry.record;
    }
    const record = { ...entry.record };
    entry.own ??= [];
    for (let rest = outputs; rest !== 0; rest &= rest - 1) {
      entry.own[outputIndex(rest & -rest)] = record;
    }
    return record;
  }

  #write(entry: FileEntry, to: OutputSet): void {
    if (entry.own === null) {
      this.#writeAs(entry, entry.record, to);
      return;
    }
    for (let rest = to; rest !== 0; rest &= rest - 1) {
      const one = rest & -rest;
      this.#writeAs(entry, entry.own[outputIndex(one)] ?? entry.record, one);
    }
  }

  #writeAs(entry: FileEntry, record: File, to: OutputSet): void {
    if (to !== 0) {
      if (entry.givenGeneration !== 0) {
        record.state = objectState.REUP;
      }
      this.#send(entry, record, to);
    }
  }

  #send(entry: FileEntry, record: File, to: OutputSet): void {
    if (entry.container !== null) {
      this.#containers.use(entry.container, to);
    }
    this.#generations.give(entry, to);
    this.#sink.file(record, to);
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
