// A capture as TypeScript sees it: open, pull a batch into one reused buffer, stats, close. Who has an
// event loop to serve calls next(0), and where that gives nothing, awaits ready().

import { BatchView } from "./batch-reader.ts";
import { type CaptureStats, loadBinding, type NativeCapture, type OpenOptions } from "./binding.ts";
import { operatorErrors } from "./native-errors.ts";

export interface Capture {
  /** The newest batch. Its content is void at the next call of next(). */
  readonly view: BatchView;
  /** True when the last batch has been delivered. */
  readonly eof: boolean;
  /**
   * Waits up to `timeoutMs` for a batch and fills `view`. False when none came in time or none will
   * come. Throws OperatorError when the capture could not be opened or cannot go on; every batch
   * before the trouble has been delivered by then. Blocks this thread: 0 takes only what is there.
   */
  next(timeoutMs: number): boolean;
  /**
   * To be awaited where next() gave nothing: resolves when it would give or throw something, or
   * after `timeoutMs`, whichever is first. One at a time.
   */
  ready(timeoutMs: number): Promise<void>;
  stats(): CaptureStats;
  /** Asks the capture to end. What is on its way still comes, then `eof`. */
  stop(): void;
  /** Ends at once and frees everything. May be called twice. */
  close(): void;
}

/** Starts a capture; opening goes on in the background. Throws OperatorError. */
export function openCapture(options: OpenOptions): Capture {
  const binding = loadBinding();
  const bell = new Bell();
  return new BoundCapture(
    operatorErrors(() => new binding.Capture(options, bell.ring)),
    bell,
  );
}

/** Heard by at most one who waits; rung before anybody does, it is heard by the next. */
class Bell {
  #isRung = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #resolve: (() => void) | null = null;

  readonly ring = (): void => {
    this.#isRung = true;
    this.#wake();
  };

  /** What it rang for is known. */
  clear(): void {
    this.#isRung = false;
  }

  wait(timeoutMs: number): Promise<void> {
    if (this.#isRung) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
      // Also what keeps the program alive meanwhile.
      this.#timer = setTimeout(this.#timeout, timeoutMs);
    });
  }

  readonly #timeout = (): void => {
    this.#timer = null;
    this.#wake();
  };

  #wake(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
    this.#resolve?.();
    this.#resolve = null;
  }
}

class BoundCapture implements Capture {
  readonly view: BatchView;
  eof = false;
  readonly #native: NativeCapture;
  readonly #bell: Bell;
  readonly #buffer: Uint8Array;

  constructor(native: NativeCapture, bell: Bell) {
    this.#native = native;
    this.#bell = bell;
    this.#buffer = new Uint8Array(native.batchBytes);
    this.view = new BatchView(this.#buffer.buffer as ArrayBuffer);
  }

  next(timeoutMs: number): boolean {
    if (this.eof) return false;
    this.#bell.clear();
    const bytes = operatorErrors(() => this.#native.next(this.#buffer, timeoutMs));
    if (bytes < 0) this.eof = true;
    return bytes > 0;
  }

  ready(timeoutMs: number): Promise<void> {
    return this.eof ? Promise.resolve() : this.#bell.wait(timeoutMs);
  }

  stats(): CaptureStats {
    return this.#native.stats();
  }

  stop(): void {
    this.#native.stop();
  }

  close(): void {
    this.#native.close();
    this.#bell.ring();
  }
}
