// `sysflow process`: settings to rules and a run over files, and what it came to as words and an exit
// status. What the run does is pipeline/process-run.ts.

import { statSync } from "node:fs";
import type { OperatorError } from "../../base/errors.ts";
import { type ExitStatus, exitStatus } from "../../base/exit-status.ts";
import { Log, plainLine } from "../../base/log.ts";
import { loadRules, suppressionOf } from "../../pipeline/load-rules.ts";
import { runProcess } from "../../pipeline/process-run.ts";
import {
  type ProcessSummary,
  processLines,
  processSummary,
} from "../../pipeline/process-summary.ts";
import { StopFlag } from "../../run/stop-flag.ts";
import { Progress } from "../../show/progress.ts";
import { type KnownFile, knownFile, standardStreams } from "../../write/known-file.ts";
import { signalsOf } from "../exits.ts";
import type { ProcessSettings } from "../options.ts";

/** @throws OperatorError where policies are wrong or the output cannot be opened */
export async function runProcessing(settings: ProcessSettings): Promise<ExitStatus> {
  const { format, json, logFormat, mode, places, policies, write } = settings;
  const log = new Log({ format: logFormat });
  const flag = new StopFlag();
  const rules = policies.length === 0 ? null : (await loadRules(settings, log)).rules;
  const progress = progressOf(settings);
  const signals = signalsOf(flag);
  signals.install();
  try {
    const processed = await runProcess({
      places,
      rules,
      mode,
      suppression: suppressionOf(settings),
      path: write,
      format,
      known: [...inputs(places), ...standardStreams(write === "-" || json)],
      log,
      flag,
      onTurn: (bytes, records) => progress.update(bytes, records),
    });
    progress.close();
    report(processSummary(processed), settings);
    return statusOf(processed.faults);
  } finally {
    progress.close();
    signals.remove();
    log.flush();
  }
}

/** The first fault's, but that of an output that failed before all. */
function statusOf(faults: readonly OperatorError[]): ExitStatus {
  const statuses = faults.map((fault) => fault.exitStatus);
  return statuses.includes(exitStatus.FAILURE)
    ? exitStatus.FAILURE
    : (statuses[0] ?? exitStatus.OK);
}

function report(summary: ProcessSummary, { json, logFormat }: ProcessSettings): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const [first = "", ...more] = processLines(summary);
  const lines =
    logFormat === "json"
      ? [plainLine(logFormat, "summary", first, { summary })]
      : [first, ...more].map((line) => plainLine(logFormat, "summary", line));
  process.stderr.write(lines.join(""));
}

/** Shown where the size of all that is read is known. */
function progressOf({ logFormat, places }: ProcessSettings): Progress {
  const sizes = places.map((place) => statSync(place, { throwIfNoEntry: false }));
  const isKnown = logFormat === "text" && sizes.every((stats) => stats?.isFile() === true);
  const bytesTotal = isKnown ? sizes.reduce((sum, stats) => sum + (stats?.size ?? 0), 0) : 0;
  return new Progress({ bytesTotal, what: "records" });
}

function inputs(places: readonly string[]): readonly KnownFile[] {
  return places.flatMap((place) => knownFile(`a file that is read (${place})`, place) ?? []);
}
