// Records as lines of a table, for `--print`: at most a given number of lines each second, with the
// number of those that were left out. Names come from the entities that were joined to each record.

import { monotonicMs } from "../base/clock.ts";
import { escapeControls } from "../base/log.ts";
import { cut, fit, pad } from "../base/text-width.ts";
import type { JoinedReceiver, JoinedRecord } from "../join/joined-record.ts";
import { OP_EXEC, OP_EXIT } from "../sysflow/op-flags.gen.ts";
import type {
  Container,
  File,
  FileEvent,
  FileFlow,
  NetworkFlow,
  Oid,
  Process,
  ProcessEvent,
  ProcessFlow,
} from "../sysflow/record.gen.ts";
import { containerType } from "../sysflow/values.ts";
import type { LineOutput } from "./line-output.ts";
import {
  countText,
  endText,
  eventOpsText,
  flowOpsText,
  protoText,
  resultText,
  stateText,
  timeText,
  waitStatusText,
} from "./record-text.ts";

export interface LiveTableOptions {
  readonly output: LineOutput;
  /** Lines a second; 0 for all. */
  readonly linesPerSec: number;
  /** The caller waits for a slow reader between batches, so nothing is left out on its account. */
  readonly waitsForReader: boolean;
  readonly clockMs?: () => number;
}

const commandCharactersMax = 256;
const timeWidth = 15;
const typeWidth = 4;
const processWidth = 24;
const opWidth = 11;
const resultWidth = 26;
const objectWidthMin = 20;
/** Off a terminal nothing is cut; this only lines up what is shorter. */
const plainObjectWidth = 40;
const gapsWidth = 5;

interface Row {
  readonly time: string;
  readonly type: string;
  readonly process: string;
  readonly op: string;
  readonly object: string;
  readonly result: string;
}

const headings: Row = {
  time: "TIME (UTC)",
  type: "TYPE",
  process: "PROCESS",
  op: "OPERATION",
  object: "OBJECT",
  result: "RESULT",
};

export class LiveTable implements JoinedReceiver {
  readonly #output: LineOutput;
  readonly #linesPerSec: number;
  readonly #waitsForReader: boolean;
  readonly #clockMs: () => number;
  #headed = false;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #windowLines = 0;
  #leftOut = 0;
  #leftOutTotal = 0;

  constructor(options: LiveTableOptions) {
    this.#output = options.output;
    this.#linesPerSec = options.linesPerSec;
    this.#waitsForReader = options.waitsForReader;
    this.#clockMs = options.clockMs ?? monotonicMs;
  }

  /** Records not shown so far: over the rate, or for want of a reader. */
  get leftOut(): number {
    return this.#leftOutTotal;
  }

  joined(joined: JoinedRecord): void {
    const { record } = joined;
    switch (record.kind) {
      case "Container":
      case "Process":
      case "File":
      case "ProcessEvent":
      case "FileEvent":
      case "NetworkFlow":
      case "FileFlow":
      case "ProcessFlow":
        if (this.#take()) {
          this.#show(rowOf(record, joined));
        }
        break;
      default:
    }
  }

  /** Hands what is there to the terminal; called between batches. */
  flush(): void {
    if (this.#leftOut > 0 && this.#clockMs() - this.#windowStartMs >= 1000) {
      this.#sayLeftOut();
    }
    this.#output.flush();
  }

  /** Says what is still unsaid. */
  close(): void {
    this.#sayLeftOut();
    this.#output.flush();
  }

  /** Whether the next row may be shown; counts it where not. */
  #take(): boolean {
    const now = this.#clockMs();
    if (now - this.#windowStartMs >= 1000) {
      this.#sayLeftOut();
      this.#windowStartMs = now;
      this.#windowLines = 0;
    }
    const overRate = this.#linesPerSec > 0 && this.#windowLines >= this.#linesPerSec;
    if (overRate || !(this.#waitsForReader || this.#output.hasRoom)) {
      this.#leftOut += 1;
      this.#leftOutTotal += 1;
      return false;
    }
    this.#windowLines += 1;
    return true;
  }

  #show(row: Row): void {
    if (!this.#headed) {
      this.#headed = true;
      this.#output.lineAlways(rowText(headings, this.#output.columns));
    }
    this.#output.lineAlways(rowText(row, this.#output.columns));
  }

  #sayLeftOut(): void {
    if (this.#leftOut > 0 && this.#output.line(`… ${this.#leftOut} more`)) {
      this.#leftOut = 0;
    }
  }
}

type Shown =
  | Container
  | Process
  | File
  | ProcessEvent
  | FileEvent
  | NetworkFlow
  | FileFlow
  | ProcessFlow;

function rowOf(record: Shown, joined: JoinedRecord): Row {
  switch (record.kind) {
    case "Container":
      return containerRow(record);
    case "Process":
      return processRow(record);
    case "File":
      return fileRow(record);
    case "ProcessEvent":
      return processEventRow(record, joined);
    case "FileEvent":
      return fileEventRow(record, joined);
    case "NetworkFlow":
      return networkFlowRow(record, joined);
    case "FileFlow":
      return fileFlowRow(record, joined);
    case "ProcessFlow":
      return processFlowRow(record, joined);
    default:
      return record satisfies never;
  }
}

function containerRow(record: Container): Row {
  const type = containerTypeNames[record.type] ?? String(record.type);
  const object = `${record.id} ${record.name} ${record.image}`;
  const result = record.privileged ? `${type} privileged` : type;
  return { time: "", type: "C", process: "", op: "", object, result };
}

function processRow(record: Process): Row {
  return {
    time: timeText(record.tsLo, record.tsHi),
    type: "P",
    process: processText(record),
    op: stateText(record.state),
    object: commandText(record),
    result: `${record.userName} ${record.uid}`,
  };
}

function fileRow(record: File): Row {
  return {
    time: timeText(record.tsLo, record.tsHi),
    type: "F",
    process: "",
    op: stateText(record.state),
    object: record.path,
    result: `type ${String.fromCharCode(record.restype)}`,
  };
}

function processEventRow(record: ProcessEvent, { process }: JoinedRecord): Row {
  const exited = (record.opFlags & OP_EXIT) !== 0;
  const executed = (record.opFlags & OP_EXEC) !== 0;
  const command = process === null ? "" : commandText(process).slice(0, commandCharactersMax);
  return {
    ...startOf(record, "PE", process),
    op: eventOpsText(record.opFlags),
    object: executed ? command : record.args.join(" "),
    result: exited ? waitStatusText(record.ret) : resultText(record.ret),
  };
}

function fileEventRow(record: FileEvent, { process, file, newFile }: JoinedRecord): Row {
  const path = pathText(file);
  const paths = record.newFileOID === null ? path : `${path} → ${pathText(newFile)}`;
  return {
    ...startOf(record, "FE", process),
    op: eventOpsText(record.opFlags),
    object: [paths, ...record.args].join(" "),
    result: resultText(record.ret),
  };
}

function networkFlowRow(record: NetworkFlow, { process }: JoinedRecord): Row {
  const source = endText(record.sip, record.sip6, record.sport);
  const destination = endText(record.dip, record.dip6, record.dport);
  return {
    ...startOf(record, "NF", process),
    op: flowOpsText(record.opFlags),
    object: `${protoText(record.proto)} ${source} → ${destination}`,
    result: countersText(record),
  };
}

function fileFlowRow(record: FileFlow, { process, file }: JoinedRecord): Row {
  return {
    ...startOf(record, "FF", process),
    op: flowOpsText(record.opFlags),
    object: pathText(file),
    result: countersText(record),
  };
}

function processFlowRow(record: ProcessFlow, { process }: JoinedRecord): Row {
  const errors = record.numCloneErrors === 0 ? "" : `, ${record.numCloneErrors} errors`;
  return {
    ...startOf(record, "PF", process),
    op: eventOpsText(record.opFlags),
    object: `threads +${record.numThreadsCloned} -${record.numThreadsExited}${errors}`,
    result: "",
  };
}

function startOf(
  record: { readonly procOID: Oid; readonly tsLo: number; readonly tsHi: number },
  type: string,
  process: Process | null,
): Pick<Row, "time" | "type" | "process"> {
  const name = process === null ? `? ${record.procOID.hpid}` : processText(process);
  return { time: timeText(record.tsLo, record.tsHi), type, process: name };
}

/** @param columns of the terminal, to cut to; null to cut nothing. */
function rowText(row: Row, columns: number | null): string {
  const op = fit(row.op, opWidth);
  const left = [fit(row.time, timeWidth), fit(row.type, typeWidth)];
  const process = escapeControls(row.process);
  const object = escapeControls(row.object);
  const result = escapeControls(row.result);
  if (columns === null) {
    const cells = [...left, fit(process, processWidth), op, pad(object, plainObjectWidth), result];
    return cells.join(" ").trimEnd();
  }
  const fixed = timeWidth + typeWidth + processWidth + opWidth + resultWidth + gapsWidth;
  const objectWidth = Math.max(objectWidthMin, columns - fixed);
  const cells = [...left, fit(process, processWidth), op, fit(object, objectWidth), result];
  return cut(cells.join(" "), columns).trimEnd();
}

function processText(record: Process): string {
  const name = record.exe.slice(record.exe.lastIndexOf("/") + 1);
  const container = record.containerId === null ? "" : ` ${record.containerId}`;
  return `${name} ${record.oid.hpid}${container}`;
}

function commandText(record: Process): string {
  return `${record.exe} ${record.exeArgs}`.trimEnd();
}

function pathText(file: File | null): string {
  return file?.path ?? "?";
}

function countersText(flow: NetworkFlow | FileFlow): string {
  const parts: string[] = [];
  if (flow.numRRecvOps > 0) {
    parts.push(`r ${countText(flow.numRRecvOps)}/${countText(flow.numRRecvBytes)}B`);
  }
  if (flow.numWSendOps > 0) {
    parts.push(`w ${countText(flow.numWSendOps)}/${countText(flow.numWSendBytes)}B`);
  }
  return parts.join(" ");
}

const containerTypeNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(containerType).map(([name, value]) => [value, name.slice(3).toLowerCase()]),
);
