// Containers by native handle. At first a container may be known by its id alone; then it has a
// placeholder record. When its metadata comes, the record is sent again, before the next Process or
// File of that container or at the next tick, whichever is first. For readers the latest record
// wins. Captures made by older tools contain the metadata. For other containers the lookups are
// asked, once for each container, and report at ticks which answers have changed since.

import { assert } from "../../base/assert.ts";
import { TextMap } from "../../base/text-map.ts";
import type { BatchView } from "../../capture/batch-reader.ts";
import {
  CONTAINER_CONTAINER,
  CONTAINER_ID,
  CONTAINER_IMAGE,
  CONTAINER_IMAGE_ID,
  CONTAINER_IMAGE_TAG,
  CONTAINER_KNOWN,
  CONTAINER_NAME,
  CONTAINER_PRIVILEGED,
  CONTAINER_TYPE,
} from "../../capture/layout.gen.ts";
import type { OutputSet, RecordSink } from "../../sysflow/record-sink.ts";
import { type ContainerType, containerType } from "../../sysflow/values.ts";
import { ContainerEntry } from "../entries/container-entry.ts";
import type { Generations } from "../generations.ts";
import type { CollectLimits } from "../limits.ts";
import type { ContainerFacts, Lookups } from "../lookups.ts";
import type { PodTable } from "./pod-table.ts";

export class ContainerTable {
  readonly #sink: RecordSink;
  readonly #byHandle: (ContainerEntry | undefined)[] = [];
  /** One entry per id, so that a handle given again finds what was written. */
  readonly #byId = new TextMap<ContainerEntry>();
  /** Containers forgotten for want of room, since the start. */
  evicted = 0;
  readonly #limits: CollectLimits;
  readonly #lookups: Lookups;
  readonly #pods: PodTable;
  readonly #generations: Generations;
  /** Those that have changed since the last tick. */
  readonly #changed = new Set<ContainerEntry>();

  constructor(
    sink: RecordSink,
    generations: Generations,
    pods: PodTable,
    limits: CollectLimits,
    lookups: Lookups,
  ) {
    this.#sink = sink;
    this.#generations = generations;
    this.#pods = pods;
    this.#limits = limits;
    this.#lookups = lookups;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Takes a Container record of a batch. */
  define(batch: BatchView, at: number): void {
    const id = batch.string(at + CONTAINER_ID);
    const type = wireType(batch.u32[at + CONTAINER_TYPE] as number);
    let entry = this.#byId.get(id);
    const isNew = entry === undefined;
    if (entry === undefined) {
      entry = new ContainerEntry(id, type);
      this.#makeRoom();
    } else {
      this.#byId.delete(id);
    }
    // At the end, so that the first is the one whose definition is longest ago.
    this.#byId.set(id, entry);
    this.#byHandle[batch.u32[at + CONTAINER_CONTAINER] as number] = entry;
    if ((batch.flags(at) & CONTAINER_KNOWN) !== 0) {
      entry.isOfCapture = true;
      this.#learn(entry, factsAt(batch, at, type));
    }
    if (isNew) {
      this.#askFacts(entry);
      this.#askPod(entry);
    }
  }

  /** @param handle 0 is the host, which has no entry. */
  get(handle: number): ContainerEntry | null {
    if (handle === 0) {
      return null;
    }
    const entry = this.#byHandle[handle];
    assert(entry !== undefined, "a container handle is defined before it is used");
    return entry;
  }

  /** Writes the record to the outputs in `to` that lack it or have an older one. */
  use(entry: ContainerEntry, to: OutputSet): void {
    if (entry.pod !== null) {
      this.#pods.use(entry.pod, to);
    }
    const generations = this.#generations;
    const receivers = to & (generations.lacking(entry) | entry.stale);
    if (receivers !== 0) {
      generations.give(entry, receivers);
      entry.stale &= ~receivers;
      entry.met |= receivers;
      this.#sink.container(entry.record, receivers);
    }
  }

  /** Takes new answers of the lookups, and sends the records that change because of them. */
  tick(): void {
    for (const id of this.#lookups.containers?.takeChanged() ?? none) {
      this.#askFacts(this.#byId.get(id));
    }
    for (const id of this.#lookups.pods?.takeChanged() ?? none) {
      this.#askPod(this.#byId.get(id));
    }
    this.#pods.amend();
    for (const entry of this.#changed) {
      this.use(entry, entry.stale & this.#generations.having(entry));
    }
    this.#changed.clear();
  }

  /** Forgets the oldest entry. Processes and files in that container still refer to it. */
  #makeRoom(): void {
    if (this.#byId.size < this.#limits.containers) {
      return;
    }
    const { oldest } = this.#byId;
    if (oldest !== null) {
      this.#byId.delete(oldest);
      this.evicted += 1;
    }
  }

  /** @param entry undefined where it was forgotten. It does not change where there is no answer. */
  #askFacts(entry: ContainerEntry | undefined): void {
    if (entry === undefined || entry.isOfCapture) {
      return;
    }
    const facts = this.#lookups.containers?.find(entry.record.id) ?? null;
    if (facts !== null) {
      this.#learn(entry, facts);
    }
  }

  #askPod(entry: ContainerEntry | undefined): void {
    const facts = entry === undefined ? null : this.#lookups.pods?.find(entry.record.id);
    if (entry === undefined || facts === undefined || facts === null) {
      return;
    }
    entry.pod = this.#pods.learn(facts);
    if (entry.record.podId !== facts.id) {
      entry.record.podId = facts.id;
      this.#markStale(entry);
    }
  }

  #learn(entry: ContainerEntry, facts: ContainerFacts): void {
    const { record } = entry;
    const { name, image, imageid, type, privileged } = facts;
    const changed =
      record.name !== name ||
      record.image !== image ||
      record.imageid !== imageid ||
      record.type !== type ||
      record.privileged !== privileged;
    if (!changed) {
      return;
    }
    record.name = name;
    record.image = image;
    record.imageid = imageid;
    record.type = type;
    record.privileged = privileged;
    this.#markStale(entry);
  }

  #markStale(entry: ContainerEntry): void {
    entry.stale = entry.met;
    this.#changed.add(entry);
  }
}

const none: readonly string[] = [];

/** An empty text is a known value: metadata that have not come yet are absent, not empty. */
function factsAt(batch: BatchView, at: number, type: ContainerType): ContainerFacts {
  const image = batch.string(at + CONTAINER_IMAGE);
  return {
    name: batch.string(at + CONTAINER_NAME),
    // Upstream's form (containercontext.cpp): the tag is added even where the image has it.
    image: `${image}:${batch.string(at + CONTAINER_IMAGE_TAG)}`,
    imageid: batch.string(at + CONTAINER_IMAGE_ID),
    type,
    privileged: (batch.flags(at) & CONTAINER_PRIVILEGED) !== 0,
  };
}

/**
 * libsinsp's number is the wire's up to CT_BPM. Static containers (10), Podman (11) and unknown
 * ones (0xffff) have none there and become CT_CUSTOM, where upstream's encoder throws.
 */
function wireType(type: number): ContainerType {
  return type <= containerType.CT_BPM ? (type as ContainerType) : containerType.CT_CUSTOM;
}
