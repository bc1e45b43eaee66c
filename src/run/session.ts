// One capture from its opening to its last batch: what `collect`, `record` and a program that uses the
// library do alike. What becomes of the batches is the caller's: records (collection.ts) or nothing.
//
// Some things there is one of in a process, whoever runs the session:
// - a live capture. The probe's programs, maps and rings are global variables of the capture library, and
//   a second one would close the first one's. It is refused with LIVE_CAPTURE_TAKEN. Captures from files
//   may be read beside it and beside each other.
// - the host's root. The library takes it from HOST_ROOT, once, for as long as the process lives.
// - signals, the exit status and the environment: they are the program's, and nothing here touches them.

import { assert } from "../base/assert.ts";
import { monotonicMs } from "../base/clock.ts";
import { OperatorError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { BatchView } from "../capture/batch-reader.ts";
import type { CaptureStats, OpenOptions } from "../capture/binding.ts";
import {
  type LiveEngine,
  type OpenedCapture,
  openLive,
  openSavefile,
  ringBytesDefault,
} from "../driver/engine-choice.ts";
import { checkFilter } from "../driver/filter.ts";
import { checkPidNamespace } from "../driver/pid-namespace.ts";
import { type BatchUse, drain, runLoop } from "./loop.ts";
import type { StopFlag } from "./stop-flag.ts";
import type { SummarySource } from "./summary.ts";
import { RunWatch, type RunWatchOptions } from "./watch.ts";

export interface SessionSettings {
  /** The capture to read; null: live. */
  readonly read: string | null;
  /** Live. Null: the first that works. */
  readonly engine: LiveEngine | null;
  /** Wall time after which the flag is set; null: not by time. */
  readonly durationSec: number | null;
  /** Live: go on where /proc is not that of the host's pid namespace. */
  readonly allowOwnPidNamespace: boolean;
  /** Said once at the start. */
  readonly warnings: readonly string[];
}

export interface SessionOptions {
  readonly settings: SessionSettings;
  /** For native code. Where it gives no size of rings, memory and CPUs do. */
  readonly open: Omit<OpenOptions, "engine" | "path">;
  readonly log: Log;
  /** The session ends soon after it is set, and sets it when its duration is over. */
  readonly flag: StopFlag;
}

/** What is done with the batches while the session runs. The view is void once all of one is handled. */
export interface SessionUse extends BatchUse<BatchView> {
  /** The flag's word where absent. */
  readonly isOver?: () => boolean;
  /** Every 20 to 35 ms, between batches; a promise holds the session up. */
  readonly afterTurn?: () => Promise<unknown> | undefined;
}

let isLiveTaken = false;

/** Called in this order: warn, open, watch, run, takeLast, close; the last two whatever failed before. */
export class Session {
  readonly #options: SessionOptions;
  #opened: OpenedCapture | null = null;
  #holdsLive = false;
  #caveat: string | null = null;
  #watch: RunWatch | null = null;
  /** When the engine began to deliver, by the monotonic clock. */
  #startMs = monotonicMs();
  #fault: unknown = null;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Null until it is open. */
  get engine(): OpenedCapture["engine"] | null {
    return this.#opened?.engine ?? null;
  }

  /** The error that ended the run of batches, or null. Nothing new is taken after it. */
  get fault(): unknown {
    return this.#fault;
  }

  /** Whether all of a capture file has been handled. */
  get isAtEnd(): boolean {
    return this.#opened?.capture.eof === true;
  }

  /** To be asked once it is open; also after `close`. */
  stats(): CaptureStats {
    assert(this.#opened !== null, "a session has statistics once it is open");
    return this.#opened.capture.stats();
  }

  /** Looks at the filter, which needs no engine. @throws OperatorError FILTER_INVALID */
  warn(): void {
    const { log, open, settings } = this.#options;
    const isLive = settings.read === null;
    for (const text of [...checkFilter(open.filter ?? "", isLive), ...settings.warnings]) {
      log.warning("start", text);
    }
  }

  /**
   * @returns false where the flag was set while a live engine was opening. That cannot be broken off:
   *   it goes on by itself and is closed when it is open, some seconds later; until then the process's
   *   one live capture is taken.
   * @throws OperatorError, among others LIVE_CAPTURE_TAKEN and PID_NAMESPACE
   */
  async open(): Promise<boolean> {
    const { flag, open, settings } = this.#options;
    if (settings.read === null) {
      return await this.#openLive();
    }
    this.#opened = await openSavefile({ ...open, path: settings.read }, () => flag.requested);
    return true;
  }

  async #openLive(): Promise<boolean> {
    const { flag, log, open, settings } = this.#options;
    this.#caveat = checkPidNamespace(open.hostRoot ?? "", settings.allowOwnPidNamespace);
    if (this.#caveat !== null) {
      log.warning("pid namespace", this.#caveat);
    }
    this.#takeLive();
    const bufferBytes = open.bufferBytes ?? ringBytesDefault(open.cpusPerBuffer ?? 1);
    try {
      this.#opened = await openLive({
        engine: settings.engine,
        options: { ...open, bufferBytes },
        isStopped: () => flag.requested,
        onFallback: (message) => log.warning("engine", message),
        onLeft: () => this.#releaseLive(),
      });
    } catch (error) {
      this.#releaseLive();
      throw error;
    }
    return this.#opened !== null;
  }

  /** Starts the timers; none where it did not open. */
  watch(options: Pick<RunWatchOptions, "unexpressed" | "sayStats">): void {
    const opened = this.#opened;
    if (opened !== null) {
      const { flag, log, settings } = this.#options;
      this.#startMs = monotonicMs();
      this.#watch = new RunWatch({
        ...options,
        log,
        flag,
        durationSec: settings.durationSec,
        stats: () => opened.capture.stats(),
      });
    }
  }

  stopWatch(): void {
    this.#watch?.stop();
  }

  /** Also to be called at the end: a short run is over before a timer. */
  sayUnexpressed(): void {
    this.#watch?.sayUnexpressed();
  }

  /** Handles batches to the input's end, or until it is over. @throws what `handle` throws too. */
  async run(use: SessionUse): Promise<void> {
    const { flag } = this.#options;
    if (this.#opened === null) {
      return;
    }
    const { capture, hasBatch } = this.#opened;
    try {
      if (hasBatch) {
        use.handle(capture.view);
      }
      await runLoop({
        source: capture,
        handle: use.handle,
        ...(use.goOn !== undefined && { goOn: use.goOn }),
        givesWay: this.#options.settings.read === null,
        isStopped: use.isOver ?? (() => flag.requested),
        ...(use.afterTurn !== undefined && { afterTurn: use.afterTurn }),
      });
    } catch (error) {
      this.#fault = withPrefix(error, capture.stats().events);
      throw this.#fault;
    }
  }

  /**
   * Asks the capture to end, and handles what its thread had read by then, unless an error ended it.
   * @param use null to take nothing more
   */
  async takeLast(use: BatchUse<BatchView> | null, msMax: number): Promise<void> {
    this.stopWatch();
    const capture = this.#opened?.capture;
    capture?.stop();
    if (capture !== undefined && use !== null && this.#fault === null) {
      await drain(capture, use, msMax);
    }
  }

  /** Its statistics can still be asked for. May be called twice. */
  close(): void {
    this.#opened?.capture.close();
    if (this.#opened !== null) {
      this.#releaseLive();
    }
  }

  /** What the summary tells of any run; null where it did not open. */
  summary(): Pick<
    SummarySource,
    "engine" | "input" | "elapsedMs" | "cpuMicros" | "capture" | "caveats"
  > | null {
    if (this.#opened === null) {
      return null;
    }
    const cpu = process.cpuUsage();
    return {
      engine: this.#opened.engine,
      input: this.#options.settings.read,
      elapsedMs: monotonicMs() - this.#startMs,
      cpuMicros: cpu.user + cpu.system,
      capture: this.#opened.capture.stats(),
      caveats: this.#caveat === null ? [] : [this.#caveat],
    };
  }

  #takeLive(): void {
    if (isLiveTaken) {
      throw new OperatorError(
        "LIVE_CAPTURE_TAKEN",
        "cannot open a second live capture in this process: the capture library keeps the probe in " +
          "global variables; close the first one before, or use another process",
      );
    }
    isLiveTaken = true;
    this.#holdsLive = true;
  }

  #releaseLive(): void {
    if (this.#holdsLive) {
      isLiveTaken = false;
      this.#holdsLive = false;
    }
  }
}

/** Damaged input: says how much was kept, which only we know. */
function withPrefix(error: unknown, events: number): unknown {
  if (!(error instanceof OperatorError) || error.code !== "EventParsingError") {
    return error;
  }
  const kept = `${events.toLocaleString("en-US")} events before it were kept`;
  return new OperatorError(error.code, `${error.message}; ${kept}`, {
    cause: error,
    exitStatus: error.exitStatus,
  });
}
