// What each signal does. A handler only sets the run's flag, which the loop reads between batches.
// After the first signal that ends the run, the handlers of signals that an operator sends are
// removed, so that a second one has the system's own effect: it ends the program at once, even
// while the thread is blocked in a write. For process 1 of a container the kernel ignores such
// signals, so there the handlers stay. The tables here say what becomes of each signal. Signals
// that JavaScript cannot catch are handled in native/binding/stray_signals.h.

import { readFileSync, writeSync } from "node:fs";
import { exitStatus } from "../base/exit-status.ts";
import { type LogFormat, plainLine } from "../base/log.ts";
import { loadBinding } from "../capture/binding.ts";
import { signalStatus } from "../run/signal-status.ts";
import type { StopFlag } from "../run/stop-flag.ts";

/** An operator's: they end the run, and a second one ends it at once. */
const operatorSignals = ["SIGINT", "SIGTERM", "SIGQUIT"] as const;
/** Others that would end a program: they end the run as cleanly, and then change nothing more. */
const otherSignals = [
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGVTALRM",
  "SIGPROF",
  "SIGIO",
  "SIGXCPU",
] as const;
/** What they tell is met as an error of the write itself, which is counted. */
const ignoredSignals = ["SIGPIPE", "SIGXFSZ"] as const;

type OperatorSignal = (typeof operatorSignals)[number];
type Signal =
  | OperatorSignal
  | (typeof otherSignals)[number]
  | (typeof ignoredSignals)[number]
  | "SIGHUP";

export class Signals {
  readonly #flag: StopFlag;
  #signal: Signal | null = null;
  readonly #onHangup: (() => void) | null;
  readonly #handlers = new Map<Signal, () => void>();

  /** @param onHangup what SIGHUP asks for; null where it ends the run as SIGTERM does */
  constructor(flag: StopFlag, onHangup: (() => void) | null = null) {
    this.#flag = flag;
    this.#onHangup = onHangup;
  }

  /** The first signal that asked for the end; null where only something else did. */
  get ending(): Signal | null {
    return this.#signal;
  }

  install(): void {
    loadBinding().catchStraySignals();
    for (const signal of [...operatorSignals, ...otherSignals]) {
      this.#handle(signal, () => this.#end(signal));
    }
    for (const signal of ignoredSignals) {
      this.#handle(signal, () => {
        // The write that caused it fails, and says so.
      });
    }
    // Started by nohup: the terminal's end is not to end it.
    if (!isIgnored("SIGHUP")) {
      this.#handle("SIGHUP", this.#onHangup ?? (() => this.#end("SIGHUP")));
    }
  }

  remove(): void {
    this.#drop([...this.#handlers.keys()]);
  }

  #handle(signal: Signal, handler: () => void): void {
    this.#handlers.set(signal, handler);
    process.on(signal, handler);
  }

  #drop(signals: readonly Signal[]): void {
    for (const signal of signals) {
      const handler = this.#handlers.get(signal);
      if (handler !== undefined) {
        process.removeListener(signal, handler);
        this.#handlers.delete(signal);
      }
    }
  }

  #end(signal: Signal): void {
    this.#signal ??= signal;
    this.#flag.request(signal);
    this.#drop(operatorSignals);
    if (process.pid === 1) {
      for (const next of operatorSignals) {
        process.once(next, () => process.exit(signalStatus(next)));
      }
    }
  }
}

/**
 * Ends the program where it was told to stop while an engine was opening. The kernel's check of the
 * probe takes seconds and cannot be broken off, and there is nothing yet to write: so the capture
 * thread is left as it is, in place of a close that would wait for it.
 */
export function exitWhileOpening(reason: string, format: LogFormat): never {
  writeSync(2, plainLine(format, "end", `ended (${reason}) before the engine was open`));
  process.exit(exitStatus.OK);
}

/** Whether the caller set the signal to be ignored (`SigIgn` in /proc, one bit a signal). */
function isIgnored(signal: Signal): boolean {
  const status = readStatus();
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  const bit = BigInt(signalStatus(signal) - 128 - 1);
  return ((BigInt(`0x${mask}`) >> bit) & 1n) === 1n;
}

function readStatus(): string {
  try {
    return readFileSync("/proc/self/status", "utf8");
  } catch {
    // Without /proc nothing says that it is ignored, and that is the common case.
    return "";
  }
}
