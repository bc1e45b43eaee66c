// Processes by OID, each with a link to its parent. A process that has children is removed later
// than others, because its children's records need it even when it does nothing any more.

import { hashKeyOfRun, hashWords } from "../base/keyed-hash.ts";
import { emptyProcess } from "../sysflow/empty-process.ts";
import type { Oid, Process } from "../sysflow/record.gen.ts";
import { EndedProcesses } from "./ended-processes.ts";
import { type Entity, EntityTable } from "./entity-table.ts";
import type { Kept, ParentsCut } from "./joined-record.ts";
import { itemChars, type KindLimit } from "./limits.ts";

export class ProcessEntity implements Entity<ProcessEntity>, Kept<Process> {
  readonly hash: number;
  /** Its OID, here so that finding a process touches nothing else in memory. The halves are int32. */
  readonly createLo: number;
  readonly createHi: number;
  readonly hpid: number;
  /** A copy of the record that came last. */
  record: Process;
  /** As known when the record came; perhaps given up since. */
  parent: ProcessEntity | null = null;
  /** Its end came. It is among the ended ones, or has children that keep it from being removed. */
  isEnded = false;
  /** Entities in the table whose `parent` this is. */
  children = 0;
  chars: number;
  isStored = true;
  isUsed = false;
  /** The number of the walk that met it last. */
  walk = 0;
  /** Whether it was met as a parent since it last changed. */
  isInChain = false;
  derived: object | null = null;
  bucketNext: ProcessEntity | null = null;
  orderPrevious: ProcessEntity | null = null;
  orderNext: ProcessEntity | null = null;

  constructor(hash: number, record: Process, chars: number) {
    this.hash = hash;
    this.createLo = record.oid.createLo | 0;
    this.createHi = record.oid.createHi | 0;
    this.hpid = record.oid.hpid;
    this.record = record;
    this.chars = chars;
  }
}

/** Where chains lack more parents than that, any process that comes may be one of them. */
const missingMax = 1024;

export class ProcessStore {
  readonly #table: EntityTable<ProcessEntity>;
  readonly #ended: EndedProcesses<ProcessEntity>;
  readonly #parentsMax: number;
  #walk = 0;
  /** The pids of parents that a chain that was walked lacks, and that may come yet. */
  readonly #missing = new Set<number>();
  /** Grows when a chain that was walked may have changed. */
  chainsVersion = 0;
  /** Parents that had not come when their child did, since the start. */
  unknownParents = 0;

  constructor(limit: KindLimit, endedMax: number, parentsMax: number) {
    this.#ended = new EndedProcesses(endedMax);
    this.#table = new EntityTable(limit, hasChildren, (entity) => this.#forget(entity));
    this.#parentsMax = parentsMax;
  }

  get size(): number {
    return this.#table.size;
  }

  get evicted(): number {
    return this.#table.evicted;
  }

  /** Takes a copy. */
  define(record: Process): ProcessEntity {
    const hash = hashOf(record.oid);
    const copy = { ...record };
    const chars = charsOf(record);
    let entity = this.#find(record.oid, hash);
    if (entity === null) {
      entity = new ProcessEntity(hash, copy, chars);
      this.#linkParent(entity, record.poid);
      this.#table.add(entity);
      this.#removeEnded();
      if (this.#missing.size > missingMax || this.#missing.has(record.oid.hpid)) {
        this.#missing.clear();
        this.chainsVersion += 1;
      }
    } else {
      entity.record = copy;
      entity.derived = null;
      // The first thread may have ended while others go on.
      entity.isEnded = false;
      this.#changeChains(entity);
      this.#linkParent(entity, record.poid);
      this.#table.resize(entity, chars);
    }
    return entity;
  }

  /** The process, which counts as used. */
  use(oid: Oid): ProcessEntity | null {
    const entity = this.#find(oid, hashOf(oid));
    if (entity !== null) {
      entity.isUsed = true;
    }
    return entity;
  }

  /** Its first thread has ended: it goes before those that live, once enough have ended after it. */
  end(entity: ProcessEntity): void {
    if (!entity.isEnded) {
      entity.isEnded = true;
      this.#addEnded(entity);
      this.#removeEnded();
    }
  }

  /**
   * Puts the parents of a process into a list, the nearest first. It counts for no use of theirs:
   * what is kept must not depend on who looks.
   * @returns why no more could be put there; null where the last one has no parent
   */
  parentsOf(process: ProcessEntity, into: Process[]): ParentsCut | null {
    this.#walk += 1;
    let at = process;
    at.walk = this.#walk;
    for (;;) {
      const { poid } = at.record;
      if (poid === null) {
        return null;
      }
      const parent = this.#stored(at.parent, poid);
      if (parent === null) {
        this.#miss(poid);
        return at.parent === null ? "unknown" : "evicted";
      }
      if (parent.walk === this.#walk) {
        return "loop";
      }
      if (into.length === this.#parentsMax) {
        return "depth";
      }
      parent.walk = this.#walk;
      parent.isInChain = true;
      into.push(parent.record);
      at = parent;
    }
  }

  /** The first that `parentsOf` gives. */
  parentOf(process: ProcessEntity): ProcessEntity | null {
    const { poid } = process.record;
    if (poid === null) {
      return null;
    }
    const parent = this.#stored(process.parent, poid);
    if (parent === null) {
      this.#miss(poid);
    } else {
      parent.isInChain = true;
    }
    return parent === process ? null : parent;
  }

  clear(): void {
    this.#table.clear();
    this.#ended.clear();
    this.#missing.clear();
    this.chainsVersion += 1;
  }

  #forget(entity: ProcessEntity): void {
    const { parent } = entity;
    unlink(entity);
    this.#changeChains(entity);
    if (parent?.isStored === true && parent.isEnded && parent.children === 0) {
      this.#addEnded(parent);
    }
  }

  #addEnded(entity: ProcessEntity): void {
    entity.isUsed = false;
    this.#ended.add(entity);
  }

  /** Those that a record named meanwhile have another turn. */
  #removeEnded(): void {
    for (let turn = 0; turn < turnsMax && this.#ended.isOverfull; turn++) {
      const oldest = this.#ended.take();
      if (!oldest.isStored || !oldest.isEnded || oldest.children > 0) {
        continue;
      }
      if (oldest.isUsed) {
        this.#addEnded(oldest);
      } else {
        this.#table.remove(oldest);
      }
    }
  }

  #miss({ hpid }: Oid): void {
    if (this.#missing.size <= missingMax) {
      this.#missing.add(hpid);
    }
  }

  #changeChains(entity: ProcessEntity): void {
    if (entity.isInChain) {
      entity.isInChain = false;
      this.chainsVersion += 1;
    }
  }

  /** @param linked the parent as it was once, perhaps given up since */
  #stored(linked: ProcessEntity | null, poid: Oid): ProcessEntity | null {
    return linked?.isStored === true ? linked : this.#find(poid, hashOf(poid));
  }

  #find(oid: Oid, hash: number): ProcessEntity | null {
    let entity = this.#table.bucket(hash);
    while (entity !== null && !(entity.hash === hash && isOf(entity, oid))) {
      entity = entity.bucketNext;
    }
    return entity;
  }

  #linkParent(entity: ProcessEntity, poid: Oid | null): void {
    const parent = poid === null ? null : this.use(poid);
    const { parent: before } = entity;
    if (poid !== null && parent === null) {
      if (before !== null && isOf(before, poid)) {
        // Given up: the link stays, to tell it from one that never came.
        return;
      }
      this.unknownParents += 1;
    }
    if (before !== null) {
      before.children -= 1;
    }
    if (parent !== null) {
      parent.children += 1;
    }
    entity.parent = parent;
  }
}

/** How many of the ended are looked at when one is added. */
const turnsMax = 8;

function hasChildren(entity: ProcessEntity): boolean {
  return entity.children > 0;
}

/** Children may keep it for as long as they are there, so nothing large may hang on it. */
function unlink(entity: ProcessEntity): void {
  if (entity.parent !== null) {
    entity.parent.children -= 1;
  }
  entity.parent = null;
  entity.record = forgotten;
  entity.derived = null;
}

const oidWords = new Int32Array(4);

function hashOf(oid: Oid): number {
  oidWords[0] = oid.createLo;
  oidWords[1] = oid.createHi;
  oidWords[2] = oid.hpid;
  oidWords[3] = Math.floor(oid.hpid / 2 ** 32);
  return hashWords(oidWords, oidWords.length, hashKeyOfRun);
}

/** The halves of an OID may be signed in one record and unsigned in the next. */
function isOf(entity: ProcessEntity, oid: Oid): boolean {
  return (
    entity.hpid === oid.hpid &&
    entity.createLo === (oid.createLo | 0) &&
    entity.createHi === (oid.createHi | 0)
  );
}

function charsOf(record: Process): number {
  const { exe, exeArgs, userName, groupName, cwd, env } = record;
  let chars = exe.length + exeArgs.length + userName.length + groupName.length + cwd.length;
  for (const each of env) {
    chars += each.length + itemChars;
  }
  return chars;
}

const forgotten = emptyProcess(0, 0, 0);
