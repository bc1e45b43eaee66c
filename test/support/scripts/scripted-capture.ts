// Builds scripts for the test engine tersely: one method per system call, which appends the events
// that the driver would send, enter and exit. Each call takes a microsecond of event time. A
// newcomer's trap: libsinsp believes the exit event, so a failed call needs its negative `ret`.

import { endianness } from "node:os";
import type { OpenOptions, TestEvent, TestThread } from "../../../src/capture/binding.ts";

type Param = TestEvent["params"][number];

/** IP and port, as `10.0.0.1:80` or `[fe80::1]:80` would say it. */
export interface End {
  /** Four or sixteen bytes in network order. */
  readonly ip: readonly number[];
  readonly port: number;
}

export const startTs = 1_700_000_000_000_000_000n;
export const secondNs = 1_000_000_000n;

const AT_FDCWD = -100;
/** libscap's numbers of socket families; in libsinsp's events they are bytes. */
const FAMILY = { unix: 1, ipv4: 2, ipv6: 10 } as const;
const SOCKET_TYPE = { tcp: 1, udp: 2 } as const;
/** libscap's numbers (PPM_CL_*), not the kernel's. */
export const cloneFlag = { FILES: 1, THREAD: 1 << 13 } as const;

export interface CloneFacts {
  readonly exe?: string;
  /** Behind argv[0]. */
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly flags?: number;
  /** The process (thread group) of the child; its own tid when absent. */
  readonly pid?: number;
  /** As in /proc/PID/cgroup, joined by NUL: `cpu=/docker/…`. */
  readonly cgroups?: string;
  readonly uid?: number;
}

export class Script {
  readonly threads: TestThread[] = [];
  readonly events: TestEvent[] = [];
  now: bigint = startTs;

  thread(facts: TestThread): this {
    this.threads.push({ createTs: startTs - secondNs, cwd: "/home", ...facts });
    return this;
  }

  /** Lets event time pass before the next call. */
  wait(ns: bigint): this {
    this.now += ns;
    return this;
  }

  add(tid: TestEvent["tid"], type: string, ...params: Param[]): this {
    this.now += 1000n;
    this.events.push({ ts: this.now, tid, type: `PPME_${type}`, params });
    return this;
  }

  options(more: Partial<OpenOptions> = {}): OpenOptions {
    return { engine: "test", threads: this.threads, events: this.events, ...more };
  }

  open(tid: number, fd: number, path: string, dirFd = AT_FDCWD, flags = 1): this {
    this.add(tid, "SYSCALL_OPENAT_2_E", dirFd, path, flags, 0);
    return this.add(tid, "SYSCALL_OPENAT_2_X", fd, dirFd, path, flags, 0, 0, 0);
  }

  close(tid: number, fd: number, ret = 0): this {
    return this.add(tid, "SYSCALL_CLOSE_E", fd).add(tid, "SYSCALL_CLOSE_X", ret);
  }

  read(tid: number, fd: number, ret: number): this {
    this.add(tid, "SYSCALL_READ_E", fd, 4096);
    return this.add(tid, "SYSCALL_READ_X", ret, null, fd, 4096);
  }

  write(tid: number, fd: number, ret: number): this {
    return this.add(tid, "SYSCALL_WRITE_E", fd, 4096).add(tid, "SYSCALL_WRITE_X", ret, null);
  }

  dup2(tid: number, from: number, to: number): this {
    return this.add(tid, "SYSCALL_DUP2_E", from).add(tid, "SYSCALL_DUP2_X", to, from, to);
  }

  chdir(tid: number, path: string): this {
    return this.add(tid, "SYSCALL_CHDIR_E").add(tid, "SYSCALL_CHDIR_X", 0, path);
  }

  mmap(tid: number, fd: number): this {
    this.add(tid, "SYSCALL_MMAP_E", 0, 4096, 1, 2, fd, 0);
    return this.add(tid, "SYSCALL_MMAP_X", 0x7f0000000000n, 1, 1, 0);
  }

  setuid(tid: number, uid: number, ret = 0): this {
    return this.add(tid, "SYSCALL_SETUID_E", uid).add(tid, "SYSCALL_SETUID_X", ret);
  }

  setresuid(tid: number, ids: readonly [real: number, effective: number, saved: number]): this {
    return this.add(tid, "SYSCALL_SETRESUID_E", ...ids).add(tid, "SYSCALL_SETRESUID_X", 0);
  }

  /** Both returns of a clone: the parent's with the child's tid, the child's with 0. */
  clone(parent: number, child: number, facts: CloneFacts = {}): this {
    this.add(parent, "SYSCALL_CLONE_20_E");
    const params = (ret: number, tid: number, pid: number, ptid: number): Param[] => [
      ...[
        ret,
        facts.exe ?? "/bin/sh",
        list(facts.args ?? []),
        tid,
        pid,
        ptid,
        facts.cwd ?? "/home",
      ],
      ...[1024, 0, 0, 0, 0, 0, "sh", bytes(facts.cgroups ?? "cpu=/")],
      ...[facts.flags ?? 0, facts.uid ?? 0, 0, tid, pid, 0],
    ];
    const pid = facts.pid ?? child;
    this.add(parent, "SYSCALL_CLONE_20_X", ...params(child, parent, parent, 1));
    return this.add(child, "SYSCALL_CLONE_20_X", ...params(0, child, pid, parent));
  }

  exec(
    tid: number,
    path: string,
    args: readonly string[] = [],
    cgroups = "cpu=/",
    env: readonly string[] = [],
  ): this {
    this.add(tid, "SYSCALL_EXECVE_19_E", path);
    const name = path.slice(path.lastIndexOf("/") + 1);
    return this.add(
      tid,
      "SYSCALL_EXECVE_19_X",
      ...[0, path, list(args), tid, tid, 1, "/home", 1024, 0, 0, 0, 0, 0, name, bytes(cgroups)],
      ...[list(env), 0, tid, 0, 0, 0, 0, 0, 0, 0, 0, 0, path, tid, 0],
    );
  }

  exit(tid: number, status = 0): this {
    return this.add(tid, "PROCEXIT_1_E", status, status, 0, 0, 1);
  }

  socket(tid: number, fd: number, kind: "tcp" | "udp", family: 2 | 10 = FAMILY.ipv4): this {
    const params = [family, SOCKET_TYPE[kind], kind === "tcp" ? 6 : 17];
    this.add(tid, "SOCKET_SOCKET_E", ...params);
    return this.add(tid, "SOCKET_SOCKET_X", fd, ...params);
  }

  bind(tid: number, fd: number, end: End): this {
    return this.add(tid, "SOCKET_BIND_E", fd).add(tid, "SOCKET_BIND_X", 0, sockaddr(end), fd);
  }

  connect(tid: number, fd: number, from: End, to: End, ret = 0): this {
    this.add(tid, "SOCKET_CONNECT_E", fd, sockaddr(to));
    return this.add(tid, "SOCKET_CONNECT_X", ret, tuple(from, to), fd);
  }

  /** A server's side: the peer initiated, so it is the tuple's source. */
  accept(tid: number, fd: number, peer: End, own: End): this {
    this.add(tid, "SOCKET_ACCEPT4_6_E", 0);
    return this.add(tid, "SOCKET_ACCEPT4_6_X", fd, tuple(peer, own), 0, 0, 128);
  }

  sendto(tid: number, fd: number, from: End, to: End, ret: number): this {
    this.add(tid, "SOCKET_SENDTO_E", fd, 4096, tuple(from, to));
    return this.add(tid, "SOCKET_SENDTO_X", ret, null);
  }

  recvfrom(tid: number, fd: number, peer: End, own: End, ret: number): this {
    this.add(tid, "SOCKET_RECVFROM_E", fd, 4096);
    return this.add(tid, "SOCKET_RECVFROM_X", ret, null, tuple(peer, own));
  }

  shutdown(tid: number, fd: number): this {
    return this.add(tid, "SOCKET_SHUTDOWN_E", fd, 2).add(tid, "SOCKET_SHUTDOWN_X", 0);
  }

  mkdir(tid: number, path: string, ret = 0): this {
    return this.add(tid, "SYSCALL_MKDIR_2_E", 0o755).add(tid, "SYSCALL_MKDIR_2_X", ret, path);
  }

  mkdirat(tid: number, dirFd: number, path: string): this {
    return this.add(tid, "SYSCALL_MKDIRAT_E").add(tid, "SYSCALL_MKDIRAT_X", 0, dirFd, path, 0o755);
  }

  unlinkat(tid: number, dirFd: number, path: string): this {
    this.add(tid, "SYSCALL_UNLINKAT_2_E");
    return this.add(tid, "SYSCALL_UNLINKAT_2_X", 0, dirFd, path, 0);
  }

  rename(tid: number, from: string, to: string, dirs: readonly [number, number] = cwds): this {
    this.add(tid, "SYSCALL_RENAMEAT2_E");
    return this.add(tid, "SYSCALL_RENAMEAT2_X", 0, dirs[0], from, dirs[1], to, 0);
  }

  link(tid: number, from: string, to: string): this {
    this.add(tid, "SYSCALL_LINKAT_2_E");
    return this.add(tid, "SYSCALL_LINKAT_2_X", 0, AT_FDCWD, from, AT_FDCWD, to, 0);
  }

  symlink(tid: number, target: string, path: string): this {
    return this.add(tid, "SYSCALL_SYMLINK_E").add(tid, "SYSCALL_SYMLINK_X", 0, target, path);
  }

  symlinkat(tid: number, target: string, dirFd: number, path: string): this {
    this.add(tid, "SYSCALL_SYMLINKAT_E");
    return this.add(tid, "SYSCALL_SYMLINKAT_X", 0, target, dirFd, path);
  }
}

const cwds: readonly [number, number] = [AT_FDCWD, AT_FDCWD];

/** A script with one process, pid 100, whose executable is /bin/prog. */
export function scriptOfOne(): Script {
  return new Script().thread({ tid: 100, exe: "/bin/prog", cwd: "/home" });
}

export function v4(text: string, port: number): End {
  return { ip: text.split(".").map(Number), port };
}

/** An IPv6 end from its last byte; all others are 0, as in `::1`. */
export function v6(last: number, port: number): End {
  return { ip: [...new Array<number>(15).fill(0), last], port };
}

/** A list as the kernel lays it out: each item with a NUL behind it. */
function list(items: readonly string[]): Param {
  return items.length > 0 ? bytes(`${items.join("\0")}\0`) : null;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function sockaddr(end: End): Uint8Array {
  return new Uint8Array([familyOf(end), ...end.ip, ...portBytes(end.port)]);
}

export function tuple(source: End, destination: End): Uint8Array {
  const ends = [source, destination].flatMap((end) => [...end.ip, ...portBytes(end.port)]);
  return new Uint8Array([familyOf(source), ...ends]);
}

function familyOf(end: End): number {
  return end.ip.length === 4 ? FAMILY.ipv4 : FAMILY.ipv6;
}

/** The driver writes ports in the machine's byte order. */
function portBytes(port: number): readonly number[] {
  const little = [port & 0xff, port >> 8];
  return endianness() === "LE" ? little : little.reverse();
}
