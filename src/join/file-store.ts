// Files by their id of 20 bytes. Ids are compared as five 32-bit words, and the hash is made of the
// same words.

import { hashKeyOfRun, hashWords } from "../base/keyed-hash.ts";
import type { File } from "../sysflow/record.gen.ts";
import { type Foid, foidBytes } from "../sysflow/values.ts";
import { type Entity, EntityTable } from "./entity-table.ts";
import type { Kept } from "./joined-record.ts";
import type { KindLimit } from "./limits.ts";

/** The words of the id that was hashed last. */
const foidWords = new Int32Array(foidBytes / 4);

export class FileEntity implements Entity<FileEntity>, Kept<File> {
  readonly hash: number;
  /** The hash of its id. It is here so that finding a file touches nothing else in memory. */
  readonly word0 = foidWords[0];
  readonly word1 = foidWords[1];
  readonly word2 = foidWords[2];
  readonly word3 = foidWords[3];
  readonly word4 = foidWords[4];
  /** A copy of the record that came last. */
  record: File;
  chars: number;
  derived: object | null = null;
  isStored = true;
  isUsed = false;
  bucketNext: FileEntity | null = null;
  orderPrevious: FileEntity | null = null;
  orderNext: FileEntity | null = null;

  /** @param hash of its id, made just before: its words are still there */
  constructor(hash: number, record: File) {
    this.hash = hash;
    this.record = record;
    this.chars = record.path.length;
  }
}

export class FileStore {
  readonly #table: EntityTable<FileEntity>;

  constructor(limit: KindLimit) {
    this.#table = new EntityTable(limit);
  }

  get size(): number {
    return this.#table.size;
  }

  get evicted(): number {
    return this.#table.evicted;
  }

  /** Takes a copy. */
  define(record: File): FileEntity {
    const hash = hashOf(record.foid);
    const copy = { ...record };
    let entity = this.#find(hash);
    if (entity === null) {
      entity = new FileEntity(hash, copy);
      this.#table.add(entity);
    } else {
      entity.record = copy;
      entity.derived = null;
      this.#table.resize(entity, record.path.length);
    }
    return entity;
  }

  /** The file, which counts as used. */
  use(foid: Foid): FileEntity | null {
    const entity = this.#find(hashOf(foid));
    if (entity !== null) {
      entity.isUsed = true;
    }
    return entity;
  }

  clear(): void {
    this.#table.clear();
  }

  /** The file with the id that was hashed last. */
  #find(hash: number): FileEntity | null {
    let entity = this.#table.bucket(hash);
    while (entity !== null && !(entity.hash === hash && isOfWords(entity))) {
      entity = entity.bucketNext;
    }
    return entity;
  }
}

function hashOf(foid: Foid): number {
  for (let i = 0; i < foidWords.length; i++) {
    const at = i * 4;
    foidWords[i] =
      (foid[at] as number) |
      ((foid[at + 1] as number) << 8) |
      ((foid[at + 2] as number) << 16) |
      ((foid[at + 3] as number) << 24);
  }
  return hashWords(foidWords, foidWords.length, hashKeyOfRun);
}

function isOfWords(entity: FileEntity): boolean {
  return (
    entity.word0 === foidWords[0] &&
    entity.word1 === foidWords[1] &&
    entity.word2 === foidWords[2] &&
    entity.word3 === foidWords[3] &&
    entity.word4 === foidWords[4]
  );
}
