// Falco's fields `proc.*`, `thread.*`, `user.*` and `group.*`; and upstream's names that look like them.

import type { Process } from "../../sysflow/record.gen.ts";
import type { Attribute, FlatContext } from "../attribute.ts";
import { Definer, NONE } from "../define.ts";
import { KINDS_OF_PROCESS } from "../record-kinds.ts";
import {
  argsOf,
  createHi,
  createLo,
  cwdOf,
  exeOf,
  gidOf,
  groupOf,
  numberOfParent,
  numberOfProcess,
  parentCreateHi,
  parentCreateLo,
  parentPidOf,
  pidOf,
  textOfParent,
  textOfProcess,
  ttyOf,
  uidOf,
  userOf,
} from "../sysflow/process.ts";
import { tidOf, tsHi, tsLo } from "../sysflow/record.ts";
import { chainTexts, parentText, parentTexts, processText } from "../texts/process-texts.ts";

const byRecord = new Definer("record", KINDS_OF_PROCESS);
const byProcess = new Definer("process", KINDS_OF_PROCESS);
const byParents = new Definer("parents", KINDS_OF_PROCESS);
const byLogin = new Definer("process", KINDS_OF_PROCESS, 6);

type ReadNumber = (of: FlatContext) => number;
export type ChainName = Parameters<typeof chainTexts>[1];

/** Of the parents alone: Falco does not count a process among its ancestors. */
function parentsOf(name: ChainName) {
  return (of: FlatContext) => parentTexts(of, name);
}

/** Nanoseconds since then; none where either is not known. */
function since(hi: ReadNumber, lo: ReadNumber): readonly [ReadNumber, ReadNumber] {
  const isKnown = (of: FlatContext) => (hi(of) | 0) !== 0 || (lo(of) | 0) !== 0;
  const borrowed = (of: FlatContext) => Number(tsLo(of) >>> 0 < lo(of) >>> 0);
  return [
    (of) => (isKnown(of) ? (tsHi(of) | 0) - (hi(of) | 0) - borrowed(of) : NONE),
    (of) => (isKnown(of) ? (tsLo(of) - lo(of)) >>> 0 : NONE),
  ];
}

/** In its own namespace: the first there has 1, and the host's are what the host calls them. */
function namespacePid({ entry, containerId, oid }: Process): number {
  return entry ? 1 : containerId === null ? oid.hpid : NONE;
}

/** A record of schema 5 has -1, which is not known there; in one of 6 it is nobody's. */
function loginUidOf({ header, process }: FlatContext): number {
  const loginuid = process?.loginuid ?? -1;
  return process === null || (loginuid === -1 && (header?.version ?? 0) < 6) ? NONE : loginuid;
}

function envOf(of: FlatContext): string | null {
  return processText(of, "env") || null;
}

/** The process's, or a parent's, that is farthest up and whose name ends with sh. */
function loginShell(of: FlatContext): number {
  const names = chainTexts(of, "names");
  const last = names?.findLastIndex((name) => name.endsWith("sh")) ?? -1;
  return last < 0 ? NONE : Number(chainTexts(of, "pids")?.[last]);
}

export const processFields: readonly Attribute[] = [
  byProcess.text("proc.name", "name of the executable, cut to 15 characters as Falco's is", (of) =>
    processText(of, "shortName"),
  ),
  byProcess.text("proc.exe", "path of the executable: argv[0] is not known", textOfProcess(exeOf)),
  byProcess.text("proc.exepath", "path of the executable", textOfProcess(exeOf)),
  byProcess.text("proc.args", "arguments, a space between each", textOfProcess(argsOf)),
  byProcess.text("proc.cmdline", "proc.name and the arguments", (of) =>
    processText(of, "shortLine"),
  ),
  byProcess.text("proc.exeline", "path of the executable and the arguments", (of) =>
    processText(of, "line"),
  ),
  byProcess.text("proc.cwd", "working directory; from schema 5 on", cwdOf),
  byProcess.text("proc.env", "environment; also proc.env[NAME]; from schema 5 on", envOf),
  byProcess.integer("proc.tty", "1 with a terminal, whichever, else 0", numberOfProcess(ttyOf)),
  byRecord.integer("proc.pid", "process id on the host", pidOf),
  byProcess.integer("proc.ppid", "the parent's process id", parentPidOf),
  byProcess.integer(
    "proc.vpid",
    "in its own pid namespace: known of the first there and of the host's",
    numberOfProcess(namespacePid),
  ),
  byParents.integer("proc.pvpid", "the parent's likewise", numberOfParent(namespacePid)),
  byRecord.time("proc.pid.ts", "when it was created; 0 not known", createHi, createLo),
  byProcess.time("proc.ppid.ts", "when the parent was created", parentCreateHi, parentCreateLo),
  byRecord.time("proc.duration", "nanoseconds since it was created", ...since(createHi, createLo)),
  byRecord.time(
    "proc.ppid.duration",
    "nanoseconds since the parent was created",
    ...since(parentCreateHi, parentCreateLo),
  ),
  byParents.text("proc.pname", "name of the parent's executable, 15 characters", (of) =>
    parentText(of, "shortName"),
  ),
  byParents.text("proc.pexe", "path of the parent's executable", textOfParent(exeOf)),
  byParents.text("proc.pexepath", "path of the parent's executable", textOfParent(exeOf)),
  byParents.text("proc.pcmdline", "proc.pname and the parent's arguments", (of) =>
    parentText(of, "shortLine"),
  ),
  byParents.list(
    "proc.aname",
    "names of all parents; of one with [1], [2] …",
    parentsOf("shortNames"),
  ),
  byParents.list("proc.aexe", "paths of all parents' executables, likewise", parentsOf("exes")),
  byParents.list("proc.aexepath", "paths of all parents' executables", parentsOf("exes")),
  byParents.list("proc.acmdline", "command lines of all parents", parentsOf("shortLines")),
  byParents.list("proc.apid", "process ids of all parents", parentsOf("pids")),
  byParents.list("proc.aenv", "environments of all parents", parentsOf("envs")),
  byParents.integer("proc.loginshellid", "process id of the uppermost shell", loginShell),
  byRecord.integer("thread.tid", "thread that did it", tidOf),
  byRecord.boolean("thread.ismain", "whether that is the process's first thread", (of) => {
    const tid = tidOf(of);
    return Number.isNaN(tid) ? NONE : Number(tid === pidOf(of));
  }),
  byProcess.integer("user.uid", "user id", numberOfProcess(uidOf)),
  byLogin.integer("user.loginuid", "user id of who logged in; -1 nobody", loginUidOf),
  byProcess.text("user.name", "name of the user", textOfProcess(userOf)),
  byProcess.integer("group.gid", "group id", numberOfProcess(gidOf)),
  byProcess.text("group.name", "name of the group", textOfProcess(groupOf)),
];

/** Names that upstream's processor has beside Falco's, which has none of them. */
export const processTwins: readonly Attribute[] = [
  byProcess.text("proc.user", "the same as user.name", textOfProcess(userOf)),
  byProcess.integer("proc.uid", "the same as user.uid", numberOfProcess(uidOf)),
  byProcess.text("proc.group", "the same as group.name", textOfProcess(groupOf)),
  byProcess.integer("proc.gid", "the same as group.gid", numberOfProcess(gidOf)),
  byRecord.integer("proc.tid", "the same as thread.tid", tidOf),
  byRecord.time("proc.createtime", "the same as proc.pid.ts", createHi, createLo),
  byParents.text("proc.pargs", "the parent's arguments", textOfParent(argsOf)),
  byParents.text("proc.puser", "name of the parent's user", textOfParent(userOf)),
  byParents.integer("proc.puid", "the parent's user id", numberOfParent(uidOf)),
  byParents.text("proc.pgroup", "name of the parent's group", textOfParent(groupOf)),
  byParents.integer(
    "proc.ptty",
    "1 where the parent has a terminal, else 0",
    numberOfParent(ttyOf),
  ),
  byProcess.time("proc.pcreatetime", "the same as proc.ppid.ts", parentCreateHi, parentCreateLo),
];
