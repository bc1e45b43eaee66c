// Joins each record with the entities that it refers to. A collector or a reader feeds it, like any
// receiver of records, in one pass. It keeps entities within joinLimits. Whatever a file holds,
// every record comes out; if entities are missing, it comes without them, and that is counted.

import { OP_EXIT } from "../sysflow/op-flags.gen.ts";
import type {
  Container,
  File,
  FileEvent,
  FileFlow,
  K8sEvent,
  NetworkEvent,
  NetworkFlow,
  Oid,
  Pod,
  Process,
  ProcessEvent,
  ProcessFlow,
  SFHeader,
  SysFlowRecord,
} from "../sysflow/record.gen.ts";
import type { RecordReceiver } from "../sysflow/record-sink.ts";
import type { Foid } from "../sysflow/values.ts";
import { type FileEntity, FileStore } from "./file-store.ts";
import type { JoinedReceiver, JoinedRecord, ParentsCut } from "./joined-record.ts";
import { type JoinLimits, joinLimits } from "./limits.ts";
import { containerChars, type NamedEntity, NamedStore, podChars } from "./named-store.ts";
import { type ProcessEntity, ProcessStore } from "./process-store.ts";

/** Counts of one kind of entity. */
export interface KindStats {
  /** Held now. */
  readonly held: number;
  /** Given up for want of room, since the start. */
  readonly evicted: number;
  /** References to entities that never came or were removed, since the start. Parents not counted. */
  readonly unknown: number;
}

export interface JoinStats {
  readonly processes: KindStats;
  readonly files: KindStats;
  readonly containers: KindStats;
  readonly pods: KindStats;
  /** Processes whose parent had not come before them. */
  readonly unknownParents: number;
}

const noProcesses: readonly Process[] = [];

/** The one object that is given for every record. */
class Join implements JoinedRecord {
  record: SysFlowRecord;
  number = 0;
  header: SFHeader | null = null;
  process: Process | null = null;
  file: File | null = null;
  newFile: File | null = null;
  container: Container | null = null;
  pod: Pod | null = null;
  keptProcess: ProcessEntity | null = null;
  keptFile: FileEntity | null = null;
  keptNewFile: FileEntity | null = null;
  keptContainer: NamedEntity<Container> | null = null;
  keptPod: NamedEntity<Pod> | null = null;
  /** Whether it names a process that is not known. */
  isOfUnknown = false;
  readonly #processes: ProcessStore;
  readonly #parents: Process[] = [];
  #parentsCut: ParentsCut | null = null;
  #hasParents = false;

  constructor(processes: ProcessStore, record: SysFlowRecord) {
    this.#processes = processes;
    this.record = record;
  }

  get parents(): readonly Process[] {
    return this.keptProcess === null ? noProcesses : this.#walked();
  }

  get parentsCut(): ParentsCut | null {
    if (this.keptProcess === null) {
      return this.isOfUnknown ? "unknown" : null;
    }
    this.#walked();
    return this.#parentsCut;
  }

  get parent(): Process | null {
    return this.keptParent?.record ?? null;
  }

  get keptParent(): ProcessEntity | null {
    return this.keptProcess === null ? null : this.#processes.parentOf(this.keptProcess);
  }

  get parentsVersion(): number {
    return this.#processes.chainsVersion;
  }

  begin(record: SysFlowRecord): void {
    this.record = record;
    this.number += 1;
    this.process = null;
    this.keptProcess = null;
    this.isOfUnknown = false;
    this.#hasParents = false;
    this.file = null;
    this.keptFile = null;
    this.newFile = null;
    this.keptNewFile = null;
    this.container = null;
    this.keptContainer = null;
    this.pod = null;
    this.keptPod = null;
  }

  #walked(): readonly Process[] {
    if (!this.#hasParents && this.keptProcess !== null) {
      this.#hasParents = true;
      this.#parents.length = 0;
      this.#parentsCut = this.#processes.parentsOf(this.keptProcess, this.#parents);
    }
    return this.#parents;
  }
}

export class Joiner implements RecordReceiver {
  readonly #to: JoinedReceiver;
  readonly #processes: ProcessStore;
  readonly #files: FileStore;
  readonly #containers: NamedStore<Container>;
  readonly #pods: NamedStore<Pod>;
  readonly #join: Join;
  #unknownProcesses = 0;
  #unknownFiles = 0;
  #unknownContainers = 0;
  #unknownPods = 0;

  constructor(to: JoinedReceiver, limits: JoinLimits = joinLimits) {
    this.#to = to;
    this.#processes = new ProcessStore(limits.processes, limits.endedProcesses, limits.parents);
    this.#files = new FileStore(limits.files);
    this.#containers = new NamedStore(limits.containers, containerChars);
    this.#pods = new NamedStore(limits.pods, podChars);
    this.#join = new Join(this.#processes, noRecord);
  }

  stats(): JoinStats {
    const of = ({ size, evicted }: { size: number; evicted: number }, unknown: number) => ({
      held: size,
      evicted,
      unknown,
    });
    return {
      processes: of(this.#processes, this.#unknownProcesses),
      files: of(this.#files, this.#unknownFiles),
      containers: of(this.#containers, this.#unknownContainers),
      pods: of(this.#pods, this.#unknownPods),
      unknownParents: this.#processes.unknownParents,
    };
  }

  /** A new file or connection was begun: all entities are told again before their next use. */
  forget(): void {
    this.#processes.clear();
    this.#files.clear();
    this.#containers.clear();
    this.#pods.clear();
  }

  /** With it all ids begin anew. */
  header(record: SFHeader): void {
    this.forget();
    this.#join.begin(record);
    this.#join.header = { ...record };
    this.#give();
  }

  container(record: Container): void {
    this.#join.begin(record);
    this.#setContainer(this.#containers.define(record));
    this.#give();
  }

  process(record: Process): void {
    this.#join.begin(record);
    this.#setProcess(this.#processes.define(record));
    this.#give();
  }

  file(record: File): void {
    this.#join.begin(record);
    this.#setFile(this.#files.define(record));
    this.#setContainerOf(record.containerId);
    this.#give();
  }

  processEvent(record: ProcessEvent): void {
    this.#ofProcess(record, record.procOID);
    this.#give();
    const { keptProcess } = this.#join;
    const isOfLeader = record.tid === record.procOID.hpid;
    if (keptProcess !== null && isOfLeader && (record.opFlags & OP_EXIT) !== 0) {
      this.#processes.end(keptProcess);
    }
  }

  networkFlow(record: NetworkFlow): void {
    this.#ofProcess(record, record.procOID);
    this.#give();
  }

  fileFlow(record: FileFlow): void {
    this.#ofProcess(record, record.procOID);
    this.#setFile(this.#fileOf(record.fileOID));
    this.#give();
  }

  fileEvent(record: FileEvent): void {
    this.#ofProcess(record, record.procOID);
    this.#setFile(this.#fileOf(record.fileOID));
    if (record.newFileOID !== null) {
      const file = this.#fileOf(record.newFileOID);
      this.#join.keptNewFile = file;
      this.#join.newFile = file?.record ?? null;
    }
    this.#give();
  }

  networkEvent(record: NetworkEvent): void {
    this.#ofProcess(record, record.procOID);
    this.#give();
  }

  processFlow(record: ProcessFlow): void {
    this.#ofProcess(record, record.procOID);
    this.#give();
  }

  pod(record: Pod): void {
    this.#join.begin(record);
    this.#setPod(this.#pods.define(record));
    this.#give();
  }

  k8sEvent(record: K8sEvent): void {
    this.#join.begin(record);
    this.#give();
  }

  #give(): void {
    this.#to.joined(this.#join);
  }

  #ofProcess(record: SysFlowRecord, oid: Oid): void {
    this.#join.begin(record);
    const process = this.#processes.use(oid);
    if (process === null) {
      this.#unknownProcesses += 1;
      this.#join.isOfUnknown = true;
    } else {
      this.#setProcess(process);
    }
  }

  #setProcess(process: ProcessEntity): void {
    this.#join.keptProcess = process;
    this.#join.process = process.record;
    this.#setContainerOf(process.record.containerId);
  }

  #setContainerOf(id: string | null): void {
    if (id === null) {
      return;
    }
    const container = this.#containers.use(id);
    if (container === null) {
      this.#unknownContainers += 1;
    } else {
      this.#setContainer(container);
    }
  }

  #setContainer(container: NamedEntity<Container>): void {
    const { podId } = container.record;
    this.#join.keptContainer = container;
    this.#join.container = container.record;
    if (podId === null) {
      return;
    }
    const pod = this.#pods.use(podId);
    if (pod === null) {
      this.#unknownPods += 1;
    } else {
      this.#setPod(pod);
    }
  }

  #setPod(pod: NamedEntity<Pod>): void {
    this.#join.keptPod = pod;
    this.#join.pod = pod.record;
  }

  #setFile(file: FileEntity | null): void {
    this.#join.keptFile = file;
    this.#join.file = file?.record ?? null;
  }

  #fileOf(foid: Foid): FileEntity | null {
    const file = this.#files.use(foid);
    if (file === null) {
      this.#unknownFiles += 1;
    }
    return file;
  }
}

/** Before the first one. */
const noRecord: SFHeader = { kind: "SFHeader", version: 0, exporter: "", ip: "", filename: "" };
