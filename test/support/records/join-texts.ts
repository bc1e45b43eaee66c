// Joined records as texts, so that two runs of them can be compared: taken at once, since a joined
// record is good until the next only.

import type { JoinedReceiver, JoinedRecord } from "../../../src/join/joined-record.ts";
import { records as kinds } from "../../../src/sysflow/fields.ts";
import type { SysFlowRecord } from "../../../src/sysflow/record.gen.ts";

/** A record with what it refers to, wherever that is kept. */
export type Joins = Pick<
  JoinedRecord,
  "record" | "process" | "parents" | "parentsCut" | "file" | "newFile" | "container" | "pod"
>;

export class JoinTexts implements JoinedReceiver {
  readonly texts: string[] = [];

  joined(joined: Joins): void {
    if (joined.record.kind !== "SFHeader") {
      this.texts.push(joinText(joined));
    }
  }
}

/** All that hangs on it. */
function joinText(joined: Joins): string {
  const { record, process, parents, parentsCut, file, newFile, container, pod } = joined;
  const rest = { process, parents, parentsCut, file, newFile, container, pod };
  return `${recordText(record)} ${JSON.stringify(rest, plain)}`;
}

/** Its fields alone: a collector's flow carries links beside them. */
function recordText(record: SysFlowRecord): string {
  const values = record as unknown as Readonly<Record<string, unknown>>;
  const kind = kinds.find(({ name }) => name === record.kind);
  const names = (kind?.fields ?? []).flatMap(({ name, type, as = name }) =>
    type === "time" ? [`${as}Lo`, `${as}Hi`] : [as],
  );
  const fields = Object.fromEntries(names.map((name) => [name, values[name]]));
  return `${record.kind} ${JSON.stringify(fields, plain)}`;
}

function plain(name: string, value: unknown): unknown {
  if (value instanceof Map) {
    return [...value];
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString("hex");
  }
  if (value !== null && typeof value === "object" && "type" in value && "data" in value) {
    // A Buffer, which has become JSON of its own before it comes here.
    return Buffer.from(value.data as number[]).toString("hex");
  }
  if (typeof value === "bigint") {
    return String(value);
  }
  // The halves of a time are signed in one and unsigned in the other.
  return typeof value === "number" && /(Hi|Lo)$/.test(name) ? value | 0 : value;
}
