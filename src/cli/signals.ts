// Signals only set a flag, which the run loop reads between batches. After the first one the
// handlers are gone, so that a second has the system's own effect: it ends the program at once even
// where the thread is blocked in a write. Process 1 of a container has no such effect (the kernel
// ignores it there) and keeps a handler.

import { readFileSync } from "node:fs";
import { signalStatus } from "./exit-code.ts";

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type StopSignal = (typeof stopSignals)[number];

export class StopFlag {
  /** Why the run is to end, or null while it goes on. */
  #reason: string | null = null;
  #signal: StopSignal | null = null;
  readonly #handlers = new Map<StopSignal, () => void>();

  get requested(): boolean {
    return this.#reason !== null;
  }

  get reason(): string | null {
    return this.#reason;
  }

  /** The signal that asked for the end; null where something else did. */
  get signal(): StopSignal | null {
    return this.#signal;
  }

  /** Asks for a clean end; the first reason stays. */
  request(reason: string): void {
    this.#reason ??= reason;
  }

  install(): void {
    for (const signal of stopSignals) {
      if (signal === "SIGHUP" && isIgnored(signal)) {
        // Started by nohup: the terminal's end is not to end it.
        continue;
      }
      const handler = () => this.#first(signal);
      this.#handlers.set(signal, handler);
      process.on(signal, handler);
    }
  }

  remove(): void {
    for (const [signal, handler] of this.#handlers) {
      process.removeListener(signal, handler);
    }
    this.#handlers.clear();
  }

  #first(signal: StopSignal): void {
    this.#signal ??= signal;
    this.request(signal);
    this.remove();
    if (process.pid === 1) {
      for (const next of stopSignals) {
        process.once(next, () => process.exit(signalStatus(next)));
      }
    }
  }
}

/** Whether the caller set the signal to be ignored (`SigIgn` in /proc, one bit a signal). */
function isIgnored(signal: StopSignal): boolean {
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
