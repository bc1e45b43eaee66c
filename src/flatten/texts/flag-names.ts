// Bit sets as lists of names: operations, the kernel's events that they stand for, and open flags.
// The lists are made once for each value. Few values occur; where a file has many, all are forgotten.

import * as op from "../../sysflow/op-flags.gen.ts";
import {
  OPEN_APPEND,
  OPEN_CLOEXEC,
  OPEN_CREAT,
  OPEN_DIRECT,
  OPEN_DIRECTORY,
  OPEN_DSYNC,
  OPEN_EXCL,
  OPEN_F_CREATED,
  OPEN_LARGEFILE,
  OPEN_LOWER_LAYER,
  OPEN_NONBLOCK,
  OPEN_RDONLY,
  OPEN_RDWR,
  OPEN_SYNC,
  OPEN_TMPFILE,
  OPEN_TRUNC,
  OPEN_UPPER_LAYER,
  OPEN_WRONLY,
} from "../../sysflow/open-flags.ts";

/** Names of the bits of a value. */
export interface Names {
  readonly items: readonly string[];
  /** Joined by commas. */
  readonly text: string;
}

const valuesMax = 4096;

/** Makes a list for each value once. */
class NameTable {
  readonly #make: (value: number) => Names;
  readonly #known = new Map<number, Names>();

  constructor(make: (value: number) => Names) {
    this.#make = make;
  }

  of(value: number): Names {
    let names = this.#known.get(value);
    if (names === undefined) {
      if (this.#known.size >= valuesMax) {
        this.#known.clear();
      }
      names = this.#make(value);
      this.#known.set(value, names);
    }
    return names;
  }
}

function namesOf(items: readonly string[]): Names {
  return { items, text: items.join(",") };
}

/** In the order in which upstream gives them; what it has no names for comes last. */
const operations: readonly (readonly [bit: number, name: string, ofNetwork?: string])[] = [
  [op.OP_MKDIR, "MKDIR"],
  [op.OP_RMDIR, "RMDIR"],
  [op.OP_LINK, "LINK"],
  [op.OP_SYMLINK, "SYMLINK"],
  [op.OP_UNLINK, "UNLINK"],
  [op.OP_RENAME, "RENAME"],
  [op.OP_CLONE, "CLONE"],
  [op.OP_EXEC, "EXEC"],
  [op.OP_EXIT, "EXIT"],
  [op.OP_SETUID, "SETUID"],
  [op.OP_OPEN, "OPEN"],
  [op.OP_ACCEPT, "ACCEPT"],
  [op.OP_CONNECT, "CONNECT"],
  [op.OP_CLOSE, "CLOSE"],
  [op.OP_WRITE_SEND, "WRITE", "SEND"],
  [op.OP_READ_RECV, "READ", "RECV"],
  [op.OP_SETNS, "SETNS"],
  [op.OP_MMAP, "MMAP"],
  [op.OP_SHUTDOWN, "SHUTDOWN"],
  [op.OP_TRUNCATE, "TRUNCATE"],
  [op.OP_DIGEST, "DIGEST"],
  [op.OP_CHMOD, "CHMOD"],
  [op.OP_CHOWN, "CHOWN"],
  [op.OP_MOUNT, "MOUNT"],
  [op.OP_UMOUNT, "UMOUNT"],
  [op.OP_MKNOD, "MKNOD"],
  [op.OP_RESIZE, "RESIZE"],
];

function operationNames(flags: number, isNetwork: boolean): Names {
  const set = operations.filter(([bit]) => (flags & bit) !== 0);
  return namesOf(set.map(([, name, ofNetwork = name]) => (isNetwork ? ofNetwork : name)));
}

const ofFiles = new NameTable((flags) => operationNames(flags, false));
const ofNetworks = new NameTable((flags) => operationNames(flags, true));

/** Operations as SysFlow names them. */
export function opNames(flags: number, isNetwork: boolean): Names {
  return (isNetwork ? ofNetworks : ofFiles).of(flags);
}

/**
 * The events of Falco's that an operation stands for; a record does not tell which it was. The first
 * is the one that is shown. An event that rules ask for because it is odd (open_by_handle_at, creat)
 * is not among them: each open would be taken for one.
 */
const events: readonly (readonly [bit: number, names: readonly string[], ofNetwork?: string[]])[] =
  [
    [op.OP_MKDIR, ["mkdir", "mkdirat"]],
    [op.OP_RMDIR, ["rmdir"]],
    [op.OP_LINK, ["link", "linkat"]],
    [op.OP_SYMLINK, ["symlink", "symlinkat"]],
    [op.OP_UNLINK, ["unlink", "unlinkat"]],
    [op.OP_RENAME, ["rename", "renameat", "renameat2"]],
    [op.OP_CLONE, ["clone", "clone3", "fork", "vfork"]],
    [op.OP_EXEC, ["execve", "execveat"]],
    [op.OP_EXIT, ["procexit"]],
    [op.OP_SETUID, ["setuid", "setreuid", "setresuid"]],
    [op.OP_OPEN, ["open", "openat", "openat2"]],
    [op.OP_ACCEPT, ["accept", "accept4"]],
    [op.OP_CONNECT, ["connect"]],
    [
      op.OP_WRITE_SEND,
      ["write", "writev", "pwrite", "pwritev"],
      ["sendto", "sendmsg", "sendmmsg", "send", "write", "writev"],
    ],
    [
      op.OP_READ_RECV,
      ["read", "readv", "pread", "preadv"],
      ["recvfrom", "recvmsg", "recvmmsg", "recv", "read", "readv"],
    ],
    [op.OP_SETNS, ["setns"]],
    [op.OP_MMAP, ["mmap", "mmap2"]],
    [op.OP_SHUTDOWN, ["shutdown"]],
    [op.OP_CLOSE, ["close"]],
    [op.OP_CHMOD, ["chmod", "fchmod", "fchmodat"]],
    [op.OP_CHOWN, ["chown", "fchown", "lchown", "fchownat"]],
    [op.OP_MOUNT, ["mount"]],
    [op.OP_UMOUNT, ["umount2", "umount"]],
    [op.OP_MKNOD, ["mknod", "mknodat"]],
    [op.OP_RESIZE, ["truncate", "ftruncate"]],
  ];

function eventsOf(flags: number, isNetwork: boolean): Names {
  const names = events
    .filter(([bit]) => (flags & bit) !== 0)
    .map(([, names, ofNetwork = names]) => (isNetwork ? ofNetwork : names));
  return { items: names.flat(), text: names.map(([first]) => first).join(",") };
}

const eventsOfFiles = new NameTable((flags) => eventsOf(flags, false));
const eventsOfNetworks = new NameTable((flags) => eventsOf(flags, true));

/** `items` has all events that may have been; `text` one for each operation. */
export function eventNames(flags: number, isNetwork: boolean): Names {
  return (isNetwork ? eventsOfNetworks : eventsOfFiles).of(flags);
}

/** In the order in which upstream gives them; what it has no names for comes last. */
const openNames: readonly (readonly [bits: number, name: string])[] = [
  [OPEN_RDONLY, "RDONLY"],
  [OPEN_WRONLY, "WRONLY"],
  [OPEN_RDWR, "RDWR"],
  [OPEN_CREAT, "CREAT"],
  [OPEN_EXCL, "EXCL"],
  [OPEN_TRUNC, "TRUNC"],
  [OPEN_APPEND, "APPEND"],
  [OPEN_NONBLOCK, "NONBLOCK"],
  [OPEN_DSYNC, "DSYNC"],
  [OPEN_DIRECT, "DIRECT"],
  [OPEN_LARGEFILE, "LARGEFILE"],
  [OPEN_DIRECTORY, "DIRECTORY"],
  [OPEN_CLOEXEC, "CLOEXEC"],
  [OPEN_SYNC, "SYNC"],
  [OPEN_TMPFILE, "TMPFILE"],
  [OPEN_F_CREATED, "F_CREATED"],
  [OPEN_UPPER_LAYER, "UPPER_LAYER"],
  [OPEN_LOWER_LAYER, "LOWER_LAYER"],
];

const openTable = new NameTable((flags) => {
  const named = openNames.filter(([bits]) => (flags & bits) === bits).map(([, name]) => name);
  return namesOf(flags === 0 ? ["NONE"] : named);
});

/** `NONE` where the open was not seen; RDONLY, WRONLY and RDWR of one for both. */
export function openFlagNames(flags: number): Names {
  return openTable.of(flags);
}

/** As Falco has them in `evt.arg.flags`: `O_RDWR|O_CREAT`. */
export function falcoOpenFlags(flags: number): string {
  return falcoOpenTable.of(flags).text;
}

const falcoOpenTable = new NameTable((flags) => {
  const isBoth = (flags & OPEN_RDWR) === OPEN_RDWR;
  const items = openFlagNames(flags)
    .items.filter((name) => !(isBoth && (name === "RDONLY" || name === "WRONLY")))
    .map((name) => `O_${name}`);
  return { items, text: items.join("|") };
});

/** Of a file's mode, in the order in which Falco gives them. */
const modeNames: readonly (readonly [bit: number, name: string])[] = [
  [0o1, "S_IXOTH"],
  [0o2, "S_IWOTH"],
  [0o4, "S_IROTH"],
  [0o10, "S_IXGRP"],
  [0o20, "S_IWGRP"],
  [0o40, "S_IRGRP"],
  [0o100, "S_IXUSR"],
  [0o200, "S_IWUSR"],
  [0o400, "S_IRUSR"],
  [0o1000, "S_ISVTX"],
  [0o2000, "S_ISGID"],
  [0o4000, "S_ISUID"],
];

/** A mode, octal as in a record, as Falco has it in `evt.arg.mode`: `S_IRGRP|S_IRUSR`. */
export function falcoMode(octal: string): string {
  const mode = Number.parseInt(octal, 8);
  const names = modeNames.filter(([bit]) => (mode & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? "0" : names.join("|");
}
