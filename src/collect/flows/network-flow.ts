// Network flows: what a thread does through one descriptor on one pair of socket ends. Schema 5 has
// no room for an IPv6 address: with it, operations on IPv6 sockets are counted and left out.

import type { BatchView } from "../../capture/batch-reader.ts";
import { IO_READ_OPS, IO_TS_HI, IO_TS_LO, IO_WRITE_OPS } from "../../capture/layout.gen.ts";
import { OP_ACCEPT, OP_CLOSE, OP_CONNECT } from "../../sysflow/op-flags.gen.ts";
import { flowHasOperations } from "../../sysflow/op-flags.ts";
import type { NetworkFlow } from "../../sysflow/record.gen.ts";
import type { RecordSink } from "../../sysflow/record-sink.ts";
import {
  type Ipv6,
  type NetworkProto,
  objectState,
  type SchemaVersion,
} from "../../sysflow/values.ts";
import type { ProcessEntry } from "../entries/process-entry.ts";
import { DataFlow, type FlowProcessor } from "../entries/process-entry.ts";
import type { SocketObject } from "../entries/socket-object.ts";
import type { ProcessTable } from "../tables/process-table.ts";
import type { DataFlows } from "./data-flows.ts";

export class NetworkFlowState extends DataFlow implements NetworkFlow {
  readonly kind = "NetworkFlow";
  readonly isOfSocket = true;
  readonly sip: number;
  readonly sport: number;
  readonly dip: number;
  readonly dport: number;
  readonly proto: NetworkProto;
  readonly sip6: Ipv6 | null;
  readonly dip6: Ipv6 | null;

  constructor(
    processor: FlowProcessor,
    process: ProcessEntry,
    socket: SocketObject,
    tid: number,
    fd: number,
    tsLo: number,
    tsHi: number,
  ) {
    super(processor, process, socket, tid, fd, tsLo, tsHi);
    this.sip = socket.sip;
    this.sport = socket.sport;
    this.dip = socket.dip;
    this.dport = socket.dport;
    this.proto = socket.proto;
    this.sip6 = socket.sip6;
    this.dip6 = socket.dip6;
  }
}

export class NetworkFlowProcessor implements FlowProcessor {
  readonly leadingFlags = OP_ACCEPT | OP_CONNECT;
  /** Open flows. */
  size = 0;
  /** Operations on IPv6 sockets, since the start, that are in no record; none in schema 6. */
  ipv6Skipped = 0;
  readonly #isIpv4Only: boolean;
  readonly #sink: RecordSink;
  readonly #processes: ProcessTable;
  readonly #flows: DataFlows;

  constructor(schema: SchemaVersion, sink: RecordSink, processes: ProcessTable, flows: DataFlows) {
    this.#isIpv4Only = schema === 5;
    this.#sink = sink;
    this.#processes = processes;
    this.#flows = flows;
  }

  /**
   * One operation other than reading and writing; `flag` is its bit of opFlags. `isOthersToo`: a close
   * is of the other threads' descriptor as well.
   */
  operation(
    process: ProcessEntry,
    tid: number,
    fd: number,
    socket: SocketObject,
    flag: number,
    tsLo: number,
    tsHi: number,
    isOthersToo: boolean,
  ): void {
    if (this.#isIpv4Only && socket.sip6 !== null) {
      this.ipv6Skipped += 1;
      return;
    }
    this.#processes.use(process, objectState.REUP, tsLo, tsHi);
    let flow = this.#flows.find(process, tid, fd, socket);
    if (flow === null) {
      flow = new NetworkFlowState(this, process, socket, tid, fd, tsLo, tsHi);
      if (flag !== OP_CLOSE) {
        this.#add(flow);
      }
    }
    if (flag === OP_CLOSE) {
      this.#flows.close(flow, tsLo, tsHi, isOthersToo);
      return;
    }
    flow.opFlags |= flag;
    flow.updateSecond = this.#flows.second;
    flow.touch(tsLo, tsHi);
  }

  /** The reads and writes of an Io record of a batch. */
  io(
    process: ProcessEntry,
    tid: number,
    fd: number,
    socket: SocketObject,
    batch: BatchView,
    at: number,
  ): void {
    if (this.#isIpv4Only && socket.sip6 !== null) {
      this.ipv6Skipped +=
        (batch.u32[at + IO_READ_OPS] as number) + (batch.u32[at + IO_WRITE_OPS] as number);
      return;
    }
    const tsLo = batch.u32[at + IO_TS_LO] as number;
    const tsHi = batch.u32[at + IO_TS_HI] as number;
    this.#processes.use(process, objectState.REUP, tsLo, tsHi);
    let flow = this.#flows.find(process, tid, fd, socket);
    if (flow === null) {
      flow = new NetworkFlowState(this, process, socket, tid, fd, tsLo, tsHi);
      this.#add(flow);
    }
    flow.addIo(batch, at);
    flow.updateSecond = this.#flows.second;
  }

  write(flow: NetworkFlowState): void {
    if (flowHasOperations(flow.opFlags)) {
      this.#processes.use(flow.process, objectState.REUP, flow.tsLo, flow.tsHi);
      this.#sink.networkFlow(flow);
    }
  }

  ended(): void {
    this.size -= 1;
  }

  #add(flow: DataFlow): void {
    this.size += 1;
    this.#flows.add(flow);
  }
}
