// `sysflow process`: settings to rules and a run over files, and what it came to as words and an exit
// status. What the run does is pipeline/process-run.ts.

import { statSync } from "node:fs";
import { type ExitStatus, exitStatus } from "../../base/exit-status.ts";
import { Log, plainLine } from "../../base/log.ts";
import { openListener } from "../../capture/sockets.ts";
import { suppressionOf, watchRules } from "../../pipeline/load-rules.ts";
import { runProcess, socketPrefix } from "../../pipeline/process-run.ts";
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
  const watched = policies.length === 0 ? null : await watchRules(settings, log);
  const progress = progressOf(settings);
  // A run over files is over soon, and is to be by one set of rules from its beginning to its end.
  const reload = places.some((place) => place.startsWith(socketPrefix)) ? watched?.reload : null;
  const signals = signalsOf(flag, reload == null ? null : () => reload.reload());
  signals.install();
  reload?.start();
  try {
    const processed = await runProcess({
      places,
      rules: watched?.rules ?? null,
      mode,
      suppression: suppressionOf(settings),
      path: write,
      format,
      known: [...inputs(places), ...standardStreams(write === "-" || json)],
      log,
      flag,
      listen: openListener,
      onTurn: (bytes, records) => progress.update(bytes, records),
    });
    progress.close();
    report(processSummary(processed), settings);
    return statusOf(processed.statuses);
  } finally {
    progress.close();
    reload?.stop();
    signals.remove();
    log.flush();
  }
}

/** What could not be done says more than what was damaged. */
function statusOf(statuses: ReadonlySet<ExitStatus>): ExitStatus {
  const [first = exitStatus.OK] = statuses;
  return statuses.has(exitStatus.FAILURE) ? exitStatus.FAILURE : first;
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
