// The system calls that the kernel is asked to report in each mode: the same names as in upstream's
// sets (its src/libs/sfmodes.h), and some that upstream never reports. Native code adds those that
// libsinsp needs to keep its tables right, and ignores names that this architecture does not have.

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
