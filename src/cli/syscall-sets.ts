// The system calls that each mode has the kernel report, upstream's sets to the name (its
// src/libs/sfmodes.h). What libsinsp needs to keep its tables right comes on top, in native code;
// names that this architecture does not have are ignored there.

const nofiles =
  "accept accept4 clone clone3 close connect creat execve execveat fork open openat openat2 " +
  "recvfrom recvmmsg recvmsg sendmmsg sendmsg sendto setresuid setresuid32 setuid setuid32 " +
  "socketpair vfork";

const consume =
  `${nofiles} chmod link linkat mkdir mkdirat rename renameat renameat2 rmdir symlink symlinkat ` +
  "unlink unlinkat";

const flow =
  `${consume} bind listen mmap mmap2 pread64 preadv pwrite64 pwritev read readv setns shutdown ` +
  "write writev";

/** By mode, as `-m` names it. */
export const syscallSets = {
  flow: flow.split(" "),
  consume: consume.split(" "),
  nofiles: nofiles.split(" "),
} as const satisfies Readonly<Record<string, readonly string[]>>;
