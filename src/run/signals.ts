// What each signal does. A handler only sets the run's flag, which the loop reads between batches.
// After the first signal that ends the run, the handlers of signals that an operator sends are
// removed, so that a second one has the system's own effect: it ends the program at once, even
// while the thread is blocked in a write. For process 1 of a container the kernel ignores such
// signals, so there the handlers stay. The tables here say what becomes of each signal. Signals
// that JavaScript cannot catch are handled in native/binding/stray_signals.h.

import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { loadBinding } from "../capture/binding.ts";
import type { StopFlag } from "./stop-flag.ts";

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
  readonly #exit: (status: number) => void;
  #signal: Signal | null = null;
  readonly #onHangup: (() => void) | null;
  readonly #handlers = new Map<Signal, () => void>();

  /**
   * @param exit ends the program at once
   * @param onHangup what SIGHUP asks for; null where it ends the run as SIGTERM does
   */
  constructor(
    flag: StopFlag,
    exit: (status: number) => void,
    onHangup: (() => void) | null = null,
  ) {
    this.#flag = flag;
    this.#exit = exit;
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
        process.once(next, () => this.#exit(signalStatus(next)));
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
