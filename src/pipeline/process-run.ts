// A run over records that were written before: read → join → test → alerts, for `sysflow process`. It
// waits for a slow output and never for anything else; told to end, it ends between two blocks.

import { monotonicMs } from "../base/clock.ts";
import type { OperatorError } from "../base/errors.ts";
import { eventLoopTurn } from "../base/event-loop.ts";
import type { ExitStatus } from "../base/exit-status.ts";
import type { Log } from "../base/log.ts";
import type { Joiner, JoinStats } from "../join/joiner.ts";
import type { InputFault } from "../read/input-fault.ts";
import { type ReadCounts, readBlocks, readCounts, standardInput } from "../read/read-records.ts";
import { readSocket, type SocketReading } from "../read/socket/read-socket.ts";
import type { StopFlag } from "../run/stop-flag.ts";
import { queueBytesDefault } from "../write/byte-queue.ts";
import type { KnownFile } from "../write/known-file.ts";
import { openStream } from "../write/stream/open-stream.ts";
import { StreamQueue } from "../write/stream/stream-queue.ts";
import { type AlertFormat, AlertWriter, type AlertWriterStats } from "./alert-writer.ts";
import { Joiners } from "./joiners.ts";
import { type PolicyMode, PolicyStage, type PolicyStageStats } from "./policy-stage.ts";
import type { Rules } from "./rules.ts";
import type { Suppression } from "./suppression.ts";

export interface ProcessOptions {
  /**
   * Files, folders, and "-" for standard input, in the order in which they are read; or `unix:PATH`
   * alone, a socket that is listened on until the flag is set.
   */
  readonly places: readonly string[];
  /** Null: nothing is tested. */
  readonly rules: Rules | null;
  readonly mode: PolicyMode;
  readonly suppression: Suppression | null;
  /** Where alerts go; "-" for standard output. */
  readonly path: string;
  readonly format: AlertFormat;
  /** What must not be written over. */
  readonly known: readonly KnownFile[];
  readonly log: Log;
  /** The run ends soon after it is set. */
  readonly flag: StopFlag;
  /** @throws OperatorError INPUT_OPEN_FAILED */
  readonly listen: SocketReading["open"];
  /** Called a few times a second. @param bytes of files read so far */
  readonly onTurn: (bytes: number, records: number) => void;
}

/** What a run came to. */
export interface Processed {
  /** Why it ended: `end of input`, or a signal. */
  readonly ended: string;
  readonly elapsedMs: number;
  /** User and system time of the whole process, in µs. */
  readonly cpuMicros: number;
  readonly read: Readonly<ReadCounts>;
  readonly policy: PolicyStageStats;
  readonly join: JoinStats;
  readonly output: AlertWriterStats;
  /** Of files that were not read to their end, and of the output. */
  readonly statuses: ReadonlySet<ExitStatus>;
}

/** Stands before the path of a socket to listen on. */
export const socketPrefix = "unix:";

/** How often signals and timers are served. */
const turnMs = 20;
const pollMs = 100;
/** What the output gets at the end, once the run was told to end. */
const graceMs = 500;

/** Rejects where the output cannot be opened; all else is in what it returns. */
export async function runProcess(options: ProcessOptions): Promise<Processed> {
  return await new ProcessRun(options).run();
}

class ProcessRun {
  readonly #options: ProcessOptions;
  readonly #writer: AlertWriter;
  readonly #stage: PolicyStage;
  readonly #counts = readCounts();
  #bytes = 0;
  readonly #statuses = new Set<ExitStatus>();
  #hasFailed = false;
  readonly #abort = new AbortController();
  readonly #joiners: Joiners;
  readonly #startMs = monotonicMs();
  #turnEndMs = this.#startMs + turnMs;

  /** @throws OperatorError where the output cannot be opened */
  constructor(options: ProcessOptions) {
    const { format, known, log, mode, path, rules, suppression } = options;
    if (rules?.wantHashes === true) {
      log.warning("policy", "the action hash is of live processes: alerts of files have no hashes");
    }
    this.#options = options;
    const queue = new StreamQueue(openStream(path, known), {
      bytesMax: queueBytesDefault,
      whenFull: "wait",
    });
    this.#writer = new AlertWriter(queue, format);
    this.#stage = new PolicyStage({
      rules,
      mode,
      suppression,
      onRecord: (of, verdict) => this.#writer.write(of, verdict),
    });
    this.#joiners = new Joiners(this.#stage);
  }

  async run(): Promise<Processed> {
    for (const place of this.#options.places) {
      if (!this.#isOver) {
        await this.#read(place);
      }
    }
    this.#writer.close();
    await this.#drained();
    this.#takeFailure();
    const { flag } = this.#options;
    const { system, user } = process.cpuUsage();
    return {
      ended: flag.reason ?? "end of input",
      elapsedMs: monotonicMs() - this.#startMs,
      cpuMicros: user + system,
      read: this.#counts,
      policy: this.#stage.stats(),
      join: this.#joiners.stats(),
      output: this.#writer.stats(),
      statuses: this.#statuses,
    };
  }

  async #read(place: string): Promise<void> {
    const onFault = (fault: InputFault) => this.#fault(fault);
    const onBytes = (bytes: number) => {
      this.#bytes += bytes;
    };
    const { signal } = this.#abort;
    const isSocket = place.startsWith(socketPrefix);
    const blocks = isSocket
      ? readSocket(
          place.slice(socketPrefix.length),
          {
            open: this.#options.listen,
            receiver: () => this.#joiners.ofWriter(),
            onEnded: (joiner) => this.#joiners.ended(joiner as Joiner),
          },
          { onFault, signal },
          this.#counts,
        )
      : readBlocks(place, this.#joiners.ofFiles, { onFault, onBytes }, this.#counts);
    // These may bring nothing for hours: the run must end all the same when it is told to.
    const isSlow = isSocket || place === standardInput;
    const next = isSlow ? () => this.#nextOf(blocks, isSocket) : () => blocks.next();
    while (!(await next()).done) {
      if (!this.#writer.hasRoom) {
        await this.#drained();
      }
      if (monotonicMs() >= this.#turnEndMs) {
        await this.#turn();
      }
      if (this.#isOver) {
        await blocks.return();
        return;
      }
    }
  }

  /** Looks at the flag while it waits. A read of standard input that is given up ends with the program. */
  async #nextOf(
    blocks: AsyncGenerator<void, void, void>,
    canEnd: boolean,
  ): Promise<{ readonly done?: boolean }> {
    const step = blocks.next();
    for (;;) {
      const first = await Promise.race([step, after(pollMs)]);
      if (first !== null) {
        return first;
      }
      await this.#turn();
      if (this.#isOver) {
        this.#abort.abort();
        return canEnd ? await step : { done: true };
      }
    }
  }

  async #turn(): Promise<void> {
    await eventLoopTurn();
    this.#takeFailure();
    this.#options.onTurn(this.#bytes, this.#counts.records);
    this.#turnEndMs = monotonicMs() + turnMs;
  }

  get #isOver(): boolean {
    const { flag, path } = this.#options;
    if (this.#writer.isReaderGone) {
      flag.request(`the reader of ${path === "-" ? "standard output" : path} has gone`);
    }
    return flag.requested || this.#hasFailed;
  }

  /** Waits as long as the output needs, but not when told to end. */
  async #drained(): Promise<void> {
    let askedMs: number | null = null;
    while (!(await this.#writer.drained(pollMs))) {
      if (this.#options.flag.requested) {
        askedMs ??= monotonicMs();
        if (monotonicMs() - askedMs >= graceMs) {
          this.#writer.giveUp();
          return;
        }
      }
    }
  }

  #takeFailure(): void {
    const failure = this.#writer.untoldFailure();
    if (failure !== null) {
      this.#hasFailed = true;
      this.#fault(failure);
    }
  }

  #fault(fault: OperatorError): void {
    this.#statuses.add(fault.exitStatus);
    this.#options.log.error(fault.code, `${fault.message} [${fault.code}]`);
  }
}

function after(ms: number): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), ms);
  });
}
