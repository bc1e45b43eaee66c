// Options that several commands have.

import type { OptionSpec } from "./option-types.ts";

export const helpOption = {
  long: "help",
  short: "h",
  help: "show this help",
  final: true,
} as const satisfies OptionSpec;

export const durationOption = {
  long: "duration",
  setting: "durationSec",
  value: { kind: "integer", name: "SECONDS", min: 1, max: 31_536_000, unit: "seconds" },
  help: "end cleanly after this time",
} as const satisfies OptionSpec;

export const logFormatOption = {
  long: "log-format",
  setting: "logFormat",
  initial: "text",
  value: { kind: "choice", name: "FORMAT", choices: ["text", "json"] },
  help: "standard error as text, or as one JSON object a line",
  defaultText: "text",
} as const satisfies OptionSpec;
