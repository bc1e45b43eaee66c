// `sysflow collect`: settings to outputs, signals to the run's flag, and the run's news to the
// operator. What a run does is run/collect-run.ts. Outputs that only some runs have are imported when
// they are asked for.

import { statSync } from "node:fs";
import { Log } from "../../base/log.ts";
import type { PolicyOutput } from "../../pipeline/policy-output.ts";
import { type RunObserver, runCollection } from "../../run/collect-run.ts";
import { containerLookups } from "../../run/lookup-choice.ts";
import { FileOutput } from "../../run/output/file-output.ts";
import type { RunOutput } from "../../run/output/run-output.ts";
import { reportSummary } from "../../run/report-summary.ts";
import { StopFlag } from "../../run/stop-flag.ts";
import { versions } from "../../run/versions.ts";
import { Progress } from "../../show/progress.ts";
import type { TableOutput } from "../../show/table-output.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { Reopened } from "../../write/file/file-writer-options.ts";
import {
  inputFile,
  type KnownFile,
  knownFile,
  refuseKnown,
  standardStreams,
} from "../../write/known-file.ts";
import { standardOutput } from "../../write/standard-output.ts";
import { exitWhileOpening, signalsOf } from "../exits.ts";
import { collectOptions } from "../option-table.ts";
import { type CollectSettings, nativeOptions } from "../options.ts";

/** @throws OperatorError; what was collected before it has been written by then. */
export async function runCollect(settings: CollectSettings, hostRoot: string): Promise<void> {
  const log = new Log({ format: settings.logFormat });
  const flag = new StopFlag();
  const files = settings.write
    .filter((path) => path !== standardOutput)
    .map((path) => fileOutput(settings, path, log));
  const table = settings.print ? await tableOutput(settings.printRate) : null;
  const alerts = await alertOutput(settings, hostRoot, log);
  const outputs: readonly RunOutput[] = [
    ...files,
    ...(await otherOutputs(settings)),
    ...[alerts, table].filter((output) => output !== null),
  ];
  const telemetry = await serveMetrics(settings.metrics, log);
  // Without a file or policies there is nothing to be done anew: the terminal has gone.
  const reopen = () => {
    for (const file of files) {
      file.wantReopen();
    }
    alerts?.wantReload();
  };
  const { containerLookup, criPath: path, criTimeoutMs: timeoutMs, read } = settings;
  const signals = signalsOf(flag, files.length === 0 && alerts === null ? null : reopen);
  signals.install();
  try {
    await runCollection({
      settings,
      open: {
        ...nativeOptions(collectOptions, settings),
        libraryLog: settings.driverLog,
        hostRoot,
      },
      log,
      flag,
      outputs,
      lookups: await containerLookups(containerLookup, read, { hostRoot, path, timeoutMs, log }),
      observer: observer(settings, log, table, telemetry),
    });
  } finally {
    telemetry?.close();
    signals.remove();
    log.flush();
  }
}

/** Before the capture, so that an address that is taken ends the program early. */
async function serveMetrics(address: string | null, log: Log): Promise<Telemetry | null> {
  if (address === null) {
    return null;
  }
  const { openTelemetry } = await import("../../telemetry/telemetry.ts");
  const telemetry = await openTelemetry(address, await versions());
  log.info("metrics", `metrics at ${telemetry.place}; health at /healthz`);
  return telemetry;
}

async function tableOutput(rate: number | null): Promise<TableOutput> {
  const { TableOutput } = await import("../../show/table-output.ts");
  return new TableOutput(rate);
}

/** Sockets and streams, in the order of the options' rows. */
async function otherOutputs(settings: CollectSettings): Promise<readonly RunOutput[]> {
  const { jsonLines, schema, sockets, write } = settings;
  const known = () => streams(settings);
  const toPipe = write.filter((path) => path === standardOutput);
  if (toPipe.length + sockets.length + jsonLines.length === 0) {
    return [];
  }
  const { SocketOutput } = await import("../../run/output/socket-output.ts");
  const { StreamOutput } = await import("../../run/output/stream-output.ts");
  return [
    ...toPipe.map((path) => new StreamOutput({ path, form: "container", schema, known })),
    ...sockets.map((path) => new SocketOutput({ path, schema })),
    ...jsonLines.map((path) => new StreamOutput({ path, form: "json", schema, known })),
  ];
}

/** Null without rules. Rejects with an OperatorError where they cannot be used. */
async function alertOutput(
  settings: CollectSettings,
  hostRoot: string,
  log: Log,
): Promise<PolicyOutput | null> {
  const { alertFormat: format, alerts: path, policies } = settings;
  if (policies.length === 0) {
    return null;
  }
  const { openPolicyOutput } = await import("../../pipeline/policy-output.ts");
  const place = { path, format, proc: `${hostRoot}/proc`, known: () => streams(settings) };
  return await openPolicyOutput(settings, place, log);
}

function fileOutput(settings: CollectSettings, path: string, log: Log): FileOutput {
  return new FileOutput({
    path,
    rotateIntervalSec: settings.rotateIntervalSec,
    rotateBytes: settings.rotateBytes,
    suffix: settings.upstreamNames ? "" : ".sf",
    codec: settings.codec,
    keep: { files: settings.keepFiles, ageSec: settings.keepAgeSec, bytes: settings.keepBytes },
    onDiskFull: settings.onDiskFull,
    schema: settings.schema,
    known: () => streams(settings),
    onReopened: (reopened) => log.warning("signal", reopenedText(reopened)),
  });
}

function streams(settings: CollectSettings): readonly KnownFile[] {
  return standardStreams(writesToStandardOutput(settings));
}

function writesToStandardOutput(settings: CollectSettings): boolean {
  const { alerts, json, jsonLines, policies, print, write } = settings;
  const places = [...write, ...jsonLines, ...(policies.length === 0 ? [] : [alerts])];
  return json || print || places.includes(standardOutput);
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

function observer(
  settings: CollectSettings,
  log: Log,
  table: TableOutput | null,
  telemetry: Telemetry | null,
): RunObserver {
  const { json, logFormat, read } = settings;
  let progress: Progress | null = null;
  return {
    onStart: () => checkStandardOutput(settings),
    onStoppedWhileOpening: (reason) => {
      telemetry?.close();
      exitWhileOpening(reason, logFormat);
    },
    onOpened: (engine, look) => {
      telemetry?.opened(look);
      if (read === null) {
        const { alerts, jsonLines, policies, sockets, write } = settings;
        const records = [...write, ...sockets, ...jsonLines];
        const places = policies.length === 0 ? records : [...records, `${alerts} (alerts)`];
        const output = places.length === 0 ? "the table" : places.join(", ");
        log.info("start", `collecting with ${engine} to ${output}; Ctrl-C ends`);
      } else if (table?.isTerminal !== true && logFormat === "text") {
        const bytesTotal = statSync(read, { throwIfNoEntry: false })?.size ?? 0;
        progress = new Progress({ bytesTotal });
      }
    },
    onTurn: (stats) => {
      if (progress !== null) {
        const { bytesRead, events } = stats();
        progress.update(bytesRead, events);
      }
    },
    onEnding: () => {
      telemetry?.ending();
      progress?.close();
    },
    onSummary: (summary) => reportSummary(summary, json, logFormat),
  };
}

function checkStandardOutput(settings: CollectSettings): void {
  const standardOutput = knownFile("standard output", 1);
  if (writesToStandardOutput(settings) && standardOutput !== null) {
    refuseKnown("to standard output", standardOutput, inputFile(settings.read));
  }
}
