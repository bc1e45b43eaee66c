// Where results are kept while they hold: those of one record, and those of an entity (a process, a
// file …) for all records that refer to it. A result is one byte: not known, false or true.

import type { AttributeOwner, FlatContext } from "../../flatten/attribute.ts";

export const UNKNOWN = 0;
export const FALSE = 1;
export const TRUE = 2;

/** Kinds of records have bits 0 to 6. */
const kindsMax = 7;

/** What is known of one entity. */
export class EntityResults {
  readonly bits: Uint8Array;
  /** Of its chain of parents, where that matters. */
  version = 0;
  /** Rules that may match in records of a kind, by the kind's bit number; null where not looked up. */
  readonly candidates: (Int32Array | null)[] = new Array<Int32Array | null>(kindsMax).fill(null);

  constructor(size: number) {
    this.bits = new Uint8Array(size);
  }

  clear(): void {
    this.bits.fill(UNKNOWN);
    this.candidates.fill(null);
  }
}

export type BankName = "record" | "process" | "parents" | "file" | "container" | "pod";

export function bankOf(owner: AttributeOwner): BankName {
  return owner === "header" ? "record" : owner;
}

/** Bytes of all results that one bank may keep; beyond, it begins anew. */
const bytesMax = 8 * 1024 * 1024;

/** After so many entities it is seen whether they come again. */
const trial = 4096;

export class Bank {
  readonly name: BankName;
  /** Slots that results were given so far. */
  size = 0;
  /** Of the record that was asked about last. */
  #current: EntityResults = new EntityResults(0);
  /** The record that is looked at now, until its entity is asked for: most records need few banks. */
  #next: FlatContext | null = null;
  #known = new WeakMap<object, EntityResults>();
  #bytes = 0;
  #last: object | null = null;
  /** Entities looked up since the last trial, and how many of them had results. */
  #asked = 0;
  #found = 0;
  /** Entities hardly ever come again: nothing is kept of them, which costs more than it saves. */
  #isFleeting = false;
  /** For records without such an entity: they are all alike. */
  #none: EntityResults = new EntityResults(0);
  #fleeting: EntityResults = new EntityResults(0);

  constructor(name: BankName) {
    this.name = name;
  }

  /** @returns the first of so many new slots */
  allot(slots: number): number {
    const first = this.size;
    this.size += slots;
    return first;
  }

  /** To be called once all slots are allotted. */
  open(): void {
    this.#none = new EntityResults(this.size);
    this.#fleeting = new EntityResults(this.size);
    this.#current = this.#none;
  }

  /** Another record is looked at. */
  turn(of: FlatContext): void {
    this.#next = of;
  }

  /** What is known of the record, or of its entity. */
  get current(): EntityResults {
    if (this.#next !== null) {
      this.#arrive(this.#next);
      this.#next = null;
    }
    return this.#current;
  }

  #arrive(of: FlatContext): void {
    if (this.name === "record") {
      this.#current.bits.fill(UNKNOWN);
      return;
    }
    const entity = entityOf(of, this.name);
    if (entity !== this.#last) {
      this.#last = entity;
      this.#current = entity === null ? this.#none : this.#resultsOf(entity);
    }
    if (this.name === "parents" && this.#current.version !== of.parentsVersion) {
      this.#current.clear();
      this.#current.version = of.parentsVersion;
    }
  }

  #resultsOf(entity: object): EntityResults {
    if (this.#isFleeting) {
      this.#fleeting.clear();
      return this.#fleeting;
    }
    let results = this.#known.get(entity);
    this.#asked += 1;
    if (results !== undefined) this.#found += 1;
    if (this.#asked === trial) this.#judge();
    if (results === undefined) {
      if (this.#bytes > bytesMax) {
        this.#known = new WeakMap();
        this.#bytes = 0;
      }
      results = new EntityResults(this.size);
      this.#bytes += this.size + 200;
      this.#known.set(entity, results);
    }
    return results;
  }

  #judge(): void {
    this.#isFleeting = this.#found < trial / 2;
    this.#asked = 0;
    this.#found = 0;
  }
}

/** An entity is told anew by another object: these are never changed. */
function entityOf(of: FlatContext, name: BankName): object | null {
  switch (name) {
    case "process":
    case "parents":
      return of.process;
    case "file":
      return of.file;
    case "container":
      return of.container;
    case "pod":
      return of.pod;
    case "record":
      return null;
  }
}
