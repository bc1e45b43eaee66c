// The table of system calls: what each becomes, in which mode, with which schema, and what a failed
// call leaves. Native code says which calls there are and which operation each is, syscall-sets.ts
// in which modes the kernel reports them, and this file what the collector makes of an operation.
// Tests make every call and look for its record. A newcomer's trap: one call can make records of
// two kinds, depending on the descriptor that it is made on.

import { assert } from "../base/assert.ts";
import type { SyscallAction } from "../capture/binding.ts";
import type { SchemaVersion } from "../sysflow/values.ts";
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

export interface UnseenRow {
  readonly what: string;
  readonly why: string;
}

interface ActionFacts {
  readonly records: readonly SyscallRecord[];
  readonly opFlags: readonly string[];
  readonly schema?: SchemaVersion;
  readonly onFailure: string;
}

const modes = ["flow", "consume", "nofiles"] as const;

const flows = ["FileFlow", "NetworkFlow"] as const;
const counted = "one more operation, no bytes";
const nothing = "no record: there is no descriptor";
const recorded = "the same: a flow has no result";
const withResult = "the same, with the result";

/** By the names that native code has for what it does (native/falco/events). */
const factsOf: Readonly<Record<string, ActionFacts>> = {
  clone: {
    records: ["ProcessEvent"],
    opFlags: ["CLONE"],
    onFailure: "the same, with the result; counted in the ProcessFlow where those are on",
  },
  exec: { records: ["ProcessEvent"], opFlags: ["EXEC"], onFailure: withResult },
  exit: { records: ["ProcessEvent"], opFlags: ["EXIT"], onFailure: "cannot fail" },
  setuid: { records: ["ProcessEvent"], opFlags: ["SETUID"], onFailure: withResult },
  open: { records: ["FileFlow"], opFlags: ["OPEN"], onFailure: nothing },
  close: { records: flows, opFlags: ["CLOSE"], onFailure: nothing },
  read: { records: flows, opFlags: ["READ_RECV"], onFailure: counted },
  write: { records: flows, opFlags: ["WRITE_SEND"], onFailure: counted },
  transfer: {
    records: flows,
    opFlags: ["READ_RECV", "WRITE_SEND"],
    onFailure: "one more operation each way, no bytes",
  },
  mmap: { records: ["FileFlow"], opFlags: ["MMAP"], onFailure: "the same: seen at its start" },
  setns: { records: ["FileFlow"], opFlags: ["SETNS"], onFailure: recorded },
  accept: { records: flows, opFlags: ["ACCEPT"], onFailure: nothing },
  connect: { records: flows, opFlags: ["CONNECT"], onFailure: recorded },
  shutdown: { records: flows, opFlags: ["SHUTDOWN"], onFailure: recorded },
  mkdir: { records: ["FileEvent"], opFlags: ["MKDIR"], onFailure: withResult },
  rmdir: { records: ["FileEvent"], opFlags: ["RMDIR"], onFailure: withResult },
  link: { records: ["FileEvent"], opFlags: ["LINK"], onFailure: withResult },
  unlink: { records: ["FileEvent"], opFlags: ["UNLINK"], onFailure: withResult },
  symlink: { records: ["FileEvent"], opFlags: ["SYMLINK"], onFailure: withResult },
  rename: { records: ["FileEvent"], opFlags: ["RENAME"], onFailure: withResult },
  chmod: { records: ["FileEvent"], opFlags: ["CHMOD"], schema: 6, onFailure: withResult },
  chown: { records: ["FileEvent"], opFlags: ["CHOWN"], schema: 6, onFailure: withResult },
  mount: { records: ["FileEvent"], opFlags: ["MOUNT"], schema: 6, onFailure: withResult },
  umount: { records: ["FileEvent"], opFlags: ["UMOUNT"], schema: 6, onFailure: withResult },
  mknod: { records: ["FileEvent"], opFlags: ["MKNOD"], schema: 6, onFailure: withResult },
  resize: { records: ["FileEvent"], opFlags: ["RESIZE"], schema: 6, onFailure: withResult },
};

/** What happens on a host and makes no record, and why. Names in `what` are system calls. */
export const unseen: readonly UnseenRow[] = [
  {
    what: "io_uring",
    why: "its operations make no system calls; its own calls carry none of them",
  },
  { what: "open, openat … that fail", why: "a FileFlow has no result and needs a descriptor" },
  { what: "reads and writes of mapped memory", why: "they make no system calls; mmap is seen" },
  {
    what: "fallocate vmsplice tee readahead",
    why: "the capture library delivers them without arguments",
  },
  {
    what: "setxattr utimensat open_tree move_mount fsopen fsmount mount_setattr",
    why: "the same: mounts of the new kind and such attributes",
  },
  {
    what: "setfsuid setfsgid setgroups",
    why: "the same; setgid setregid setresgid have no flag, and send the Process again",
  },
  {
    what: "truncate, ftruncate, fchmodat2, preadv2, pwritev2, close_range under the kernel module",
    why: "the same; the eBPF probe of this program tells of them",
  },
  { what: "sendmmsg, recvmmsg after the eighth message", why: "the probe tells of eight a call" },
  {
    what: "bind listen socket socketpair pipe dup close_range unshare fcntl poll",
    why: "no flag; they keep the tables of descriptors and folders right",
  },
  { what: "kill ptrace chroot bpf init_module process_vm_writev", why: "no flag" },
  {
    what: "memfd_create eventfd timerfd_create epoll_create pidfd_open …",
    why: "their descriptors are no files with a path",
  },
];

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
  const { records, opFlags, schema = 5, onFailure } = facts;
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
