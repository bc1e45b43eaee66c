// Operator errors. An OperatorError is for what an operator can mend (an option, a permission, a
// missing probe, a full disk): `main.ts` prints it once, without a stack. Trouble in the data is
// counted and logged; a bug is an assertion.

import { runtime } from "#runtime";
import { type ExitStatus, exitStatus } from "./exit-status.ts";

export interface OperatorErrorOptions {
  /** What was caught, where this error is thrown in its place. */
  readonly cause?: unknown;
  /** FAILURE where absent. */
  readonly exitStatus?: ExitStatus;
  /** Lines to be shown below the message, such as the faulty text and a caret. */
  readonly detail?: readonly string[];
}

export class OperatorError extends Error {
  /** Stable and for programs, such as `OUTPUT_OPEN_FAILED`. */
  readonly code: string;
  readonly exitStatus: ExitStatus;
  readonly detail: readonly string[];

  /**
   * @param message one line, without a full stop: what we tried, on what, why not, what to do:
   *   `cannot open the modern eBPF probe: kernel 4.18 has no BTF; use -k kmod or a newer kernel`.
   */
  constructor(code: string, message: string, options: OperatorErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "OperatorError";
    this.code = code;
    this.exitStatus = options.exitStatus ?? exitStatus.FAILURE;
    this.detail = options.detail ?? [];
  }
}

/** The system's words for a caught error, such as `no space left on device (ENOSPC)`. */
export function systemCause(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const code = errnoCode(error);
  if (code === null) {
    return error.message;
  }
  const words = systemWords[code];
  return words === undefined ? code : `${words} (${code})`;
}

/** The `code` of a Node system error (`ENOSPC`), or null for any other value. */
export function errnoCode(error: unknown): string | null {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  return null;
}

let errnoNames: ReadonlyMap<number, string> | null = null;

/** The name that this system has for an errno value, such as `ENOENT` for 2. */
export function errnoName(errno: number): string | undefined {
  // Where two names have one value, the first counts: EAGAIN, not EWOULDBLOCK.
  errnoNames ??= new Map(
    Object.entries(runtime.os().constants.errno)
      .toReversed()
      .map(([name, value]) => [value, name]),
  );
  return errnoNames.get(errno);
}

/** Bun and Node word their messages differently; ours must read the same under both. */
const systemWords: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EAGAIN: "the reader does not keep up",
  EDQUOT: "disk quota exceeded",
  EEXIST: "it exists already",
  EFBIG: "file too large",
  EINVAL: "invalid argument",
  EIO: "input/output error",
  EISDIR: "it is a directory",
  ELOOP: "it is a symbolic link",
  EMFILE: "too many open files",
  ENAMETOOLONG: "name too long",
  ENFILE: "too many open files in the system",
  ENODEV: "no such device",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on device",
  ENOTDIR: "a part of the path is not a directory",
  ENXIO: "no such device or address",
  EPERM: "operation not permitted",
  EPIPE: "the reader has closed",
  EROFS: "read-only file system",
  ETXTBSY: "it is being executed",
};
