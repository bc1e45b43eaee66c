// The table of system calls: what each becomes, in which mode, with which schema, and what a failed
// call leaves. Native code says which calls there are and which operation each is, its list of
// operations what becomes of each, and syscall-sets.ts in which modes the kernel reports them.
// Tests make every call and look for its record. A newcomer's trap: one call can make records of
// two kinds, depending on the descriptor that it is made on.

import { assert } from "../base/assert.ts";
import type { SyscallAction } from "../capture/binding.ts";
import type { SchemaVersion } from "../sysflow/values.ts";
import { operations } from "./operations.gen.ts";
import { type SyscallMode, syscallsFor } from "./syscall-sets.ts";

export type SyscallRecord = "ProcessEvent" | "FileEvent" | "FileFlow" | "NetworkFlow";

export interface SyscallRow {
  readonly name: string;
  readonly action: string;
  /** Of the record, without OP_; two where the call is one on each of two descriptors. */
  readonly opFlags: readonly string[];
  /** The least that has the record. */
  readonly schema: SchemaVersion;
  /** Which records come out, by mode; none where the list is empty. */
  readonly records: Readonly<Record<SyscallMode, readonly SyscallRecord[]>>;
  readonly onFailure: string;
}

interface ActionFacts {
  readonly records: readonly SyscallRecord[];
  readonly opFlags: readonly string[];
  readonly schema: SchemaVersion;
  readonly onFailure: string;
}

const modes = ["flow", "consume", "nofiles"] as const;

/** By the names that native code has for what it does (native/layout/operations.h). */
const factsOf: Readonly<Record<string, ActionFacts>> = operations;

/** One row for each call that can make a record, in the order of the operations above. */
export function syscallRows(actions: readonly SyscallAction[]): readonly SyscallRow[] {
  const order = Object.keys(factsOf);
  return actions
    .flatMap((row) => {
      const { name, action, isState } = row;
      return action === "none" || action === "generic" ? [] : [rowOf(name, action, isState)];
    })
    .sort((a, b) => order.indexOf(a.action) - order.indexOf(b.action));
}

function rowOf(name: string, action: string, isState: boolean): SyscallRow {
  const facts = factsOf[action];
  assert(facts !== undefined, `nothing is said of the action ${action}`);
  const { records, opFlags, schema, onFailure } = facts;
  const inMode = (mode: SyscallMode) => {
    const isAsked = isState || syscallsFor(mode, schema).includes(name);
    return isAsked ? records.filter((kind) => isMade(kind, action, mode)) : [];
  };
  return {
    name,
    action,
    opFlags,
    schema,
    records: { flow: inMode("flow"), consume: inMode("consume"), nofiles: inMode("nofiles") },
    onFailure,
  };
}

/** The collector's modes: without file flows but for opens, and without anything of files. */
function isMade(kind: SyscallRecord, action: string, mode: SyscallMode): boolean {
  switch (kind) {
    case "ProcessEvent":
    case "NetworkFlow":
      return true;
    case "FileEvent":
      return mode !== "nofiles";
    case "FileFlow":
      return mode === "flow" || (mode === "consume" && action === "open");
    default:
      return kind satisfies never;
  }
}

/** A row of the README: calls that are alike in all but their names. */
export interface SyscallGroup {
  readonly names: readonly string[];
  readonly row: SyscallRow;
}

export function syscallGroups(rows: readonly SyscallRow[]): readonly SyscallGroup[] {
  const groups = new Map<string, { names: string[]; row: SyscallRow }>();
  for (const row of rows) {
    const key = JSON.stringify({ ...row, name: "", action: "" });
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { names: [row.name], row });
    } else {
      group.names.push(row.name);
    }
  }
  return [...groups.values()];
}

/** `FileFlow, NetworkFlow: OPEN`, and what the modes leave of it. */
export function recordText(row: SyscallRow): string {
  const schema = row.schema === 6 ? " (schema 6)" : "";
  return `${row.records.flow.join(", ")}: ${row.opFlags.join(", ")}${schema}`;
}

/** The modes with a record; in brackets the only kind where a mode leaves another out. */
export function modeText(row: SyscallRow): string {
  const all = row.records.flow.length;
  return modes
    .filter((mode) => row.records[mode].length > 0)
    .map((mode) => {
      const kinds = row.records[mode];
      return kinds.length === all ? mode : `${mode} (${kinds.join(", ")})`;
    })
    .join(", ");
}
