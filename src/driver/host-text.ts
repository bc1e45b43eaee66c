// The readiness report for a person: one block for each engine, one line for each finding, and the
// remedy below it.

import { escapeControls } from "../base/log.ts";
import type { EngineReport, Finding, HostReport } from "./host-findings.ts";

const nameWidth = 18;
const statusWidth = 6;

/** @param title a line on the program itself */
export function reportText(title: string, report: HostReport): string {
  return [
    title,
    "",
    ...report.engines.flatMap(engineLines),
    "host",
    ...report.host.flatMap(findingLines),
    "",
    verdict(report),
    "",
  ].join("\n");
}

function engineLines(engine: EngineReport): readonly string[] {
  const verdictText = engine.usable ? "usable" : "not usable";
  return [
    `${engine.title} (-k ${engine.option}): ${verdictText}`,
    ...engine.findings.flatMap(findingLines),
    "",
  ];
}

function findingLines(finding: Finding): readonly string[] {
  const head = `  ${finding.status.padEnd(statusWidth)}${finding.name.padEnd(nameWidth)}`;
  const lines = [head + escapeControls(finding.found)];
  if (finding.remedy !== null) {
    lines.push(`${" ".repeat(head.length)}→ ${escapeControls(finding.remedy)}`);
  }
  return lines;
}

function verdict(report: HostReport): string {
  const usable = report.engines.find((engine) => engine.usable);
  if (usable === undefined) {
    return "not ready: no engine can be used for live events; captures can be read (collect -r)";
  }
  return report.ready
    ? `ready: sysflow collect takes the ${usable.title} (-k ${usable.option})`
    : "not ready: the host lacks what live events need; captures can be read (collect -r)";
}
