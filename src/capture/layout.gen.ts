// Generated from native/layout/event_layout.h by build/generate/layout.ts: do not edit.
// Each field is an index from its record's start, in units of its own width: u16 in 16-bit words,
// u32, i32 and Span (offset, then length) in 32-bit words, f64 in 64-bit words.

declare const operation: unique symbol;
/**
 * What a record of a batch says was done, NATIVE_…. No number to the type checker, so that it is never
 * taken for a bit of a record's opFlags (OP_… in sysflow/op-flags.gen.ts), nor the other way round.
 */
export type NativeOp = { readonly [operation]: never };

export const LAYOUT_HASH = 3564780917;

export const KIND_BATCH_HEADER = 0;
export const BYTES_BATCH_HEADER = 24;
export const BATCH_HEADER_MAGIC = 0;
export const BATCH_HEADER_BYTES = 1;
export const BATCH_HEADER_RECORDS = 2;
export const BATCH_HEADER_EOF = 3;
export const BATCH_HEADER_LAST_TS_LO = 4;
export const BATCH_HEADER_LAST_TS_HI = 5;

export const KIND_PROCESS = 1;
export const BYTES_PROCESS = 112;
export const PROCESS_KIND = 0;
export const PROCESS_FLAGS = 1;
export const PROCESS_SIZE = 1;
export const PROCESS_TS_LO = 2;
export const PROCESS_TS_HI = 3;
export const PROCESS_PROCESS = 4;
export const PROCESS_PARENT = 5;
export const PROCESS_CREATE_LO = 6;
export const PROCESS_CREATE_HI = 7;
export const PROCESS_PID = 8;
export const PROCESS_UID = 9;
export const PROCESS_GID = 10;
export const PROCESS_LOGINUID = 11;
export const PROCESS_CONTAINER = 12;
export const PROCESS_EXE = 14;
export const PROCESS_ARGS = 16;
export const PROCESS_ARG_COUNT = 18;
export const PROCESS_ENV_COUNT = 19;
export const PROCESS_USER = 20;
export const PROCESS_GROUP = 22;
export const PROCESS_CWD = 24;
export const PROCESS_ENV = 26;

export const KIND_PROCESS_GONE = 2;
export const BYTES_PROCESS_GONE = 16;
export const PROCESS_GONE_KIND = 0;
export const PROCESS_GONE_FLAGS = 1;
export const PROCESS_GONE_SIZE = 1;
export const PROCESS_GONE_PROCESS = 2;

export const KIND_CONTAINER = 3;
export const BYTES_CONTAINER = 56;
export const CONTAINER_KIND = 0;
export const CONTAINER_FLAGS = 1;
export const CONTAINER_SIZE = 1;
export const CONTAINER_CONTAINER = 2;
export const CONTAINER_TYPE = 3;
export const CONTAINER_ID = 4;
export const CONTAINER_NAME = 6;
export const CONTAINER_IMAGE = 8;
export const CONTAINER_IMAGE_TAG = 10;
export const CONTAINER_IMAGE_ID = 12;

export const KIND_PATH = 4;
export const BYTES_PATH = 24;
export const PATH_KIND = 0;
export const PATH_FLAGS = 1;
export const PATH_SIZE = 1;
export const PATH_OBJECT = 2;
export const PATH_PATH = 4;

export const KIND_SOCKET = 5;
export const BYTES_SOCKET = 64;
export const SOCKET_KIND = 0;
export const SOCKET_FLAGS = 1;
export const SOCKET_SIZE = 1;
export const SOCKET_OBJECT = 2;
export const SOCKET_FAMILY = 3;
export const SOCKET_PROTO = 4;
export const SOCKET_SPORT = 5;
export const SOCKET_DPORT = 6;
export const SOCKET_SIP0 = 7;
export const SOCKET_SIP1 = 8;
export const SOCKET_SIP2 = 9;
export const SOCKET_SIP3 = 10;
export const SOCKET_DIP0 = 11;
export const SOCKET_DIP1 = 12;
export const SOCKET_DIP2 = 13;
export const SOCKET_DIP3 = 14;

export const KIND_OBJECT_RESET = 6;
export const BYTES_OBJECT_RESET = 8;
export const OBJECT_RESET_KIND = 0;
export const OBJECT_RESET_FLAGS = 1;
export const OBJECT_RESET_SIZE = 1;

export const KIND_TICK = 7;
export const BYTES_TICK = 24;
export const TICK_KIND = 0;
export const TICK_FLAGS = 1;
export const TICK_SIZE = 1;
export const TICK_TS_LO = 2;
export const TICK_TS_HI = 3;
export const TICK_SECOND = 4;

export const KIND_PROCESS_OP = 8;
export const BYTES_PROCESS_OP = 48;
export const PROCESS_OP_KIND = 0;
export const PROCESS_OP_FLAGS = 1;
export const PROCESS_OP_SIZE = 1;
export const PROCESS_OP_TS_LO = 2;
export const PROCESS_OP_TS_HI = 3;
export const PROCESS_OP_PROCESS = 4;
export const PROCESS_OP_TID = 5;
export const PROCESS_OP_OP = 6;
export const PROCESS_OP_RET = 7;
export const PROCESS_OP_UID = 8;
export const PROCESS_OP_TEXT = 10;

export const KIND_DESCRIPTOR_OP = 9;
export const BYTES_DESCRIPTOR_OP = 48;
export const DESCRIPTOR_OP_KIND = 0;
export const DESCRIPTOR_OP_FLAGS = 1;
export const DESCRIPTOR_OP_SIZE = 1;
export const DESCRIPTOR_OP_TS_LO = 2;
export const DESCRIPTOR_OP_TS_HI = 3;
export const DESCRIPTOR_OP_PROCESS = 4;
export const DESCRIPTOR_OP_TID = 5;
export const DESCRIPTOR_OP_OP = 6;
export const DESCRIPTOR_OP_RET = 7;
export const DESCRIPTOR_OP_FD = 8;
export const DESCRIPTOR_OP_OBJECT = 9;
export const DESCRIPTOR_OP_TYPE = 10;
export const DESCRIPTOR_OP_OPEN_FLAGS = 11;

export const KIND_IO = 10;
export const BYTES_IO = 72;
export const IO_KIND = 0;
export const IO_FLAGS = 1;
export const IO_SIZE = 1;
export const IO_TS_LO = 2;
export const IO_TS_HI = 3;
export const IO_PROCESS = 4;
export const IO_TID = 5;
export const IO_FD = 6;
export const IO_OBJECT = 7;
export const IO_TYPE = 8;
export const IO_READ_OPS = 9;
export const IO_WRITE_OPS = 10;
export const IO_LAST_TS_LO = 12;
export const IO_LAST_TS_HI = 13;
export const IO_READ_BYTES = 7;
export const IO_WRITE_BYTES = 8;

export const KIND_PATH_OP = 11;
export const BYTES_PATH_OP = 56;
export const PATH_OP_KIND = 0;
export const PATH_OP_FLAGS = 1;
export const PATH_OP_SIZE = 1;
export const PATH_OP_TS_LO = 2;
export const PATH_OP_TS_HI = 3;
export const PATH_OP_PROCESS = 4;
export const PATH_OP_TID = 5;
export const PATH_OP_OP = 6;
export const PATH_OP_RET = 7;
export const PATH_OP_OBJECT = 8;
export const PATH_OP_OBJECT2 = 9;
export const PATH_OP_ARG_COUNT = 10;
export const PATH_OP_ARGS = 12;

export const KIND_PROCESS_TEXT = 12;
export const BYTES_PROCESS_TEXT = 24;
export const PROCESS_TEXT_KIND = 0;
export const PROCESS_TEXT_FLAGS = 1;
export const PROCESS_TEXT_SIZE = 1;
export const PROCESS_TEXT_PROCESS = 2;
export const PROCESS_TEXT_PIECE = 4;
export const BATCH_MAGIC = 1397113393;
export const PROCESS_TTY = 1;
export const PROCESS_ENTRY = 2;
export const PROCESS_ARGS_APART = 4;
export const PROCESS_ENV_APART = 8;
export const TEXT_ARGS = 1;
export const TEXT_ENV = 2;
export const CONTAINER_KNOWN = 1;
export const CONTAINER_PRIVILEGED = 2;
export const MAIN_THREAD = 1;
export const CLONE_THREAD = 2;
export const CLOSE_OWN = 1;

export const NATIVE_CLONE = 1 as unknown as NativeOp;
export const NATIVE_EXEC = 2 as unknown as NativeOp;
export const NATIVE_EXIT = 3 as unknown as NativeOp;
export const NATIVE_SETUID = 4 as unknown as NativeOp;
export const NATIVE_OPEN = 5 as unknown as NativeOp;
export const NATIVE_CLOSE = 6 as unknown as NativeOp;
export const NATIVE_ACCEPT = 7 as unknown as NativeOp;
export const NATIVE_CONNECT = 8 as unknown as NativeOp;
export const NATIVE_SHUTDOWN = 9 as unknown as NativeOp;
export const NATIVE_MMAP = 10 as unknown as NativeOp;
export const NATIVE_SETNS = 11 as unknown as NativeOp;
export const NATIVE_MKDIR = 12 as unknown as NativeOp;
export const NATIVE_RMDIR = 13 as unknown as NativeOp;
export const NATIVE_LINK = 14 as unknown as NativeOp;
export const NATIVE_UNLINK = 15 as unknown as NativeOp;
export const NATIVE_SYMLINK = 16 as unknown as NativeOp;
export const NATIVE_RENAME = 17 as unknown as NativeOp;
export const NATIVE_CHMOD = 18 as unknown as NativeOp;
export const NATIVE_CHOWN = 19 as unknown as NativeOp;
export const NATIVE_MOUNT = 20 as unknown as NativeOp;
export const NATIVE_UMOUNT = 21 as unknown as NativeOp;
export const NATIVE_MKNOD = 22 as unknown as NativeOp;
export const NATIVE_RESIZE = 23 as unknown as NativeOp;
export const NATIVE_SETGID = 24 as unknown as NativeOp;
export const NATIVE_ENDED = 25 as unknown as NativeOp;

export const nativeOps: Readonly<Record<string, NativeOp>> = {
  CLONE: NATIVE_CLONE,
  EXEC: NATIVE_EXEC,
  EXIT: NATIVE_EXIT,
  SETUID: NATIVE_SETUID,
  OPEN: NATIVE_OPEN,
  CLOSE: NATIVE_CLOSE,
  ACCEPT: NATIVE_ACCEPT,
  CONNECT: NATIVE_CONNECT,
  SHUTDOWN: NATIVE_SHUTDOWN,
  MMAP: NATIVE_MMAP,
  SETNS: NATIVE_SETNS,
  MKDIR: NATIVE_MKDIR,
  RMDIR: NATIVE_RMDIR,
  LINK: NATIVE_LINK,
  UNLINK: NATIVE_UNLINK,
  SYMLINK: NATIVE_SYMLINK,
  RENAME: NATIVE_RENAME,
  CHMOD: NATIVE_CHMOD,
  CHOWN: NATIVE_CHOWN,
  MOUNT: NATIVE_MOUNT,
  UMOUNT: NATIVE_UMOUNT,
  MKNOD: NATIVE_MKNOD,
  RESIZE: NATIVE_RESIZE,
  SETGID: NATIVE_SETGID,
  ENDED: NATIVE_ENDED,
};
