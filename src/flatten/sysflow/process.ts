// SysFlow's own attributes of processes: the record's, its parent's, and those of all parents.

import type { Oid, Process, SysFlowRecord } from "../../sysflow/record.gen.ts";
import type { Attribute, FlatContext } from "../attribute.ts";
import { Definer, NONE } from "../define.ts";
import { KINDS_OF_PROCESS } from "../record-kinds.ts";
import { trimmed } from "../texts/paths.ts";
import { chainTexts, parentText, processText } from "../texts/process-texts.ts";
import { tidOf } from "./record.ts";

const byRecord = new Definer("record", KINDS_OF_PROCESS);
const byProcess = new Definer("process", KINDS_OF_PROCESS);
const byParents = new Definer("parents", KINDS_OF_PROCESS);

/** The process that a record names, whether it is known or not. */
function oidOf(record: SysFlowRecord): Oid | null {
  return "procOID" in record ? record.procOID : null;
}

export function pidOf({ record }: FlatContext): number {
  return oidOf(record)?.hpid ?? NONE;
}

export function createHi({ record }: FlatContext): number {
  return oidOf(record)?.createHi ?? NONE;
}

export function createLo({ record }: FlatContext): number {
  return oidOf(record)?.createLo ?? NONE;
}

export function parentPidOf({ process }: FlatContext): number {
  return process?.poid?.hpid ?? NONE;
}

export function parentCreateHi({ process }: FlatContext): number {
  return process?.poid?.createHi ?? NONE;
}

export function parentCreateLo({ process }: FlatContext): number {
  return process?.poid?.createLo ?? NONE;
}

export function textOfProcess(read: (process: Process) => string) {
  return ({ process }: FlatContext) => (process === null ? null : read(process));
}

export function numberOfProcess(read: (process: Process) => number) {
  return ({ process }: FlatContext) => (process === null ? NONE : read(process));
}

export function textOfParent(read: (process: Process) => string) {
  return ({ parent }: FlatContext) => (parent === null ? null : read(parent));
}

export function numberOfParent(read: (process: Process) => number) {
  return ({ parent }: FlatContext) => (parent === null ? NONE : read(parent));
}

export const exeOf = ({ exe }: Process) => trimmed(exe);
export const argsOf = ({ exeArgs }: Process) => trimmed(exeArgs);
export const userOf = ({ userName }: Process) => userName;
export const groupOf = ({ groupName }: Process) => groupName;
export const uidOf = ({ uid }: Process) => uid;
export const gidOf = ({ gid }: Process) => gid;
export const ttyOf = ({ tty }: Process) => Number(tty);
export const entryOf = ({ entry }: Process) => Number(entry);

/** Files of schemas before 5 have none. */
export function cwdOf({ process }: FlatContext): string | null {
  return process === null || process.cwd === "" ? null : process.cwd;
}

const noEnv = { env: [] };

function envOf({ process }: FlatContext): readonly string[] | null {
  const { env } = process ?? noEnv;
  return env.length === 0 ? null : env;
}

function parentOidText(of: FlatContext): string | null {
  return processText(of, "parentOid") || null;
}

export const processAttributes: readonly Attribute[] = [
  byProcess.text("sf.proc.oid", "what it is named by: a hash of pid and time of creation", (of) =>
    processText(of, "oid"),
  ),
  byRecord.integer("sf.proc.pid", "process id on the host", pidOf),
  byProcess.text("sf.proc.name", "name of the executable, without its folder", (of) =>
    processText(of, "name"),
  ),
  byProcess.text("sf.proc.exe", "path of the executable", textOfProcess(exeOf)),
  byProcess.text("sf.proc.args", "arguments, a space between each", textOfProcess(argsOf)),
  byProcess.integer("sf.proc.uid", "user id; -1 not known", numberOfProcess(uidOf)),
  byProcess.text("sf.proc.user", "name of the user", textOfProcess(userOf)),
  byRecord.integer("sf.proc.tid", "thread that did it", tidOf),
  byProcess.integer("sf.proc.gid", "group id; -1 not known", numberOfProcess(gidOf)),
  byProcess.text("sf.proc.group", "name of the group", textOfProcess(groupOf)),
  byRecord.time("sf.proc.createts", "when it was created; 0 not known", createHi, createLo),
  byProcess.boolean("sf.proc.tty", "whether it has a terminal", numberOfProcess(ttyOf)),
  byProcess.boolean(
    "sf.proc.entry",
    "whether it is the first of its pid namespace, such as a container's",
    numberOfProcess(entryOf),
  ),
  byProcess.text(
    "sf.proc.cmdline",
    "path of the executable, a space (without arguments too), the arguments",
    (of) => processText(of, "spacedLine"),
  ),
  byProcess.text("sf.proc.cwd", "working directory; from schema 5 on", cwdOf),
  byProcess.list("sf.proc.env", "environment as NAME=value; from schema 5 on", envOf),
  byParents.list("sf.proc.aname", "names of it and its parents, the nearest first", (of) =>
    chainTexts(of, "names"),
  ),
  byParents.list("sf.proc.aexe", "paths of the executables of it and its parents", (of) =>
    chainTexts(of, "exes"),
  ),
  byParents.list("sf.proc.acmdline", "command lines of it and its parents", (of) =>
    chainTexts(of, "lines"),
  ),
  byParents.list("sf.proc.apid", "process ids of it and its parents", (of) =>
    chainTexts(of, "pids"),
  ),
  byProcess.text("sf.pproc.oid", "what the parent is named by", parentOidText),
  byProcess.integer("sf.pproc.pid", "the parent's process id", parentPidOf),
  byParents.text("sf.pproc.name", "name of its executable", (of) => parentText(of, "name")),
  byParents.text("sf.pproc.exe", "path of its executable", textOfParent(exeOf)),
  byParents.text("sf.pproc.args", "its arguments", textOfParent(argsOf)),
  byParents.integer("sf.pproc.uid", "its user id", numberOfParent(uidOf)),
  byParents.text("sf.pproc.user", "name of its user", textOfParent(userOf)),
  byParents.integer("sf.pproc.gid", "its group id", numberOfParent(gidOf)),
  byParents.text("sf.pproc.group", "name of its group", textOfParent(groupOf)),
  byProcess.time("sf.pproc.createts", "when it was created", parentCreateHi, parentCreateLo),
  byParents.boolean("sf.pproc.tty", "whether it has a terminal", numberOfParent(ttyOf)),
  byParents.boolean(
    "sf.pproc.entry",
    "whether it is its namespace's first",
    numberOfParent(entryOf),
  ),
  byParents.text("sf.pproc.cmdline", "path of its executable, and its arguments if any", (of) =>
    parentText(of, "line"),
  ),
];
