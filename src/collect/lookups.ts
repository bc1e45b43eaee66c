// Facts that the collector needs and no system call tells: a container's name and image, the pod
// that it belongs to, and what the cluster reports. Code that knows them (through a container
// runtime's socket or the API server) has these interfaces' shape and is never imported here. An
// answer is what is known at that moment and is never waited for; what becomes known later changes
// the records at the next tick.

import type { Container, K8sEvent, Pod } from "../sysflow/record.gen.ts";

/** What a runtime knows of a container. */
export type ContainerFacts = Readonly<
  Pick<Container, "name" | "image" | "imageid" | "type" | "privileged">
>;
/** A pod but for the time of the record, which is the collector's. */
export type PodFacts = Readonly<Omit<Pod, "kind" | "tsLo" | "tsHi">>;
export type K8sEventFacts = Readonly<Omit<K8sEvent, "kind" | "tsLo" | "tsHi">>;

interface Lookup<Facts> {
  /**
   * @param containerId as it stands in the records, 12 characters of most runtimes' ids
   * @returns null where nothing is known, now or for good; the same object until something changes.
   *   It is not changed afterwards.
   */
  find(containerId: string): Facts | null;
  /**
   * The containers asked for by `find` whose answer is another since; each once. The caller takes
   * them: the next call has only what changed after this one.
   */
  takeChanged(): readonly string[];
}

export interface ContainerLookup extends Lookup<ContainerFacts> {}

/** Finds the pod that a container is of. */
export interface PodLookup extends Lookup<PodFacts> {
  /** What the cluster has reported since the last call, in order. */
  takeEvents(): readonly K8sEventFacts[];
}

/** Null where there is no such lookup. */
export interface Lookups {
  readonly containers: ContainerLookup | null;
  readonly pods: PodLookup | null;
}

export const noLookups: Lookups = { containers: null, pods: null };
