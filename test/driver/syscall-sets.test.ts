// The modes against upstream's own sets, written out as its 0.7.0 has them.

import { describe, expect, test } from "bun:test";
import { syscallSets } from "../../src/driver/syscall-sets.ts";

const upstream = {
  flow: `accept accept4 bind chmod clone clone3 close connect creat execve execveat fork link linkat
    listen mmap mmap2 mkdir mkdirat open openat openat2 pread64 preadv pwritev pwrite64 read readv
    recvfrom recvmmsg recvmsg rename renameat renameat2 rmdir sendmmsg sendmsg sendto setns
    setresuid setresuid32 setuid setuid32 shutdown socketpair symlink symlinkat unlink unlinkat
    vfork write writev`,
  consume: `accept accept4 chmod clone clone3 close connect creat execve execveat fork link linkat
    mkdir mkdirat open openat openat2 recvfrom recvmmsg recvmsg rename renameat renameat2 rmdir
    sendmmsg sendmsg sendto setresuid setresuid32 setuid setuid32 socketpair symlink symlinkat
    unlink unlinkat vfork`,
  nofiles: `accept accept4 clone clone3 close connect creat execve execveat fork open openat openat2
    recvfrom recvmmsg recvmsg sendmmsg sendmsg sendto setresuid setresuid32 setuid setuid32
    socketpair vfork`,
} as const;

describe("mode", () => {
  test.each([
    ["flow", 52],
    ["consume", 38],
    ["nofiles", 25],
  ] as const)("%s has upstream's %d system calls", (mode, count) => {
    const wanted = upstream[mode].split(/\s+/).sort();
    expect([...syscallSets[mode]].sort()).toEqual(wanted);
    expect(new Set(syscallSets[mode]).size).toBe(count);
  });
});
