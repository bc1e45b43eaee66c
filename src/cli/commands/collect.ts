// `sysflow collect`: capture → collect → write, and the live table beside it. A run is the START
// and STOP lists at the top; what they share is CollectRun.

import { statSync } from "node:fs";
import { hostname } from "node:os";
import { monotonicMs, nowSec } from "../../base/clock.ts";
import { OperatorError, systemCause } from "../../base/errors.ts";
import { Log } from "../../base/log.ts";
import { keepFromLastTier } from "../../base/optimizer.ts";
import { captureBeginning, captureHostName } from "../../capture/savefile-head.ts";
import { syscallsFor } from "../../driver/syscall-sets.ts";
import { Joiner } from "../../join/joiner.ts";
import { Collection } from "../../run/collection.ts";
import { hotPath } from "../../run/hot-path.ts";
import { Session } from "../../run/session.ts";
import { StatsLine, type StatsOccasion } from "../../run/stats-line.ts";
import { runSteps, type Step } from "../../run/steps.ts";
import { StopFlag } from "../../run/stop-flag.ts";
import { summarize } from "../../run/summary.ts";
import { unexpressed } from "../../run/unexpressed.ts";
import { LineOutput } from "../../show/line-output.ts";
import { LiveTable } from "../../show/live-table.ts";
import { Progress } from "../../show/progress.ts";
import { JoinedOutput } from "../../show/record-tee.ts";
import { type Branch, FanOut } from "../../write/fan-out.ts";
import { type QueueOptions, queueBytesDefault } from "../../write/file/file-queue.ts";
import { FileWriter, hasReader, isFolder, type Reopened } from "../../write/file/file-writer.ts";
import { type KnownFile, knownFile, refuseKnown } from "../../write/known-file.ts";
import { collectOptions } from "../option-table.ts";
import { type CollectSettings, nativeOptions } from "../options.ts";
import { reportSummary } from "../report-summary.ts";
import { exitWhileOpening, Signals } from "../signals.ts";

interface CollectRun {
  readonly settings: CollectSettings;
  readonly log: Log;
  readonly flag: StopFlag;
  readonly session: Session;
  /** Null until START made it. */
  writer: FileWriter | null;
  outputs: FanOut | null;
  table: LiveTable | null;
  output: LineOutput | null;
  joined: JoinedOutput | null;
  collection: Collection | null;
  progress: Progress | null;
  /** Null without --stats. */
  stats: StatsLine | null;
}

const startSteps: readonly Step<CollectRun>[] = [
  { name: "tune the runtime", run: () => keepFromLastTier(hotPath) },
  { name: "check the filter and warn", run: (run) => run.session.warn() },
  { name: "look at the outputs", run: checkOutputs },
  { name: "open the capture", run: openInput },
  { name: "open the outputs", run: openOutputs },
  { name: "watch the time", run: startWatch },
];

const stopSteps: readonly Step<CollectRun>[] = [
  { name: "take the last events", run: stopCapture },
  // Sizes of tables say nothing once everything in them has been ended.
  { name: "say what is open", run: (run) => sayStats(run, "end") },
  { name: "end the open flows", run: (run) => run.collection?.finish() },
  { name: "close the output", run: closeWriter },
  { name: "close the capture", run: (run) => run.session.close() },
  { name: "print the last records", run: closeTable },
  { name: "sum up", run: sumUp },
];

/** Of the 2 s that a clean end may take, what is left for exit itself stays out. */
const stopDeadlineMs = 1800;
const drainMsMax = 700;
const printRateDefault = 200;
const readerPollMs = 100;
/** What a reader or disk that has stopped gets at the end, once the run was told to end. */
const readerGraceMs = 500;

/** @throws OperatorError; what was collected before it has been written by then. */
export async function runCollect(settings: CollectSettings, hostRoot: string): Promise<void> {
  const log = new Log();
  const flag = new StopFlag();
  // Without an output there is nothing to re-open: the terminal has gone.
  const reopen = settings.write === null ? null : () => run.writer?.wantReopen();
  const signals = new Signals(flag, reopen);
  const open = {
    ...nativeOptions(collectOptions, settings),
    libraryLog: settings.driverLog,
    hostRoot,
    ...(settings.read === null && { syscalls: syscallsFor(settings.mode, settings.schema) }),
  };
  const run: CollectRun = {
    settings,
    log,
    flag,
    session: new Session({ settings, open, log, flag }),
    writer: null,
    outputs: null,
    table: null,
    output: null,
    joined: null,
    collection: null,
    progress: null,
    stats: null,
  };
  signals.install();
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
    signals.remove();
    log.flush();
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

async function openInput({ session, flag }: CollectRun): Promise<void> {
  if (!(await session.open())) {
    exitWhileOpening(flag.reason ?? "stopped");
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
      ...queueOf(settings.write, read === null),
      beforeRotation: () => sayStats(run, "rotation"),
      onReopened: (reopened) => run.log.warning("signal", reopenedText(reopened)),
    });
  }
  if (settings.stats) {
    run.stats = statsLine(run);
  }
  if (settings.print) {
    openTable(run);
  }
  run.outputs = fanOut(run);
  run.collection = new Collection(run.outputs, { ...settings, exporter: exporterOf(settings) });
}

/**
 * The live kernel waits for nobody. A replay waits for its reader between batches, where it can be
 * told to end, and for its disk in each write: so its files are the same each time.
 */
function queueOf(path: string, isLive: boolean): { readonly queue?: QueueOptions } {
  if (isLive) {
    return { queue: { bytesMax: queueBytesDefault, whenFull: "drop" } };
  }
  return hasReader(path) ? { queue: { bytesMax: queueBytesDefault, whenFull: "wait" } } : {};
}

function fanOut({ joined, writer }: CollectRun): FanOut {
  const outputs = [writer, joined].filter((output) => output !== null);
  if (outputs.length === 0) {
    throw new OperatorError("OUTPUT_MISSING", "there is nowhere for the records to go");
  }
  return new FanOut(outputs.map((output): Branch => ({ output, onFailure: "end" })));
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

function openTable(run: CollectRun): void {
  const { settings } = run;
  const output = new LineOutput();
  const live = settings.read === null;
  run.output = output;
  run.table = new LiveTable({
    output,
    linesPerSec: settings.printRate ?? (live || output.isTerminal ? printRateDefault : 0),
    waitsForReader: !live,
  });
  run.joined = new JoinedOutput(new Joiner(run.table));
}

function statsLine(run: CollectRun): StatsLine {
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  return new StatsLine({
    capture: () => run.session.stats(),
    collector: () => run.collection?.stats() ?? null,
    recordsTotal: () => run.writer?.stats().recordsTotal ?? sum(run.joined?.counts ?? {}),
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
  const { settings, session } = run;
  if (settings.read === null) {
    const output = settings.write ?? "the table";
    run.log.info("start", `collecting with ${session.engine} to ${output}; Ctrl-C ends`);
  }
  session.watch({
    unexpressed: () => (run.collection === null ? [] : unexpressed(run.collection.stats())),
    sayStats: settings.stats ? () => sayStats(run, "time") : null,
  });
  if (settings.read !== null && !(settings.print && run.output?.isTerminal === true)) {
    const bytesTotal = statSync(settings.read, { throwIfNoEntry: false })?.size ?? 0;
    run.progress = new Progress({ bytesTotal });
  }
}

async function collect(run: CollectRun): Promise<void> {
  if (run.collection !== null) {
    await run.session.run({ handle: run.collection.handle, afterTurn: () => afterTurn(run) });
  }
}

function afterTurn(run: CollectRun): Promise<unknown> | undefined {
  const { flag, output, progress, session, settings, table, writer } = run;
  if (progress !== null) {
    const stats = session.stats();
    progress.update(stats.bytesRead, stats.events);
  }
  run.outputs?.check();
  if (writer?.hasRoom === false && settings.read !== null) {
    return waitForReader(writer, flag);
  }
  if (table === null || output === null) {
    return undefined;
  }
  table.flush();
  if (output.error !== null && writer === null) {
    flag.request("the reader of the table has gone");
  }
  // A replay can wait for its reader; the live kernel cannot.
  return settings.read === null || output.hasRoom ? undefined : waitForReader(output, flag);
}

/** What the capture thread has already read is taken, unless the run ended by an error. */
async function stopCapture({ collection, progress, session }: CollectRun): Promise<void> {
  progress?.close();
  await session.takeLast(collection?.handle ?? null, drainMsMax);
}

interface Draining {
  drained(ms: number): Promise<boolean>;
}

/** Waits as long as the reader likes, but not when told to end. @returns false where given up */
async function waitForReader(output: Draining, flag: StopFlag, graceMs = 0): Promise<boolean> {
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

/** All that is queued gets its time; little where the run was told to end, or live has failed. */
async function closeWriter(run: CollectRun): Promise<void> {
  const { flag, outputs, session, settings, writer } = run;
  if (writer !== null) {
    writer.close();
    const isOver = settings.read === null && session.fault !== null;
    const isWritten = isOver
      ? await writer.drained(readerGraceMs)
      : await waitForReader(writer, flag, readerGraceMs);
    if (!isWritten) {
      writer.giveUp();
    }
    outputs?.check();
  }
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
  const { collection, session, settings } = run;
  const ofSession = session.summary();
  if (ofSession === null || collection === null) {
    return;
  }
  session.sayUnexpressed();
  const summary = summarize({
    ...ofSession,
    command: "collect",
    output: settings.write,
    schema: run.writer === null ? null : settings.schema,
    ended: endedBy(run),
    collector: collection.stats(),
    write: run.writer?.stats() ?? null,
    counts: run.joined?.counts ?? null,
    linesLeftOut: run.table?.leftOut ?? 0,
    samplingRatio: settings.samplingRatio,
  });
  reportSummary(summary, settings.json);
}

function endedBy({ flag, session }: CollectRun): string {
  if (session.fault !== null) {
    return session.fault instanceof OperatorError ? session.fault.code : "defect";
  }
  return flag.reason ?? (session.isAtEnd ? "end of input" : "end");
}
