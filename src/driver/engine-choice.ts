// Opens the engine that was asked for, or else the first that works: modern eBPF, then the kernel
// module. When an engine does not open, the error has the words of the readiness check's failed
// finding, because the engine's own words seldom help an operator.

import { existsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";
import type { OpenOptions } from "../capture/binding.ts";
import { type Capture, openCapture } from "../capture/capture.ts";
import type { Finding, HostReport } from "./host-findings.ts";
import { hostReport } from "./host-report.ts";

export type LiveEngine = Extract<OpenOptions["engine"], "modern_ebpf" | "kmod">;

export interface OpenedCapture {
  readonly capture: Capture;
  readonly engine: OpenOptions["engine"];
  /** Whether the first batch is in the view already, and must be handled before the next. */
  readonly hasBatch: boolean;
}

export interface LiveChoice {
  /** Null: the first that works. */
  readonly engine: LiveEngine | null;
  readonly options: Omit<OpenOptions, "engine">;
  /** True where the wait for an engine is to be given up. */
  readonly isStopped: () => boolean;
  /** Told when the automatic choice goes on to the next engine. */
  readonly onFallback: (message: string) => void;
  /** Called where it was stopped before an engine was open, when that one is closed at last. */
  readonly onLeft: () => void;
}

const engineTitles = {
  modern_ebpf: "modern eBPF probe",
  kmod: "kernel module",
} as const;
const pollMs = 20;

/**
 * @returns null where it was stopped before the engine was open. The kernel's check of the probe cannot
 *   be broken off: the capture is left to itself, and closed once it is open, if the program lives.
 * @throws OperatorError with a code of LIBRARY.md §4, the cause and the remedy
 */
export async function openLive(choice: LiveChoice): Promise<OpenedCapture | null> {
  const { engine } = choice;
  checkHostRoot(choice.options.hostRoot ?? "");
  if (engine !== null) {
    return await openEngine(engine, choice);
  }
  try {
    return await openEngine("modern_ebpf", choice);
  } catch (first) {
    if (!(first instanceof OperatorError) || !isEngineTrouble(first)) {
      throw first;
    }
    try {
      const opened = await openEngine("kmod", choice);
      choice.onFallback(`${first.message}; the kernel module is used instead`);
      return opened;
    } catch (second) {
      if (!(second instanceof OperatorError) || !isEngineTrouble(second)) {
        throw second;
      }
      throw noEngine(first, second);
    }
  }
}

/**
 * libscap looks for them after seconds of loading the probe, and reads them without saying why it
 * cannot. @throws OperatorError
 */
function checkHostRoot(hostRoot: string): void {
  const names = ["/proc", "/proc/1/mounts"];
  const missing = names.find((name) => !existsSync(`${hostRoot}${name}`));
  if (hostRoot !== "" && missing !== undefined) {
    throw new OperatorError(
      "HOST_ROOT_INVALID",
      `HOST_ROOT is "${hostRoot}", and there is no ${hostRoot}${missing}; mount the host's file ` +
        "system there, or unset it",
      { exitStatus: exitStatus.USAGE },
    );
  }
}

/** The preferred engine's code is the one to act on. */
function noEngine(first: OperatorError, second: OperatorError): OperatorError {
  const message = `${first.message}. Also ${second.message}. See: sysflow check`;
  return new OperatorError(first.code, message, { cause: first });
}

/** Opens a capture file; its first batch is read, so that a bad file is known before any output. */
export async function openSavefile(
  options: Omit<OpenOptions, "engine">,
  isStopped: () => boolean,
): Promise<OpenedCapture> {
  const capture = openCapture({ ...options, engine: "savefile" });
  try {
    while (!(capture.eof || isStopped())) {
      if (capture.next(0)) {
        return { capture, engine: "savefile", hasBatch: true };
      }
      await capture.ready(pollMs);
    }
    return { capture, engine: "savefile", hasBatch: false };
  } catch (error) {
    capture.close();
    throw error;
  }
}

async function openEngine(engine: LiveEngine, choice: LiveChoice): Promise<OpenedCapture | null> {
  let capture: Capture | null = null;
  try {
    capture = openCapture({ ...choice.options, engine });
    while (!(capture.eof || capture.stats().state === "running")) {
      if (choice.isStopped()) {
        void closeOnceOpen(capture).then(choice.onLeft);
        return null;
      }
      if (capture.next(0)) {
        return { capture, engine, hasBatch: true };
      }
      await capture.ready(pollMs);
    }
    return { capture, engine, hasBatch: false };
  } catch (error) {
    capture?.close();
    throw error instanceof OperatorError
      ? explained(engine, error, hostReport(choice.options.hostRoot ?? ""))
      : error;
  }
}

/** Closing it before would block this thread until it is open. Never rejects. */
async function closeOnceOpen(capture: Capture): Promise<void> {
  try {
    while (!capture.eof && capture.stats().state === "opening") {
      if (!capture.next(0)) {
        await capture.ready(pollMs);
      }
    }
  } catch {
    // It did not open, which nobody wants to know any more.
  }
  capture.close();
}

/** Errors that another engine would not have; the rest would only be met again. */
function isEngineTrouble(error: OperatorError): boolean {
  return engineCodes.has(error.code);
}

const engineCodes: ReadonlySet<string> = new Set([
  "ProbeAccessDenied",
  "ProbeNotExist",
  "ProbeNotLoaded",
  "ProbeCheckError",
  "DriverLibsMismatch",
  "OperationNotSupported",
]);

/** Puts the check's finding in place of the library's words, where the check knows the cause. */
function explained(engine: LiveEngine, error: OperatorError, report: HostReport): OperatorError {
  if (error.code !== "LibsError" && !isEngineTrouble(error)) {
    return error;
  }
  const own = report.engines.find((row) => row.engine === engine)?.findings ?? [];
  const finding = [...own, ...report.host].find(({ status }) => status === "fail") ?? null;
  const title = engineTitles[engine];
  if (finding === null) {
    return isEngineTrouble(error)
      ? new OperatorError(error.code, `cannot open the ${title}: ${oneLine(error.message)}`, {
          cause: error,
        })
      : error;
  }
  const remedy = finding.remedy === null ? "" : `; ${finding.remedy}`;
  const message = `cannot open the ${title}: ${finding.name}: ${finding.found}${remedy}`;
  return new OperatorError(codeOf(finding), message, { cause: error });
}

function codeOf(finding: Finding): string {
  switch (finding.name) {
    case "module":
      return "ProbeNotLoaded";
    case "device":
      return "ProbeNotExist";
    case "capabilities":
    case "lockdown":
    case "locked memory":
      return "ProbeAccessDenied";
    default:
      return "OperationNotSupported";
  }
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, "; ");
}

const ringBytesMin = 8 * 1024 * 1024;
const ringBytesMax = 128 * 1024 * 1024;
/** All rings together take at most this part of the memory, but for the least size of each. */
const memoryShare = 64;

/**
 * Bytes of each ring where the operator names none. The libraries' 8 MiB lost 40 % of a busy
 * 2-CPU host's events, 128 MiB none (measured); pages are taken at once, hence the share.
 */
export function ringBytesDefault(
  cpusPerBuffer: number,
  memoryBytes: number = memoryLimit(),
  cpus: number = availableParallelism(),
): number {
  const rings = cpusPerBuffer === 0 ? 1 : Math.max(1, Math.ceil(cpus / cpusPerBuffer));
  const share = memoryBytes / memoryShare / rings;
  const power = 2 ** Math.floor(Math.log2(Math.max(1, share)));
  return Math.min(ringBytesMax, Math.max(ringBytesMin, power));
}

function memoryLimit(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
