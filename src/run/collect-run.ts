// A run that makes records: capture → collect → outputs, for `sysflow collect` and the library alike.
// It is the START and STOP lists at the top. Who starts it brings the settings, the outputs and the
// lookups, and is told what happens through RunObserver; signals, standard output and the exit status
// are that one's own matter.

import { hostname } from "node:os";
import { OperatorError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { keepFromLastTier } from "../base/optimizer.ts";
import type { CaptureStats, OpenOptions } from "../capture/binding.ts";
import { captureHostName } from "../capture/savefile-head.ts";
import type { CollectorOptions } from "../collect/collector-options.ts";
import { syscallsFor } from "../driver/syscall-sets.ts";
import { Collection } from "./collection.ts";
import { hotPath } from "./hot-path.ts";
import { Outputs } from "./output/outputs.ts";
import type { RunOutput } from "./output/run-output.ts";
import type { RunLookups } from "./run-lookups.ts";
import type { RunState } from "./run-state.ts";
import { Session, type SessionSettings } from "./session.ts";
import { StatsLine, type StatsOccasion } from "./stats-line.ts";
import { runSteps, type Step } from "./steps.ts";
import type { StopFlag } from "./stop-flag.ts";
import { type Summary, type SummarySource, summarize } from "./summary.ts";
import { unexpressed } from "./unexpressed.ts";

/** `exporter`: "" for the host name, or that in the capture which is read. */
export interface CollectRunSettings extends SessionSettings, CollectorOptions {
  /** Live: N where drop mode keeps the first 1/N of each second; else 1. */
  readonly samplingRatio: number;
  /** A line of statistics every 30 seconds, at rotation and at the end. */
  readonly stats: boolean;
}

/** What the one who started the run is told. */
export interface RunObserver {
  /** Before the capture is opened. @throws OperatorError to have it not opened */
  readonly onStart?: () => void;
  /** The run was told to stop while a live engine was opening: nothing was taken (session.ts). */
  readonly onStoppedWhileOpening?: (reason: string) => void;
  /**
   * The capture and the outputs are open. @param look how the run stands: may be asked at any time until
   *   it has ended, and costs too much to be asked for each batch
   */
  readonly onOpened?: (engine: string, look: () => RunState | null) => void;
  /** Between batches, every 20 to 35 ms. */
  readonly onTurn?: (stats: () => CaptureStats) => void;
  /** No batch of the body follows; also called where it never began. */
  readonly onEnding?: () => void;
  /** Called where the capture was opened, after the last output was closed, whatever failed. */
  readonly onSummary?: (summary: Summary) => void;
}

export interface CollectRunOptions {
  readonly settings: CollectRunSettings;
  /** For native code, beside what follows from the settings. */
  readonly open: Omit<OpenOptions, "engine" | "path" | "syscalls">;
  readonly log: Log;
  /** The run ends soon after it is set. */
  readonly flag: StopFlag;
  /** At least one. The first one's counts are the summary's. */
  readonly outputs: readonly RunOutput[];
  readonly lookups: RunLookups;
  readonly observer: RunObserver;
}

const startSteps: readonly Step<CollectRun>[] = [
  { name: "tune the runtime", run: () => keepFromLastTier(hotPath) },
  { name: "check the filter and warn", run: (run) => run.session.warn() },
  { name: "look at the outputs", run: ({ options }) => options.observer.onStart?.() },
  { name: "open the capture", run: openCapture },
  { name: "open the outputs", run: openOutputs },
  { name: "watch the time", run: startWatch },
];

const stopSteps: readonly Step<CollectRun>[] = [
  { name: "take the last events", run: stopCapture },
  // Sizes of tables say nothing once everything in them has been ended.
  { name: "say what is open", run: (run) => sayStats(run, "end") },
  { name: "wait for the lookups", run: ({ options }) => options.lookups.settled(settleMsMax) },
  { name: "end the open flows", run: (run) => run.collection?.finish() },
  { name: "end the lookups", run: ({ options }) => options.lookups.close() },
  { name: "close the outputs", run: closeOutputs },
  { name: "close the capture", run: (run) => run.session.close() },
  { name: "sum up", run: sumUp },
];

/** Of the 2 s that a clean end may take, what is left for exit itself stays out. */
const stopDeadlineMs = 1800;
const drainMsMax = 700;
/** For answers about containers that were seen in the last moment. */
const settleMsMax = 300;

interface CollectRun {
  readonly options: CollectRunOptions;
  readonly session: Session;
  readonly outputs: Outputs;
  /** Null until START made it. */
  collection: Collection | null;
  /** Null without statistics. */
  stats: StatsLine | null;
}

/**
 * Runs to the input's end, or until the flag is set.
 * @throws OperatorError, or what an output threw; what was collected before is written by then
 */
export async function runCollection(options: CollectRunOptions): Promise<void> {
  const { flag, log, settings } = options;
  const open = {
    ...options.open,
    ...(settings.read === null && { syscalls: syscallsFor(settings.mode, settings.schema) }),
  };
  await runSteps<CollectRun>({
    state: {
      options,
      session: new Session({ settings, open, log, flag }),
      outputs: new Outputs(options.outputs, flag),
      collection: null,
      stats: null,
    },
    start: startSteps,
    body: collect,
    stop: stopSteps,
    stopDeadlineMs: () => (flag.requested ? stopDeadlineMs : Number.POSITIVE_INFINITY),
    onFurtherError: (error) => sayFurther(log, error),
  });
}

async function openCapture({ options, session }: CollectRun): Promise<void> {
  if (!(await session.open())) {
    options.observer.onStoppedWhileOpening?.(options.flag.reason ?? "stopped");
  }
}

function openOutputs(run: CollectRun): void {
  const { options, outputs, session } = run;
  const { log, lookups, settings } = options;
  if (session.engine === null) {
    return;
  }
  const fanOut = outputs.open({
    read: settings.read,
    log,
    beforeRotation: () => sayStats(run, "rotation"),
  });
  if (settings.stats) {
    run.stats = statsLine(run);
  }
  const exporter = exporterOf(settings);
  run.collection = new Collection(fanOut, { ...settings, exporter }, lookups.open());
}

function exporterOf(settings: CollectRunSettings): string {
  if (settings.exporter !== "") {
    return settings.exporter;
  }
  const recorded = settings.read === null ? "" : captureHostName(settings.read);
  return recorded === "" ? hostname() : recorded;
}

function statsLine(run: CollectRun): StatsLine {
  return new StatsLine({
    capture: () => run.session.stats(),
    collector: () => run.collection?.stats() ?? null,
    lookups: () => run.options.lookups.stats(),
    recordsTotal: () => {
      const counts = run.outputs.reports().find(({ records }) => records !== null)?.records;
      return Object.values(counts ?? {}).reduce((total, count) => total + count, 0);
    },
  });
}

function sayStats(run: CollectRun, occasion: StatsOccasion): void {
  if (run.stats !== null) {
    run.options.log.asked("stats", run.stats.next(occasion));
  }
}

function startWatch(run: CollectRun): void {
  const { options, session } = run;
  if (session.engine === null) {
    return;
  }
  options.observer.onOpened?.(session.engine, () => stateOf(run));
  session.watch({
    unexpressed: () => (run.collection === null ? [] : unexpressed(run.collection.stats())),
    sayStats: options.settings.stats ? () => sayStats(run, "time") : null,
  });
}

async function collect({ collection, options, outputs, session }: CollectRun): Promise<void> {
  const { observer, settings } = options;
  // A replay can wait for its outputs; the live kernel cannot.
  const waits = settings.read !== null;
  const stats = () => session.stats();
  if (collection !== null) {
    // One that has no reader yet must not lose the first batches of a replay.
    await outputs.afterTurn(waits);
    await session.run({
      ...collection.inParts,
      afterTurn: () => {
        observer.onTurn?.(stats);
        return outputs.afterTurn(waits);
      },
    });
  }
}

/** What the capture thread has already read is taken, unless the run ended by an error. */
async function stopCapture({ collection, options, session }: CollectRun): Promise<void> {
  options.observer.onEnding?.();
  await session.takeLast(collection?.inParts ?? null, drainMsMax);
}

async function closeOutputs({ options, outputs, session }: CollectRun): Promise<void> {
  const isOver = options.settings.read === null && session.fault !== null;
  const faults: unknown[] = [];
  await outputs.close(isOver, (fault) => faults.push(fault));
  if (faults.length > 0) {
    for (const fault of faults.slice(1)) {
      sayFurther(options.log, fault);
    }
    throw faults[0];
  }
}

function sayFurther(log: Log, error: unknown): void {
  log.error("stop", error instanceof Error ? error.message : "?");
}

function stateOf(run: CollectRun): RunState | null {
  const source = sourceOf(run, "not yet");
  return source === null ? null : { source, stopped: run.outputs.stopped() };
}

function sumUp(run: CollectRun): void {
  const { options, session } = run;
  const source = sourceOf(run, endedBy(options.flag, session));
  if (source !== null) {
    session.sayUnexpressed();
    options.observer.onSummary?.(summarize(source));
  }
}

/** Null where nothing was opened. */
function sourceOf(run: CollectRun, ended: string): SummarySource | null {
  const { collection, options, outputs, session } = run;
  const ofSession = session.summary();
  if (ofSession === null || collection === null) {
    return null;
  }
  return {
    ...ofSession,
    command: "collect",
    ended,
    collector: collection.stats(),
    lookups: options.lookups.stats(),
    outputs: outputs.reports(),
    samplingRatio: options.settings.samplingRatio,
  };
}

function endedBy(flag: StopFlag, session: Session): string {
  if (session.fault !== null) {
    return session.fault instanceof OperatorError ? session.fault.code : "defect";
  }
  return flag.reason ?? (session.isAtEnd ? "end of input" : "end");
}
