// Processes by native handle. A definition in a batch only updates facts here. The Process record
// is written when another record refers to the process, after the record of its container and those
// of its ancestors, the oldest first. In an output it stays valid until that output begins anew;
// then each process is sent again before its next use, with all its ancestors. For this a process
// stays in the table after its end as long as it has descendants. The number of such processes is
// limited.

import { assert } from "../../base/assert.ts";
import { EntryOrder } from "../../base/entry-order.ts";
import type { BatchView } from "../../capture/batch-reader.ts";
import {
  PROCESS_ARG_COUNT,
  PROCESS_ARGS,
  PROCESS_ARGS_APART,
  PROCESS_CONTAINER,
  PROCESS_CREATE_HI,
  PROCESS_CREATE_LO,
  PROCESS_CWD,
  PROCESS_ENTRY,
  PROCESS_ENV_APART,
  PROCESS_ENV_COUNT,
  PROCESS_EXE,
  PROCESS_GID,
  PROCESS_GROUP,
  PROCESS_LOGINUID,
  PROCESS_PARENT,
  PROCESS_PID,
  PROCESS_PROCESS,
  PROCESS_TTY,
  PROCESS_UID,
  PROCESS_USER,
} from "../../capture/layout.gen.ts";
import type { OutputSet, RecordSink } from "../../sysflow/record-sink.ts";
import { type ObjectState, objectState } from "../../sysflow/values.ts";
import { type Environment, environmentOf } from "../entries/environment.ts";
import { ProcessEntry } from "../entries/process-entry.ts";
import { type Generations, outputIndex } from "../generations.ts";
import type { CollectLimits } from "../limits.ts";
import type { ContainerTable } from "./container-table.ts";
import { LongTexts } from "./long-texts.ts";

export class ProcessTable {
  readonly #sink: RecordSink;
  readonly #containers: ContainerTable;
  readonly #byHandle: (ProcessEntry | undefined)[] = [];
  readonly #toWrite: ProcessEntry[] = [];
  /** The outputs that get each of these entries. */
  readonly #receivers: OutputSet[] = [];
  readonly #generations: Generations;
  readonly #longTexts: LongTexts;
  readonly #limits: CollectLimits;
  /** Those that have ended and have descendants, in the order of their end. */
  readonly #ended = new EntryOrder<ProcessEntry>();
  /** Ended processes forgotten for want of room though they had descendants, since the start. */
  ancestorsEvicted = 0;
  #size = 0;
  #idNext = 1;

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
    this.#longTexts = new LongTexts(limits.longTextBytes);
  }

  /** Live processes. */
  get size(): number {
    return this.#size;
  }

  /** Ended ones that descendants still refer to. */
  get endedAncestors(): number {
    return this.#ended.size;
  }

  /** Long texts cut for want of room, since the start. */
  get textsCut(): number {
    return this.#longTexts.cut;
  }

  get(handle: number): ProcessEntry {
    const entry = this.#byHandle[handle];
    assert(entry !== undefined, "a process handle is defined before it is used");
    return entry;
  }

  /** The process that a definition at `at` would replace because it names another, or null. */
  replacedBy(batch: BatchView, at: number): ProcessEntry | null {
    const entry = this.#byHandle[batch.u32[at + PROCESS_PROCESS] as number];
    return entry === undefined || isSame(entry, batch, at) ? null : entry;
  }

  /** Takes a ProcessText record of a batch. */
  defineText(batch: BatchView, at: number): void {
    this.#longTexts.add(batch, at);
  }

  /** Takes a Process record of a batch. */
  define(batch: BatchView, at: number): void {
    const handle = batch.u32[at + PROCESS_PROCESS] as number;
    let entry = this.#byHandle[handle];
    if (entry === undefined || !isSame(entry, batch, at)) {
      if (entry === undefined) {
        this.#size += 1;
      } else {
        this.#end(entry);
      }
      entry = new ProcessEntry(
        this.#idNext++,
        batch.u32[at + PROCESS_CREATE_LO] as number,
        batch.u32[at + PROCESS_CREATE_HI] as number,
        batch.i32[at + PROCESS_PID] as number,
      );
      this.#byHandle[handle] = entry;
    }
    // Once written, the parent stays the creator: a reaper that takes the child over later is not
    // its parent in SysFlow's sense (upstream never refreshes poid either).
    const parent = batch.u32[at + PROCESS_PARENT] as number;
    if (entry.givenGeneration === 0 && parent !== 0) {
      this.#detach(entry);
      attach(entry, this.get(parent));
      const { parent: creator } = entry;
      entry.record.poid = creator === null || isPlaceholder(creator) ? null : creator.record.oid;
    }
    this.#setFacts(entry, batch, at);
  }

  remove(handle: number): void {
    const entry = this.get(handle);
    this.#byHandle[handle] = undefined;
    this.#size -= 1;
    this.#end(entry);
  }

  /**
   * Makes sure that each output has the process, its ancestors and their containers.
   * @param state, tsLo, tsHi: of the record, should this be the process's first use.
   * @returns true where it was the first use.
   */
  use(entry: ProcessEntry, state: ObjectState, tsLo: number, tsHi: number): boolean {
    if (entry.writtenGeneration === this.#generations.newest) {
      return false;
    }
    return this.#write(entry, state, tsLo, tsHi);
  }

  /** Sends the facts of a process again that an exec or setuid has changed. */
  modify(entry: ProcessEntry, tsLo: number, tsHi: number): void {
    this.#modify(entry, tsLo, tsHi, this.#generations.all);
  }

  /** The same, if any output has the process. No event follows. */
  modifyWritten(entry: ProcessEntry, tsLo: number, tsHi: number): void {
    const having = this.#generations.having(entry);
    if (having !== 0) {
      this.#modify(entry, tsLo, tsHi, having);
    }
  }

  /** All live processes in the order of their first definition. */
  inOrder(): ProcessEntry[] {
    const entries: ProcessEntry[] = [];
    for (const entry of this.#byHandle) {
      if (entry !== undefined) {
        entries.push(entry);
      }
    }
    return entries.sort((a, b) => a.id - b.id);
  }

  #end(entry: ProcessEntry): void {
    entry.isEnded = true;
    if (entry.firstChild === null) {
      this.#longTexts.release(entry);
      this.#detach(entry);
      return;
    }
    this.#ended.append(entry);
    const oldest = this.#ended.first;
    if (oldest !== null && this.#ended.size > this.#limits.endedAncestors) {
      this.ancestorsEvicted += 1;
      // It is removed together with its last child.
      while (oldest.firstChild !== null) {
        this.#detach(oldest.firstChild);
      }
    }
  }

  /** Unlinks a process from its parent, and removes the parent too where nothing else needs it. */
  #detach(entry: ProcessEntry): void {
    let at = entry;
    while (at.parent !== null) {
      const { parent } = at;
      detachFromSiblings(at, parent);
      if (!parent.isEnded || parent.firstChild !== null) {
        return;
      }
      this.#ended.remove(parent);
      this.#longTexts.release(parent);
      at = parent;
    }
  }

  #setFacts(entry: ProcessEntry, batch: BatchView, at: number): void {
    const record = entry.record;
    const flags = batch.flags(at);
    record.exe = batch.stringOrSame(at + PROCESS_EXE, record.exe);
    this.#longTexts.release(entry);
    record.exeArgs = this.#argumentsOf(entry, batch, at);
    record.uid = batch.i32[at + PROCESS_UID] as number;
    record.gid = batch.i32[at + PROCESS_GID] as number;
    record.loginuid = batch.i32[at + PROCESS_LOGINUID] as number;
    record.tty = (flags & PROCESS_TTY) !== 0;
    record.entry = (flags & PROCESS_ENTRY) !== 0;
    const likely = entry.parent === null ? record : entry.parent.record;
    record.userName = batch.stringOrSame(at + PROCESS_USER, likely.userName);
    record.groupName = batch.stringOrSame(at + PROCESS_GROUP, likely.groupName);
    record.cwd = batch.stringOrSame(at + PROCESS_CWD, likely.cwd);
    entry.environment = this.#environmentOf(entry, batch, at);
    record.env = entry.environment.strings;
    entry.container = this.#containers.get(batch.u32[at + PROCESS_CONTAINER] as number);
  }

  #argumentsOf(entry: ProcessEntry, batch: BatchView, at: number): string {
    if ((batch.flags(at) & PROCESS_ARGS_APART) === 0) {
      const count = batch.u32[at + PROCESS_ARG_COUNT] as number;
      return count === 0 ? "" : batch.string(at + PROCESS_ARGS).replaceAll("\0", " ");
    }
    const bytes = this.#longTexts.takeArguments(batch.u32[at + PROCESS_PROCESS] as number);
    const text = argumentText(bytes);
    // A child has its parent's until it runs a program: one copy of some MB serves both.
    const inherited = entry.parent?.record.exeArgs;
    if (text === inherited) {
      return inherited;
    }
    const kept = this.#longTexts.keep(bytes, entry);
    return kept === bytes ? text : argumentText(kept);
  }

  #environmentOf(entry: ProcessEntry, batch: BatchView, at: number): Environment {
    const count = batch.u32[at + PROCESS_ENV_COUNT] as number;
    if ((batch.flags(at) & PROCESS_ENV_APART) === 0) {
      return environmentOf(entry, batch, at, count);
    }
    const bytes = this.#longTexts.takeEnvironment(batch.u32[at + PROCESS_PROCESS] as number);
    const inherited = entry.parent?.environment;
    if (inherited?.bytes.equals(bytes)) {
      return inherited;
    }
    const kept = this.#longTexts.keep(bytes, entry);
    if (entry.environment?.bytes.equals(kept)) {
      return entry.environment;
    }
    const strings = count === 0 ? [] : kept.toString("utf8").split("\0");
    const isWhole = kept === bytes;
    assert(!isWhole || strings.length === count, "an environment has the items that it counts");
    return { bytes: isWhole ? bytes : Buffer.from(kept), strings };
  }

  #modify(entry: ProcessEntry, tsLo: number, tsHi: number, to: OutputSet): void {
    const record = entry.record;
    const { all } = this.#generations;
    if (to === all) {
      entry.earlier = null;
    } else {
      keepTime(entry, all, to);
    }
    record.state = objectState.MODIFIED;
    record.tsLo = tsLo;
    record.tsHi = tsHi;
    this.#useContainer(entry, to);
    this.#send(entry, to);
  }

  #write(entry: ProcessEntry, state: ObjectState, tsLo: number, tsHi: number): boolean {
    const isFirst = entry.givenGeneration === 0;
    const [toWrite, receivers] = [this.#toWrite, this.#receivers];
    const generations = this.#generations;
    let at: ProcessEntry | null = entry;
    let to = generations.lacking(entry);
    let depth = 0;
    // Marking at once also ends the walk should parents ever form a ring.
    while (at !== null && to !== 0) {
      if (at !== entry && isPlaceholder(at)) {
        break;
      }
      depth += 1;
      if (depth > this.#limits.ancestorDepth) {
        this.#detach(at);
      }
      this.#prepare(at, at === entry ? state : objectState.REUP, tsLo, tsHi, to);
      generations.give(at, to);
      toWrite.push(at);
      receivers.push(to);
      at = at.parent;
      if (at !== null) {
        to &= generations.lacking(at);
      }
    }
    for (let i = toWrite.length - 1; i >= 0; i--) {
      this.#send(toWrite[i] as ProcessEntry, receivers[i] as number);
    }
    toWrite.length = 0;
    receivers.length = 0;
    return isFirst;
  }

  /** Its container goes first, then it and its ancestors: upstream's order (processcontext.cpp). */
  #prepare(
    entry: ProcessEntry,
    state: ObjectState,
    tsLo: number,
    tsHi: number,
    to: OutputSet,
  ): void {
    const record = entry.record;
    if (entry.givenGeneration === 0) {
      record.state = state;
      record.tsLo = tsLo;
      record.tsHi = tsHi;
    } else {
      record.state = objectState.REUP;
    }
    if (entry.parent === null) {
      // The parent was forgotten, so these outputs cannot get it.
      entry.orphanIn |= to;
      if (entry.orphanIn === this.#generations.all) {
        record.poid = null;
      }
    }
    this.#useContainer(entry, to);
  }

  #useContainer(entry: ProcessEntry, to: OutputSet): void {
    if (entry.container === null) {
      entry.record.containerId = null;
    } else {
      this.#containers.use(entry.container, to);
      entry.record.containerId = entry.container.record.id;
    }
  }

  /** Each output gets the record as if it were the only output. */
  #send(entry: ProcessEntry, to: OutputSet): void {
    const record = entry.record;
    const orphans = record.poid === null ? 0 : to & entry.orphanIn;
    if (orphans === 0 && entry.earlier === null) {
      this.#sink.process(record, to);
      return;
    }
    const { poid, tsLo, tsHi } = record;
    for (let rest = to; rest !== 0; rest &= rest - 1) {
      const one = rest & -rest;
      const time = entry.earlier?.[outputIndex(one)];
      record.poid = (one & orphans) === 0 ? poid : null;
      record.tsLo = time?.tsLo ?? tsLo;
      record.tsHi = time?.tsHi ?? tsHi;
      this.#sink.process(record, one);
    }
    record.poid = poid;
    record.tsLo = tsLo;
    record.tsHi = tsHi;
  }
}

/** Before a change that is told to `to` alone: the others get the record with its time of before. */
function keepTime(entry: ProcessEntry, all: OutputSet, to: OutputSet): void {
  const { tsLo, tsHi } = entry.record;
  entry.earlier ??= [];
  for (let rest = all; rest !== 0; rest &= rest - 1) {
    const one = rest & -rest;
    const i = outputIndex(one);
    entry.earlier[i] = (one & to) === 0 ? (entry.earlier[i] ?? { tsLo, tsHi }) : undefined;
  }
}

function argumentText(bytes: Buffer): string {
  return bytes.toString("utf8").replaceAll("\0", " ");
}

function attach(entry: ProcessEntry, parent: ProcessEntry): void {
  entry.parent = parent;
  entry.siblingNext = parent.firstChild;
  if (parent.firstChild !== null) {
    parent.firstChild.siblingPrevious = entry;
  }
  parent.firstChild = entry;
}

function detachFromSiblings(entry: ProcessEntry, parent: ProcessEntry): void {
  if (entry.siblingPrevious === null) {
    parent.firstChild = entry.siblingNext;
  } else {
    entry.siblingPrevious.siblingNext = entry.siblingNext;
  }
  if (entry.siblingNext !== null) {
    entry.siblingNext.siblingPrevious = entry.siblingPrevious;
  }
  entry.parent = null;
  entry.siblingPrevious = null;
  entry.siblingNext = null;
}

function isSame(entry: ProcessEntry, batch: BatchView, at: number): boolean {
  const oid = entry.record.oid;
  return (
    oid.hpid === batch.i32[at + PROCESS_PID] &&
    oid.createLo === batch.u32[at + PROCESS_CREATE_LO] &&
    oid.createHi === batch.u32[at + PROCESS_CREATE_HI]
  );
}

/** libsinsp's root above pid 1: no process, and not written. */
function isPlaceholder(entry: ProcessEntry): boolean {
  const oid = entry.record.oid;
  return oid.hpid === 0 && oid.createLo === 0 && oid.createHi === 0;
}
