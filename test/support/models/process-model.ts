// Process events and process flows, one event at a time. Part of the flow model.

import * as op from "../../../src/sysflow/op-flags.gen.ts";
import { objectState } from "../../../src/sysflow/values.ts";
import type { EntityModel } from "./entity-model.ts";
import { later, type ModelEvent, type ModelOptions, type ModelRecord } from "./model-event.ts";

interface ModelProcessFlow {
  readonly process: number;
  ts: bigint;
  flags: number;
  counts: [cloned: number, exited: number, errors: number];
  exportSecond: number;
  updateSecond: number;
}

type Of<T extends ModelEvent["type"]> = Extract<ModelEvent, { readonly type: T }>;

export class ProcessModel {
  readonly #options: ModelOptions;
  readonly #written: ModelRecord[];
  readonly #entities: EntityModel;
  /** The one whose export is longest ago first. */
  #flows: ModelProcessFlow[] = [];

  constructor(options: ModelOptions, written: ModelRecord[], entities: EntityModel) {
    this.#options = options;
    this.#written = written;
    this.#entities = entities;
  }

  tick(second: number, ts: bigint): void {
    for (const flow of [...this.#flows]) {
      if (second - flow.exportSecond >= 30) {
        this.#writeFlow(flow, 0, ts);
        this.#flows = this.#flows.filter((f) => f !== flow);
        if (second - flow.updateSecond < 60) {
          Object.assign(flow, { ts, flags: 0, counts: [0, 0, 0], exportSecond: second });
          this.#flows.push(flow);
        }
      }
    }
  }

  event(event: Of<"clone" | "exec" | "setuid">, ts: bigint, second: number): void {
    if (event.type === "clone") {
      const isOfNewProcess = event.ret === 0 && event.isMain;
      const isOfParent = event.ret > 0 && !event.isThread;
      if (this.#options.processFlows && !isOfNewProcess && !isOfParent) {
        const counter = event.ret === 0 ? 0 : event.ret < 0 ? 2 : null;
        this.#count(event.process, op.OP_CLONE, counter, ts, second);
        return;
      }
      this.#entities.useProcess(event.process, objectState.CREATED, ts);
      this.#writeEvent(event, op.OP_CLONE, event.ret, ts);
      return;
    }
    const isExec = event.type === "exec";
    const state = isExec ? objectState.CREATED : objectState.REUP;
    if (!this.#entities.useProcess(event.process, state, ts)) {
      this.#entities.modify(event.process, ts);
    }
    const flag = isExec ? op.OP_EXEC : op.OP_SETUID;
    const tried = event.type === "exec" && event.tried !== undefined ? [event.tried] : [];
    const args = event.type === "setuid" ? [event.user] : tried;
    this.#writeEvent(event, flag, event.ret, ts, args);
  }

  /** What comes before the data flows that an exit ends. */
  exitBegins(event: Of<"exit">, ts: bigint, second: number): void {
    if (this.#options.processFlows && !event.isMain) {
      this.#count(event.process, op.OP_EXIT, 1, ts, second);
      return;
    }
    this.#entities.useProcess(event.process, objectState.REUP, ts);
    if (event.isMain) {
      this.endFlow(event.process, 0, ts);
    }
  }

  exitEnds(event: Of<"exit">, ts: bigint): void {
    if (event.isMain || !this.#options.processFlows) {
      this.#writeEvent(event, op.OP_EXIT, event.ret, ts);
    }
  }

  endFlow(process: number, flag: number, ts: bigint): void {
    for (const flow of this.#flows.filter((f) => f.process === process)) {
      this.#writeFlow(flow, flag, ts);
    }
    this.#flows = this.#flows.filter((f) => f.process !== process);
  }

  #count(
    process: number,
    flag: number,
    counter: 0 | 1 | 2 | null,
    ts: bigint,
    second: number,
  ): void {
    this.#entities.useProcess(process, objectState.REUP, ts);
    let flow = this.#flows.find((f) => f.process === process);
    if (flow === undefined) {
      const seconds = { exportSecond: second, updateSecond: second };
      flow = { process, ts, flags: 0, counts: [0, 0, 0], ...seconds };
      this.#flows.push(flow);
    }
    flow.flags |= flag;
    flow.updateSecond = second;
    if (counter !== null) {
      flow.counts[counter] += 1;
    }
  }

  #writeFlow(flow: ModelProcessFlow, flag: number, endTs: bigint): void {
    const opFlags = flow.flags | flag;
    if ((opFlags & ~op.OP_TRUNCATE) !== 0) {
      this.#entities.useProcess(flow.process, objectState.REUP, flow.ts);
      this.#written.push({
        kind: "ProcessFlow",
        process: this.#entities.factsOf(flow.process).name,
        tid: 0,
        opFlags,
        ts: flow.ts,
        endTs: later(flow.ts, endTs),
        what: flow.counts.join(),
      });
    }
  }

  #writeEvent(
    event: { readonly process: number; readonly tid: number },
    opFlags: number,
    ret: number,
    ts: bigint,
    args: readonly string[] = [],
  ): void {
    this.#written.push({
      kind: "ProcessEvent",
      process: this.#entities.factsOf(event.process).name,
      tid: event.tid,
      opFlags,
      ts,
      endTs: ts,
      what: [ret, ...args].join(),
    });
  }
}
