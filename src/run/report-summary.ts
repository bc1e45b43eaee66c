// The end of a run as the operator sees it: the summary on standard error, or as JSON on standard
// output, and a warning where the kernel dropped events. Where standard error is for a program, the
// summary is one line there, with all its numbers.

import { type LogFormat, logLine, plainLine } from "../base/log.ts";
import { dropWarning, type Summary, summaryLines } from "./summary.ts";

export function reportSummary(summary: Summary, json: boolean, format: LogFormat): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(summary)}\n`);
  } else {
    process.stderr.write(summaryText(summary, format));
  }
  const warning = dropWarning(summary);
  if (warning !== null) {
    process.stderr.write(logLine(format, { level: "warning", topic: "drops", message: warning }));
  }
}

function summaryText(summary: Summary, format: LogFormat): string {
  const [first = "", ...more] = summaryLines(summary);
  return format === "json"
    ? plainLine(format, "summary", first, { summary })
    : [first, ...more].map((line) => plainLine(format, "summary", line)).join("");
}
