// The end of a run as the operator sees it: the summary on standard error, or as JSON on standard
// output, and a warning where the kernel dropped events.

import { dropWarning, type Summary, summaryLines } from "../run/summary.ts";

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
