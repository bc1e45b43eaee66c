// The collector takes the records of batches and decides which SysFlow records result. It knows
// event time only, so that a capture replays to the same bytes. Upstream makes some checks before
// an event when a second has passed since the last ones. Here native code puts a tick between the
// records for each new second, and the checks are made at the ticks.

import { assert } from "../base/assert.ts";
import type { BatchHandler, BatchView } from "../capture/batch-reader.ts";
import {
  CLOSE_OWN,
  DESCRIPTOR_OP_FD,
  DESCRIPTOR_OP_OBJECT,
  DESCRIPTOR_OP_OP,
  DESCRIPTOR_OP_OPEN_FLAGS,
  DESCRIPTOR_OP_PROCESS,
  DESCRIPTOR_OP_RET,
  DESCRIPTOR_OP_TID,
  DESCRIPTOR_OP_TS_HI,
  DESCRIPTOR_OP_TS_LO,
  DESCRIPTOR_OP_TYPE,
  IO_FD,
  IO_OBJECT,
  IO_PROCESS,
  IO_TID,
  IO_TYPE,
  NATIVE_CLOSE,
  NATIVE_ENDED,
  type NativeOp,
  PATH_OP_PROCESS,
  PATH_OP_TS_HI,
  PATH_OP_TS_LO,
  PROCESS_GONE_PROCESS,
  PROCESS_OP_PROCESS,
  PROCESS_OP_TS_HI,
  PROCESS_OP_TS_LO,
  TICK_SECOND,
  TICK_TS_HI,
  TICK_TS_LO,
} from "../capture/layout.gen.ts";
import { OP_TRUNCATE, opFlagsOf } from "../sysflow/op-flags.gen.ts";
import type { RecordSink } from "../sysflow/record-sink.ts";
import { restype } from "../sysflow/values.ts";
import type { CollectorOptions } from "./collector-options.ts";
import type { ProcessEntry } from "./entries/process-entry.ts";
import { FileEventProcessor } from "./events/file-event.ts";
import { ProcessEventProcessor } from "./events/process-event.ts";
import { DataFlows } from "./flows/data-flows.ts";
import { FileFlowProcessor } from "./flows/file-flow.ts";
import { NetworkFlowProcessor } from "./flows/network-flow.ts";
import { ProcessFlowProcessor } from "./flows/process-flow.ts";
import { Generations } from "./generations.ts";
import { type CollectLimits, collectLimits } from "./limits.ts";
import { type Lookups, noLookups, type PodLookup } from "./lookups.ts";
import { ContainerTable } from "./tables/container-table.ts";
import { FileTable } from "./tables/file-table.ts";
import { ObjectTable } from "./tables/object-table.ts";
import { PodTable } from "./tables/pod-table.ts";
import { ProcessTable } from "./tables/process-table.ts";
import { wireFlag } from "./wire-flags.ts";

/** Table sizes now, and counts since the start. */
export interface CollectorStats {
  readonly processes: number;
  readonly containers: number;
  readonly files: number;
  readonly objects: number;
  readonly fileFlows: number;
  readonly networkFlows: number;
  readonly processFlows: number;
  /** Ended processes kept for their descendants. */
  readonly endedAncestors: number;
  /** What a full table has given up, by table. Flows were written, with OP_TRUNCATE. */
  readonly flowsEvicted: number;
  readonly filesEvicted: number;
  readonly containersEvicted: number;
  readonly ancestorsEvicted: number;
  /** Long command lines and environments that the table of processes has cut. */
  readonly textsCut: number;
  /** File flows that FILE_READ_MODE left out. */
  readonly filteredFlows: number;
  /** Operations on IPv6 sockets, for which schema 5 has no room. */
  readonly ipv6Skipped: number;
  /** Calls such as chmod, for which schema 5 has no flags. */
  readonly fileEventsSkipped: number;
  /** Both with a lookup for pods only. */
  readonly pods?: number;
  readonly podsEvicted?: number;
}

export class Collector implements BatchHandler {
  readonly #options: CollectorOptions;
  readonly #sink: RecordSink;
  readonly #generations: Generations;
  readonly #lookups: Lookups;
  readonly #pods: PodTable;
  readonly #containers: ContainerTable;
  readonly #processes: ProcessTable;
  readonly #objects = new ObjectTable();
  readonly #files: FileTable;
  readonly #dataFlows: DataFlows;
  readonly #fileFlows: FileFlowProcessor;
  readonly #networkFlows: NetworkFlowProcessor;
  readonly #processFlows: ProcessFlowProcessor;
  readonly #processEvents: ProcessEventProcessor;
  readonly #fileEvents: FileEventProcessor;
  /**
   * Time of the last record that is a single event. Io records do not count: where one of them is
   * split in two depends on the size of batches.
   */
  #tsLo = 0;
  #tsHi = 0;
  /** Nothing is written before the sink has been told the time. */
  #hasTicked = false;
  #isFinished = false;

  /** Writes the header at once. */
  constructor(
    sink: RecordSink,
    options: CollectorOptions,
    limits: CollectLimits = collectLimits,
    lookups: Lookups = noLookups,
  ) {
    this.#sink = sink;
    this.#options = options;
    this.#lookups = lookups;
    const generations = new Generations(sink.outputs);
    this.#generations = generations;
    this.#pods = new PodTable(sink, generations, limits);
    this.#containers = new ContainerTable(sink, generations, this.#pods, limits, lookups);
    this.#processes = new ProcessTable(sink, generations, this.#containers, limits);
    this.#files = new FileTable(sink, generations, this.#containers, limits);
    this.#dataFlows = new DataFlows(limits);
    this.#fileFlows = new FileFlowProcessor(
      options,
      sink,
      this.#processes,
      this.#files,
      this.#dataFlows,
    );
    this.#networkFlows = new NetworkFlowProcessor(
      options.schema,
      sink,
      this.#processes,
      this.#dataFlows,
    );
    this.#processFlows = new ProcessFlowProcessor(sink, this.#processes, this.#dataFlows);
    this.#processEvents = new ProcessEventProcessor(
      options,
      sink,
      this.#processes,
      this.#dataFlows,
      this.#processFlows,
    );
    this.#fileEvents = new FileEventProcessor(
      options.schema,
      sink,
      this.#processes,
      this.#files,
      this.#objects,
    );
    sink.header({
      kind: "SFHeader",
      version: options.schema,
      exporter: options.exporter,
      ip: options.nodeIp,
      filename: "",
    });
  }

  stats(): CollectorStats {
    return {
      processes: this.#processes.size,
      containers: this.#containers.size,
      files: this.#files.size,
      objects: this.#objects.size,
      fileFlows: this.#fileFlows.size,
      networkFlows: this.#networkFlows.size,
      processFlows: this.#processFlows.size,
      endedAncestors: this.#processes.endedAncestors,
      flowsEvicted: this.#dataFlows.evicted,
      filesEvicted: this.#files.evicted,
      containersEvicted: this.#containers.evicted,
      ancestorsEvicted: this.#processes.ancestorsEvicted,
      textsCut: this.#processes.textsCut,
      filteredFlows: this.#fileFlows.filtered,
      ipv6Skipped: this.#networkFlows.ipv6Skipped,
      fileEventsSkipped: this.#fileEvents.skipped,
      ...(this.#lookups.pods !== null && {
        pods: this.#pods.size,
        podsEvicted: this.#pods.evicted,
      }),
    };
  }

  /**
   * Writes all open flows; nothing may come after.
   * @param tsLo, tsHi: the time of the last event of the run, which becomes their end.
   */
  finish(tsLo: number, tsHi: number): void {
    assert(!this.#isFinished, "a collector is finished once");
    this.#isFinished = true;
    for (const process of this.#processes.inOrder()) {
      this.#dataFlows.endProcess(process, tsLo, tsHi, false);
      this.#processFlows.end(process, OP_TRUNCATE, tsLo, tsHi);
    }
    this.#takeLastAnswers(tsLo, tsHi);
  }

  process(batch: BatchView, at: number): void {
    const replaced = this.#processes.replacedBy(batch, at);
    if (replaced !== null) {
      this.#endVanished(replaced);
    }
    this.#processes.define(batch, at);
  }

  processText(batch: BatchView, at: number): void {
    this.#processes.defineText(batch, at);
  }

  processGone(batch: BatchView, at: number): void {
    const handle = batch.u32[at + PROCESS_GONE_PROCESS] as number;
    this.#endVanished(this.#processes.get(handle));
    this.#processes.remove(handle);
  }

  container(batch: BatchView, at: number): void {
    this.#containers.define(batch, at);
  }

  path(batch: BatchView, at: number): void {
    this.#objects.definePath(batch, at);
  }

  socket(batch: BatchView, at: number): void {
    this.#objects.defineSocket(batch, at);
  }

  objectReset(): void {
    this.#objects.reset();
  }

  tick(batch: BatchView, at: number): void {
    const tsLo = batch.u32[at + TICK_TS_LO] as number;
    const tsHi = batch.u32[at + TICK_TS_HI] as number;
    this.#setTime(tsLo, tsHi);
    // Never backwards: the export lists are in the order of these seconds.
    const second = batch.u32[at + TICK_SECOND] as number;
    this.#dataFlows.second = Math.max(this.#dataFlows.second, second);
    this.#dataFlows.exportDue(tsLo, tsHi);
    this.#processFlows.exportDue(tsLo, tsHi);
    this.#pods.setTime(tsLo, tsHi);
    this.#containers.tick();
    this.#hasTicked = true;
    const anew = this.#sink.rotateDue(this.#dataFlows.second);
    if (anew !== 0) {
      this.#generations.begin(anew);
    }
    if (this.#lookups.pods !== null) {
      this.#writeClusterEvents(this.#lookups.pods, tsLo, tsHi);
    }
  }

  processOp(batch: BatchView, at: number): void {
    this.#setTime(
      batch.u32[at + PROCESS_OP_TS_LO] as number,
      batch.u32[at + PROCESS_OP_TS_HI] as number,
    );
    const process = this.#processes.get(batch.u32[at + PROCESS_OP_PROCESS] as number);
    if (this.#isWanted(process)) {
      this.#processEvents.operation(process, batch, at);
    }
  }

  descriptorOp(batch: BatchView, at: number): void {
    const tsLo = batch.u32[at + DESCRIPTOR_OP_TS_LO] as number;
    const tsHi = batch.u32[at + DESCRIPTOR_OP_TS_HI] as number;
    this.#setTime(tsLo, tsHi);
    const process = this.#processes.get(batch.u32[at + DESCRIPTOR_OP_PROCESS] as number);
    if (!this.#isWanted(process)) {
      return;
    }
    const object = this.#objects.get(batch.u32[at + DESCRIPTOR_OP_OBJECT] as number);
    const tid = batch.i32[at + DESCRIPTOR_OP_TID] as number;
    const fd = batch.i32[at + DESCRIPTOR_OP_FD] as number;
    const op = batch.u32[at + DESCRIPTOR_OP_OP] as unknown as NativeOp;
    if (op === NATIVE_ENDED) {
      const of = object.isSocket ? object : this.#files.find(object, process.container);
      const isOfSocket = object.isSocket || batch.u32[at + DESCRIPTOR_OP_TYPE] === restype.UNIX;
      const isOthersToo = batch.i32[at + DESCRIPTOR_OP_RET] === 0;
      this.#dataFlows.endDescriptor(process, tid, fd, of, isOfSocket, tsLo, tsHi, isOthersToo);
      return;
    }
    const flag = wireFlag(op, opFlagsOf.FileFlow);
    const openFlags = batch.u32[at + DESCRIPTOR_OP_OPEN_FLAGS] as number;
    if (object.isSocket) {
      const isOthersToo = op !== NATIVE_CLOSE || openFlags !== CLOSE_OWN;
      this.#networkFlows.operation(process, tid, fd, object, flag, tsLo, tsHi, isOthersToo);
    } else if (this.#options.mode !== "nofiles") {
      const type = batch.u32[at + DESCRIPTOR_OP_TYPE] as number;
      this.#fileFlows.operation(process, tid, fd, object, type, flag, openFlags, tsLo, tsHi);
    }
  }

  io(batch: BatchView, at: number): void {
    const process = this.#processes.get(batch.u32[at + IO_PROCESS] as number);
    if (!this.#isWanted(process)) {
      return;
    }
    const object = this.#objects.get(batch.u32[at + IO_OBJECT] as number);
    const tid = batch.i32[at + IO_TID] as number;
    const fd = batch.i32[at + IO_FD] as number;
    if (object.isSocket) {
      this.#networkFlows.io(process, tid, fd, object, batch, at);
    } else if (this.#options.mode !== "nofiles") {
      const type = batch.u32[at + IO_TYPE] as number;
      this.#fileFlows.io(process, tid, fd, object, type, batch, at);
    }
  }

  pathOp(batch: BatchView, at: number): void {
    this.#setTime(batch.u32[at + PATH_OP_TS_LO] as number, batch.u32[at + PATH_OP_TS_HI] as number);
    const process = this.#processes.get(batch.u32[at + PATH_OP_PROCESS] as number);
    if (this.#isWanted(process) && this.#options.mode !== "nofiles") {
      this.#fileEvents.operation(process, batch, at);
    }
  }

  #isWanted(process: ProcessEntry): boolean {
    return !this.#options.containersOnly || process.container !== null;
  }

  /** Takes what the lookups found since the last tick. Without lookups there is nothing to take. */
  #takeLastAnswers(tsLo: number, tsHi: number): void {
    const { containers, pods } = this.#lookups;
    if (!this.#hasTicked || (containers === null && pods === null)) {
      return;
    }
    this.#pods.setTime(tsLo, tsHi);
    this.#containers.tick();
    if (pods !== null) {
      this.#writeClusterEvents(pods, tsLo, tsHi);
    }
  }

  #writeClusterEvents(pods: PodLookup, tsLo: number, tsHi: number): void {
    for (const facts of pods.takeEvents()) {
      this.#sink.k8sEvent({ kind: "K8sEvent", tsLo, tsHi, ...facts });
    }
  }

  #setTime(tsLo: number, tsHi: number): void {
    this.#tsLo = tsLo;
    this.#tsHi = tsHi;
  }

  /** Ends the flows that a process has left. Usually its exit ended them; lost events can leave some. */
  #endVanished(process: ProcessEntry): void {
    this.#dataFlows.endVanished(process, this.#tsLo, this.#tsHi);
    this.#processFlows.end(process, OP_TRUNCATE, this.#tsLo, this.#tsHi);
  }
}
