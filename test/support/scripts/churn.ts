// Scripts whose rounds never use the same thing twice, to see what the tables do when everything
// passes through or stays: one round in libscap's events, repeated by the test engine with counters.

import { constants } from "node:os";
import type { CountedBytes, OpenOptions, TestCounter } from "../../../src/capture/binding.ts";
import { cloneFlag, Script, v4 } from "./scripted-capture.ts";

export interface ChurnScenario {
  readonly name: string;
  /** Peak resident memory that a million rounds may take, in MB. */
  readonly peakMbMax: number;
  /** Event time of a round. */
  readonly roundNs: number;
  readonly script: () => Script;
}

export function churnOptions(scenario: ChurnScenario, rounds: number): OpenOptions {
  return scenario.script().options({ rounds, roundNs: scenario.roundNs });
}

/** Pid of the process that all scenarios begin with. */
const root = 100;
const firstPid = 1000;
/** The kernel's limit of pids: beyond it they come again. */
const pidsMax = 4_000_000;
const liveAtOnce = 50_000;
const AT_FDCWD = -100;
/** SIGKILL, as a wait status. */
const killed = constants.signals.SIGKILL;

const child: TestCounter = { from: firstPid, modulo: pidsMax };
const next: TestCounter = { from: firstPid + 1, modulo: pidsMax };
const descriptor: TestCounter = { from: 3 };
const distinctPath = countedText("/var/tmp/job-00000000.out", 13);

export const churnScenarios: readonly ChurnScenario[] = [
  {
    name: "short processes",
    peakMbMax: 700,
    roundNs: 20_000,
    script: () => exit(use(clone(start(), root, child, child, 0), child, 3, distinctPath), child),
  },
  {
    name: "a chain of forks",
    peakMbMax: 700,
    roundNs: 20_000,
    script: () => exit(use(clone(start(firstPid), child, next, next, 0), next, 3, "/etc/a"), child),
  },
  {
    name: "processes that stay",
    peakMbMax: 1200,
    roundNs: 20_000,
    script: () => use(clone(start(), root, child, child, 0), child, 3, distinctPath),
  },
  {
    // All children of one process, of which so many live at a time.
    name: "many at once",
    peakMbMax: 900,
    roundNs: 20_000,
    script: () => {
      const script = start();
      const oldest: TestCounter = { from: firstPid - liveAtOnce };
      return exit(clone(script, root, { from: firstPid }, { from: firstPid }, 0), oldest);
    },
  },
  {
    // Each with a copy of its parent's descriptors, as long as there is room for them.
    name: "forks of many files",
    peakMbMax: 1500,
    roundNs: 20_000,
    script: () => {
      const script = start();
      const few: TestCounter = { from: 3, modulo: 50 };
      return clone(use(script, root, few, distinctPath), root, child, child, 0);
    },
  },
  {
    name: "short threads",
    peakMbMax: 500,
    roundNs: 20_000,
    script: () => {
      const flags = cloneFlag.THREAD | cloneFlag.FILES;
      return exit(use(clone(start(), root, child, root, flags), child, 3, "/etc/a"), child);
    },
  },
  {
    name: "short containers",
    peakMbMax: 700,
    roundNs: 20_000,
    script: () => {
      const id = "00000000d6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e0";
      const cgroups = countedText(`cpu=/docker/${id}`, "cpu=/docker/".length);
      return exit(use(clone(start(), root, child, child, 0, cgroups), child, 3, "/etc/a"), child);
    },
  },
  {
    name: "connections",
    peakMbMax: 500,
    roundNs: 20_000,
    script: () => connection(start()).close(root, 5),
  },
  {
    name: "connections that stay",
    peakMbMax: 600,
    roundNs: 20_000,
    script: () => staying(connection(start())),
  },
  {
    name: "paths",
    peakMbMax: 500,
    roundNs: 20_000,
    script: () => {
      const script = start();
      script.add(root, "SYSCALL_MKDIR_2_X", 0, countedText("/srv/dir-00000000", 9));
      return use(script, root, 3, distinctPath).close(root, 3);
    },
  },
  {
    name: "open files",
    peakMbMax: 600,
    roundNs: 20_000,
    script: () => use(start(), root, descriptor, distinctPath),
  },
];

export function scenarioNamed(name: string): ChurnScenario {
  const found = churnScenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`no churn scenario is named ${name}`);
  return found;
}

function start(tid = root): Script {
  return new Script().thread({ tid, exe: "/usr/bin/worker", cwd: "/srv" });
}

/** Both returns of a clone; `pid` is the child's thread group. */
function clone(
  script: Script,
  parent: number | TestCounter,
  tid: TestCounter,
  pid: number | TestCounter,
  flags: number,
  cgroups: string | CountedBytes = "cpu=/",
): Script {
  const groups = typeof cgroups === "string" ? new TextEncoder().encode(cgroups) : cgroups;
  const rest = [1024, 0, 0, 0, 0, 0, "worker", groups, flags, 0, 0] as const;
  const args = new TextEncoder().encode("--serve\0--quiet\0");
  const type = "SYSCALL_CLONE_20_X";
  const who = ["/usr/bin/worker", args] as const;
  script.add(parent, type, tid, ...who, parent, parent, 1, "/srv", ...rest, parent, parent, 0);
  return script.add(tid, type, 0, ...who, tid, pid, parent, "/srv", ...rest, tid, pid, 0);
}

/** Opens a file and writes to it. */
function use(
  script: Script,
  tid: number | TestCounter,
  fd: number | TestCounter,
  path: string | CountedBytes,
): Script {
  script.add(tid, "SYSCALL_OPENAT_2_E", AT_FDCWD, path, 1, 0);
  script.add(tid, "SYSCALL_OPENAT_2_X", fd, AT_FDCWD, path, 1, 0, 0, 0);
  return script.add(tid, "SYSCALL_WRITE_E", fd, 512).add(tid, "SYSCALL_WRITE_X", 512, null);
}

function exit(script: Script, tid: TestCounter): Script {
  return script.add(tid, "PROCEXIT_1_E", killed, killed, 0, 0, 1);
}

/** A connection to another address and port each time. */
function connection(script: Script): Script {
  script.socket(root, 5, "tcp").connect(root, 5, v4("10.0.0.1", 40000), v4("10.1.0.0", 443));
  const [enter, exit] = script.events.splice(-2);
  script.add(root, "SOCKET_CONNECT_E", 5, countedEnd(enter?.params[1], 1));
  script.add(root, "SOCKET_CONNECT_X", 0, countedEnd(exit?.params[1], 7), 5);
  return script.write(root, 5, 100).read(root, 5, 900);
}

/** Each round in another of seven processes and on another of 29,000 numbers: no two in the same. */
function staying(script: Script): Script {
  const tid: TestCounter = { from: root, modulo: 7 };
  const fd: TestCounter = { from: 3, modulo: 29_000 };
  for (let more = 1; more < 7; more++) {
    script.thread({ tid: root + more, exe: "/usr/bin/worker", cwd: "/srv" });
  }
  const events = script.events.splice(0);
  for (const { type, params } of events) {
    script.add(tid, type.replace("PPME_", ""), ...params.map((each) => (each === 5 ? fd : each)));
  }
  return script;
}

/** The last two bytes of the address that lies at `at` count up, and the port behind it. */
function countedEnd(bytes: unknown, at: number): CountedBytes {
  if (!(bytes instanceof Uint8Array)) {
    throw new Error("a connect has its sockets' ends as bytes");
  }
  const counters = [
    { at: at + 2, size: 2, from: 0 },
    { at: at + 4, size: 2, from: 1024, step: 7, modulo: 9000 },
  ];
  return { bytes, counters };
}

function countedText(bytes: string, at: number): CountedBytes {
  return { bytes, counters: [{ at, size: 8, hex: true, from: 0 }] };
}
