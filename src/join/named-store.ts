// Containers and pods by their ids, which are texts.

import { hashKeyOfRun, hashText } from "../base/keyed-hash.ts";
import type { Container, Pod } from "../sysflow/record.gen.ts";
import { type Entity, EntityTable } from "./entity-table.ts";
import type { Kept } from "./joined-record.ts";
import { itemChars, type KindLimit } from "./limits.ts";

/** What has a text for its id. */
interface Named {
  readonly id: string;
}

export class NamedEntity<R extends Named> implements Entity<NamedEntity<R>>, Kept<R> {
  readonly hash: number;
  /** A copy of the record that came last. */
  record: R;
  chars: number;
  derived: object | null = null;
  isStored = true;
  isUsed = false;
  bucketNext: NamedEntity<R> | null = null;
  orderPrevious: NamedEntity<R> | null = null;
  orderNext: NamedEntity<R> | null = null;

  constructor(hash: number, record: R, chars: number) {
    this.hash = hash;
    this.record = record;
    this.chars = chars;
  }
}

export class NamedStore<R extends Named> {
  readonly #table: EntityTable<NamedEntity<R>>;
  readonly #charsOf: (record: R) => number;

  constructor(limit: KindLimit, charsOf: (record: R) => number) {
    this.#table = new EntityTable(limit);
    this.#charsOf = charsOf;
  }

  get size(): number {
    return this.#table.size;
  }

  get evicted(): number {
    return this.#table.evicted;
  }

  /** Takes a copy. */
  define(record: R): NamedEntity<R> {
    const hash = hashText(record.id, hashKeyOfRun);
    const copy = { ...record };
    const chars = this.#charsOf(record);
    let entity = this.#find(record.id, hash);
    if (entity === null) {
      entity = new NamedEntity(hash, copy, chars);
      this.#table.add(entity);
    } else {
      entity.record = copy;
      entity.derived = null;
      this.#table.resize(entity, chars);
    }
    return entity;
  }

  /** The entity with this id. Asking for it counts as a use. */
  use(id: string): NamedEntity<R> | null {
    const entity = this.#find(id, hashText(id, hashKeyOfRun));
    if (entity !== null) {
      entity.isUsed = true;
    }
    return entity;
  }

  clear(): void {
    this.#table.clear();
  }

  #find(id: string, hash: number): NamedEntity<R> | null {
    let entity = this.#table.bucket(hash);
    while (entity !== null && !(entity.hash === hash && entity.record.id === id)) {
      entity = entity.bucketNext;
    }
    return entity;
  }
}

export function containerChars({ id, name, image, imageid, podId }: Container): number {
  return id.length + name.length + image.length + imageid.length + (podId?.length ?? 0);
}

export function podChars(pod: Pod): number {
  const { hostIP, internalIP, id, name, nodeName, namespace, labels, selectors } = pod;
  let chars = id.length + name.length + nodeName.length + namespace.length;
  chars += (hostIP.length + internalIP.length) * itemChars;
  chars += mapChars(labels) + mapChars(selectors);
  for (const service of pod.services) {
    chars += service.name.length + service.id.length + service.namespace.length;
    chars += (service.clusterIP.length + 1) * itemChars;
    for (const { proto } of service.portList) {
      chars += proto.length + itemChars;
    }
  }
  return chars;
}

function mapChars(map: ReadonlyMap<string, string>): number {
  let chars = 0;
  for (const [key, value] of map) {
    chars += key.length + value.length + itemChars;
  }
  return chars;
}
