// Every command and every option, once: parsing, help, completion, settings and what native code is told
// are all made from these rows, and README's table is compared with them.
// Short options are upstream's (sysporter), so that its command lines keep working; an option that
// we cannot carry out is refused with a remedy, never taken and ignored.

import { durationOption, helpOption, logFormatOption } from "./common-options.ts";
import { fileOptions } from "./file-options.ts";
import type { CommandSpec, OptionSpec } from "./option-types.ts";
import { policyCommand, policyCommands } from "./policy-table.ts";
import { alertOptions, processCommand } from "./process-table.ts";

export const engineOptions = [
  {
    long: "driver",
    setting: "engine",
    short: "k",
    value: {
      kind: "choice",
      name: "ENGINE",
      choices: ["ebpf-core", "kmod"],
      aliases: {
        modern_ebpf: "ebpf-core",
        "modern-ebpf": "ebpf-core",
        modern_bpf: "ebpf-core",
        "modern-bpf": "ebpf-core",
      },
      refused: {
        ebpf: "the legacy eBPF probe is not supported; use -k ebpf-core (Linux 5.8 or newer) or -k kmod",
      },
    },
    help: "engine for live events: ebpf-core (modern eBPF) or kmod (kernel module)",
    defaultText: "ebpf-core, else kmod",
  },
  {
    long: "filter",
    setting: "filter",
    initial: "",
    native: "filter",
    short: "f",
    value: { kind: "text", name: "EXPR" },
    help: "take only events that match this Falco filter",
  },
  {
    long: "buffer-bytes",
    setting: "bufferBytes",
    native: "bufferBytes",
    isLiveOnly: true,
    value: {
      kind: "bytes",
      name: "SIZE",
      min: 16_384,
      max: 2 ** 31,
      powerOfTwo: true,
    },
    help: "kernel buffer per ring, a power of two (K, M, G may follow)",
    defaultText: "by memory and CPUs",
  },
  {
    long: "cpus-per-buffer",
    setting: "cpusPerBuffer",
    native: "cpusPerBuffer",
    isLiveOnly: true,
    value: { kind: "integer", name: "N", min: 0, max: 4096 },
    help: "CPUs that share one ring (modern eBPF); 0 is one ring for all",
    defaultText: "1",
  },
  {
    long: "allow-own-pid-namespace",
    setting: "allowOwnPidNamespace",
    isLiveOnly: true,
    help: "live: go on where /proc is not the host's; records are then put on wrong processes",
  },
] as const satisfies readonly OptionSpec[];

export const collectOptions = [
  {
    long: "read",
    setting: "read",
    short: "r",
    value: { kind: "path", name: "FILE" },
    help: "read a capture (.scap) in place of the live kernel",
  },
  {
    long: "write",
    setting: "write",
    short: "w",
    isRepeatable: true,
    value: { kind: "path", name: "PATH" },
    help:
      "write SysFlow files: a file, a prefix (live), or a folder with a slash at its end; - writes " +
      "one to standard output. This and the next two may be given several times",
  },
  {
    long: "socket",
    setting: "sockets",
    short: "u",
    isRepeatable: true,
    value: { kind: "path", name: "PATH" },
    help:
      "send each record as a packet to the Unix socket (SOCK_SEQPACKET) of a reader, as often as it " +
      "comes; @NAME is an abstract one",
  },
  {
    long: "jsonl",
    setting: "jsonLines",
    isRepeatable: true,
    value: { kind: "path", name: "PATH" },
    help: "write each record as a line of JSON to a file or pipe, or with - to standard output",
  },
  {
    long: "rotate",
    setting: "rotateIntervalSec",
    short: "G",
    value: { kind: "integer", name: "SECONDS", min: 1, max: 31_536_000, unit: "seconds" },
    help: "start a new file at this interval",
    defaultText: "300 live, never with -r",
  },
  ...fileOptions,
  {
    long: "schema",
    setting: "schema",
    value: { kind: "choice", name: "VERSION", choices: ["5", "6"] },
    help: "of the records: 5 (any reader), 6 (also IPv6, chmod, mount …; see README)",
    defaultText: "5",
  },
  {
    long: "exporter",
    setting: "exporter",
    initial: "",
    short: "e",
    value: { kind: "text", name: "ID" },
    help: "exporter name in the header",
    defaultText: "the host name",
  },
  {
    long: "node-ip",
    setting: "nodeIp",
    initial: "",
    value: { kind: "text", name: "ADDRESS" },
    env: "NODE_IP",
    help: "address of this node, for the header",
  },
  {
    long: "mode",
    setting: "mode",
    initial: "flow",
    short: "m",
    value: { kind: "choice", name: "MODE", choices: ["flow", "consume", "nofiles"] },
    help: "what to collect: flow (all), consume (no file reads and writes), nofiles",
    defaultText: "flow",
  },
  {
    long: "containers-only",
    setting: "containersOnly",
    short: "c",
    help: "take only events of processes in containers",
  },
  {
    long: "container-lookup",
    setting: "containerLookup",
    initial: true,
    isLiveOnly: true,
    negatable: true,
    help: "live: ask this host's container runtimes for names and images (local sockets)",
    defaultText: "on",
  },
  {
    long: "cri-path",
    setting: "criPath",
    isLiveOnly: true,
    short: "p",
    value: { kind: "path", name: "SOCKET" },
    help: "a runtime's socket beside those that are found: Docker's API where so named, else CRI",
  },
  {
    long: "cri-timeout",
    setting: "criTimeoutMs",
    initial: 5000,
    isLiveOnly: true,
    short: "t",
    value: { kind: "integer", name: "MS", min: 1, max: 600_000, unit: "milliseconds" },
    help: "how long a container runtime may take to answer",
    defaultText: "5000",
  },
  ...engineOptions,
  {
    long: "sampling",
    setting: "samplingRatio",
    initial: 1,
    native: "samplingRatio",
    isLiveOnly: true,
    short: "s",
    value: { kind: "integer", name: "N", min: 1, max: 128, powerOfTwo: true },
    help: "drop mode keeps the first 1/N of each second (1, 2, 4 … 128)",
    defaultText: "1",
  },
  {
    long: "drop-mode",
    setting: "dropMode",
    initial: true,
    native: "dropMode",
    isLiveOnly: true,
    negatable: true,
    env: "ENABLE_DROP_MODE",
    help: "live: have the kernel leave out calls that no record needs",
    defaultText: "on",
  },
  {
    long: "process-flows",
    setting: "processFlows",
    initial: true,
    negatable: true,
    env: "ENABLE_PROC_FLOW",
    help: "sum up thread starts and exits in process flows",
    defaultText: "on",
  },
  {
    long: "file-only",
    setting: "fileOnly",
    initial: true,
    negatable: true,
    env: "FILE_ONLY",
    help: "file flows for regular files only: no folders, pipes, Unix sockets",
    defaultText: "on",
  },
  {
    long: "file-read-mode",
    setting: "fileReadMode",
    value: { kind: "integer", name: "N", min: 0, max: 2 },
    env: "FILE_READ_MODE",
    help: "reads of files: 0 keep all, 1 drop all, 2 drop those of system folders",
    defaultText: "2",
  },
  {
    long: "print",
    setting: "print",
    help: "show the records as a live table on standard output",
  },
  {
    long: "print-rate",
    setting: "printRate",
    value: { kind: "integer", name: "N", min: 0, max: 1_000_000 },
    help: "lines a second for --print, 0 for all; what is left out is counted",
    defaultText: "200 live or on a terminal, else 0",
  },
  ...alertOptions,
  durationOption,
  {
    long: "stats",
    setting: "stats",
    short: "d",
    env: "ENABLE_STATS",
    help: "a line of statistics on standard error every 30 seconds, at rotation and at the end",
  },
  {
    long: "metrics",
    setting: "metrics",
    value: { kind: "text", name: "ADDRESS" },
    help:
      "serve /metrics (Prometheus) and /healthz over HTTP while it runs: 127.0.0.1:9100, [::1]:9100 " +
      "or unix:/run/sysflow/metrics.sock",
    defaultText: "nothing is served",
  },
  logFormatOption,
  {
    long: "json",
    setting: "json",
    help: "the final summary as JSON on standard output",
  },
  {
    long: "list-fields",
    help: "show what filters can compare, and collect nothing; with --json for a program",
  },
  {
    long: "list-syscalls",
    help: "show what becomes of each system call, and collect nothing; with --json for a program",
  },
  {
    long: "version",
    short: "v",
    help: "show the version",
    final: true,
  },
  helpOption,
  {
    long: "log-config",
    short: "l",
    value: { kind: "path", name: "FILE" },
    help: "logging configuration",
    refused:
      "the logging file never had an effect in the original; leave it out, and for the capture " +
      "library's log set DRIVER_LOG=1",
  },
] as const satisfies readonly OptionSpec[];

export const recordOptions = [
  {
    long: "write",
    setting: "write",
    native: "recordPath",
    short: "w",
    value: { kind: "path", name: "FILE" },
    help: "the capture to write (needed)",
  },
  {
    long: "compress",
    short: "z",
    setting: "compress",
    native: "recordCompressed",
    help: "compress the capture (gzip)",
  },
  ...engineOptions,
  {
    long: "all-syscalls",
    setting: "allSyscalls",
    native: "allSyscalls",
    help: "record every system call in place of those that collect needs",
  },
  durationOption,
  logFormatOption,
  { long: "json", setting: "json", help: "the final summary as JSON on standard output" },
  helpOption,
] as const satisfies readonly OptionSpec[];

export const checkOptions = [
  { long: "json", help: "the report as JSON" },
  helpOption,
] as const satisfies readonly OptionSpec[];

export const versionOptions = [
  { long: "json", help: "the versions and everything that is inside, as JSON" },
  { long: "licenses", help: "the licences of everything that is inside" },
  {
    long: "schema",
    value: { kind: "choice", name: "VERSION", choices: ["5", "6"] },
    help: "that version of SysFlow's Avro schema, for readers of packets",
  },
  helpOption,
] as const satisfies readonly OptionSpec[];

export const plainOptions = [helpOption] as const satisfies readonly OptionSpec[];

export const recoverOptions = [
  { long: "json", help: "what became of each file, as JSON" },
  helpOption,
] as const satisfies readonly OptionSpec[];

const commandNames = [
  "collect",
  "process",
  "record",
  "recover",
  "check",
  "policy",
  "version",
  "help",
  "completion",
] as const;
export type CommandName = (typeof commandNames)[number];

export const commands = {
  collect: {
    name: "collect",
    summary: "events of the live kernel or of a capture, to SysFlow files",
    description: [
      "Takes system call events from the live kernel, or with -r from a capture, and writes SysFlow",
      "records. At least one of -w, -u, --jsonl, --print and --policy is needed. An option beats its",
      "variable, a variable beats the default. Ctrl-C and SIGTERM end cleanly; a second one ends at once.",
      "SIGHUP re-opens the files and loads the policies anew.",
    ],
    options: collectOptions,
    variables: [
      { name: "DRIVER_LOG", help: "1: the capture library's own log on standard error" },
      { name: "HOST_ROOT", help: "where the host's /proc and /etc are found from a container" },
    ],
    examples: [
      { line: "sysflow collect -w /var/log/sysflow/", text: "live, a new file every 5 minutes" },
      { line: "sysflow collect -r X.scap -w Y.sf -e ID", text: "a capture to one file" },
      { line: "sysflow collect --print --duration 10", text: "look at this host for 10 seconds" },
      {
        line: 'sysflow collect -w out/ -G 60 -f "container.id != host"',
        text: "containers only, a file a minute",
      },
      { line: "sysflow collect --policy /etc/sysflow/rules/", text: "alerts, as they come" },
    ],
  },
  process: processCommand,
  record: {
    name: "record",
    summary: "record a capture (.scap) from the live kernel",
    description: [
      "Records until COMMAND ends, Ctrl-C, SIGTERM or --duration. COMMAND starts only once the",
      "engine is capturing, and its exit status becomes that of sysflow. Everything on the host is",
      "recorded while it runs, not COMMAND alone; use -f to narrow that down.",
    ],
    options: recordOptions,
    variables: [
      { name: "DRIVER_LOG", help: "1: the capture library's own log on standard error" },
      { name: "HOST_ROOT", help: "where the host's /proc and /etc are found from a container" },
    ],
    operands: { kind: "program", name: "[--] COMMAND [ARGUMENT…]" },
    examples: [
      { line: "sysflow record -w X.scap -- make test", text: "while a command runs" },
      { line: "sysflow record -w X.scap -z --duration 60", text: "a minute, compressed" },
    ],
    statuses: ["with COMMAND: its exit status; 128 + N where signal N ended it; 127 not found"],
  },
  recover: {
    name: "recover",
    summary: "make whole files of what writers that died have left",
    description: [
      "A file that is being written is called NAME.part. One whose writer was killed, or whose host lost",
      "power, is cut behind its last whole block and gets its name; one without any is removed. One",
      "that is still being written is left alone. The next live start with the same -w does it too.",
    ],
    options: recoverOptions,
    operands: { kind: "paths", name: "FILE.part|FOLDER…" },
    examples: [
      { line: "sysflow recover /var/log/sysflow/", text: "all of a folder" },
      { line: "sysflow recover --json out.1700000000.sf.part", text: "one file, for a program" },
    ],
    statuses: [
      "0 where all are whole, empty or still being written; 1 where one could not be mended",
    ],
  },
  check: {
    name: "check",
    summary: "is this host ready? engine by engine, and what to do",
    description: [
      "Looks at kernel, rights and /proc, and says for each engine whether it can be used and what",
      "is missing. Changes nothing and needs no rights, but sees more as root.",
    ],
    options: checkOptions,
    variables: [{ name: "HOST_ROOT", help: "where the host's /proc is found from a container" }],
    examples: [
      { line: "sysflow check", text: "for a person" },
      { line: "sysflow check --json", text: "for a program" },
    ],
    statuses: ["0 where at least one engine can be used, 1 where none can"],
  },
  policy: policyCommand,
  version: {
    name: "version",
    summary: "versions of the program, schema, capture library and runtime",
    description: ["Shows what this executable is made of."],
    options: versionOptions,
    examples: [
      { line: "sysflow version --json", text: "for a program" },
      { line: "sysflow version --licenses", text: "to read them" },
    ],
  },
  help: {
    name: "help",
    summary: "help on a command",
    description: ["Shows the commands, or the options and examples of one."],
    options: plainOptions,
    operands: {
      kind: "choice",
      name: "[COMMAND]",
      choices: commandNames,
      next: { policy: Object.keys(policyCommands) },
    },
    examples: [{ line: "sysflow help collect", text: "the main command" }],
  },
  completion: {
    name: "completion",
    summary: "a completion script for bash, zsh or fish",
    description: ["Writes a completion script for the shell named to standard output."],
    options: plainOptions,
    operands: { kind: "choice", name: "SHELL", choices: ["bash", "zsh", "fish"] },
    examples: [
      {
        line: "sysflow completion bash > /etc/bash_completion.d/sysflow",
        text: "for all users of bash",
      },
      {
        line: "sysflow completion fish > ~/.config/fish/completions/sysflow.fish",
        text: "for one user of fish",
      },
    ],
  },
} as const satisfies Readonly<Record<CommandName, CommandSpec>>;

/** The commands in the order of help. */
export const commandList: readonly CommandSpec[] = commandNames.map((name) => commands[name]);

/** A command and its own ones. */
export function withSubcommands(command: CommandSpec): readonly CommandSpec[] {
  return [command, ...Object.values(command.subcommands ?? {})];
}
