// A capture as TypeScript sees it: open, pull a batch into one reused buffer, stats, close.

import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";
import { BatchView } from "./batch-reader.ts";
import { type CaptureStats, loadBinding, type NativeCapture, type OpenOptions } from "./binding.ts";

/** Codes after which the good prefix of the input has been delivered (LIBRARY.md §4). */
const DAMAGED_INPUT = "EventParsingError";

export interface Capture {
  /** The newest batch. Its content is void at the next call of next(). */
  readonly view: BatchView;
  /** True when the last batch has been delivered. */
  readonly eof: boolean;
  /**
   * Waits up to `timeoutMs` for a batch and fills `view`. False when none came in time or none will
   * come. Throws OperatorError when the capture could not be opened or cannot go on; every batch
   * before the trouble has been delivered by then.
   */
  next(timeoutMs: number): boolean;
  stats(): CaptureStats;
  /** Asks the capture to end. What is on its way still comes, then `eof`. */
  stop(): void;
  /** Ends at once and frees everything. May be called twice. */
  close(): void;
}

/** Starts a capture; opening goes on in the background. Throws OperatorError. */
export function openCapture(options: OpenOptions): Capture {
  const binding = loadBinding();
  return new BoundCapture(operatorErrors(() => new binding.Capture(options)));
}

class BoundCapture implements Capture {
  readonly view: BatchView;
  eof = false;
  readonly #native: NativeCapture;
  readonly #buffer: Uint8Array;

  constructor(native: NativeCapture) {
    this.#native = native;
    this.#buffer = new Uint8Array(native.batchBytes);
    this.view = new BatchView(this.#buffer.buffer as ArrayBuffer);
  }

  next(timeoutMs: number): boolean {
    if (this.eof) return false;
    const bytes = operatorErrors(() => this.#native.next(this.#buffer, timeoutMs));
    if (bytes < 0) this.eof = true;
    return bytes > 0;
  }

  stats(): CaptureStats {
    return this.#native.stats();
  }

  stop(): void {
    this.#native.stop();
  }

  close(): void {
    this.#native.close();
  }
}

/** Runs a native call; its coded errors become OperatorErrors, anything else is a bug of ours. */
function operatorErrors<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw isCoded(cause) ? operatorError(cause) : cause;
  }
}

function isCoded(cause: unknown): cause is Error & { readonly code: string } {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string";
}

function operatorError(cause: Error & { readonly code: string }): OperatorError {
  const status = cause.code === DAMAGED_INPUT ? exitStatus.DAMAGED_INPUT : exitStatus.FAILURE;
  return new OperatorError(cause.code, cause.message, { cause, exitStatus: status });
}
