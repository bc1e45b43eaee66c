// The only file that loads the native addon, and the types of everything it exports. The addon lies
// beside the executable; from sources it is dist/capture.node. A newcomer's trap: `new Capture()`
// returns before the engine is open, and next() throws what went wrong.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { OperatorError } from "../base/errors.ts";
import { LAYOUT_HASH } from "./layout.gen.ts";

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

/** One scripted event, in libscap's words: `PPME_SYSCALL_READ_X` and its parameters in order. */
export interface TestEvent {
  readonly ts: bigint;
  readonly tid: number;
  readonly type: string;
  readonly params: readonly (number | bigint | string | Uint8Array | null)[];
}

/** How to capture. Everything but `engine` has a default. native/options.cc reads the same list. */
export interface OpenOptions {
  readonly engine: Engine;
  /** savefile: the capture to read. */
  readonly path?: string;
  /** Live: names of system calls wanted beside those that keep process and descriptor state right. */
  readonly syscalls?: readonly string[];
  readonly allSyscalls?: boolean;
  /** Falco's filter language. */
  readonly filter?: string;
  /** Live: bytes of each ring buffer; 8 MiB when absent. */
  readonly bufferBytes?: number;
  /** Modern eBPF: how many CPUs share one ring buffer; 1 when absent. */
  readonly cpusPerBuffer?: number;
  /** Live: the kernel side leaves out calls that never make a record. */
  readonly dropMode?: boolean;
  readonly samplingRatio?: number;
  /** Live: also write a .scap capture here. */
  readonly recordPath?: string;
  readonly recordCompressed?: boolean;
  /** libsinsp's own log, on standard error. */
  readonly libraryLog?: boolean;
  /** Where the host's file system is mounted, for collectors inside a container. */
  readonly hostRoot?: string;
  readonly batchBytes?: number;
  /** Ends a batch after so many records; for tests. */
  readonly batchRecords?: number;
  readonly threads?: readonly TestThread[];
  readonly events?: readonly TestEvent[];
}

/** Counters of a capture, all totals since its start. Times in ns. */
export interface CaptureStats {
  readonly state: "opening" | "running" | "ended";
  readonly events: number;
  readonly ioEvents: number;
  /** Batch records, not SysFlow records. */
  readonly records: number;
  readonly batches: number;
  readonly batchBytes: number;
  /** Events left out because libsinsp does not know their thread, or their descriptor. */
  readonly noThread: number;
  readonly noDescriptor: number;
  /** Events left out because a parameter is missing or of a wrong length. */
  readonly malformed: number;
  /** Events that the filter left out. */
  readonly filtered: number;
  readonly processes: number;
  readonly objects: number;
  readonly kernelEvents: number;
  readonly kernelDrops: number;
  readonly kernelDropsBuffer: number;
  readonly kernelDropsScratchMap: number;
  readonly kernelDropsPageFault: number;
  readonly kernelDropsBug: number;
  readonly preemptions: number;
  /** savefile: bytes of the file read so far. */
  readonly bytesRead: number;
  readonly recordedBytes: number;
  /** Live: how old the newest event was when it was handed over. */
  readonly behindNs: number;
  /** CPU time of the capture thread. */
  readonly captureCpuNs: number;
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
}

export interface NativeCapture {
  readonly batchBytes: number;
  /** Copies the next batch into `buffer`: its bytes, 0 when none came in time, -1 after the last. */
  next(buffer: Uint8Array, timeoutMs: number): number;
  stats(): CaptureStats;
  /** Asks the capture to end; batches on their way still come. */
  stop(): void;
  /** Ends at once. May be called at any time, and twice. */
  close(): void;
}

export interface Binding {
  readonly Capture: new (options: OpenOptions) => NativeCapture;
  readonly layoutHash: number;
  /** Release of the Falco libs inside. */
  readonly libraryVersion: string;
  layoutText(): string;
  probeHost(): HostFacts;
}

const ADDON_NAME = "capture.node";
let loaded: Binding | null = null;

/** Loads the addon once. Throws OperatorError where it is missing or of another build. */
export function loadBinding(): Binding {
  if (loaded !== null) return loaded;
  const path = join(addonFolder(), ADDON_NAME);
  let binding: Binding;
  try {
    binding = createRequire(import.meta.url)(path) as Binding;
  } catch (cause) {
    throw loadError(path, cause);
  }
  if (binding.layoutHash !== LAYOUT_HASH) {
    throw new OperatorError(
      "DriverLibsMismatch",
      `cannot use the capture library ${path}: it is of another build than this program; ` +
        "install both from one release",
    );
  }
  loaded = binding;
  return binding;
}

function loadError(path: string, cause: unknown): OperatorError {
  const why = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
  const message = `cannot load the capture library ${path}: ${why}; keep it beside the executable`;
  return new OperatorError("LibsError", message, { cause });
}

/** Beside the executable when compiled, else the repository's dist/. */
function addonFolder(): string {
  const compiled = import.meta.url.includes("$bunfs");
  return compiled ? dirname(process.execPath) : join(import.meta.dirname, "../../dist");
}
