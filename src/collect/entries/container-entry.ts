// A container as the collector keeps it. Known by its id alone, it has a placeholder record until its
// metadata comes (tables/container-table.ts).

import type { Container } from "../../sysflow/record.gen.ts";
import type { ContainerType } from "../../sysflow/values.ts";
import type { PodEntry } from "./pod-entry.ts";

const incompleteName = "incomplete";
const incompleteImage = "incomplete:incomplete";

export class ContainerEntry {
  readonly record: Container;
  /** The file generation in which the record was last written; 0 is never. */
  writtenGeneration = 0;
  /** The record changed since it was written. */
  stale = false;
  /** Null where it is of none, or of none that is known. */
  pod: PodEntry | null = null;
  /** The capture itself told its metadata: nobody is asked for them. */
  isOfCapture = false;

  constructor(id: string, type: ContainerType) {
    this.record = {
      kind: "Container",
      id,
      name: incompleteName,
      image: incompleteImage,
      imageid: "",
      type,
      privileged: false,
      podId: null,
    };
  }
}
