// Alerts for a person, one line each: `TIME PRIORITY RULE: TEXT`. What comes from outside (names, paths,
// arguments) can neither colour a terminal nor make a second line.

import { escapeControls } from "../../base/log.ts";
import type { FlatContext } from "../../flatten/attribute.ts";
import { dateText, exactClockText } from "../../flatten/times.ts";
import type { VerdictRule } from "../verdict.ts";

/** @returns the line without its end */
export function alertText(of: FlatContext, rule: VerdictRule): string {
  const { name, output, priority } = rule;
  return escapeControls(`${timeText(of)} ${priority} ${name}: ${output(of)}`);
}

/** As RFC 3339 has it, in UTC, with nanoseconds; `-` for a record without a time. */
function timeText({ record }: FlatContext): string {
  if (!("tsHi" in record)) {
    return "-";
  }
  const { tsHi, tsLo } = record;
  return `${dateText(tsHi, tsLo)}T${exactClockText(tsHi, tsLo)}Z`;
}
