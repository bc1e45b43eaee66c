// A run that records: a .scap capture of the live kernel while a command runs, or until told to stop.
// Native code writes the file off the capture thread; batches are taken and thrown away here.

import { type ChildProcess, spawn } from "node:child_process";
import { monotonicMs } from "../base/clock.ts";
import { errnoCode, OperatorError, systemCause } from "../base/errors.ts";
import { commandNotExecutable, commandNotFound, exitStatus } from "../base/exit-status.ts";
import { errorLines, type Log, type LogFormat } from "../base/log.ts";
import type { OpenOptions } from "../capture/binding.ts";
import { prepareTarget } from "../write/record-target.ts";
import type { OutputReport } from "./output/run-output.ts";
import { reportSummary } from "./report-summary.ts";
import { Session, type SessionSettings } from "./session.ts";
import { signalStatus } from "./signals.ts";
import { runSteps, type Step } from "./steps.ts";
import type { StopFlag } from "./stop-flag.ts";
import { summarize } from "./summary.ts";

export interface RecordRunSettings extends Omit<SessionSettings, "read"> {
  /** The capture to write. */
  readonly write: string;
  /** The command to run and its arguments; empty: until the flag is set. */
  readonly program: readonly string[];
  /** The summary as JSON on standard output. */
  readonly json: boolean;
  readonly logFormat: LogFormat;
}

export interface RecordRunOptions {
  readonly settings: RecordRunSettings;
  /** For native code. */
  readonly open: Omit<OpenOptions, "engine" | "path">;
  /** Of the command. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** The run ends soon after it is set. */
  readonly flag: StopFlag;
  /** The signal that set the flag; null where only something else did. */
  readonly endingSignal: () => string | null;
  /** It was told to stop while the engine was opening: nothing was taken (session.ts). */
  readonly onStoppedWhileOpening: (reason: string) => void;
}

interface RecordRun {
  readonly options: RecordRunOptions;
  readonly session: Session;
  child: ChildProcess | null;
  /** The command's end as an exit status; null while it runs, or without one. */
  childStatus: number | null;
  /** When the command ended, by the monotonic clock. */
  childEndMs: number | null;
  childFault: OperatorError | null;
  /** When the loop first saw that it is to end the command. */
  stopAskedMs: number | null;
}

const startSteps: readonly Step<RecordRun>[] = [
  { name: "check the filter and warn", run: (run) => run.session.warn() },
  { name: "open the engine", run: openEngine },
  { name: "watch the time", run: startWatch },
  { name: "start the command", run: startChild },
];

const stopSteps: readonly Step<RecordRun>[] = [
  { name: "end the command", run: endChild },
  { name: "take the last events", run: stopCapture },
  { name: "close the capture", run: (run) => run.session.close() },
  { name: "sum up", run: sumUp },
];

const stopDeadlineMs = 1800;
const drainMsMax = 600;
/** Events of the command's last moments reach us within this time after its end. */
const lingerMs = 300;
/** What the command gets to end by itself, before SIGTERM or after it. */
const childGraceMs = 500;

/** @returns the exit status: that of the command where there is one. @throws OperatorError */
export async function runRecording(options: RecordRunOptions): Promise<number> {
  const { flag, log, open, settings } = options;
  const run: RecordRun = {
    options,
    session: new Session({ settings: { ...settings, read: null }, open, log, flag }),
    child: null,
    childStatus: null,
    childEndMs: null,
    childFault: null,
    stopAskedMs: null,
  };
  await runSteps({
    state: run,
    start: startSteps,
    body: record,
    stop: stopSteps,
    stopDeadlineMs: () => stopDeadlineMs,
    onFurtherError: (error) => log.error("stop", error instanceof Error ? error.message : "?"),
  });
  log.flush();
  if (run.childFault !== null) {
    const status = run.childStatus ?? exitStatus.FAILURE;
    process.stderr.write(errorLines(settings.logFormat, run.childFault, status));
  }
  // A command that we have ended ourselves has no status of its own.
  return run.stopAskedMs === null ? (run.childStatus ?? exitStatus.OK) : exitStatus.OK;
}

async function openEngine({ options, session }: RecordRun): Promise<void> {
  const { env, flag, settings } = options;
  prepareTarget(settings.write, settings.program[0], env["PATH"] ?? "");
  if (!(await session.open())) {
    options.onStoppedWhileOpening(flag.reason ?? "stopped");
  }
}

function startWatch({ options, session }: RecordRun): void {
  options.log.info("start", `recording with ${session.engine} to ${options.settings.write}`);
  session.watch({ unexpressed: null, sayStats: null });
}

/** Only now: what the command does first is then in the capture. */
function startChild(run: RecordRun): void {
  const { env, flag, settings } = run.options;
  const [program, ...args] = settings.program;
  if (program === undefined || flag.requested) {
    return;
  }
  const ended = (status: number) => {
    run.childStatus ??= status;
    run.childEndMs ??= monotonicMs();
  };
  try {
    run.child = spawn(program, args, { stdio: "inherit", env });
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
  await run.session.run({ handle: leave, isOver: () => isOver(run) });
}

/** Native code has written the events to the capture; the batches are not needed. */
function leave(): void {
  // See above.
}

/**
 * Whether the loop is to end. Goes on capturing while the command is being ended, and a little
 * longer, since what it does last is to be in the capture too.
 */
function isOver(run: RecordRun): boolean {
  const { child, childEndMs } = run;
  const { endingSignal, flag } = run.options;
  const now = monotonicMs();
  if (childEndMs !== null) {
    return now - childEndMs >= lingerMs;
  }
  if (!flag.requested || child === null) {
    return flag.requested;
  }
  run.stopAskedMs ??= now;
  // A terminal's Ctrl-C or Ctrl-\ reaches the command by itself; other reasons have to be passed on.
  const grace = ["SIGINT", "SIGQUIT"].includes(endingSignal() ?? "") ? childGraceMs : 0;
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
  run.session.stopWatch();
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

async function stopCapture({ session }: RecordRun): Promise<void> {
  await session.takeLast({ handle: leave }, drainMsMax);
}

function sumUp({ childEndMs, options, session }: RecordRun): void {
  const { flag, settings } = options;
  const ofSession = session.summary();
  if (ofSession === null) {
    return;
  }
  const summary = summarize({
    ...ofSession,
    command: "record",
    ended: flag.reason ?? (childEndMs === null ? "end" : "end of the command"),
    collector: null,
    lookups: null,
    outputs: [captureReport(settings.write, ofSession.capture.recordedBytes)],
    samplingRatio: 1,
  });
  reportSummary(summary, settings.json, settings.logFormat);
}

function captureReport(place: string, bytesWritten: number): OutputReport {
  const files = bytesWritten > 0 ? 1 : 0;
  return { place, schema: null, records: null, bytesWritten, files, losses: [], leftOut: [] };
}
