// Records as lines of a table, for `--print`. Sees every record, since flows name processes and
// files by reference only; shows at most so many a second and says how many it left out.

import { monotonicMs } from "../base/clock.ts";
import { escapeControls } from "../base/log.ts";
import { TextMap } from "../base/text-map.ts";
import { cut, fit, pad } from "../base/text-width.ts";
import { OP_EXEC, OP_EXIT } from "../sysflow/op-flags.ts";
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
import type { Foid } from "../sysflow/values.ts";
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

/** Names kept for references; beyond that the oldest are forgotten and show as `?`. */
const namesMax = 100_000;
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

interface KnownProcess {
  readonly name: string;
  readonly command: string;
}

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

export class LiveTable {
  readonly #output: LineOutput;
  readonly #linesPerSec: number;
  readonly #waitsForReader: boolean;
  readonly #clockMs: () => number;
  readonly #processes = new TextMap<KnownProcess>();
  readonly #paths = new TextMap<string>();
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

  container(record: Container): void {
    if (this.#take()) {
      const type = containerTypeNames[record.type] ?? String(record.type);
      const object = `${record.id} ${record.name} ${record.image}`;
      const result = record.privileged ? `${type} privileged` : type;
      this.#show({ time: "", type: "C", process: "", op: "", object, result });
    }
  }

  process(record: Process): void {
    const name = processText(record);
    const command = `${record.exe} ${record.exeArgs}`.trimEnd();
    const known = { name, command: command.slice(0, commandCharactersMax) };
    remember(this.#processes, oidKey(record.oid), known);
    if (this.#take()) {
      this.#show({
        time: timeText(record.tsLo, record.tsHi),
        type: "P",
        process: name,
        op: stateText(record.state),
        object: command,
        result: `${record.userName} ${record.uid}`,
      });
    }
  }

  file(record: File): void {
    remember(this.#paths, foidKey(record.foid), record.path);
    if (this.#take()) {
      this.#show({
        time: timeText(record.tsLo, record.tsHi),
        type: "F",
        process: "",
        op: stateText(record.state),
        object: record.path,
        result: `type ${String.fromCharCode(record.restype)}`,
      });
    }
  }

  processEvent(record: ProcessEvent): void {
    if (this.#take()) {
      const exited = (record.opFlags & OP_EXIT) !== 0;
      const executed = (record.opFlags & OP_EXEC) !== 0;
      const command = this.#processes.get(oidKey(record.procOID))?.command ?? "";
      this.#showOf(record, "PE", {
        op: eventOpsText(record.opFlags),
        object: executed ? command : record.args.join(" "),
        result: exited ? waitStatusText(record.ret) : resultText(record.ret),
      });
    }
  }

  fileEvent(record: FileEvent): void {
    if (this.#take()) {
      const path = this.#path(record.fileOID);
      const { args, newFileOID } = record;
      const paths = newFileOID === null ? path : `${path} → ${this.#path(newFileOID)}`;
      this.#showOf(record, "FE", {
        op: eventOpsText(record.opFlags),
        object: [paths, ...args].join(" "),
        result: resultText(record.ret),
      });
    }
  }

  networkFlow(record: NetworkFlow): void {
    if (this.#take()) {
      const source = endText(record.sip, record.sip6, record.sport);
      const destination = endText(record.dip, record.dip6, record.dport);
      this.#showOf(record, "NF", {
        op: flowOpsText(record.opFlags),
        object: `${protoText(record.proto)} ${source} → ${destination}`,
        result: countersText(record),
      });
    }
  }

  fileFlow(record: FileFlow): void {
    if (this.#take()) {
      this.#showOf(record, "FF", {
        op: flowOpsText(record.opFlags),
        object: this.#path(record.fileOID),
        result: countersText(record),
      });
    }
  }

  processFlow(record: ProcessFlow): void {
    if (this.#take()) {
      const errors = record.numCloneErrors === 0 ? "" : `, ${record.numCloneErrors} errors`;
      this.#showOf(record, "PF", {
        op: eventOpsText(record.opFlags),
        object: `threads +${record.numThreadsCloned} -${record.numThreadsExited}${errors}`,
        result: "",
      });
    }
  }

  /** A new file or connection: names are told again before their next use. */
  forget(): void {
    this.#processes.clear();
    this.#paths.clear();
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

  #showOf(
    record: { readonly procOID: Oid; readonly tsLo: number; readonly tsHi: number },
    type: string,
    rest: Pick<Row, "op" | "object" | "result">,
  ): void {
    const process = this.#processes.get(oidKey(record.procOID))?.name ?? `? ${record.procOID.hpid}`;
    this.#show({ time: timeText(record.tsLo, record.tsHi), type, process, ...rest });
  }

  #path(foid: Foid): string {
    return this.#paths.get(foidKey(foid)) ?? "?";
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

function oidKey(oid: Oid): string {
  return `${oid.createLo}.${oid.createHi}.${oid.hpid}`;
}

function foidKey(foid: Foid): string {
  return String.fromCharCode(...foid);
}

function remember<T>(names: TextMap<T>, key: string, name: T): void {
  names.delete(key);
  names.set(key, name);
  if (names.size > namesMax && names.oldest !== null) {
    names.delete(names.oldest);
  }
}
