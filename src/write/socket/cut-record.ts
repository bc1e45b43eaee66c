// Makes a record shorter that is too long for one packet. What is most often long and least often
// read goes first: of a process its environment, from the last variable on, then the end of its
// command line. Each is a copy: the record itself is its owner's.

import type {
  FileEvent,
  K8sEvent,
  Pod,
  Process,
  ProcessEvent,
  SysFlowRecord,
} from "../../sysflow/record.gen.ts";

/** What can be cut; all others have no part that can be long. */
type Cuttable = Process | ProcessEvent | FileEvent | K8sEvent | Pod;

/**
 * @param over at least so many bytes less, encoded
 * @returns null where what may be cut of it is shorter than that
 */
export function cutRecord<T extends SysFlowRecord>(record: T, over: number): T | null {
  switch (record.kind) {
    case "Process":
    case "ProcessEvent":
    case "FileEvent":
    case "K8sEvent":
    case "Pod":
      return cut(record, over) as T | null;
    default:
      return null;
  }
}

function cut(record: Cuttable, over: number): Cuttable | null {
  switch (record.kind) {
    case "Process":
      return cutProcess(record, over);
    case "ProcessEvent":
    case "FileEvent": {
      const args = new Cutter(over);
      return args.done({ ...record, args: args.strings(record.args) });
    }
    case "K8sEvent": {
      const message = new Cutter(over);
      return message.done({ ...record, message: message.text(record.message) });
    }
    case "Pod":
      return cutPod(record, over);
    default:
      return record satisfies never;
  }
}

function cutProcess(record: Process, over: number): Process | null {
  const cutter = new Cutter(over);
  const env = cutter.strings(record.env);
  const exeArgs = cutter.text(record.exeArgs);
  return cutter.done({ ...record, env, exeArgs });
}

/** All of its services go before the first of its selectors, and those before the first label. */
function cutPod(record: Pod, over: number): Pod | null {
  const cutter = new Cutter(over);
  const services = cutter.items(record.services, (service) => {
    const { name, id, namespace, portList } = service;
    const protos = portList.map(({ proto }) => proto);
    return [name, id, namespace, ...protos].reduce((sum, text) => sum + textBytes(text), 0);
  });
  const selectors = cutter.pairs(record.selectors);
  const labels = cutter.pairs(record.labels);
  return cutter.done({ ...record, services, selectors, labels });
}

/** Takes off until enough bytes are saved. What it counts for a part is never more than its bytes. */
class Cutter {
  /** Bytes that must still go. */
  #over: number;

  constructor(over: number) {
    this.#over = over;
  }

  strings(values: readonly string[]): readonly string[] {
    return this.items(values, textBytes);
  }

  items<T>(values: readonly T[], bytesOf: (value: T) => number): readonly T[] {
    let count = values.length;
    while (count > 0 && this.#over > 0) {
      count -= 1;
      this.#over -= bytesOf(values[count] as T);
    }
    return count === values.length ? values : values.slice(0, count);
  }

  pairs(values: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    return new Map(this.items([...values], ([key, value]) => textBytes(key) + textBytes(value)));
  }

  /** Its beginning, which ends with a whole character. */
  text(value: string): string {
    if (this.#over <= 0) {
      return value;
    }
    const bytes = Buffer.from(value);
    let end = Math.max(0, bytes.length - this.#over);
    // The first byte of a text begins a character.
    while (((bytes[end] as number) & 0xc0) === 0x80) {
      end -= 1;
    }
    this.#over -= bytes.length - end;
    return bytes.toString("utf8", 0, end);
  }

  done<T>(record: T): T | null {
    return this.#over <= 0 ? record : null;
  }
}

/** As it is encoded: its length in groups of seven bits, of which the last bit is a sign, and itself. */
function textBytes(text: string): number {
  const bytes = Buffer.byteLength(text);
  let lengthBytes = 1;
  for (let rest = bytes * 2; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
    lengthBytes += 1;
  }
  return bytes + lengthBytes;
}
