// What happens in the small world: each action is a system call of some thread, made of a few plain
// numbers, so that fast-check makes and shrinks them and every combination means something.

import * as op from "../../../src/sysflow/op-flags.gen.ts";
import { type End, sockaddr, tuple, v4, v6 } from "../scripts/scripted-capture.ts";
import type { ModelEvent, ModelObject } from "./model-event.ts";
import * as calls from "./world-calls.ts";
import type { World, WorldDescriptor, WorldThread } from "./world-model.ts";

/** `who`, `how` and `more` choose among what there is. */
export interface Action {
  readonly does: keyof typeof deeds;
  readonly who: number;
  readonly fd: number;
  readonly how: number;
  readonly more: number;
}

export interface Scene {
  readonly world: World;
  readonly pool: number;
  readonly thread: WorldThread;
  readonly action: Action;
}

/** One thread of the pool acts, first ending a call in which it was blocked. */
export function perform(world: World, pool: number, action: Action): void {
  const threads = world.threads(pool);
  const thread = threads[action.who % Math.max(threads.length, 1)];
  if (thread === undefined) {
    return;
  }
  thread.pending?.();
  thread.pending = null;
  deeds[action.does]({ world, pool, thread, action });
}

const paths = ["/a", "/b", "/usr/lib/c", "/proc/d", "rel"] as const;
const results = [0, 1, 4096, 2 ** 33, -11] as const;
const flagSets = [0, 1, 2, 3, 7, 1025] as const;
const openDirectory = 1024;

const deeds = {
  read: (scene: Scene) => io(scene, "read"),
  write: (scene: Scene) => io(scene, "write"),
  open,
  creat: ({ world, thread, action }: Scene) => {
    const [enter, exit] = calls.creatCalls(action.fd, pathOf(action));
    world.call(thread, enter, exit, () => added(thread, action.fd, file(action, 0), "open"));
  },
  close: (scene: Scene) => {
    const { world, thread, action } = scene;
    const ret = action.how === 0 ? -5 : 0;
    world.call(thread, ["SYSCALL_CLOSE_E", action.fd], ["SYSCALL_CLOSE_X", ret], () => {
      const event = onDescriptor(thread, action.fd, "close");
      if (ret === 0) thread.process.fds.delete(action.fd);
      return event;
    });
  },
  dup: ({ world, thread, action }: Scene) => {
    const to = 3 + (action.more % 4);
    const pairs = calls.dupCalls(action.fd, to);
    const pair = choose(pairs, action.how);
    const isFcntl = pair === pairs.at(-1);
    world.call(thread, ...pair, () => {
      const from = thread.process.fds.get(action.fd);
      // dup2 of a descriptor over itself does nothing. A number that fcntl gives was free.
      if (!isFcntl && to === action.fd) return null;
      return placed(thread, to, from === undefined ? undefined : { ...from });
    });
  },
  pipe: ({ world, thread, action }: Scene) => {
    const [from, to] = [action.fd, 3 + ((action.fd - 2) % 4)];
    world.call(thread, ["SYSCALL_PIPE2_E"], ["SYSCALL_PIPE2_X", 0, from, to, 9, 0], () =>
      bothEnds(thread, from, to, "p", ["pipe:[9]", "pipe:[9]"]),
    );
  },
  socketpair: ({ world, thread, action }: Scene) => {
    const [from, to] = [action.fd, 3 + ((action.fd - 2) % 4)];
    const exit: calls.Call = ["SOCKET_SOCKETPAIR_X", 0, from, to, 0x10, 0x20];
    world.call(thread, ["SOCKET_SOCKETPAIR_E", 1, 1, 0], exit, () =>
      bothEnds(thread, from, to, "u", [world.unnamedSocket(), world.unnamedSocket()]),
    );
  },
  eventfd: ({ world, thread, action }: Scene) => {
    const exit: calls.Call = ["SYSCALL_EVENTFD2_X", action.fd, 0];
    world.call(thread, ["SYSCALL_EVENTFD2_E", 0], exit, () =>
      placed(thread, action.fd, descriptor({ type: "", name: "" })),
    );
  },
  socket,
  connect,
  accept,
  shutdown: ({ world, thread, action }: Scene) => {
    const exit: calls.Call = ["SOCKET_SHUTDOWN_X", 0];
    world.call(thread, ["SOCKET_SHUTDOWN_E", action.fd, 2], exit, () =>
      onDescriptor(thread, action.fd, "shutdown"),
    );
  },
  mmap: ({ world, thread, action }: Scene) => {
    const isAnonymous = action.how === 0;
    const enter: calls.Call = ["SYSCALL_MMAP_E", 0, 64, 1, isAnonymous ? 10 : 2, action.fd, 0];
    const event = isAnonymous ? null : onDescriptor(thread, action.fd, "mmap");
    world.emit(thread.tid, enter, event === null ? [] : [event]);
    world.emit(thread.tid, ["SYSCALL_MMAP_X", 0x7f0000000000n, 1, 1, 0]);
  },
  setns: ({ world, thread, action }: Scene) => {
    // Of a network: other kinds change more than this world tells of.
    const network = 0x10;
    world.call(thread, ["SYSCALL_SETNS_E", action.fd, network], ["SYSCALL_SETNS_X", 0], () =>
      onDescriptor(thread, action.fd, "setns"),
    );
  },
  clone: ({ world, pool, thread, action }: Scene) => {
    const types = ["CLONE_20", "CLONE3", "FORK_20", "VFORK_20"];
    const type = `SYSCALL_${choose(types, action.how)}`;
    const { more } = action;
    const isThread = more % 2 === 1;
    // A vfork ends in the caller when its child has made an exec or ended.
    const childFirst = more % 4 > 1 || type === "SYSCALL_VFORK_20";
    const rest = { childFirst, inContainer: more % 8 === 6, fails: more % 7 === 5 };
    world.clone(thread, pool, type, { isThread, ...rest });
  },
  exec: ({ world, pool, thread, action }: Scene) => {
    const { process, tid } = thread;
    if (tid !== process.pid) return;
    const ret = action.how === 0 ? -2 : 0;
    const others = world.threads(pool).filter((t) => t.process === process && t !== thread);
    for (const other of ret === 0 ? others : []) {
      world.exit(other, pool, 0);
    }
    const parent = process.parent === null ? 0 : world.pidOf(process.parent);
    const pair = calls.execveCalls(tid, parent, process.container, ret);
    const tried = ret === 0 ? {} : { tried: calls.newProgram };
    world.call(thread, ...pair, () => ({ process: process.id, tid, type: "exec", ret, ...tried }));
  },
  exit: ({ world, pool, thread, action }: Scene) => {
    const { process } = thread;
    const isGroup = action.how > 1;
    const others = world.threads(pool).filter((t) => t.process === process && t !== thread);
    const left = world.threads(pool).length - (isGroup ? others.length : 0) - 1;
    if (left === 0) return;
    for (const other of isGroup ? others : []) {
      world.exit(other, pool, action.more);
    }
    world.exit(thread, pool, action.more);
  },
  lose: ({ world, pool, thread }: Scene) => {
    const { process, tid } = thread;
    // libsinsp takes the process for another one later only where it knows it by its parent's side.
    const isKnown = !process.isInverted && process.tids.size === 1 && tid === process.pid;
    if (isKnown && world.threads(pool).length > 1) {
      world.lose(thread, pool);
    }
  },
  setuid: ({ world, thread, action }: Scene) => {
    const ret = action.how === 0 ? -1 : 0;
    const isShort = action.more % 2 === 0;
    const name = isShort ? "SYSCALL_SETUID" : "SYSCALL_SETRESUID";
    const enter: calls.Call = isShort ? [`${name}_E`, 0] : [`${name}_E`, 1, 0, 2];
    const { process, tid } = thread;
    world.call(thread, enter, [`${name}_X`, ret], () => ({
      ...{ process: process.id, tid, type: "setuid", ret, user: "root" },
    }));
  },
  path: ({ world, thread, action }: Scene) => {
    const ret = action.how === 0 ? -17 : 0;
    const [flag, types, names] = choose(pathDeeds, action.more);
    const path = pathOf(action);
    const params = names === 1 ? [ret, path] : [ret, -100, path, -100, "/new", 0];
    const { process, tid } = thread;
    const full = names === 1 ? [absolute(path)] : [absolute(path), "/new"];
    const event = { process: process.id, tid, type: "path", ret, flag, paths: full } as const;
    world.call(thread, [...types.enter], [types.exit, ...params], () => event);
  },
} satisfies Record<string, (scene: Scene) => void>;

const pathDeeds = [
  [op.OP_MKDIR, { enter: ["SYSCALL_MKDIR_2_E", 0o755], exit: "SYSCALL_MKDIR_2_X" }, 1],
  [op.OP_RMDIR, { enter: ["SYSCALL_RMDIR_2_E"], exit: "SYSCALL_RMDIR_2_X" }, 1],
  [op.OP_UNLINK, { enter: ["SYSCALL_UNLINK_2_E"], exit: "SYSCALL_UNLINK_2_X" }, 1],
  [op.OP_RENAME, { enter: ["SYSCALL_RENAMEAT2_E"], exit: "SYSCALL_RENAMEAT2_X" }, 2],
  [op.OP_LINK, { enter: ["SYSCALL_LINKAT_2_E"], exit: "SYSCALL_LINKAT_2_X" }, 2],
] as const;

export const deedNames = Object.keys(deeds) as readonly (keyof typeof deeds)[];

function choose<T>(from: readonly T[], by: number): T {
  return from[by % from.length] as T;
}

function pathOf(action: Action): string {
  return choose(paths, action.more);
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `/home/${path}`;
}

function descriptor(object: ModelObject, openFlags = 0, isUdp = false): WorldDescriptor {
  return {
    object,
    openFlags,
    role: null,
    isUdp,
    connected: null,
    isElsewhere: false,
    hasPeer: false,
    shared: null,
    followed: null,
  };
}

/** The descriptor as its socket is now. */
function used(thread: WorldThread, fd: number): WorldDescriptor | undefined {
  const known = thread.process.fds.get(fd);
  const made = known?.shared?.made ?? null;
  if (known === undefined || made === known.followed || made === null) {
    return known;
  }
  const { object, role, connected, hasPeer } = made;
  Object.assign(known, { object, role, connected, hasPeer, isElsewhere: false, followed: made });
  return known;
}

function tellOthers(known: WorldDescriptor): void {
  if (known.shared !== null) {
    known.shared.made = { ...known };
    known.followed = known.shared.made;
  }
}

function file(action: Action, flags: number): WorldDescriptor {
  const type = (flags & openDirectory) !== 0 ? "d" : "f";
  return descriptor({ type, name: absolute(pathOf(action)) }, flags);
}

type DescriptorEvent = "close" | "accept" | "connect" | "shutdown" | "mmap" | "setns";

/** What an operation means, or nothing where the descriptor is none that makes flows. */
function onDescriptor(thread: WorldThread, fd: number, type: DescriptorEvent): ModelEvent | null {
  const { process, tid } = thread;
  const object = used(thread, fd)?.object;
  // A socket that has done nothing makes no flow by being closed.
  const isKnown = object !== undefined && object.type !== "" && !isUnused(object);
  return isKnown ? { process: process.id, tid, type, fd, object } : null;
}

function isUnused(object: ModelObject): boolean {
  return object.type === "4" && object.name === ends(nowhere, nowhere);
}

/** A call made a descriptor. */
function added(
  thread: WorldThread,
  fd: number,
  made: WorldDescriptor,
  type: "open" | "accept",
): readonly ModelEvent[] {
  const ended = placed(thread, fd, made);
  const { object, openFlags } = made;
  const { process, tid } = thread;
  return [...ended, { process: process.id, tid, type, fd, object, openFlags }];
}

/** A number stands for another descriptor, maybe an unknown one: what it was for has ended. */
function placed(
  thread: WorldThread,
  fd: number,
  made: WorldDescriptor | undefined,
): readonly ModelEvent[] {
  const { process, tid } = thread;
  const object = process.fds.get(fd)?.object;
  if (made === undefined) process.fds.delete(fd);
  else process.fds.set(fd, made);
  const isKnown = object !== undefined && object.type !== "";
  return isKnown ? [{ process: process.id, tid, type: "ended", fd, object }] : [];
}

type Ends = readonly ModelEvent[];

function bothEnds(
  thread: WorldThread,
  from: number,
  to: number,
  type: string,
  names: readonly [string, string],
): Ends {
  return [from, to].flatMap((fd, end) =>
    placed(thread, fd, descriptor({ type, name: names[end] as string })),
  );
}

function open({ world, thread, action }: Scene): void {
  const fails = action.fd === 6 && action.how === 0;
  const flags = choose(flagSets, action.how + action.more);
  const pairs = calls.openCalls(fails ? -2 : action.fd, pathOf(action), flags);
  world.call(thread, ...choose(pairs, action.how), () =>
    fails ? null : added(thread, action.fd, file(action, flags), "open"),
  );
}

function socket({ world, thread, action }: Scene): void {
  const kinds = [
    { type: "4", params: [2, 1, 6], isUdp: false },
    { type: "4", params: [2, 2, 17], isUdp: true },
    { type: "6", params: [10, 1, 6], isUdp: false },
    { type: "u", params: [1, 1, 0], isUdp: false },
  ] as const;
  const { type, params, isUdp } = choose(kinds, action.how);
  const exit: calls.Call = ["SOCKET_SOCKET_X", action.fd, ...params];
  world.call(thread, ["SOCKET_SOCKET_E", ...params], exit, () => {
    const name = type === "u" ? world.unnamedSocket() : ends(nowhere, nowhere);
    const made = { ...descriptor({ type, name }, 0, isUdp), shared: { made: null } };
    return placed(thread, action.fd, made);
  });
}

const nowhere = v4("0.0.0.0", 0);
const ownEnd = (fd: number) => v4("10.0.0.1", 40_000 + fd);
const peerEnd = (by: number) => v4("10.0.0.2", 80 + (by % 2));

function ends(source: End, destination: End): string {
  return [source, destination].map(({ ip, port }) => `${ip.join(".")}:${port}`).join("->");
}

/** A client's source is its own end, a server's the peer's. */
function between(role: "client" | "server" | null, fd: number, peer: End): string {
  return role === "server" ? ends(peer, ownEnd(fd)) : ends(ownEnd(fd), peer);
}

function isAnySocket({ object }: WorldDescriptor): boolean {
  return ["4", "6", "u"].includes(object.type);
}

function connect({ world, thread, action }: Scene): void {
  const { fd, how, more } = action;
  const known = used(thread, fd);
  if (known === undefined || known.role === "server" || !isAnySocket(known)) {
    return;
  }
  const { type } = known.object;
  const ret = choose([0, -115, -111], how);
  const isMade = ret !== -111;
  const peer = type === "6" ? v6(2, 80) : peerEnd(more);
  const own = type === "6" ? v6(1, 40_000) : ownEnd(fd);
  const isUnix = type === "u";
  const path = choose(["/run/s", "/run/t"], more);
  const address = isUnix ? new Uint8Array([1, ...calls.terminated(path)]) : sockaddr(peer);
  const packed = isUnix ? calls.unixTuple(0x10, 0x20, path) : tuple(own, peer);
  const exit: calls.Call = ["SOCKET_CONNECT_X", ret, packed, fd];
  world.call(thread, ["SOCKET_CONNECT_E", fd, address], exit, () => {
    let name = known.object.name;
    if (type === "4" && known.hasPeer && !known.isElsewhere) {
      known.connected = name;
    }
    if (isUnix) {
      name = path;
    } else if (type === "4") {
      // A refused call leaves what the socket knew of its own end.
      const [source] = name.split("->") as [string];
      name = isMade ? ends(own, peer) : `${source}->${ends(peer, peer).split("->")[0]}`;
    }
    known.object = { type, name };
    if (isMade && type !== "6") {
      known.connected = name;
      known.isElsewhere = false;
    }
    known.hasPeer ||= isMade;
    known.role = isMade ? (known.role ?? "client") : known.role;
    if (isMade) tellOthers(known);
    const event = onDescriptor(thread, fd, "connect");
    if (!isMade && type !== "6" && known.connected !== null) {
      // It still has the peer that it had.
      known.object = { type, name: known.connected };
      known.isElsewhere = false;
    }
    return event;
  });
}

function accept({ world, thread, action }: Scene): void {
  const { fd, how, more } = action;
  if (more === 0) {
    const failed = choose(calls.acceptCalls(-11, new Uint8Array(0)), how);
    world.call(thread, ...failed, () => null);
    return;
  }
  const isUnix = more % 3 === 0;
  const packed = isUnix ? calls.unixTuple(0x30, 0x40, "/run/s") : tuple(peerEnd(more), ownEnd(fd));
  const name = isUnix ? "/run/s" : ends(peerEnd(more), ownEnd(fd));
  const made = descriptor({ type: isUnix ? "u" : "4", name });
  made.role = "server";
  world.call(
    thread,
    ...choose(calls.acceptCalls(fd, packed), how),
    () => {
      // It has a name, and is counted all the same.
      if (isUnix) world.unnamedSocket();
      return added(thread, fd, made, "accept");
    },
    more % 5 === 4,
  );
}

/** Reads and writes. A datagram between other ends names the socket anew. */
function io({ world, thread, action }: Scene, type: "read" | "write"): void {
  const { fd, how, more } = action;
  const known = used(thread, fd);
  const isSocket = known !== undefined && isAnySocket(known);
  const ret = known === undefined ? -9 : choose(results, more);
  const isTold = known?.isUdp === true && how > calls.fileCalls;
  const peer = peerEnd(more);
  const [from, to] = type === "read" ? [peer, ownEnd(fd)] : [ownEnd(fd), peer];
  const told = isTold ? tuple(from, to) : null;
  const pairs = (type === "read" ? calls.readCalls : calls.writeCalls)(fd, ret, told);
  const pair = choose(isSocket ? pairs : pairs.slice(0, calls.fileCalls), how);
  const effect = (): ModelEvent | null => {
    const now = used(thread, fd);
    if (now === undefined || now.object.type === "") {
      return null;
    }
    now.hasPeer ||= ret >= 0 && isAnySocket(now);
    if (isTold && now === known && ret >= 0) {
      now.role ??= type === "read" ? "server" : "client";
      const name = between(now.role, fd, peer);
      now.isElsewhere ||= now.connected !== null && name !== now.object.name;
      now.object = { type: now.object.type, name };
    } else if (ret >= 0 && now.isElsewhere && now.connected !== null) {
      // No address came with it: it is the socket's own peer's.
      now.object = { type: now.object.type, name: now.connected };
      now.isElsewhere = false;
    } else if (ret >= 0 && now.isUdp && now.connected === null && now.object.type === "4") {
      // And from or to nobody known, where it has none.
      const [source, destination] = now.object.name.split("->") as [string, string];
      const unknown = `${nowhere.ip.join(".")}:${nowhere.port}`;
      const name = now.role === "server" ? `${unknown}->${destination}` : `${source}->${unknown}`;
      now.object = { type: "4", name };
    }
    if (ret < 0 && isUnused(now.object)) {
      return null;
    }
    const { process, tid } = thread;
    const bytes = Math.max(ret, 0);
    return { process: process.id, tid, type, fd, object: now.object, bytes };
  };
  const isBlocking = type === "read" && how === 1;
  world.call(thread, ...pair, effect, isBlocking);
}
