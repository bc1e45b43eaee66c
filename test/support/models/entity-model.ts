// When Process, File and Container records are written: before the first record of an output file
// that needs them, ancestors before descendants. Facts such as an exe are not modelled, only which
// record comes when, in which state and with which references.

import { type ObjectState, objectState } from "../../../src/sysflow/values.ts";
import { isSocket, type ModelObject, type ModelRecord } from "./model-event.ts";

export interface ProcessFacts {
  /** Creation time and pid, as the record says them. */
  readonly name: string;
  readonly parent: number | null;
  readonly container: string | null;
}

interface ModelProcess {
  ts: bigint;
  parent: number | null;
  isInFile: boolean;
}

interface ModelFile {
  readonly ts: bigint;
  readonly type: string;
  state: ObjectState;
  isInFile: boolean;
}

export class EntityModel {
  readonly factsOf: (process: number) => ProcessFacts;
  readonly #written: ModelRecord[];
  readonly #processes = new Map<number, ModelProcess>();
  readonly #files = new Map<string, ModelFile>();
  readonly #containers = new Set<string>();

  constructor(written: ModelRecord[], factsOf: (process: number) => ProcessFacts) {
    this.#written = written;
    this.factsOf = factsOf;
  }

  /** @returns true at the first use of all. */
  useProcess(process: number, state: ObjectState, ts: bigint): boolean {
    const isFirst = !this.#processes.has(process);
    const chain: [number, ObjectState][] = [];
    let at: number | null = process;
    while (at !== null && this.#processes.get(at)?.isInFile !== true) {
      this.#useContainer(at);
      const known = this.#processes.get(at);
      // A parent is the one at the first use: no reaper takes over.
      const entry: ModelProcess = known ?? { ts, parent: this.factsOf(at).parent, isInFile: true };
      entry.isInFile = true;
      this.#processes.set(at, entry);
      chain.push([at, known === undefined && at === process ? state : objectState.REUP]);
      at = entry.parent;
    }
    for (const [each, itsState] of chain.reverse()) {
      this.#writeProcess(each, itsState);
    }
    return isFirst;
  }

  /** An exec or setuid changed a process that is in this file. */
  modify(process: number, ts: bigint): void {
    this.#useContainer(process);
    const entry = this.#processes.get(process) as ModelProcess;
    entry.ts = ts;
    this.#writeProcess(process, objectState.MODIFIED);
  }

  /** @returns the file's name: its container and path. */
  useFile(process: number, object: ModelObject, state: ObjectState, ts: bigint): string {
    const { container } = this.factsOf(process);
    const name = `${container ?? ""}:${object.name}`;
    const file = this.#files.get(name) ?? { ts, type: object.type, state, isInFile: false };
    this.#files.set(name, file);
    if (!file.isInFile) {
      this.#useContainer(process);
      this.#push("File", "", file.ts, [file.state, file.type, name].join());
      file.isInFile = true;
      file.state = objectState.REUP;
    }
    return name;
  }

  /** A new output file begins: files that no flow holds are forgotten. */
  nextFile(flows: readonly { readonly process: number; readonly object: ModelObject }[]): void {
    const held = flows.filter((f) => !isSocket(f.object));
    const names = held.map((f) => `${this.factsOf(f.process).container ?? ""}:${f.object.name}`);
    for (const [name, file] of this.#files) {
      if (names.includes(name)) {
        file.isInFile = false;
      } else {
        this.#files.delete(name);
      }
    }
    for (const process of this.#processes.values()) {
      process.isInFile = false;
    }
    this.#containers.clear();
  }

  #useContainer(process: number): void {
    const { container } = this.factsOf(process);
    if (container !== null && !this.#containers.has(container)) {
      this.#containers.add(container);
      this.#push("Container", "", 0n, container);
    }
  }

  #writeProcess(process: number, state: ObjectState): void {
    const { ts, parent } = this.#processes.get(process) as ModelProcess;
    const { name, container } = this.factsOf(process);
    const parentName = parent === null ? "" : this.factsOf(parent).name;
    this.#push("Process", name, ts, [state, parentName, container ?? ""].join());
  }

  #push(kind: string, process: string, ts: bigint, what: string): void {
    this.#written.push({ kind, process, tid: 0, opFlags: 0, ts, endTs: ts, what });
  }
}
