// The events of system calls, enter and exit, by name and parameters. A newcomer's trap: which of the
// two carries the descriptor differs from call to call.

import type { TestEvent } from "../../../src/capture/binding.ts";
import { bytes, cloneFlag } from "../scripts/scripted-capture.ts";

/** An event type without PPME_, and its parameters. */
export type Call = readonly [type: string, ...params: TestEvent["params"]];
type CallPair = readonly [enter: Call, exit: Call];

const AT_FDCWD = -100;

/** Each way to read; `tuple` where a datagram tells its ends. */
export function readCalls(fd: number, ret: number, tuple: Uint8Array | null): readonly CallPair[] {
  return [
    [
      ["SYSCALL_READ_E", fd, 64],
      ["SYSCALL_READ_X", ret, null, fd, 64],
    ],
    [
      ["SYSCALL_PREAD_E", fd, 64, 0],
      ["SYSCALL_PREAD_X", ret, null, fd, 64, 0],
    ],
    [
      ["SYSCALL_READV_E", fd],
      ["SYSCALL_READV_X", ret, 64, null],
    ],
    [
      ["SYSCALL_PREADV_E", fd, 0],
      ["SYSCALL_PREADV_X", ret, 64, null],
    ],
    // From here on sockets only.
    [
      ["SOCKET_RECV_E", fd, 64],
      ["SOCKET_RECV_X", ret, null],
    ],
    [
      ["SOCKET_RECVFROM_E", fd, 64],
      ["SOCKET_RECVFROM_X", ret, null, tuple],
    ],
    [
      ["SOCKET_RECVMSG_E", fd],
      ["SOCKET_RECVMSG_X", ret, 64, null, tuple, null],
    ],
  ];
}

export function writeCalls(fd: number, ret: number, tuple: Uint8Array | null): readonly CallPair[] {
  return [
    [
      ["SYSCALL_WRITE_E", fd, 64],
      ["SYSCALL_WRITE_X", ret, null],
    ],
    [
      ["SYSCALL_PWRITE_E", fd, 64, 0],
      ["SYSCALL_PWRITE_X", ret, null],
    ],
    [
      ["SYSCALL_WRITEV_E", fd, 64],
      ["SYSCALL_WRITEV_X", ret, null],
    ],
    [
      ["SYSCALL_PWRITEV_E", fd, 64, 0],
      ["SYSCALL_PWRITEV_X", ret, null],
    ],
    [
      ["SOCKET_SEND_E", fd, 64],
      ["SOCKET_SEND_X", ret, null],
    ],
    [
      ["SOCKET_SENDTO_E", fd, 64, tuple],
      ["SOCKET_SENDTO_X", ret, null],
    ],
    [
      ["SOCKET_SENDMSG_E", fd, 64, tuple],
      ["SOCKET_SENDMSG_X", ret, null],
    ],
  ];
}

/** How many of the above are for files too. */
export const fileCalls = 4;

export function openCalls(fd: number, path: string, flags: number): readonly CallPair[] {
  return [
    [
      ["SYSCALL_OPEN_E", path, flags, 0],
      ["SYSCALL_OPEN_X", fd, path, flags, 0, 0, 0],
    ],
    [
      ["SYSCALL_OPENAT_2_E", AT_FDCWD, path, flags, 0],
      ["SYSCALL_OPENAT_2_X", fd, AT_FDCWD, path, flags, 0, 0, 0],
    ],
    [
      ["SYSCALL_OPENAT2_E", AT_FDCWD, path, flags, 0, 0],
      ["SYSCALL_OPENAT2_X", fd, AT_FDCWD, path, flags, 0, 0, 0, 0],
    ],
  ];
}

export function creatCalls(fd: number, path: string): CallPair {
  return [
    ["SYSCALL_CREAT_E", path, 0o644],
    ["SYSCALL_CREAT_X", fd, path, 0o644, 0, 0, 0],
  ];
}

export function dupCalls(from: number, to: number): readonly CallPair[] {
  const F_DUPFD = 1;
  return [
    [
      ["SYSCALL_DUP_1_E", from],
      ["SYSCALL_DUP_1_X", to, from],
    ],
    [
      ["SYSCALL_DUP2_E", from],
      ["SYSCALL_DUP2_X", to, from, to],
    ],
    [
      ["SYSCALL_DUP3_E", from],
      ["SYSCALL_DUP3_X", to, from, to, 0],
    ],
    [
      ["SYSCALL_FCNTL_E", from, F_DUPFD],
      ["SYSCALL_FCNTL_X", to, from, F_DUPFD],
    ],
  ];
}

export function acceptCalls(fd: number, tuple: Uint8Array): readonly CallPair[] {
  return [
    [["SOCKET_ACCEPT_5_E"], ["SOCKET_ACCEPT_5_X", fd, tuple, 0, 0, 128]],
    [
      ["SOCKET_ACCEPT4_6_E", 0],
      ["SOCKET_ACCEPT4_6_X", fd, tuple, 0, 0, 128],
    ],
  ];
}

/** The exit of a clone, in the parent or in the child. */
export function cloneExit(
  type: string,
  ret: number,
  tid: number,
  pid: number,
  ptid: number,
  isThread: boolean,
  container: string | null,
): Call {
  const flags = isThread ? cloneFlag.THREAD | cloneFlag.FILES : 0;
  const cgroups = cgroupsOf(container);
  return [
    `${type}_X`,
    ...[ret, "/bin/sh", null, tid, pid, ptid, "/home", 1024, 0, 0, 0, 0, 0, "sh"],
    ...[cgroups, flags, 0, 0, tid, pid, 0],
  ];
}

export const newProgram = "/bin/new";

export function execveCalls(
  tid: number,
  ptid: number,
  container: string | null,
  ret: number,
): CallPair {
  const cgroups = cgroupsOf(container);
  const path = newProgram;
  return [
    ["SYSCALL_EXECVE_19_E", path],
    [
      "SYSCALL_EXECVE_19_X",
      ...[ret, path, null, tid, tid, ptid, "/home", 1024, 0, 0, 0, 0, 0, "new", cgroups, null],
      ...[0, tid, 0, 0, 0, 0, 0, 0, 0, 0, 0, path, tid, 0],
    ],
  ];
}

/** A container's id is cut to twelve digits. */
function cgroupsOf(container: string | null): Uint8Array {
  return bytes(container === null ? "cpu=/" : `cpu=/docker/${container.padEnd(64, "0")}`);
}

export function terminated(text: string): readonly number[] {
  return [...bytes(text), 0];
}

/** A Unix socket's two kernel addresses and the path of one end, as the driver packs them. */
export function unixTuple(source: number, peer: number, path: string): Uint8Array {
  const packed = new Uint8Array(1 + 8 + 8 + path.length + 1);
  packed[0] = 1;
  const view = new DataView(packed.buffer);
  view.setBigUint64(1, BigInt(source), isLittle);
  view.setBigUint64(9, BigInt(peer), isLittle);
  packed.set(bytes(path), 17);
  return packed;
}

const isLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
