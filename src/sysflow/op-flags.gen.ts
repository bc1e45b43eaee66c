// Generated from native/layout/operations.h by build/generate/layout.ts: do not edit.
// The opFlags bits: what a record's process did. An event carries exactly one bit, a flow all bits
// of what happened.

export const OP_CLONE = 0x1;
export const OP_EXEC = 0x2;
export const OP_EXIT = 0x4;
export const OP_SETUID = 0x8;
export const OP_SETNS = 0x10;
export const OP_ACCEPT = 0x20;
export const OP_CONNECT = 0x40;
export const OP_OPEN = 0x80;
export const OP_READ_RECV = 0x100;
export const OP_WRITE_SEND = 0x200;
export const OP_CLOSE = 0x400;
/** Surprising: a flow that did not end by its own close. No truncate(2), which is RESIZE. */
export const OP_TRUNCATE = 0x800;
export const OP_SHUTDOWN = 0x1000;
export const OP_MMAP = 0x2000;
/** In upstream's table; nothing sets it. */
export const OP_DIGEST = 0x4000;
export const OP_MKDIR = 0x8000;
export const OP_RMDIR = 0x10000;
export const OP_LINK = 0x20000;
export const OP_UNLINK = 0x40000;
export const OP_SYMLINK = 0x80000;
export const OP_RENAME = 0x100000;
export const OP_CHMOD = 0x200000;
export const OP_CHOWN = 0x400000;
export const OP_MOUNT = 0x800000;
export const OP_UMOUNT = 0x1000000;
export const OP_MKNOD = 0x2000000;
export const OP_RESIZE = 0x4000000;

/** Which bits each kind of record may carry (upstream's src/libs/op_flags.h and measurement). */
export const opFlagsOf = {
  ProcessEvent: OP_CLONE | OP_EXEC | OP_EXIT | OP_SETUID,
  ProcessFlow: OP_CLONE | OP_EXIT | OP_TRUNCATE,
  FileEvent: OP_MKDIR | OP_RMDIR | OP_LINK | OP_UNLINK | OP_SYMLINK | OP_RENAME,
  NetworkFlow: OP_ACCEPT | OP_CONNECT | OP_READ_RECV | OP_WRITE_SEND | OP_CLOSE | OP_TRUNCATE | OP_SHUTDOWN,
  FileFlow: OP_SETNS | OP_ACCEPT | OP_CONNECT | OP_OPEN | OP_READ_RECV | OP_WRITE_SEND | OP_CLOSE | OP_TRUNCATE | OP_SHUTDOWN | OP_MMAP,
} as const;

/** What FileEvents may carry in schema 6 besides, and the calls that have it, as people name them. */
export const fileEventFlagsOf6 = OP_CHMOD | OP_CHOWN | OP_MOUNT | OP_UMOUNT | OP_MKNOD | OP_RESIZE;
export const fileEventCallsOf6 = ["chmod","chown","mount","umount","mknod","truncate"] as const;

/** What a FileEvent is told of: one folder; one file from before; two files; a second that is new. */
export const folderFlags = OP_MKDIR | OP_RMDIR;
export const existingFlags = OP_CHMOD | OP_CHOWN | OP_UMOUNT | OP_RESIZE;
export const twoFileFlags = OP_LINK | OP_SYMLINK | OP_RENAME | OP_MOUNT;
export const newNameFlags = OP_LINK | OP_SYMLINK | OP_RENAME;

/** The arguments of FileEvents in schema 6, in their order; [those] only where they are known. */
export const fileEventArgs: readonly (readonly [flag: number, args: readonly string[]])[] = [
  [OP_CHMOD, ["mode (octal)"]],
  [OP_CHOWN, ["user","group (-1 keeps)"]],
  [OP_MOUNT, ["type","[flags (hexadecimal)]"]],
  [OP_UMOUNT, ["[flags (hexadecimal)]"]],
  [OP_MKNOD, ["mode (octal)","major:minor"]],
  [OP_RESIZE, ["bytes"]],
];
