// A container as the collector keeps it. While only its id is known it has a placeholder record,
// until its metadata comes (tables/container-table.ts).

import type { Container } from "../../sysflow/record.gen.ts";
import type { OutputSet } from "../../sysflow/record-sink.ts";
import type { ContainerType } from "../../sysflow/values.ts";
import type { Given } from "../generations.ts";
import type { PodEntry } from "./pod-entry.ts";

const incompleteName = "incomplete";
const incompleteImage = "incomplete:incomplete";

export class ContainerEntry implements Given {
  readonly record: Container;
  writtenGeneration = 0;
  given: OutputSet = 0;
  givenGeneration = 0;
  /** Outputs that were given it at any time. */
  met: OutputSet = 0;
  /** The outputs among them whose record is older than the last change. */
  stale: OutputSet = 0;
  /** Null where it belongs to no pod, or to one that is not known. */
  pod: PodEntry | null = null;
  /** True where the capture contains its metadata: then no lookup is asked. */
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
