// A file as the collector keeps it, and the path under which native code names it. The same path in two
// containers is two files, and what has no open flow may be forgotten (tables/file-table.ts).

import type { File } from "../../sysflow/record.gen.ts";
import type { OutputSet } from "../../sysflow/record-sink.ts";
import type { Given } from "../generations.ts";
import type { ContainerEntry } from "./container-entry.ts";

export class FileEntry implements Given {
  readonly isSocket = false;
  readonly record: File;
  /** Records by output, for outputs that met the file at another time than the rest. Mostly null. */
  own: (File | undefined)[] | null = null;
  readonly container: ContainerEntry | null;
  /** For the flow table. */
  readonly hash: number;
  writtenGeneration = 0;
  given: OutputSet = 0;
  givenGeneration = 0;
  /** Open flows on this file: while there are any, the table keeps it. */
  flows = 0;
  /** False once the table has forgotten it: a path object must then not use it any more. */
  inTable = true;
  /** The generation in which its last open flow ended, or in which it was first met. */
  idleGeneration: number;
  orderPrevious: FileEntry | null = null;
  orderNext: FileEntry | null = null;

  constructor(record: File, container: ContainerEntry | null, hash: number, generation: number) {
    this.record = record;
    this.container = container;
    this.hash = hash;
    this.idleGeneration = generation;
  }
}

export class PathObject {
  readonly isSocket = false;
  readonly path: string;
  /** The file last found under this path: most paths are used in one container only. */
  file: FileEntry | null = null;

  constructor(path: string) {
    this.path = path;
  }
}
