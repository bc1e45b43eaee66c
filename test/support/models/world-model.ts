// A small world of processes, threads and descriptors. What it is told to do becomes the events that
// the driver would send, for the test engine, and beside them what each of them means, for the flow
// model. Every request fits some state: what names nothing that there is fails as it would in truth.

import { Script, secondNs, startTs } from "../scripts/scripted-capture.ts";
import type { ProcessFacts } from "./entity-model.ts";
import { later, type ModelEvent, type ModelObject } from "./model-event.ts";
import { type Call, cloneExit } from "./world-calls.ts";

export interface WorldDescriptor {
  object: ModelObject;
  readonly openFlags: number;
  /** Of sockets: which end is the source. */
  role: "client" | "server" | null;
  readonly isUdp: boolean;
  /** Both ends as connect gave them; and whether a message with an address has named others. */
  connected: string | null;
  isElsewhere: boolean;
  /** Whether it has a peer: by a connect, or by a message that went or came. */
  hasPeer: boolean;
  /** What connect has made of the socket, for all that dup and fork have made of one descriptor. */
  readonly shared: { made: WorldDescriptor | null } | null;
  /** What of that this descriptor has taken over. */
  followed: WorldDescriptor | null;
}

export interface WorldProcess {
  readonly id: number;
  readonly pid: number;
  readonly createTs: bigint;
  /** By libsinsp's links: init takes over the children of what is gone. */
  parent: number | null;
  /** The parent when the process was last told of. */
  toldParent: number | null;
  readonly container: string | null;
  readonly fds: Map<number, WorldDescriptor>;
  readonly tids: Set<number>;
  /** The second at which its leader ended, or at which others still ran on, for the last time. */
  leavingSecond: number | null;
  /** libsinsp met the child's side of its clone first. */
  readonly isInverted: boolean;
}

export interface WorldThread {
  readonly tid: number;
  readonly process: WorldProcess;
  /** The exit of a call that blocks. */
  pending: (() => void) | null;
}

/** Told of each event of the engine at its time, with what it means, which may be nothing. */
export type Witness = (ts: bigint, meaning: readonly ModelEvent[]) => void;

export const initPid = 1;
const poolSize = 5;
const containerId = "3ad7b26ded6d";

export class World {
  readonly script = new Script();
  readonly #witness: Witness;
  readonly #processes: WorldProcess[] = [];
  readonly #threads = new Map<number, WorldThread[]>();
  /** Processes in the order in which native code meets them, and those whose handle is still its. */
  readonly #met: number[] = [];
  readonly #byPid = new Map<number, WorldProcess>();
  #latest = startTs;
  #unnamed = 0;
  /** Lost processes by pid, until another takes it. */
  readonly #lost = new Map<number, WorldProcess>();

  constructor(pools: number, witness: Witness) {
    this.#witness = witness;
    this.#boot(initPid, null);
    for (let pool = 0; pool < pools; pool++) {
      const process = this.#boot(firstTid(pool), 0);
      this.#threads.set(pool, [{ tid: process.pid, process, pending: null }]);
    }
  }

  /** What a new Unix socket is called, whose inode no event of these tells. */
  unnamedSocket(): string {
    this.#unnamed += 1;
    return `socket:[?${this.#unnamed}]`;
  }

  /** Those that are not gone, in the order of their first event or of a descendant's. */
  get met(): readonly number[] {
    return this.#met;
  }

  threads(pool: number): readonly WorldThread[] {
    return this.#threads.get(pool) ?? [];
  }

  pidOf(id: number): number {
    return (this.#processes[id] as WorldProcess).pid;
  }

  factsOf = (id: number): ProcessFacts => {
    const { createTs, pid, toldParent, container } = this.#processes[id] as WorldProcess;
    return { name: `${createTs}/${pid}`, parent: toldParent, container };
  };

  /** An event of the driver; `meaning` is asked for what it means when it happens. */
  emit(tid: number, [type, ...params]: Call, all: readonly ModelEvent[] = []): void {
    this.script.add(tid, type, ...params);
    // Of a process that was not met no flow can end, and it is not met by that.
    const meaning = all.filter(
      ({ process, type }) => type !== "ended" || this.#met.includes(process),
    );
    for (const { process, type } of meaning) {
      if (type !== "vanish" && type !== "ended") {
        this.#meet(process, type === "exec" || type === "setuid");
      }
    }
    this.#latest = later(this.script.now, this.#latest);
    this.#witness(this.script.now, meaning);
  }

  /** Enter and exit of a call. `effect` changes the world at the exit and says what that means. */
  call(
    thread: WorldThread,
    enter: Call,
    exit: Call,
    effect: () => ModelEvent | readonly ModelEvent[] | null,
    isBlocking = false,
  ): void {
    this.emit(thread.tid, enter);
    const leave = () => {
      this.emit(thread.tid, exit, [effect() ?? []].flat());
    };
    if (isBlocking) {
      thread.pending = leave;
    } else {
      leave();
    }
  }

  /** Both sides of a clone. The pool's lowest free id is the child's. */
  clone(thread: WorldThread, pool: number, type: string, how: CloneHow): void {
    // A dead leader keeps its id while others of its process run.
    const taken = this.threads(pool).flatMap(({ tid, process }) => [tid, process.pid]);
    const tid = tidsOf(pool).find((each) => !taken.includes(each));
    // libsinsp still knows what was lost: only a new process replaces it, by the parent's side.
    const lost = tid === undefined ? undefined : this.#lost.get(tid);
    const isLost = lost !== undefined;
    const isThread = how.isThread && !type.includes("FORK") && !isLost;
    const parent = thread.process;
    if (tid === undefined || how.fails) {
      const { pid } = parent;
      const exit = cloneExit(type, -11, thread.tid, pid, 1, isThread, null);
      const event = { process: parent.id, tid: thread.tid, type: "clone", ret: -11 } as const;
      const isMain = thread.tid === pid;
      this.call(thread, [`${type}_E`], exit, () => ({ ...event, isMain, isThread }));
      return;
    }
    if (isLost) {
      this.#lost.delete(tid);
      this.#orphan(lost);
    }
    this.emit(thread.tid, [`${type}_E`]);
    const childFirst = how.childFirst && !isLost;
    const createTs = this.script.now + 1000n;
    // libsinsp believes the side that it meets first, and the parent's tells its own cgroup.
    const isEntered = how.inContainer && !isThread && childFirst;
    const container = isEntered ? containerId : parent.container;
    const child = isThread ? parent : this.#create(tid, createTs, parent, container, childFirst);
    if (!isThread) {
      for (const [fd, descriptor] of parent.fds) child.fds.set(fd, { ...descriptor });
    }
    child.tids.add(tid);
    this.#threads.set(pool, [...this.threads(pool), { tid, process: child, pending: null }]);
    this.#bothSides(thread, tid, child, type, isThread, childFirst);
  }

  #bothSides(
    thread: WorldThread,
    tid: number,
    child: WorldProcess,
    type: string,
    isThread: boolean,
    childFirst: boolean,
  ): void {
    const old = this.#byPid.get(tid);
    const parent = thread.process;
    const side = (of: WorldProcess, at: number, ret: number): ModelEvent => ({
      ...{ process: of.id, tid: at, type: "clone", ret, isMain: at === of.pid, isThread },
    });
    const exit = (ret: number, of: WorldProcess, at: number) =>
      cloneExit(type, ret, at, of.pid, ret === 0 ? thread.tid : 1, isThread, of.container);
    const inParent = () =>
      this.emit(thread.tid, exit(tid, parent, thread.tid), [side(parent, thread.tid, tid)]);
    const inChild = () => {
      const gone: ModelEvent[] = [];
      if (old !== undefined && !isThread && this.#met.includes(old.id)) {
        gone.push({ process: old.id, tid, type: "vanish" });
      }
      this.emit(tid, exit(0, child, tid), [...gone, side(child, tid, 0)]);
    };
    for (const each of childFirst ? [inChild, inParent] : [inParent, inChild]) {
      each();
    }
  }

  /** The end of a thread; with the last one its process is gone. */
  exit(thread: WorldThread, pool: number, ret: number): void {
    const { process, tid } = thread;
    const isMain = tid === process.pid;
    const event = { process: process.id, tid, type: "exit", ret, isMain } as const;
    this.emit(tid, ["PROCEXIT_1_E", ret, ret, 0, 0, initPid], [event]);
    if (isMain) {
      process.leavingSecond = Number(this.#latest / secondNs);
    }
    this.#forget(thread, pool);
  }

  /** At a tick: the processes that are forgotten now, two seconds after their end. */
  forgotten(second: number): readonly ModelEvent[] {
    const due = this.#met
      .map((id) => this.#processes[id] as WorldProcess)
      .filter(({ leavingSecond }) => leavingSecond !== null && leavingSecond + 2 <= second);
    for (const process of due) {
      process.leavingSecond = second;
    }
    const gone = due.filter(({ tids }) => tids.size === 0);
    for (const { id } of gone) {
      this.#met.splice(this.#met.indexOf(id), 1);
    }
    return gone.map(({ id, pid }) => ({ process: id, tid: pid, type: "vanish" }));
  }

  /** The process is gone and nothing tells so. */
  lose(thread: WorldThread, pool: number): void {
    this.#lost.set(thread.tid, thread.process);
    this.#forget(thread, pool);
  }

  #forget(thread: WorldThread, pool: number): void {
    const { process, tid } = thread;
    process.tids.delete(tid);
    this.#threads.set(
      pool,
      this.threads(pool).filter((each) => each !== thread),
    );
    if (process.tids.size === 0 && !this.#lost.has(tid)) {
      this.#orphan(process);
    }
  }

  /** Init takes over the children of a process that libsinsp knows to be gone. */
  #orphan(process: WorldProcess): void {
    for (const each of this.#processes) {
      if (each.parent === process.id) each.parent = 0;
    }
  }

  #boot(pid: number, parent: number | null): WorldProcess {
    const exe = `/bin/p${pid}`;
    this.script.thread({ tid: pid, ptid: parent === null ? 0 : initPid, exe });
    const process = this.#create(pid, startTs - secondNs, null, null, false);
    process.parent = parent;
    process.tids.add(pid);
    return process;
  }

  #create(
    pid: number,
    createTs: bigint,
    parent: WorldProcess | null,
    container: string | null,
    isInverted: boolean,
  ): WorldProcess {
    const facts = { pid, createTs, parent: parent?.id ?? null, container, isInverted };
    const maps = { fds: new Map(), tids: new Set<number>(), toldParent: null };
    const leavingSecond = null;
    const process: WorldProcess = { id: this.#processes.length, ...facts, ...maps, leavingSecond };
    this.#processes.push(process);
    return process;
  }

  /** Native code defines a process at its first event, its ancestors before it. */
  #meet(id: number, isRefreshed: boolean): void {
    const process = this.#processes[id] as WorldProcess;
    const isMet = this.#met.includes(id);
    if (isMet && !isRefreshed) {
      return;
    }
    process.toldParent = process.parent;
    if (process.parent !== null) {
      this.#meet(process.parent, false);
    }
    if (isMet) {
      return;
    }
    const old = this.#byPid.get(process.pid);
    if (old !== undefined && this.#met.includes(old.id)) {
      this.#met.splice(this.#met.indexOf(old.id), 1);
    }
    this.#byPid.set(process.pid, process);
    this.#met.push(id);
  }
}

export interface CloneHow {
  readonly isThread: boolean;
  readonly childFirst: boolean;
  readonly inContainer: boolean;
  readonly fails: boolean;
}

export function firstTid(pool: number): number {
  return 1000 * (pool + 1);
}

function tidsOf(pool: number): readonly number[] {
  return [...new Array(poolSize).keys()].map((i) => firstTid(pool) + i);
}
