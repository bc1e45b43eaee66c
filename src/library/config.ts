// What a driver is told, with upstream's fields under TypeScript's names (README maps them), and what
// becomes of it: the settings of a run. A field is checked before anything is opened, and what is not
// known is refused: a setting that is misspelt and ignored is worse than an error.

import { isIP } from "node:net";
import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";
import { nearest } from "../base/suggest.ts";
import type { OpenOptions } from "../capture/binding.ts";
import type { CollectMode, FileReadMode } from "../collect/collector-options.ts";
import type { LiveEngine } from "../driver/engine-choice.ts";
import type { CollectRunSettings } from "../run/collect-run.ts";
import { type SchemaVersion, schemaVersionDefault } from "../sysflow/values.ts";
import type { SysFlowCallback } from "./callback-output.ts";

/** Every field may be absent; `sysFlowDefaults` has what stands for it then. */
export interface SysFlowConfig {
  /** The capture (.scap) to read; "" for live events. */
  readonly capturePath?: string;
  /** Live: the engine. Null for the first that works. */
  readonly driverType?: "ebpf-core" | "kmod" | null;
  /** A Falco filter; "" for all events. */
  readonly filter?: string;
  /** Only what processes in containers do makes records. */
  readonly containersOnly?: boolean;
  /** flow: everything; consume: no reads and writes of files; nofiles: neither flows nor events of them. */
  readonly collectionMode?: CollectMode;
  /** Thread starts and ends are summed up in ProcessFlow records. */
  readonly processFlows?: boolean;
  /** File flows of regular files only: no folders, pipes, Unix sockets. */
  readonly fileOnly?: boolean;
  /** Flows that only read files: 0 keeps all, 1 drops all, 2 drops those of system folders. */
  readonly fileReadMode?: FileReadMode;
  /** Live: the kernel leaves out calls that no record needs. */
  readonly dropMode?: boolean;
  /** Live, in drop mode: the first 1/N of each second (1, 2, 4 … 128). */
  readonly samplingRatio?: number;
  /** Live: bytes of each ring buffer, a power of two; null for a share of the memory. */
  readonly bufferBytes?: number | null;
  /** Live, ebpf-core: CPUs that share one ring buffer; 0 is one for all. */
  readonly cpusPerBuffer?: number;
  /** Live: go on where /proc is not the host's; records are then put on wrong processes. */
  readonly allowOwnPidNamespace?: boolean;
  /** Where the host's files are found from a container. The environment is not asked. */
  readonly hostRoot?: string;
  /** Live: ask this host's container runtimes for names and images (local sockets). */
  readonly containerLookup?: boolean;
  /** Live: a runtime's socket beside those that are found; "" for none. */
  readonly criPath?: string;
  /** Live: how long a runtime may take to answer. Nothing waits for it. */
  readonly criTimeoutMs?: number;
  /** Ends the run after so many seconds; null for not by time. */
  readonly durationSec?: number | null;

  /** Of the header; "" for the host name, or that in the capture. */
  readonly exporter?: string;
  /** Of the header: this node's address, or "". */
  readonly nodeIp?: string;
  /** Of all records: 5, which every reader knows, or 6, with IPv6, chmod … Null: 5 to a file or socket, else 6. */
  readonly schema?: SchemaVersion | null;

  /** Called for each event, flow, pod and report of the cluster; null for none. */
  readonly callback?: SysFlowCallback | null;
  /** Write .sf files: a file, a folder ("/" at its end), or with rotation a prefix; "" for none. */
  readonly filePath?: string;
  /** Send each record to a Unix socket: a path, or "@" and a name; "" for none. */
  readonly socketPath?: string;
  /** Seconds to the next file; 0 for one file. Null: 300 live, 0 of a capture. */
  readonly rotateIntervalSec?: number | null;
  /** Bytes after which the next file is begun; null for by time alone. */
  readonly rotateBytes?: number | null;
  /** Live: remove older files beyond so many, this age, or so many bytes; null for keeping all. */
  readonly keepFiles?: number | null;
  readonly keepAgeSec?: number | null;
  readonly keepBytes?: number | null;
  /** Records that wait for the iterator; beyond it a live run drops, and a replay waits. */
  readonly queueRecords?: number;

  /** Ends the run when it aborts; `run` and iterators then reject with its reason. */
  readonly signal?: AbortSignal | null;
  /** Gets each line of the log. Null: warnings and errors become warnings of the process. */
  readonly onLog?: ((line: string) => void) | null;
  /** A line of statistics for the log every 30 seconds, at rotation and at the end. */
  readonly stats?: boolean;
  /** The capture library's own log, on standard error. */
  readonly debugMode?: boolean;

  /** Upstream's, without effect: there is no module that would have to be loaded beforehand. */
  readonly moduleChecks?: boolean;
  /** Upstream's, without effect since its own 0.7.0. */
  readonly k8sApiUrl?: string;
  /** Upstream's, without effect since its own 0.7.0. */
  readonly k8sApiCert?: string;
  /** Upstream's name for its log files, without effect. */
  readonly appName?: string;
}

export const sysFlowDefaults: Required<SysFlowConfig> = {
  capturePath: "",
  driverType: null,
  filter: "",
  containersOnly: false,
  collectionMode: "flow",
  processFlows: true,
  fileOnly: true,
  fileReadMode: 2,
  dropMode: true,
  samplingRatio: 1,
  bufferBytes: null,
  cpusPerBuffer: 1,
  allowOwnPidNamespace: false,
  hostRoot: "",
  containerLookup: true,
  criPath: "",
  criTimeoutMs: 5000,
  durationSec: null,
  exporter: "",
  nodeIp: "",
  schema: null,
  callback: null,
  filePath: "",
  socketPath: "",
  rotateIntervalSec: null,
  rotateBytes: null,
  keepFiles: null,
  keepAgeSec: null,
  keepBytes: null,
  queueRecords: 16_384,
  signal: null,
  onLog: null,
  stats: false,
  debugMode: false,
  moduleChecks: true,
  k8sApiUrl: "",
  k8sApiCert: "",
  appName: "sysflowlibs",
};

/** Of upstream, and of no use here: setting one is said, with why. */
const withoutEffect = {
  moduleChecks: "an engine that does not open says why by itself; ask checkDriver() beforehand",
  k8sApiUrl: "upstream itself lost it with version 0.7.0",
  k8sApiCert: "upstream itself lost it with version 0.7.0",
  appName: "there are no log files to be named",
} as const satisfies Partial<Record<keyof SysFlowConfig, string>>;

/** Fields that act on the live kernel: with a capture they would be ignored. */
const liveOnly = [
  "driverType",
  "samplingRatio",
  "bufferBytes",
  "cpusPerBuffer",
  "allowOwnPidNamespace",
  "containerLookup",
  "criPath",
  "criTimeoutMs",
  "keepFiles",
  "keepAgeSec",
  "keepBytes",
] as const satisfies readonly (keyof SysFlowConfig)[];

const fileOnly = [
  "rotateIntervalSec",
  "rotateBytes",
  "keepFiles",
  "keepAgeSec",
  "keepBytes",
] as const satisfies readonly (keyof SysFlowConfig)[];

/** Upstream's names of what has another here. */
const upstreamNames: Readonly<Record<string, keyof SysFlowConfig>> = {
  filterContainers: "containersOnly",
  rotateInterval: "rotateIntervalSec",
  exporterID: "exporter",
  nodeIP: "nodeIp",
  scapInputPath: "capturePath",
  falcoFilter: "filter",
  criTO: "criTimeoutMs",
  enableStats: "stats",
  enableProcessFlow: "processFlows",
  k8sAPIURL: "k8sApiUrl",
  k8sAPICert: "k8sApiCert",
  singleBufferDimension: "bufferBytes",
  cpuBuffers: "cpusPerBuffer",
};

export interface CheckedConfig {
  readonly config: Required<SysFlowConfig>;
  readonly settings: CollectRunSettings;
  readonly open: Omit<OpenOptions, "engine" | "path" | "syscalls">;
  readonly rotateIntervalSec: number;
}

/** @throws OperatorError CONFIG_INVALID or OPTIONS_EXCLUDE, with the field and what it can be */
export function checkedConfig(given: SysFlowConfig): CheckedConfig {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) {
    checkField(name, value);
  }
  const config: Required<SysFlowConfig> = { ...sysFlowDefaults, ...Object.fromEntries(set) };
  const isLive = config.capturePath === "";
  checkTogether(config, isLive);
  const { bufferBytes, samplingRatio } = config;
  const isForOthers = config.filePath !== "" || config.socketPath !== "";
  const dropMode = isLive && config.dropMode;
  return {
    config,
    rotateIntervalSec: config.rotateIntervalSec ?? (isLive ? 300 : 0),
    settings: {
      read: isLive ? null : config.capturePath,
      engine: engineOf(config.driverType),
      durationSec: config.durationSec,
      allowOwnPidNamespace: config.allowOwnPidNamespace,
      warnings: set.flatMap(([name]) => effectWarning(name)),
      samplingRatio,
      stats: config.stats,
      mode: config.collectionMode,
      processFlows: config.processFlows,
      fileOnly: config.fileOnly,
      fileReadMode: config.fileReadMode,
      containersOnly: config.containersOnly,
      schema: config.schema ?? (isForOthers ? schemaVersionDefault : 6),
      exporter: config.exporter,
      nodeIp: config.nodeIp,
    },
    open: {
      filter: config.filter,
      libraryLog: config.debugMode,
      hostRoot: config.hostRoot.replace(/\/+$/, ""),
      dropMode,
      samplingRatio,
      cpusPerBuffer: config.cpusPerBuffer,
      ...(bufferBytes !== null && { bufferBytes }),
    },
  };
}

function engineOf(driverType: Required<SysFlowConfig>["driverType"]): LiveEngine | null {
  return driverType === "ebpf-core" ? "modern_ebpf" : driverType;
}

function effectWarning(name: string): readonly string[] {
  return Object.hasOwn(withoutEffect, name)
    ? [`${name} has no effect: ${withoutEffect[name as keyof typeof withoutEffect]}`]
    : [];
}

type Check = readonly [wanted: string, isGood: (value: unknown) => boolean];

const text: Check = ["a string", (value) => typeof value === "string"];
const truth: Check = ["true or false", (value) => typeof value === "boolean"];
const oneOf = (...words: readonly unknown[]): Check => [
  words.map((word) => JSON.stringify(word)).join(", "),
  (value) => words.includes(value),
];
const callable: Check = [
  "a function or null",
  (value) => value === null || typeof value === "function",
];

function whole(from: number, to: number): Check {
  const isGood = (value: unknown) =>
    Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
  return [`a whole number from ${from} to ${to}`, isGood];
}

function orNull([wanted, isGood]: Check): Check {
  return [`${wanted}, or null`, (value) => value === null || isGood(value)];
}

function power([wanted, isGood]: Check): Check {
  return [
    `${wanted}, a power of two`,
    (value) => isGood(value) && Number.isInteger(Math.log2(value as number)),
  ];
}

const secondsMax = 31_536_000;

const checks: Readonly<Record<keyof SysFlowConfig, Check>> = {
  capturePath: text,
  driverType: oneOf("ebpf-core", "kmod", null),
  filter: text,
  containersOnly: truth,
  collectionMode: oneOf("flow", "consume", "nofiles"),
  processFlows: truth,
  fileOnly: truth,
  fileReadMode: oneOf(0, 1, 2),
  dropMode: truth,
  samplingRatio: power(whole(1, 128)),
  bufferBytes: orNull(power(whole(16_384, 2 ** 31))),
  cpusPerBuffer: whole(0, 4096),
  allowOwnPidNamespace: truth,
  hostRoot: text,
  containerLookup: truth,
  criPath: text,
  criTimeoutMs: whole(1, 600_000),
  durationSec: orNull(whole(1, secondsMax)),
  exporter: text,
  nodeIp: ['an IPv4 or IPv6 address, or ""', (value) => value === "" || isIP(String(value)) !== 0],
  schema: oneOf(5, 6, null),
  callback: callable,
  filePath: text,
  socketPath: text,
  rotateIntervalSec: orNull(whole(0, secondsMax)),
  rotateBytes: orNull(whole(1, Number.MAX_SAFE_INTEGER)),
  keepFiles: orNull(whole(1, Number.MAX_SAFE_INTEGER)),
  keepAgeSec: orNull(whole(1, secondsMax)),
  keepBytes: orNull(whole(1, Number.MAX_SAFE_INTEGER)),
  queueRecords: whole(1, 2 ** 24),
  signal: ["an AbortSignal or null", (value) => value === null || value instanceof AbortSignal],
  onLog: callable,
  stats: truth,
  debugMode: truth,
  moduleChecks: truth,
  k8sApiUrl: text,
  k8sApiCert: text,
  appName: text,
};

function checkField(name: string, value: unknown): void {
  if (!Object.hasOwn(checks, name)) {
    const known = upstreamNames[name] ?? nearest(name, Object.keys(checks));
    const hint = known === null ? "README has all of them" : `here it is ${known}`;
    throw invalid(`there is no field "${name}" in a SysFlowConfig; ${hint}`);
  }
  const [wanted, isGood] = checks[name as keyof SysFlowConfig];
  if (!isGood(value)) {
    const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
    throw invalid(`SysFlowConfig.${name} takes ${wanted}, not ${shown}`);
  }
}

function checkTogether(config: Required<SysFlowConfig>, isLive: boolean): void {
  const changed = liveOnly.find((name) => config[name] !== sysFlowDefaults[name]);
  if (!isLive && changed !== undefined) {
    throw excludes(`${changed} acts on the live kernel and has no effect on a capture`);
  }
  if (config.samplingRatio > 1 && !config.dropMode) {
    throw excludes("samplingRatio is a part of drop mode, which is off");
  }
  const ofFiles = fileOnly.find((name) => config[name] !== null);
  if (ofFiles !== undefined && config.filePath === "") {
    throw excludes(`${ofFiles} is that of files, and filePath names none`);
  }
}

function invalid(message: string): OperatorError {
  return new OperatorError("CONFIG_INVALID", message, { exitStatus: exitStatus.USAGE });
}

function excludes(message: string): OperatorError {
  return new OperatorError("OPTIONS_EXCLUDE", `${message}: leave it out`, {
    exitStatus: exitStatus.USAGE,
  });
}
