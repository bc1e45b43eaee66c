// `sysflow record`: a .scap capture of the live kernel while a command runs, or until told to stop.
// Native code writes the file off the capture thread; batches are taken and thrown away here.

import { type ChildProcess, spawn } from "node:child_process";
import { monotonicMs } from "../../base/clock.ts";
import { errnoCode, OperatorError, systemCause } from "../../base/errors.ts";
import { commandNotExecutable, commandNotFound, exitStatus } from "../../base/exit-status.ts";
import { Log } from "../../base/log.ts";
import {
  exitWhileOpening,
  type OpenedCapture,
  openLive,
  ringBytesDefault,
} from "../../driver/engine-choice.ts";
import { checkFilter } from "../../driver/filter.ts";
import { checkPidNamespace } from "../../driver/pid-namespace.ts";
import { syscallsFor } from "../../driver/syscall-sets.ts";
import { drain, runLoop } from "../../run/loop.ts";
import { runSteps, type Step } from "../../run/steps.ts";
import { summarize } from "../../run/summary.ts";
import { RunWatch } from "../../run/watch.ts";
import { type RecordSettings, startEnvironment } from "../options.ts";
import { prepareTarget } from "../record-target.ts";
import { StopFlag, signalStatus } from "../signals.ts";
import { hostReport } from "./check.ts";
import { reportSummary } from "./collect.ts";

interface RecordRun {
  readonly settings: RecordSettings;
  readonly hostRoot: string;
  readonly log: Log;
  readonly flag: StopFlag;
  /** When the engine began to deliver, by the monotonic clock. */
  startMs: number;
  opened: OpenedCapture | null;
  /** What is false of the records; null where nothing is. */
  caveat: string | null;
  watch: RunWatch | null;
  child: ChildProcess | null;
  /** The command's end as an exit status; null while it runs, or without one. */
  childStatus: number | null;
  /** When the command ended, by the monotonic clock. */
  childEndMs: number | null;
  childFault: OperatorError | null;
  /** When the loop first saw that it is to end the command. */
  stopAskedMs: number | null;
  failed: boolean;
}

const startSteps: readonly Step<RecordRun>[] = [
  { name: "check the filter and warn", run: warn },
  { name: "open the engine", run: openEngine },
  { name: "watch the time", run: startWatch },
  { name: "start the command", run: startChild },
];

const stopSteps: readonly Step<RecordRun>[] = [
  { name: "end the command", run: endChild },
  { name: "take the last events", run: stopCapture },
  { name: "close the capture", run: (run) => run.opened?.capture.close() },
  { name: "sum up", run: sumUp },
];

const timeoutMs = 20;
const stopDeadlineMs = 1800;
const drainMsMax = 600;
/** Events of the command's last moments reach us within this time after its end. */
const lingerMs = 300;
/** What the command gets to end by itself, before SIGTERM or after it. */
const childGraceMs = 500;

/** @returns the exit status: that of the command where there is one. @throws OperatorError */
export async function runRecord(settings: RecordSettings, hostRoot: string): Promise<number> {
  const log = new Log();
  const flag = new StopFlag();
  const run: RecordRun = {
    settings,
    hostRoot,
    log,
    flag,
    startMs: monotonicMs(),
    opened: null,
    caveat: null,
    watch: null,
    child: null,
    childStatus: null,
    childEndMs: null,
    childFault: null,
    stopAskedMs: null,
    failed: false,
  };
  flag.install();
  try {
    await runSteps({
      state: run,
      start: startSteps,
      body: record,
      stop: stopSteps,
      stopDeadlineMs: () => stopDeadlineMs,
      onFurtherError: (error) => log.error("stop", error instanceof Error ? error.message : "?"),
    });
  } finally {
    flag.remove();
    log.flush();
  }
  if (run.childFault !== null) {
    process.stderr.write(`sysflow: error: ${run.childFault.message} [${run.childFault.code}]\n`);
  }
  // A command that we have ended ourselves has no status of its own.
  return run.stopAskedMs === null ? (run.childStatus ?? exitStatus.OK) : exitStatus.OK;
}

function warn(run: RecordRun): void {
  const { filter, warnings } = run.settings;
  for (const text of [...checkFilter(filter, true), ...warnings]) {
    run.log.warning("start", text);
  }
}

async function openEngine(run: RecordRun): Promise<void> {
  const { settings } = run;
  prepareTarget(settings.write, settings.program[0], startEnvironment()["PATH"] ?? "");
  run.caveat = checkPidNamespace(run.hostRoot, settings.allowOwnPidNamespace);
  if (run.caveat !== null) {
    run.log.warning("pid namespace", run.caveat);
  }
  run.opened = await openLive({
    engine: settings.engine,
    options: {
      ...(settings.allSyscalls ? { allSyscalls: true } : { syscalls: syscallsFor("flow", 6) }),
      filter: settings.filter,
      libraryLog: settings.driverLog,
      hostRoot: run.hostRoot,
      recordPath: settings.write,
      recordCompressed: settings.compress,
      bufferBytes: settings.bufferBytes ?? ringBytesDefault(settings.cpusPerBuffer ?? 1),
      ...(settings.cpusPerBuffer !== null && { cpusPerBuffer: settings.cpusPerBuffer }),
    },
    isStopped: () => run.flag.requested,
    report: () => hostReport(run.hostRoot),
    onFallback: (message) => run.log.warning("engine", message),
  });
  if (run.opened === null) {
    exitWhileOpening(run.flag.reason ?? "stopped");
  }
}

function startWatch(run: RecordRun): void {
  const { opened } = run;
  if (opened !== null) {
    run.startMs = monotonicMs();
    run.log.info("start", `recording with ${opened.engine} to ${run.settings.write}`);
    run.watch = new RunWatch({
      log: run.log,
      flag: run.flag,
      durationSec: run.settings.durationSec,
      stats: () => opened.capture.stats(),
      unexpressed: null,
      sayStats: null,
    });
  }
}

/** Only now: what the command does first is then in the capture. */
function startChild(run: RecordRun): void {
  const [program, ...args] = run.settings.program;
  if (program === undefined || run.flag.requested) {
    return;
  }
  const ended = (status: number) => {
    run.childStatus ??= status;
    run.childEndMs ??= monotonicMs();
  };
  try {
    run.child = spawn(program, args, { stdio: "inherit", env: startEnvironment() });
  } catch (error) {
    childFailed(run, program, error, ended);
    return;
  }
  run.child.on("error", (error) => childFailed(run, program, error, ended));
  run.child.on("exit", (code, signal) => {
    ended(signal === null ? (code ?? exitStatus.FAILURE) : signalStatus(signal));
  });
}

function childFailed(
  run: RecordRun,
  program: string,
  error: unknown,
  ended: (status: number) => void,
): void {
  const message = `cannot run the command ${program}: ${systemCause(error)}`;
  run.childFault = new OperatorError("COMMAND_NOT_RUN", message, { cause: error });
  ended(errnoCode(error) === "ENOENT" ? commandNotFound : commandNotExecutable);
}

async function record(run: RecordRun): Promise<void> {
  if (run.opened === null) {
    return;
  }
  try {
    await runLoop({
      source: run.opened.capture,
      timeoutMs,
      handle: () => {
        // Native code has written the events to the capture; the batches are not needed.
      },
      isStopped: () => isOver(run),
    });
  } catch (error) {
    run.failed = true;
    throw error;
  }
}

/**
 * Whether the loop is to end. Goes on capturing while the command is being ended, and a little
 * longer, since what it does last is to be in the capture too.
 */
function isOver(run: RecordRun): boolean {
  const { child, childEndMs, flag } = run;
  const now = monotonicMs();
  if (childEndMs !== null) {
    return now - childEndMs >= lingerMs;
  }
  if (!flag.requested || child === null) {
    return flag.requested;
  }
  run.stopAskedMs ??= now;
  // A terminal's Ctrl-C or Ctrl-\ reaches the command by itself; other reasons have to be passed on.
  const grace = flag.signal === "SIGINT" || flag.signal === "SIGQUIT" ? childGraceMs : 0;
  const waited = now - run.stopAskedMs - grace;
  if (waited >= childGraceMs) {
    child.kill("SIGKILL");
  } else if (waited >= 0 && !child.killed) {
    child.kill("SIGTERM");
  }
  return false;
}

/** Reached with a running command only where the capture failed under it. */
async function endChild(run: RecordRun): Promise<void> {
  run.watch?.stop();
  const { child } = run;
  if (child === null || run.childEndMs !== null) {
    return;
  }
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), childGraceMs);
  await exited;
  clearTimeout(timer);
}

async function stopCapture(run: RecordRun): Promise<void> {
  const { opened } = run;
  opened?.capture.stop();
  if (opened !== null && !run.failed) {
    await drain(
      opened.capture,
      () => {
        // As in the loop: already in the capture.
      },
      drainMsMax,
    );
  }
}

function sumUp(run: RecordRun): void {
  const { opened, settings } = run;
  if (opened === null) {
    return;
  }
  const cpu = process.cpuUsage();
  const summary = summarize({
    command: "record",
    engine: opened.engine,
    input: null,
    output: settings.write,
    schema: null,
    ended: run.flag.reason ?? (run.childEndMs === null ? "end" : "end of the command"),
    elapsedMs: monotonicMs() - run.startMs,
    cpuMicros: cpu.user + cpu.system,
    capture: opened.capture.stats(),
    collector: null,
    write: null,
    counts: null,
    linesLeftOut: 0,
    caveats: run.caveat === null ? [] : [run.caveat],
    samplingRatio: 1,
  });
  reportSummary(summary, settings.json);
}
