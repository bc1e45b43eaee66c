// The options for rules over records: the command `process`, and what `collect` and the tools for
// policies have of the same.

import { helpOption, logFormatOption } from "./common-options.ts";
import type { CommandSpec, OptionSpec } from "./option-types.ts";

const policyHelp =
  "policy files, and folders of such (.yaml, .yml), or `default`: the rules that this program brings. " +
  "May be given several times";

/** Of all commands that have rules but `collect`, where `-p` is upstream's socket of a runtime. */
export const policyOption = {
  long: "policy",
  setting: "policies",
  short: "p",
  isRepeatable: true,
  value: { kind: "path", name: "PATH" },
  help: policyHelp,
} as const satisfies OptionSpec;

/** Which rules there are, and how they are read. */
export const ruleOptions = [
  {
    long: "without-rule",
    setting: "withoutRules",
    isRepeatable: true,
    value: { kind: "text", name: "NAME" },
    help: "leave out a rule; may be given several times",
  },
  {
    long: "without-tag",
    setting: "withoutTags",
    isRepeatable: true,
    value: { kind: "text", name: "TAG" },
    help: "leave out the rules with a tag; may be given several times",
  },
  {
    long: "compat",
    setting: "compat",
    value: { kind: "choice", name: "WHAT", choices: ["sysflow"] },
    help: "read policies exactly as upstream's processor does, its traps included",
    defaultText: "Falco's and SysFlow's language",
  },
  {
    long: "skip-unsupported",
    setting: "skipUnsupported",
    help: "leave out rules that ask for what no record has, and name them, in place of ending",
  },
] as const satisfies readonly OptionSpec[];

/** Which alerts are told. */
const repeatOptions = [
  {
    long: "max-repeats",
    setting: "maxRepeats",
    value: { kind: "integer", name: "N", min: 1, max: 1_000_000 },
    help: "tell at most N alerts of a rule and --repeat-key in --repeat-window, and count the others",
    defaultText: "all are told",
  },
  {
    long: "repeat-window",
    setting: "repeatWindowSec",
    initial: 60,
    value: { kind: "integer", name: "SECONDS", min: 1, max: 86_400, unit: "seconds" },
    help: "of the records' own time",
    defaultText: "60",
  },
  {
    long: "repeat-key",
    setting: "repeatKey",
    initial: "sf.container.id,sf.proc.exe",
    value: { kind: "text", name: "ATTRIBUTES" },
    help: "what makes two alerts of a rule repeats: attributes with the same values",
    defaultText: "sf.container.id,sf.proc.exe",
  },
] as const satisfies readonly OptionSpec[];

export const alertOptions = [
  {
    long: "policy",
    setting: "policies",
    isRepeatable: true,
    value: { kind: "path", name: "PATH" },
    help: `test records and tell alerts: ${policyHelp}`,
  },
  {
    long: "alerts",
    setting: "alerts",
    initial: "-",
    value: { kind: "path", name: "PATH" },
    help: "where alerts go: a file or pipe, - for standard output",
    defaultText: "-",
  },
  {
    long: "alert-format",
    setting: "alertFormat",
    initial: "text",
    value: { kind: "choice", name: "FORMAT", choices: ["text", "json"] },
    help: "a line for each alert, or a JSON object for each record that has some",
    defaultText: "text",
  },
  ...ruleOptions,
  ...repeatOptions,
] as const satisfies readonly OptionSpec[];

export const processOptions = [
  policyOption,
  {
    long: "mode",
    setting: "mode",
    initial: "alert",
    value: { kind: "choice", name: "MODE", choices: ["alert", "enrich"] },
    help: "alert: what rules match; enrich: all records but those that filters drop (as JSON)",
    defaultText: "alert",
  },
  {
    long: "format",
    setting: "format",
    initial: "text",
    value: { kind: "choice", name: "FORMAT", choices: ["text", "json"] },
    help: "a line for each alert, or a JSON object for each record",
    defaultText: "text",
  },
  {
    long: "write",
    setting: "write",
    initial: "-",
    short: "w",
    value: { kind: "path", name: "FILE" },
    help: "where alerts go: a file or pipe, - for standard output",
    defaultText: "-",
  },
  ...ruleOptions,
  ...repeatOptions,
  logFormatOption,
  {
    long: "json",
    setting: "json",
    help: "the final summary as JSON on standard output; alerts then go elsewhere, by -w",
  },
  helpOption,
] as const satisfies readonly OptionSpec[];

export const processCommand = {
  name: "process",
  summary: "rules over SysFlow files: alerts, or records as JSON",
  description: [
    "Reads SysFlow files, the files of folders in the order of their times, or standard input; or listens",
    "on a Unix socket for writers (unix:PATH), as collect -u is one. Tests each record with the rules of",
    "-p, and tells what matches: time, priority, rule, output. Ctrl-C and SIGTERM end cleanly. What was",
    "read, matched and lost is said on standard error.",
  ],
  options: processOptions,
  operands: { kind: "paths", name: "FILE|FOLDER|-|unix:SOCKET…" },
  examples: [
    { line: "sysflow process -p /etc/sysflow/rules/ X.sf", text: "alerts, a line each" },
    {
      line: "sysflow process -p rules.yaml --format json -w alerts.json /var/log/sysflow/",
      text: "a folder of files, to a file that programs read",
    },
    {
      line: "sysflow process -p default unix:/run/sysflow.sock",
      text: "what collectors send, as it comes",
    },
    {
      line: "sysflow process --mode enrich --format json X.sf | jq .proc.cmdline",
      text: "all records, with what they refer to",
    },
  ],
} as const satisfies CommandSpec;
