// One run as a program has it: `run()` for a callback or files, or an iterator to take records at the
// program's own pace. Drivers share nothing: any number may read captures at a time. Of live captures
// a process can have one (LIVE_CAPTURE_TAKEN).

import { OperatorError } from "../base/errors.ts";
import { Log } from "../base/log.ts";
import { version } from "../base/version.ts";
import { runCollection } from "../run/collect-run.ts";
import { containerLookups } from "../run/lookup-choice.ts";
import { FileOutput } from "../run/output/file-output.ts";
import type { RunOutput } from "../run/output/run-output.ts";
import { SocketOutput } from "../run/output/socket-output.ts";
import type { RunLookups } from "../run/run-lookups.ts";
import { StopFlag } from "../run/stop-flag.ts";
import type { Summary } from "../run/summary.ts";
import { standardStreams } from "../write/known-file.ts";
import { CallbackOutput } from "./callback-output.ts";
import { type CheckedConfig, checkedConfig, type SysFlowConfig } from "./config.ts";
import type { SysFlowItem } from "./item.ts";
import { type ItemBatches, ItemIterator, type ItemSource, itemBatches } from "./item-iterator.ts";
import { ItemQueue } from "./item-queue.ts";

export class SysFlowDriver implements AsyncIterable<SysFlowItem>, AsyncDisposable {
  /** Of this library. */
  static readonly version: string = version;
  readonly version: string = version;
  readonly #checked: CheckedConfig;
  readonly #flag = new StopFlag();
  #summary: Summary | null = null;
  /** The run, once it was begun; never rejects. */
  #settled: Promise<void> | null = null;

  /** Opens nothing yet. @throws SysFlowError CONFIG_INVALID or OPTIONS_EXCLUDE */
  constructor(config: SysFlowConfig = {}) {
    this.#checked = checkedConfig(config);
  }

  /** What the run did and what it lost; null before its end. */
  get summary(): Summary | null {
    return this.#summary;
  }

  /**
   * Runs to the end of the capture, to `exit`, or to the signal; live, until then. Everything that was
   * collected has been given to the callback and written when it settles, whatever happened. Once.
   * @returns what it did; null where it ended before anything was open
   * @throws SysFlowError, what the callback threw, or the signal's reason, as rejections
   */
  async run(): Promise<Summary | null> {
    const { callback, filePath, socketPath } = this.#checked.config;
    if (callback === null && filePath === "" && socketPath === "") {
      const message =
        "there is nowhere for the records to go: give a callback, a filePath or a socketPath, or iterate";
      throw new OperatorError("OUTPUT_MISSING", message);
    }
    await this.#begin([]);
    return this.#summary;
  }

  /**
   * Asks for a clean end. Records of events that were taken by then, and of flows that are open, still
   * come. May be called at any time, from within the callback too, and twice.
   */
  exit(): void {
    this.#flag.request("exit");
  }

  /** The run as an iterator of records, each with what it refers to; begins it. */
  [Symbol.asyncIterator](): AsyncIterableIterator<SysFlowItem> {
    return new ItemIterator(this.#source());
  }

  /** The same in arrays of what came together, which takes less time for each. They are not empty. */
  batches(): ItemBatches {
    return itemBatches(this.#source());
  }

  /** Asks for the end and waits for it. What went wrong is told by `run` or the iterator. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.exit();
    await this.#settled;
  }

  #source(): ItemSource {
    const queue = new ItemQueue(this.#checked.config.queueRecords, this.#flag);
    let run: Promise<void> | null = null;
    let fault: { readonly error: unknown } | null = null;
    const begin = () => {
      run ??= this.#begin([queue])
        .catch((error: unknown) => {
          fault = { error };
        })
        .finally(() => queue.end());
      return run;
    };
    const throwFault = () => {
      const thrown = fault;
      fault = null;
      if (thrown !== null) {
        throw thrown.error;
      }
    };
    return {
      next: async () => {
        void begin();
        await queue.ready();
        const items = queue.take();
        if (items.length > 0) {
          return items;
        }
        // The error comes after the records before it.
        throwFault();
        return null;
      },
      leave: async () => {
        queue.leave();
        await run;
        throwFault();
      },
    };
  }

  async #begin(outputs: readonly RunOutput[]): Promise<void> {
    if (this.#settled !== null) {
      const message = "a driver runs once: make another one with the same configuration";
      throw new OperatorError("DRIVER_USED", message);
    }
    const run = this.#run(outputs);
    this.#settled = run.catch(() => undefined);
    await run;
  }

  async #run(outputs: readonly RunOutput[]): Promise<void> {
    const { config, open, settings } = this.#checked;
    const { onLog, signal } = config;
    const log = new Log({ write: lineWriter(onLog) });
    const onAbort = () => this.#flag.request("aborted");
    signal?.throwIfAborted();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await runCollection({
        settings,
        open,
        log,
        flag: this.#flag,
        outputs: [...outputs, ...this.#configured()],
        lookups: await this.#lookups(log),
        observer: {
          onSummary: (summary) => {
            this.#summary = summary;
          },
        },
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
      log.flush();
    }
    signal?.throwIfAborted();
  }

  #lookups(log: Log): Promise<RunLookups> {
    const { config, open, settings } = this.#checked;
    const { criPath, criTimeoutMs: timeoutMs } = config;
    const path = criPath === "" ? null : criPath;
    const options = { hostRoot: open.hostRoot ?? "", path, timeoutMs, log };
    return containerLookups(config.containerLookup, settings.read, options);
  }

  #configured(): readonly RunOutput[] {
    const { config, rotateIntervalSec, settings } = this.#checked;
    const outputs: RunOutput[] = [];
    if (config.filePath !== "") {
      outputs.push(
        new FileOutput({
          path: config.filePath,
          rotateIntervalSec,
          rotateBytes: config.rotateBytes,
          suffix: ".sf",
          codec: "deflate",
          keep: { files: config.keepFiles, ageSec: config.keepAgeSec, bytes: config.keepBytes },
          onDiskFull: "discard",
          schema: settings.schema,
          known: () => standardStreams(true),
          onReopened: () => undefined,
        }),
      );
    }
    if (config.socketPath !== "") {
      outputs.push(new SocketOutput({ path: config.socketPath, schema: settings.schema }));
    }
    if (config.callback !== null) {
      outputs.push(new CallbackOutput(config.callback, this.#flag));
    }
    return outputs;
  }
}

function lineWriter(onLog: ((line: string) => void) | null): (line: string) => void {
  if (onLog !== null) {
    return (line) => onLog(line.trimEnd());
  }
  return (line) => {
    if (!line.startsWith("sysflow: info: ")) {
      process.emitWarning(line.trimEnd(), "SysFlowWarning");
    }
  };
}
