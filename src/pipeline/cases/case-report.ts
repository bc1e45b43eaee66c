// What cases came to: for a person, as JSON, and as JUnit's XML, which build servers read.

import type { RuleCoverage } from "../coverage.ts";
import type { CaseResult } from "./run-cases.ts";

/** For a person: failures alone, and counts. @param coverage null where it was not asked for */
export function casesText(
  results: readonly CaseResult[],
  coverage: readonly RuleCoverage[] | null,
): string {
  const failed = results.filter(({ failures }) => failures.length > 0);
  const silent = (coverage ?? []).filter(({ records }) => records === 0);
  const matched = (coverage?.length ?? 0) - silent.length;
  return [
    ...failed.flatMap(({ failures, name, place }) => [
      `FAILED ${name} (${place.file}:${place.line})`,
      ...failures.map((failure) => `  ${failure}`),
    ]),
    ...silent.map(({ rule }) => `no case matches ${rule}`),
    ...(coverage === null ? [] : [`${matched} of ${coverage.length} rules matched`]),
    `${results.length - failed.length} passed, ${failed.length} failed`,
    "",
  ].join("\n");
}

export function casesJson(
  results: readonly CaseResult[],
  coverage: readonly RuleCoverage[] | null,
): string {
  const cases = results.map(({ alerts, elapsedMs, failures, name, place }) => ({
    name,
    file: place.file,
    line: place.line,
    passed: failures.length === 0,
    failures,
    alerts: Object.fromEntries(alerts),
    elapsedMs: Math.round(elapsedMs),
  }));
  const passed = cases.filter((one) => one.passed).length;
  const report = {
    passed,
    failed: cases.length - passed,
    cases,
    ...(coverage !== null && { rules: coverage }),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

export function junitXml(results: readonly CaseResult[]): string {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const seconds = results.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / 1000;
  const head = `tests="${results.length}" failures="${failed}" time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${head}>`,
    `<testsuite name="sysflow policy test" ${head}>`,
    ...results.flatMap(caseXml),
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function caseXml({ elapsedMs, failures, name, place }: CaseResult): readonly string[] {
  const time = (elapsedMs / 1000).toFixed(3);
  const head = `<testcase name="${escaped(name)}" classname="${escaped(place.file)}" time="${time}"`;
  if (failures.length === 0) {
    return [`${head}/>`];
  }
  const [first = ""] = failures;
  const text = escaped(failures.join("\n"));
  return [`${head}>`, `<failure message="${escaped(first)}">${text}</failure>`, "</testcase>"];
}

/** XML has no form at all for most control characters. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
