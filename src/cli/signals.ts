// Signals only set a flag, which the run loop reads between batches. After the first one that ends
// the run, those that an operator sends lose their handlers, so that a second has the system's own
// effect: it ends the program at once even where the thread is blocked in a write. Process 1 of a
// container has no such effect (the kernel ignores it there) and keeps a handler. What becomes of
// each signal is the tables here; those that JavaScript cannot catch are native/binding/stray_signals.h.

import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { loadBinding } from "../capture/binding.ts";

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

export class StopFlag {
  /** Why the run is to end, or null while it goes on. */
  #reason: string | null = null;
  #signal: Signal | null = null;
  readonly #onHangup: (() => void) | null;
  readonly #handlers = new Map<Signal, () => void>();

  /** @param onHangup what SIGHUP asks for; null where it ends the run as SIGTERM does */
  constructor(onHangup: (() => void) | null = null) {
    this.#onHangup = onHangup;
  }

  get requested(): boolean {
    return this.#reason !== null;
  }

  get reason(): string | null {
    return this.#reason;
  }

  /** The signal that asked for the end; null where something else did. */
  get signal(): Signal | null {
    return this.#signal;
  }

  /** Asks for a clean end; the first reason stays. */
  request(reason: string): void {
    this.#reason ??= reason;
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
    this.request(signal);
    this.#drop(operatorSignals);
    if (process.pid === 1) {
      for (const next of operatorSignals) {
        process.once(next, () => process.exit(signalStatus(next)));
      }
    }
  }
}

/** The status that shells give a program ended by this signal. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0);
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
