// The only file that loads the native addon, and the types of everything it exports. The addon is
// part of the executable; the library's package has one for each C library; from sources it is
// dist/capture.node. A newcomer's trap: `new Capture()` returns before the engine is open, and next()
// throws what went wrong.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OperatorError } from "../base/errors.ts";
import type { CaptureCounters } from "./counters.gen.ts";
import { LAYOUT_HASH } from "./layout.gen.ts";
import type { PlainOptions } from "./open-options.gen.ts";

export type Engine = "modern_ebpf" | "kmod" | "savefile" | "test";

/** A thread that a scripted capture begins with. `createTs` is in ns since the epoch. */
export interface TestThread {
  readonly tid: number;
  readonly pid?: number;
  readonly ptid?: number;
  readonly createTs?: bigint;
  readonly uid?: number;
  readonly gid?: number;
  readonly exe: string;
  readonly cwd?: string;
}

/** An integer that counts up with the rounds of a script: `from + (round % modulo) * step`. */
export interface TestCounter {
  readonly from: number;
  /** 1 when absent. */
  readonly step?: number;
  readonly modulo?: number;
}

/** Bytes in which counters lie, in the machine's order or as hexadecimal digits. */
export interface CountedBytes {
  readonly bytes: string | Uint8Array;
  readonly counters: readonly (TestCounter & {
    readonly at: number;
    readonly size: number;
    readonly hex?: boolean;
  })[];
}

type TestParam = number | bigint | string | Uint8Array | null | TestCounter | CountedBytes;

/** One scripted event, in libscap's words: `PPME_SYSCALL_READ_X` and its parameters in order. */
export interface TestEvent {
  readonly ts: bigint;
  readonly tid: number | TestCounter;
  readonly type: string;
  readonly params: readonly TestParam[];
}

/** How to capture. Everything but `engine` has a default; native/binding/options.cc reads it. */
export interface OpenOptions extends PlainOptions {
  readonly engine: Engine;
  /** Live: names of system calls wanted beside those that keep process and descriptor state right. */
  readonly syscalls?: readonly string[];
  readonly batchBytes?: number;
  /** Ends a batch after so many records; for tests. */
  readonly batchRecords?: number;
  readonly threads?: readonly TestThread[];
  readonly events?: readonly TestEvent[];
  /** How often the events come, and by how much later each time; once when absent. */
  readonly rounds?: number;
  readonly roundNs?: number;
}

/** What a capture has counted, and where it is. */
export interface CaptureStats extends CaptureCounters {
  readonly state: "opening" | "running" | "ended";
}

/** What only system calls tell about this host. An errno is 0 where the attempt succeeded. */
export interface HostFacts {
  readonly onlineCpus: number;
  readonly pageBytes: number;
  readonly memoryBytes: number;
  readonly memlockBytes: number;
  readonly bpfErrno: number;
  readonly ringBufferErrno: number;
  readonly tracingProgramErrno: number;
  readonly kmodErrno: number;
  /** Whether the kernel made machine code of that program; false also where it refused it. */
  readonly programsCompiled: boolean;
}

export interface SyscallAction {
  readonly name: string;
  /** What native code does with it; `none` and `generic` (no arguments) make no record. */
  readonly action: string;
  /** Asked of the kernel in every mode: libsinsp's tables need it. */
  readonly isState: boolean;
}

export interface NativeCapture {
  readonly batchBytes: number;
  /**
   * Copies the next batch into `buffer`: its bytes, 0 when none came in time, -1 after the last.
   * Blocks this thread for up to `timeoutMs`.
   */
  next(buffer: Uint8Array, timeoutMs: number): number;
  stats(): CaptureStats;
  /** Asks the capture to end; batches on their way still come. */
  stop(): void;
  /** Ends at once. May be called at any time, and twice. */
  close(): void;
}

/** What a socket output has counted since its start, in records but for the bytes. */
export interface SenderStats {
  /** Given to the kernel for the reader. */
  readonly sent: number;
  /** Queued when the reader went away. */
  readonly lost: number;
  /** Those of `sent` that a reader had not read when it went away, as far as is known. */
  readonly unread: number;
  /** Not taken by the kernel, though the reader was there. */
  readonly refused: number;
  readonly sentBytes: number;
  readonly queuedBytes: number;
  readonly connections: number;
  /** The number of the connection that stands, from 1 on; 0 for none. */
  readonly connection: number;
  /** Why none stands, in the system's words. */
  readonly fault: string;
}

/** Sends records to a Unix socket on a thread of its own, and connects again for ever. */
export interface NativeSender {
  readonly connection: number;
  readonly queuedBytes: number;
  /**
   * Copies records, each with its length before it in four bytes, lowest first. Where that
   * connection stands no more, they are counted as lost.
   * @returns how many bytes are queued now
   */
  push(block: Uint8Array, bytes: number, connection: number): number;
  stats(): SenderStats;
  /** What is queued is lost. Waits for the thread, which waits for nobody. May be called twice. */
  close(): void;
}

/** Listens on a Unix socket and takes packets of several writers, on a thread of its own. */
export interface NativeListener {
  /** Connections refused by who their process belongs to (abstract sockets). */
  readonly turnedAway: number;
  /**
   * Copies whole frames: three words of 32 bits (writer, event, bytes), and the bytes. See
   * native/socket/record_listener.h.
   * @param buffer at least 257 KiB
   */
  take(buffer: Uint8Array): number;
  /** Cuts a writer off; frames that are on their way still come. */
  drop(writer: number): void;
  /** Removes the socket's file. May be called twice. */
  close(): void;
}

/** Something about a filter: libsinsp's words, and the byte of the filter that they are about. */
export interface FilterFault {
  readonly reason: string;
  readonly index: number;
}

export interface FilterReport {
  /** The first fault; null for a good filter. */
  readonly error: FilterFault | null;
  /** Of a good filter that may not mean what it says. */
  readonly warnings: readonly FilterFault[];
  /** The fields that a good filter compares, each as often as it stands there. */
  readonly fields: readonly string[];
}

/** A field that filters can compare. `type` is libsinsp's, such as CHARBUF. */
export interface FilterField {
  readonly name: string;
  readonly type: string;
  /** Whether it takes one in brackets, as proc.aname[1] does. */
  readonly argument: "none" | "optional" | "required";
  readonly isList: boolean;
  readonly isDeprecated: boolean;
  readonly description: string;
}

export interface FilterGroup {
  readonly name: string;
  readonly description: string;
  readonly fields: readonly FilterField[];
}

export interface Binding {
  /**
   * @param onReady called once after each `next` that returned 0, when the next one has something to
   *   give or to throw. Must not throw: Node says nothing of it. Does not keep the program alive.
   */
  readonly Capture: new (
    options: OpenOptions,
    onReady?: () => void,
  ) => NativeCapture;
  /** @param place a path of any length, or "@" and the name of an abstract socket */
  readonly RecordSender: new (
    place: string,
  ) => NativeSender;
  /** @param onReady as that of Capture, for `take` */
  readonly RecordListener: new (
    place: string,
    onReady: () => void,
  ) => NativeListener;
  readonly layoutHash: number;
  /** Release of the Falco libs inside. */
  readonly libraryVersion: string;
  layoutText(): string;
  probeHost(): HostFacts;
  /** From now on, signals that JavaScript cannot catch become a SIGTERM where another sends them. */
  catchStraySignals(): void;
  /**
   * Locks an open file for this descriptor, as flock(2): until it is closed or the process is gone.
   * @returns 0, or an errno; 11 (EWOULDBLOCK) where another one has the lock
   */
  lockFile(descriptor: number): number;
  /** Looks at a Falco filter without an engine. */
  checkFilter(filter: string): FilterReport;
  filterFields(): readonly FilterGroup[];
  /** What evt.type can be, sorted. */
  eventNames(): readonly string[];
  /** Every system call of this architecture; "exit" stands for any end of a thread. */
  syscallActions(): readonly SyscallAction[];
}

/** The addon's name inside a packed executable; not defined when running from sources. */
declare const SYSFLOW_ADDON: string;

/** Defined in the library's package, which has addons in a folder beside its code. */
declare const SYSFLOW_PACKAGE: true;

let loaded: Binding | null = null;

/** Loads the addon once. Throws OperatorError where it is missing or of another build. */
export function loadBinding(): Binding {
  if (loaded !== null) return loaded;
  const place = addonPlace();
  const addon = { exports: {} };
  try {
    process.dlopen(addon, place);
  } catch (cause) {
    throw loadError(place, cause);
  }
  const binding = addon.exports as Binding;
  if (binding.layoutHash !== LAYOUT_HASH) {
    throw new OperatorError(
      "DriverLibsMismatch",
      `cannot use the capture library ${place}: it is of another build than this program; ` +
        "build both from one commit",
    );
  }
  loaded = binding;
  return binding;
}

function loadError(place: string, cause: unknown): OperatorError {
  const why = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
  const message = `cannot load the capture library ${place}: ${why}; ${loadRemedy(place)}`;
  return new OperatorError("LibsError", message, { cause });
}

function loadRemedy(place: string): string {
  if (typeof SYSFLOW_PACKAGE === "boolean") {
    return "libsysflow has it for Linux on x64 with glibc 2.36 or newer, or musl";
  }
  return place.includes("/") ? "build it with: npm run build:native" : "copy the executable again";
}

/** In an executable a name that its own loader knows, never a file. */
function addonPlace(): string {
  // In one expression, so that the bundler leaves out what is for others.
  return typeof SYSFLOW_ADDON === "string"
    ? SYSFLOW_ADDON
    : typeof SYSFLOW_PACKAGE === "boolean"
      ? join(
          ownFolder(),
          "native",
          `${process.platform}-${process.arch}-${libcName()}`,
          "capture.node",
        )
      : join(ownFolder(), "../../dist/capture.node");
}

function ownFolder(): string {
  return fileURLToPath(new URL(".", import.meta.url));
}

/**
 * Of the runtime that we are in, whose C library the addon shares. It is always mapped: glibc's by one
 * name, musl's by several. (process.report would tell too, but may ask the network for names of peers.)
 */
function libcName(): "glibc" | "musl" {
  let maps: string;
  try {
    maps = readFileSync("/proc/self/maps", "latin1");
  } catch {
    // Without /proc nothing can be said, and glibc is the common case.
    return "glibc";
  }
  return /\/libc(\.so\.6|-2\.\d+\.so)$/m.test(maps) ? "glibc" : "musl";
}
