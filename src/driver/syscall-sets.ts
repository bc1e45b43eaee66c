// The system calls that the kernel is asked to report in each mode: the same names as in upstream's
// sets (its src/libs/sfmodes.h), and some that upstream never reports. Native code adds those that
// libsinsp needs to keep its tables right, and ignores names that this architecture does not have. And
// what stays unseen, with the reason.

import type { SchemaVersion } from "../sysflow/values.ts";

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

/** Upstream's, by mode, as `-m` names it. */
export const syscallSets = {
  flow: flow.split(" "),
  consume: consume.split(" "),
  nofiles: nofiles.split(" "),
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type SyscallMode = keyof typeof syscallSets;

const setuids = ["setreuid", "setreuid32"];

/** Ours in every schema, by mode. */
const addedSets = {
  flow: [
    ..."copy_file_range open_by_handle_at preadv2 pwritev2 sendfile sendfile64 splice".split(" "),
    ...setuids,
  ],
  consume: ["open_by_handle_at", ...setuids],
  nofiles: setuids,
} as const satisfies Readonly<Record<SyscallMode, readonly string[]>>;

const ofSchema6 = (
  "chmod chown chown32 fchmod fchmodat fchmodat2 fchown fchown32 fchownat ftruncate lchown " +
  "lchown32 mknod mknodat mount truncate umount umount2"
).split(" ");

/** What the kernel is to report in this mode, for files of this schema. */
export function syscallsFor(mode: SyscallMode, schema: SchemaVersion): readonly string[] {
  const isWithFileEvents = schema >= 6 && mode !== "nofiles";
  return [...syscallSets[mode], ...addedSets[mode], ...(isWithFileEvents ? ofSchema6 : [])];
}

export interface UnseenRow {
  readonly what: string;
  readonly why: string;
}

/** What happens on a host and makes no record, and why. Names in `what` are system calls. */
export const unseen: readonly UnseenRow[] = [
  {
    what: "io_uring",
    why: "its operations make no system calls; its own calls carry none of them",
  },
  { what: "open, openat … that fail", why: "a FileFlow has no result and needs a descriptor" },
  { what: "reads and writes of mapped memory", why: "they make no system calls; mmap is seen" },
  {
    what: "fallocate vmsplice tee readahead",
    why: "the capture library delivers them without arguments",
  },
  {
    what: "setxattr utimensat open_tree move_mount fsopen fsmount mount_setattr",
    why: "the same: mounts of the new kind and such attributes",
  },
  {
    what: "setfsuid setfsgid setgroups",
    why: "the same; setgid setregid setresgid have no flag, and send the Process again",
  },
  {
    what: "truncate, ftruncate, fchmodat2, preadv2, pwritev2, close_range under the kernel module",
    why: "the same; the eBPF probe of this program tells of them",
  },
  { what: "sendmmsg, recvmmsg after the eighth message", why: "the probe tells of eight a call" },
  {
    what: "bind listen socket socketpair pipe dup close_range unshare fcntl poll",
    why: "no flag; they keep the tables of descriptors and folders right",
  },
  { what: "kill ptrace chroot bpf init_module process_vm_writev", why: "no flag" },
  {
    what: "memfd_create eventfd timerfd_create epoll_create pidfd_open …",
    why: "their descriptors are no files with a path",
  },
];
