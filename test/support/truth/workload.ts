// Builds and runs the workload of test/workload, and looks its facts up in the records of a .sf
// file: there must be as many records that say a thing as there are facts that do.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import type { SfRecord, SfValue } from "../records/read-sf.ts";

const sources = join(import.meta.dir, "../../workload");
const callSources = join(import.meta.dir, "../../syscalls");

const compiler = "/usr/bin/gcc";

export const hasCompiler: boolean = spawnSync(compiler, ["--version"]).status === 0;

/** One line of the workload's output; its header says what the fields mean. */
export type Fact = Readonly<Record<string, string | number>>;

export const workloadParts = ["files", "processes", "threads", "network", "ipv6"] as const;
export type WorkloadPart = (typeof workloadParts)[number];

/** @returns the path of the program, a static one, made in `folder`. */
export function buildWorkload(folder: string, by = compiler): string {
  return compileC(join(folder, "workload"), filesIn(sources), [], by);
}

/** The program of test/syscalls, which runs as the workload does. */
export function buildSyscalls(folder: string, by = compiler): string {
  const files = [...filesIn(callSources), join(sources, "facts.c")];
  return compileC(join(folder, "syscalls"), files, [], by);
}

function filesIn(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".c"));
  return names.map((name) => join(folder, name));
}

/**
 * @param by the compiler, where the program is for another machine.
 * @returns `path`, where the static program of these files now is.
 */
export function compileC(
  path: string,
  files: readonly string[],
  flags: readonly string[] = [],
  by = compiler,
): string {
  const strict = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-static"];
  const command = [...strict, ...flags, "-o", path, ...files];
  const result = spawnSync(by, command, { encoding: "utf8" });
  if (result.status !== 0) {
    throw new Error(`gcc: ${result.stderr}`);
  }
  return path;
}

/** Runs it to its end in a new folder. @throws Error where the workload itself went wrong. */
export function runWorkload(
  program: string,
  folder: string,
  parts: readonly WorkloadPart[] = [],
): readonly Fact[] {
  mkdirSync(folder);
  const result = spawnSync(program, [folder, ...parts], { encoding: "utf8", env: {} });
  if (result.status !== 0) {
    throw new Error(`workload: status ${result.status}: ${result.stderr}`);
  }
  return parseFacts(result.stdout);
}

export function parseFacts(lines: string): readonly Fact[] {
  return lines
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Fact);
}

/** What a record says in the words of the facts, with its references followed. */
export interface Seen {
  readonly index: number;
  readonly words: Readonly<Record<string, string | number>>;
}

/**
 * @param only: of which facts, where not of all; the others tell how often a thing is to be found.
 * @returns what is not so, in one line for each fact; none where every operation was found.
 */
export function missingFacts(
  facts: readonly Fact[],
  records: readonly SfRecord[],
  only: (fact: Fact) => boolean = () => true,
): readonly string[] {
  const seen = asWords(records);
  const wanted = facts.map((fact) => {
    const words = expected(fact);
    return { fact, words, key: JSON.stringify(Object.entries(words).sort()) };
  });
  const timesOf = new Map<string, number>();
  for (const { key } of wanted) {
    timesOf.set(key, (timesOf.get(key) ?? 0) + 1);
  }
  const isSocket = ({ words }: Seen) => words["restype"] === "u";
  const sockets = seen.filter(isSocket);
  const ofPath = Map.groupBy(
    seen.filter((each) => !isSocket(each)),
    ({ words }) => words["path"],
  );
  const missing: string[] = [];
  for (const { fact, words, key } of wanted) {
    if (!only(fact)) {
      continue;
    }
    const near =
      words["path"] === undefined ? seen : [...(ofPath.get(words["path"]) ?? []), ...sockets];
    const found = near.filter((each) => says(each, words)).length;
    const times = fact["kind"] === "NoFlow" || fact["kind"] === "None" ? 0 : timesOf.get(key);
    if (found !== times) {
      missing.push(describe(words, times ?? 0, found, seen));
    }
  }
  return missing;
}

/** The conditions on a record's words that a fact stands for. */
function expected(fact: Fact): Fact {
  const { kind, tid, child, thread, parent, env, user, syscall: _, outcome: __, ...rest } = fact;
  switch (kind) {
    case "Exit":
      return {
        kind: "ProcessEvent",
        flags: "EXIT",
        ret: rest["ret"] ?? "",
        pid: child ?? "",
        tid: child ?? "",
      };
    case "ThreadExit":
      return { kind: "ProcessEvent", flags: "EXIT", pid: rest["pid"] ?? "", tid: thread ?? "" };
    case "NoFlow":
      return { kind: "FileFlow", path: rest["path"] ?? "" };
    case "None": {
      const { of, flags, ...words } = rest;
      return {
        ...words,
        kind: of ?? "",
        ...(flags !== undefined && { flags: inBitOrder(String(flags)) }),
      };
    }
    default:
      return {
        ...rest,
        kind: kind ?? "",
        flags: inBitOrder(String(rest["flags"])),
        ...(tid !== undefined && { tid }),
        ...(parent !== undefined && { parent }),
        ...(env !== undefined && { env }),
        ...(user !== undefined && { argument: userName(Number(user)) }),
      };
  }
}

function says({ words }: Seen, wanted: Fact): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const said = words[name];
    if (name === "path") {
      return saysPath(words, String(value));
    }
    return name === "env" ? String(said).split("\0").includes(String(value)) : said === value;
  });
}

/** The inode of a socket, which older captures and the kernel module do not tell. */
function saysPath(words: Seen["words"], wanted: string): boolean {
  const path = String(words["path"]);
  const isUnknown = wanted.startsWith("socket:[") && /^socket:\[\?\d+\]$/.test(path);
  return path === wanted || isUnknown;
}

/** Beside the fact, the records that come nearest: those with most words in common. */
function describe(wanted: Fact, times: number, found: number, seen: readonly Seen[]): string {
  const score = (each: Seen) =>
    Object.entries(wanted).filter(([name, value]) => says(each, { [name]: value })).length;
  const nearest = [...seen]
    .sort((a, b) => score(b) - score(a))
    .slice(0, 2)
    .map(({ index, words }) => ({ index, ...words, env: undefined }));
  const counts = `${found} records say, in place of ${times}:`;
  return `${counts} ${JSON.stringify(wanted)}; nearest ${JSON.stringify(nearest)}`;
}

/** Follows each record's references as a reader does: the latest entity record counts. */
export function asWords(records: readonly SfRecord[]): readonly Seen[] {
  const processes = new Map<string, SfRecord["rec"]>();
  const files = new Map<string, SfRecord["rec"]>();
  const seen: Seen[] = [];
  for (const { index, kind, rec } of records) {
    if (kind === "Process") {
      processes.set(oidKey(rec["oid"]), rec);
    } else if (kind === "File") {
      files.set(String(rec["oid"]), rec);
    } else if (rec["procOID"] !== undefined) {
      const process = processes.get(oidKey(rec["procOID"])) ?? {};
      const words = { kind, ...processWords(process), ...actionWords(rec), ...flowWords(rec) };
      seen.push({ index, words: { ...words, ...fileWords(rec, files) } });
    }
  }
  return seen;
}

function processWords(process: SfRecord["rec"]): Record<string, string | number> {
  const oid = process["oid"] as { hpid: bigint };
  const poid = process["poid"] as { hpid: bigint } | null;
  return {
    pid: Number(oid.hpid),
    parent: poid === null ? 0 : Number(poid.hpid),
    exe: String(process["exe"]),
    args: String(process["exeArgs"]),
    env: (process["env"] as readonly string[]).join("\0"),
    uid: Number(process["uid"]),
    gid: Number(process["gid"]),
  };
}

function actionWords(rec: SfRecord["rec"]): Record<string, string | number> {
  const args = (rec["args"] ?? []) as readonly string[];
  return {
    tid: Number(rec["tid"] ?? 0),
    flags: flagWords(Number(rec["opFlags"])),
    ...(rec["ret"] !== undefined && { ret: Number(rec["ret"]) }),
    ...(args[0] !== undefined && { argument: args[0], arguments: args.join(" ") }),
  };
}

function flowWords(rec: SfRecord["rec"]): Record<string, string | number> {
  if (rec["fd"] === undefined) {
    return {};
  }
  return {
    fd: Number(rec["fd"]),
    reads: Number(rec["numRRecvOps"]),
    readBytes: Number(rec["numRRecvBytes"]),
    writes: Number(rec["numWSendOps"]),
    writeBytes: Number(rec["numWSendBytes"]),
    ...(rec["sip"] !== undefined && {
      sip: address(rec["sip"], rec["sip6"]),
      sport: Number(rec["sport"]),
      dip: address(rec["dip"], rec["dip6"]),
      dport: Number(rec["dport"]),
      proto: Number(rec["proto"]),
    }),
  };
}

function fileWords(
  rec: SfRecord["rec"],
  files: ReadonlyMap<string, SfRecord["rec"]>,
): Record<string, string> {
  const file = files.get(String(rec["fileOID"]));
  const second = files.get(String(rec["newFileOID"]));
  return {
    ...(file !== undefined && {
      path: String(file["path"]),
      restype: String.fromCharCode(Number(file["restype"])),
    }),
    ...(second !== undefined && { newPath: String(second["path"]) }),
  };
}

const flagNames = Object.entries<unknown>(op)
  .flatMap(([name, bit]) =>
    typeof bit === "number" && name.startsWith("OP_")
      ? [{ name: name.replace(/^OP_/, ""), bit }]
      : [],
  )
  .sort((a, b) => a.bit - b.bit);

/** `OPEN READ_RECV CLOSE`, in the order of the bits. */
export function flagWords(opFlags: number): string {
  const words = flagNames.filter(({ bit }) => (opFlags & bit) !== 0);
  return words.map(({ name }) => name).join(" ");
}

function inBitOrder(words: string): string {
  const wanted = words.split(" ");
  return flagNames
    .map(({ name }) => name)
    .filter((name) => wanted.includes(name))
    .join(" ");
}

/** An IPv6 address as RFC 5952 has it, which is as URLs do; else bits 0 to 7 are the first octet. */
function address(ipv4: SfValue | undefined, ipv6: SfValue | undefined): string {
  if (typeof ipv6 === "string") {
    const groups = ipv6.match(/.{4}/g) ?? [];
    return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
  }
  return [0, 8, 16, 24].map((shift) => (Number(ipv4) >>> shift) & 0xff).join(".");
}

function userName(uid: number): string {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  const fields = lines.map((line) => line.split(":")).find((each) => Number(each[2]) === uid);
  return fields?.[0] ?? "";
}

function oidKey(oid: SfValue | undefined): string {
  const { createTS, hpid } = oid as { createTS: bigint; hpid: bigint };
  return `${hpid}@${createTS}`;
}
