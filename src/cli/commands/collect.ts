// `sysflow collect`: capture → collect → write, and the live table beside it. A run is the START
// and STOP lists at the top; what they share is CollectRun.

import { statSync } from "node:fs";
import { hostname } from "node:os";
import { monotonicMs, nowSec } from "../../base/clock.ts";
import { OperatorError, systemCause } from "../../base/errors.ts";
import { Log } from "../../base/log.ts";
import { keepFromLastTier } from "../../base/optimizer.ts";
import { type BatchView, readBatch } from "../../capture/batch-reader.ts";
import type { OpenOptions } from "../../capture/binding.ts";
import { captureBeginning, captureHostName } from "../../capture/savefile-head.ts";
import { Collector } from "../../collect/collector.ts";
import {
  exitWhileOpening,
  type OpenedCapture,
  openLive,
  openSavefile,
  ringBytesDefault,
} from "../../driver/engine-choice.ts";
import { checkFilter } from "../../driver/filter.ts";
import { checkPidNamespace } from "../../driver/pid-namespace.ts";
import { syscallsFor } from "../../driver/syscall-sets.ts";
import { Joiner } from "../../join/joiner.ts";
import { hotPath } from "../../run/hot-path.ts";
import { drain, runLoop } from "../../run/loop.ts";
import { StatsLine, type StatsOccasion } from "../../run/stats-line.ts";
import { runSteps, type Step } from "../../run/steps.ts";
import { dropWarning, type Summary, summarize, summaryLines } from "../../run/summary.ts";
import { unexpressed } from "../../run/unexpressed.ts";
import { RunWatch } from "../../run/watch.ts";
import { LineOutput } from "../../show/line-output.ts";
import { LiveTable } from "../../show/live-table.ts";
import { Progress } from "../../show/progress.ts";
import { RecordTee } from "../../show/record-tee.ts";
import type { RecordSink } from "../../sysflow/record-sink.ts";
import { FileWriter, isFolder, type Reopened } from "../../write/file-writer.ts";
import { type KnownFile, knownFile, refuseKnown } from "../../write/known-file.ts";
import type { CollectSettings } from "../options.ts";
import { StopFlag } from "../signals.ts";
import { hostReport } from "./check.ts";

interface CollectRun {
  readonly settings: CollectSettings;
  readonly hostRoot: string;
  readonly log: Log;
  readonly flag: StopFlag;
  /** When the engine began to deliver, by the monotonic clock. */
  startMs: number;
  /** Null until START made it. */
  opened: OpenedCapture | null;
  /** What is false of the records; null where nothing is. */
  caveat: string | null;
  writer: FileWriter | null;
  table: LiveTable | null;
  output: LineOutput | null;
  tee: RecordTee | null;
  collector: Collector | null;
  progress: Progress | null;
  watch: RunWatch | null;
  /** Null without --stats. */
  stats: StatsLine | null;
  /** Time of the newest event handled. */
  lastTsLo: number;
  lastTsHi: number;
  /** The error that ended the run; STOP then ends what there is and takes nothing new. */
  fault: unknown;
}

const startSteps: readonly Step<CollectRun>[] = [
  { name: "tune the runtime", run: () => keepFromLastTier(hotPath) },
  { name: "check the filter and warn", run: warn },
  { name: "look at the outputs", run: checkOutputs },
  { name: "open the capture", run: openInput },
  { name: "open the outputs", run: openOutputs },
  { name: "watch the time", run: startWatch },
];

const stopSteps: readonly Step<CollectRun>[] = [
  { name: "take the last events", run: stopCapture },
  // Sizes of tables say nothing once everything in them has been ended.
  { name: "say what is open", run: (run) => sayStats(run, "end") },
  { name: "end the open flows", run: (run) => run.collector?.finish(run.lastTsLo, run.lastTsHi) },
  { name: "close the output", run: (run) => run.writer?.close() },
  { name: "close the capture", run: (run) => run.opened?.capture.close() },
  { name: "print the last records", run: closeTable },
  { name: "sum up", run: sumUp },
];

const liveTimeoutMs = 20;
const replayTimeoutMs = 100;
/** Of the 2 s that a clean end may take, what is left for exit itself stays out. */
const stopDeadlineMs = 1800;
const drainMsMax = 700;
const printRateDefault = 200;
const readerPollMs = 100;
/** What a reader that has stopped gets at the end, once the run was told to end. */
const readerGraceMs = 500;

/** @throws OperatorError; what was collected before it has been written by then. */
export async function runCollect(settings: CollectSettings, hostRoot: string): Promise<void> {
  const log = new Log();
  // Without an output there is nothing to re-open: the terminal has gone.
  const flag = new StopFlag(settings.write === null ? null : () => run.writer?.wantReopen());
  const run: CollectRun = {
    settings,
    hostRoot,
    log,
    flag,
    startMs: monotonicMs(),
    opened: null,
    caveat: null,
    writer: null,
    table: null,
    output: null,
    tee: null,
    collector: null,
    progress: null,
    watch: null,
    stats: null,
    lastTsLo: 0,
    lastTsHi: 0,
    fault: null,
  };
  flag.install();
  try {
    await runSteps({
      state: run,
      start: startSteps,
      body: collect,
      stop: stopSteps,
      stopDeadlineMs: () => (flag.requested ? stopDeadlineMs : Number.POSITIVE_INFINITY),
      onFurtherError: (error) => log.error("stop", error instanceof Error ? error.message : "?"),
    });
  } finally {
    flag.remove();
    log.flush();
  }
}

function warn(run: CollectRun): void {
  const { filter, warnings } = run.settings;
  for (const text of [...checkFilter(filter, run.settings.read === null), ...warnings]) {
    run.log.warning("start", text);
  }
}

function checkOutputs(run: CollectRun): void {
  const standardOutput = knownFile("standard output", 1);
  if (writesToStandardOutput(run.settings) && standardOutput !== null) {
    refuseKnown("to standard output", standardOutput, inputFile(run.settings));
  }
}

function writesToStandardOutput({ json, print }: CollectSettings): boolean {
  return json || print;
}

function inputFile({ read }: CollectSettings): readonly KnownFile[] {
  const file = read === null ? null : knownFile(`the capture that is read (${read})`, read);
  return file === null ? [] : [file];
}

/** Where the files must not go, by whichever name. */
function takenFiles(settings: CollectSettings): readonly KnownFile[] {
  const streams = [
    writesToStandardOutput(settings) ? knownFile("standard output", 1) : null,
    knownFile("standard error", 2),
  ];
  return [...inputFile(settings), ...streams.filter((file) => file !== null)];
}

async function openInput(run: CollectRun): Promise<void> {
  const { settings } = run;
  const isStopped = () => run.flag.requested;
  const options: Omit<OpenOptions, "engine"> = {
    filter: settings.filter,
    libraryLog: settings.driverLog,
    hostRoot: run.hostRoot,
  };
  if (settings.read !== null) {
    run.opened = await openSavefile({ ...options, path: settings.read }, isStopped);
    return;
  }
  run.caveat = checkPidNamespace(run.hostRoot, settings.allowOwnPidNamespace);
  if (run.caveat !== null) {
    run.log.warning("pid namespace", run.caveat);
  }
  run.opened = await openLive({
    engine: settings.engine,
    options: {
      ...options,
      syscalls: syscallsFor(settings.mode, settings.schema),
      dropMode: settings.dropMode,
      samplingRatio: settings.samplingRatio,
      bufferBytes: settings.bufferBytes ?? ringBytesDefault(settings.cpusPerBuffer ?? 1),
      ...(settings.cpusPerBuffer !== null && { cpusPerBuffer: settings.cpusPerBuffer }),
    },
    isStopped,
    report: () => hostReport(run.hostRoot),
    onFallback: (message) => run.log.warning("engine", message),
  });
  if (run.opened === null) {
    exitWhileOpening(run.flag.reason ?? "stopped");
  }
}

function openOutputs(run: CollectRun): void {
  const { settings } = run;
  if (settings.write !== null) {
    const { read } = settings;
    run.writer = new FileWriter({
      path: settings.write,
      rotateIntervalSec: settings.rotateIntervalSec,
      // A replay's files are named by event time, and made of nothing but its events.
      startSec: read !== null && isNamedByTime(settings) ? null : nowSec(),
      schema: settings.schema,
      known: takenFiles(settings),
      ...(read !== null && { markerSeed: captureBeginning(read) }),
      beforeRotation: () => sayStats(run, "rotation"),
      onReopened: (reopened) => run.log.warning("signal", reopenedText(reopened)),
    });
  }
  if (settings.stats) {
    run.stats = statsLine(run);
  }
  const sink = settings.print ? openTable(run) : run.writer;
  if (sink === null) {
    throw new OperatorError("OUTPUT_MISSING", "there is nowhere for the records to go");
  }
  run.collector = new Collector(sink, {
    mode: settings.mode,
    processFlows: settings.processFlows,
    fileOnly: settings.fileOnly,
    fileReadMode: settings.fileReadMode,
    containersOnly: settings.containersOnly,
    schema: settings.schema,
    exporter: exporterOf(settings),
    nodeIp: settings.nodeIp,
  });
}

function isNamedByTime({ rotateIntervalSec, write }: CollectSettings): boolean {
  return rotateIntervalSec > 0 || (write !== null && isFolder(write));
}

function reopenedText(reopened: Reopened): string {
  const { path } = reopened;
  switch (reopened.outcome) {
    case "new":
      return `SIGHUP: the output goes on in ${path}`;
    case "same":
      return `SIGHUP: ${path} is where it was, and goes on`;
    case "kept":
      return `SIGHUP: ${reopened.cause}; the output goes on in ${path} as it was opened`;
    default:
      return reopened satisfies never;
  }
}

function openTable(run: CollectRun): RecordSink {
  const { settings } = run;
  const output = new LineOutput();
  const live = settings.read === null;
  run.output = output;
  run.table = new LiveTable({
    output,
    linesPerSec: settings.printRate ?? (live || output.isTerminal ? printRateDefault : 0),
    waitsForReader: !live,
  });
  run.tee = new RecordTee(new Joiner(run.table), run.writer);
  return run.tee;
}

function statsLine(run: CollectRun): StatsLine | null {
  const { opened } = run;
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  return opened === null
    ? null
    : new StatsLine({
        capture: () => opened.capture.stats(),
        collector: () => run.collector?.stats() ?? null,
        recordsTotal: () => run.writer?.stats().recordsTotal ?? sum(run.tee?.counts ?? {}),
      });
}

function sayStats(run: CollectRun, occasion: StatsOccasion): void {
  if (run.stats !== null) {
    run.log.asked(run.stats.next(occasion));
  }
}

function exporterOf(settings: CollectSettings): string {
  if (settings.exporter !== "") {
    return settings.exporter;
  }
  const recorded = settings.read === null ? "" : captureHostName(settings.read);
  return recorded === "" ? hostname() : recorded;
}

function startWatch(run: CollectRun): void {
  const { settings, opened } = run;
  if (opened === null) {
    return;
  }
  run.startMs = monotonicMs();
  if (settings.read === null) {
    const output = settings.write ?? "the table";
    run.log.info("start", `collecting with ${opened.engine} to ${output}; Ctrl-C ends`);
  }
  run.watch = new RunWatch({
    log: run.log,
    flag: run.flag,
    durationSec: settings.durationSec,
    stats: () => opened.capture.stats(),
    unexpressed: () => (run.collector === null ? [] : unexpressed(run.collector.stats())),
    sayStats: settings.stats ? () => sayStats(run, "time") : null,
  });
  if (settings.read !== null && !(settings.print && run.output?.isTerminal === true)) {
    const bytesTotal = statSync(settings.read, { throwIfNoEntry: false })?.size ?? 0;
    run.progress = new Progress({ bytesTotal });
  }
}

async function collect(run: CollectRun): Promise<void> {
  const { opened, collector, settings } = run;
  if (opened === null || collector === null) {
    return;
  }
  try {
    if (opened.hasBatch) {
      handle(run, collector, opened.capture.view);
    }
    await runLoop({
      source: opened.capture,
      timeoutMs: settings.read === null ? liveTimeoutMs : replayTimeoutMs,
      handle: (view) => handle(run, collector, view),
      isStopped: () => run.flag.requested,
      afterTurn: () => afterTurn(run),
    });
  } catch (error) {
    run.fault = withPrefix(error, run);
    throw run.fault;
  }
}

function handle(run: CollectRun, collector: Collector, view: BatchView): void {
  readBatch(view, collector);
  run.lastTsLo = view.lastTsLo;
  run.lastTsHi = view.lastTsHi;
}

function afterTurn(run: CollectRun): Promise<unknown> | undefined {
  const { opened, output, progress, settings, table } = run;
  if (progress !== null && opened !== null) {
    const stats = opened.capture.stats();
    progress.update(stats.bytesRead, stats.events);
  }
  if (table === null || output === null) {
    return undefined;
  }
  table.flush();
  if (output.error !== null && run.writer === null) {
    run.flag.request("the reader of the table has gone");
  }
  // A replay can wait for its reader; the live kernel cannot.
  return settings.read === null || output.hasRoom ? undefined : waitForReader(output, run.flag);
}

/** Damaged input: says how much was kept, which only we know. */
function withPrefix(error: unknown, run: CollectRun): unknown {
  if (!(error instanceof OperatorError) || error.code !== "EventParsingError") {
    return error;
  }
  const events = run.opened?.capture.stats().events ?? 0;
  const kept = `${events.toLocaleString("en-US")} events before it were kept`;
  return new OperatorError(error.code, `${error.message}; ${kept}`, {
    cause: error,
    exitStatus: error.exitStatus,
  });
}

/** What the capture thread has already read is taken, unless the run ended by an error. */
async function stopCapture(run: CollectRun): Promise<void> {
  const { opened, collector } = run;
  run.watch?.stop();
  run.progress?.close();
  opened?.capture.stop();
  if (opened !== null && collector !== null && run.fault === null) {
    await drain(opened.capture, (view) => handle(run, collector, view), drainMsMax);
  }
}

/** Waits as long as the reader likes, but not when told to end. @returns false where given up */
async function waitForReader(output: LineOutput, flag: StopFlag, graceMs = 0): Promise<boolean> {
  let askedMs: number | null = null;
  while (!(await output.drained(readerPollMs))) {
    if (flag.requested) {
      askedMs ??= monotonicMs();
      if (monotonicMs() - askedMs >= graceMs) {
        return false;
      }
    }
  }
  return true;
}

async function closeTable(run: CollectRun): Promise<void> {
  const { output, table } = run;
  if (output === null || table === null) {
    return;
  }
  table.close();
  if (!(await waitForReader(output, run.flag, readerGraceMs))) {
    run.log.warning("reader", "the reader of the table has stopped: its last lines are not shown");
  }
  const { error } = output;
  if (error !== null && !("code" in error && error.code === "EPIPE")) {
    const message = `cannot write the table to standard output: ${systemCause(error)}`;
    throw new OperatorError("OUTPUT_WRITE_FAILED", message, { cause: error });
  }
}

function sumUp(run: CollectRun): void {
  const { opened, settings } = run;
  if (opened === null || run.collector === null) {
    return;
  }
  run.watch?.sayUnexpressed();
  const cpu = process.cpuUsage();
  const summary = summarize({
    command: "collect",
    engine: opened.engine,
    input: settings.read,
    output: settings.write,
    schema: run.writer === null ? null : settings.schema,
    ended: endedBy(run),
    elapsedMs: monotonicMs() - run.startMs,
    cpuMicros: cpu.user + cpu.system,
    capture: opened.capture.stats(),
    collector: run.collector.stats(),
    write: run.writer?.stats() ?? null,
    counts: run.tee?.counts ?? null,
    linesLeftOut: run.table?.leftOut ?? 0,
    caveats: run.caveat === null ? [] : [run.caveat],
    samplingRatio: settings.samplingRatio,
  });
  reportSummary(summary, settings.json);
}

/** Also `record`'s end. */
export function reportSummary(summary: Summary, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(summary)}\n`);
  } else {
    process.stderr.write(
      summaryLines(summary)
        .map((line) => `sysflow: ${line}\n`)
        .join(""),
    );
  }
  const warning = dropWarning(summary);
  if (warning !== null) {
    process.stderr.write(`sysflow: warning: ${warning}\n`);
  }
}

function endedBy(run: CollectRun): string {
  if (run.fault !== null) {
    return run.fault instanceof OperatorError ? run.fault.code : "defect";
  }
  return run.flag.reason ?? (run.opened?.capture.eof === true ? "end of input" : "end");
}
