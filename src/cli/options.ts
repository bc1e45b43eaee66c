// What the options and the environment mean together: the only reader of `process.env`. An option
// on the command line beats its variable, the variable beats the default; a variable that cannot be
// obeyed is warned of, since it may be there for another program.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";
import { isIpAddress } from "../base/ip-address.ts";
import type { OpenOptions } from "../capture/binding.ts";
import type { LiveEngine } from "../driver/engine-choice.ts";
import { outputsMax } from "../sysflow/record-sink.ts";
import { type SchemaVersion, schemaVersionDefault } from "../sysflow/values.ts";
import { standardOutput } from "../write/standard-output.ts";
import { fileOptions } from "./file-options.ts";
import { collectOptions, engineOptions, recordOptions } from "./option-table.ts";
import type { OptionSpec, SettingsOf, Values } from "./option-types.ts";
import { optionName, usageError, type Value } from "./parse.ts";
import { alertOptions, processOptions } from "./process-table.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export function programEnvironment(): Environment {
  return process.env;
}

/**
 * The environment that this process was started with, for a program that we run in its turn: the
 * executable's loader drops from its own what would change the runtime. Ours where /proc cannot tell.
 */
export function startEnvironment(): Environment {
  let text: string;
  try {
    text = readFileSync("/proc/self/environ", "utf8");
  } catch {
    // Without /proc nothing is known to be missing.
    return process.env;
  }
  const pairs = text.split("\0").filter((pair) => pair.includes("="));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
}

/** What no option sets. */
interface CommonSettings {
  readonly driverLog: boolean;
  /** Said once at start. */
  readonly warnings: readonly string[];
}

/** The settings that the rows make, but for those that are made here. */
type Settings<T extends readonly OptionSpec[], Made> = Omit<SettingsOf<T>, keyof Made> &
  Made &
  CommonSettings;

interface MadeEngine {
  /** Null: the first that works. */
  readonly engine: LiveEngine | null;
}

interface MadeCollect extends MadeEngine {
  /** 0: one file to the end. */
  readonly rotateIntervalSec: number;
  /** Of the files; 6 where there are none, since the table has room for everything. */
  readonly schema: SchemaVersion;
  readonly fileReadMode: 0 | 1 | 2;
}

interface MadeRecord extends MadeEngine {
  readonly write: string;
  /** The command to run and its arguments; empty: until a signal or the duration. */
  readonly program: readonly string[];
}

export type CollectSettings = Settings<typeof collectOptions, MadeCollect>;
export type RecordSettings = Settings<typeof recordOptions, MadeRecord>;

export type ProcessSettings = SettingsOf<typeof processOptions> & {
  /** Files, folders, and "-" for standard input; or a socket, `unix:PATH`. */
  readonly places: readonly string[];
};

type ProcessValues = Values<typeof processOptions>;
type CollectValues = Values<typeof collectOptions>;
type RecordValues = Values<typeof recordOptions>;

/** Live files are cut at this interval even where none is asked for, as upstream's are. */
const rotateIntervalLiveSec = 300;

/** @throws OperatorError where options exclude or need one another */
export function collectSettings(values: CollectValues, env: Environment): CollectSettings {
  checkCollect(values);
  const live = values.read === undefined;
  const warnings: string[] = [];
  const fileReadMode = values["file-read-mode"] ?? fileReadModeOf(env, warnings);
  const plain = settingsOf(collectOptions, values, env);
  if (plain.samplingRatio > 1 && !plain.dropMode) {
    throw usageError(
      "OPTIONS_EXCLUDE",
      "--sampling (-s) is a part of drop mode, which is off; use --drop-mode or leave -s out",
    );
  }
  if (plain.samplingRatio > 1) {
    warnings.push(samplingWarning(plain.samplingRatio));
  }
  const schema = placesOf(values).length === 0 ? 6 : schemaOf(values.schema);
  if (plain.policies.length > 0 && schema === 5) {
    warnings.push(
      "rules see records of schema 5, as the other outputs do: no chmod, chown, mount, mknod and no " +
        "IPv6; --schema 6 has them",
    );
  }
  return {
    ...plain,
    ...engineSettings(values, env, warnings),
    rotateIntervalSec: values.rotate ?? (live ? rotateIntervalLiveSec : 0),
    schema,
    nodeIp: values["node-ip"] ?? nodeIpOf(env, warnings),
    dropMode: live && plain.dropMode,
    fileReadMode: readMode(fileReadMode),
  };
}

/** @throws OperatorError where options exclude or need one another */
export function recordSettings(
  values: RecordValues,
  program: readonly string[],
  env: Environment,
): RecordSettings {
  if (values.write === undefined) {
    throw usageError("OPTION_MISSING", "record needs the capture to write: -w FILE.scap");
  }
  return {
    ...settingsOf(recordOptions, values, env),
    ...engineSettings(values, env, []),
    write: values.write,
    program,
  };
}

/** @throws OperatorError where options exclude or need one another */
export function processSettings(
  values: ProcessValues,
  places: readonly string[],
  env: Environment,
): ProcessSettings {
  const settings = settingsOf(processOptions, values, env);
  const { format, json, mode, policies, write } = settings;
  if (places.length === 0) {
    throw usageError(
      "ARGUMENT_MISSING",
      "process needs SysFlow files: sysflow process -p DIR X.sf",
    );
  }
  if (places.length > 1 && places.some((place) => place.startsWith("unix:"))) {
    throw excludes("a socket has no end, so that nothing can be read after it: name it alone");
  }
  if (policies.length === 0 && mode === "alert") {
    throw usageError(
      "OPTION_MISSING",
      "process needs rules: -p PATH, or --mode enrich without any",
    );
  }
  if (mode === "enrich" && format === "text") {
    throw excludes("--mode enrich tells records without alerts, too, as JSON: add --format json");
  }
  if (json && isStandardOutput(write)) {
    throw excludes("--json and the alerts both write to standard output: send these to -w FILE");
  }
  return { ...settings, places };
}

/** Each option's value, else its variable's, else its initial one. */
export function settingsOf<const T extends readonly OptionSpec[]>(
  options: T,
  values: Values<T>,
  env: Environment,
): SettingsOf<T> {
  const given = values as Readonly<Record<string, Value | undefined>>;
  const settings: Record<string, Value | null> = {};
  for (const option of options) {
    if (option.setting !== undefined) {
      const isSwitch = option.value === undefined;
      // A variable that holds a value is read where it is checked.
      const said = isSwitch && option.env !== undefined ? switchOf(env, option.env) : null;
      const none = option.isRepeatable === true ? [] : null;
      const initial = option.initial ?? (isSwitch ? false : none);
      settings[option.setting] = given[option.long] ?? said ?? initial;
    }
  }
  // As with the values: the rows gave each setting its type.
  return settings as SettingsOf<T>;
}

/** What native code is to be told of the settings, by the rows. */
export function nativeOptions(
  options: readonly OptionSpec[],
  settings: object,
): Omit<OpenOptions, "engine" | "path"> {
  const made = settings as Readonly<Record<string, Value | null | undefined>>;
  const pairs = options.map(
    ({ native, setting }) => [native, made[setting ?? ""] ?? null] as const,
  );
  return Object.fromEntries(
    pairs.filter(([native, value]) => native !== undefined && value !== null),
  );
}

/** What the driver never drops by ratio: its calls flagged UF_NEVER_DROP. */
function samplingWarning(ratio: number): string {
  return (
    `sampling keeps the first 1/${ratio} of each second; of the rest only calls that open and ` +
    "close descriptors and make processes are taken, and nobody counts the others"
  );
}

/** The prefix under which the host's files are found from a container; "" on the host itself. */
export function hostRoot(env: Environment): string {
  return (env["HOST_ROOT"] ?? "").replace(/\/+$/, "");
}

function engineSettings(
  values: Pick<CollectValues, "driver" | "filter" | "log-format">,
  env: Environment,
  warnings: string[],
): MadeEngine & CommonSettings {
  warnings.push(...environmentWarnings(env));
  if (values.filter?.trim() === "") {
    throw usageError(
      "FILTER_INVALID",
      "--filter (-f) is empty and means nothing; leave it out to take all events",
    );
  }
  const isLogged = switchOf(env, "DRIVER_LOG") ?? false;
  const isJson = values["log-format"] === "json";
  if (isLogged && isJson) {
    warnings.push("DRIVER_LOG=1 has no effect with --log-format json: the library's log is text");
  }
  return {
    engine: engineOf(values.driver),
    driverLog: isLogged && !isJson,
    warnings,
  };
}

function engineOf(driver: CollectValues["driver"]): LiveEngine | null {
  switch (driver) {
    case undefined:
      return null;
    case "ebpf-core":
      return "modern_ebpf";
    case "kmod":
      return "kmod";
    default:
      return driver satisfies never;
  }
}

/** "1" is on, any other value off, unset null: upstream's rule. */
function switchOf(env: Environment, name: string): boolean | null {
  const value = env[name];
  return value === undefined ? null : value === "1";
}

function fileReadModeOf(env: Environment, warnings: string[]): number {
  const value = env["FILE_READ_MODE"];
  if (value === undefined || /^[012]$/.test(value)) {
    return Number(value ?? 2);
  }
  warnings.push(`FILE_READ_MODE is "${value}", which is none of 0, 1, 2; the default, 2, holds`);
  return 2;
}

function schemaOf(version: CollectValues["schema"]): SchemaVersion {
  switch (version) {
    case undefined:
      return schemaVersionDefault;
    case "5":
      return 5;
    case "6":
      return 6;
    default:
      return version satisfies never;
  }
}

/** Any text is taken, as upstream does: its readers may count on one that is no address. */
function nodeIpOf(env: Environment, warnings: string[]): string {
  const value = env["NODE_IP"] ?? "";
  if (value !== "" && !isIpAddress(value)) {
    warnings.push(`NODE_IP is "${value}", which is no IP address; the header has it as it is`);
  }
  return value;
}

function readMode(number: number): 0 | 1 | 2 {
  return number === 0 || number === 1 ? number : 2;
}

function environmentWarnings(env: Environment): readonly string[] {
  const warnings: string[] = [];
  if (env["FALCO_BPF_PROBE"] !== undefined) {
    warnings.push(
      "FALCO_BPF_PROBE asks for the legacy eBPF probe, which is not supported; " +
        "the engine is chosen as if it were not set",
    );
  }
  const cluster = ["SF_K8S_API_URL", "SF_K8S_API_CERT"].filter((name) => env[name] !== undefined);
  if (cluster.length > 0) {
    const names = cluster.join(" and ");
    warnings.push(`${names} set, but Kubernetes is not in this version: no pods are recorded`);
  }
  const glog = Object.keys(env).filter((name) => name.startsWith("GLOG_"));
  if (glog.length > 0) {
    const names = glog.sort().join(", ");
    warnings.push(`${names} set, but there is no glog here: they change nothing`);
  }
  return warnings;
}

function checkCollect(values: CollectValues): void {
  if (values.read !== undefined && values.driver !== undefined) {
    throw new OperatorError(
      "OPTIONS_EXCLUDE",
      "-r reads a capture and -k chooses an engine for live events: use one of them",
      { exitStatus: exitStatus.FAILURE },
    );
  }
  const places = placesOf(values);
  const hasRules = values.policy !== undefined;
  if (places.length === 0 && values.print !== true && !hasRules) {
    throw new OperatorError(
      "OUTPUT_MISSING",
      "there is nowhere for the records to go: name an output with -w PATH, -u SOCKET or --jsonl " +
        "PATH, or use --print or --policy",
      { exitStatus: exitStatus.FAILURE },
    );
  }
  if (values.read !== undefined) {
    checkReplay(values);
  }
  if (values.rotate !== undefined && (values.write ?? []).every(isStream)) {
    throw excludes("--rotate (-G) needs an output of files: -w PATH");
  }
  const ofFiles = fileOptions.find(({ long }) => values[long] !== undefined);
  if (ofFiles !== undefined && (values.write ?? []).every(isStream)) {
    throw excludes(`--${ofFiles.long} is for files: it needs an output, -w PATH`);
  }
  if (values.schema !== undefined && places.length === 0) {
    throw excludes("--schema is that of records which others read: it needs -w, -u or --jsonl");
  }
  const alerts = hasRules ? [values.alerts ?? standardOutput] : [];
  checkPlaces([...places, ...alerts], values.print === true);
  const ofRules = alertOptions.find(({ long }) => long !== "policy" && values[long] !== undefined);
  if (ofRules !== undefined && !hasRules) {
    throw excludes(`--${ofRules.long} is for alerts: it needs rules, --policy PATH`);
  }
  const address = values["node-ip"] ?? "";
  if (address !== "" && !isIpAddress(address)) {
    const message = `--node-ip takes an IPv4 or IPv6 address, not "${address}"`;
    throw usageError("OPTION_VALUE", message);
  }
  if (values["print-rate"] !== undefined && values.print !== true) {
    throw excludes("--print-rate needs --print");
  }
  checkStandardOutput(values);
}

/** What acts on the kernel's side has no meaning for a capture, and is not silently dropped. */
/** Where records go to be read by others. */
function placesOf({ jsonl, socket, write }: CollectValues): readonly string[] {
  return [...(write ?? []), ...(socket ?? []), ...(jsonl ?? [])];
}

/** @throws OperatorError where two outputs would write to one place, or there are too many */
function checkPlaces(places: readonly string[], hasTable: boolean): void {
  const paths = places.map((place) => (place.startsWith("@") ? place : resolve(place)));
  const twice = places.find(
    (_, i) => !isStandardOutput(places[i]) && paths.indexOf(paths[i] ?? "") < i,
  );
  if (twice !== undefined) {
    throw excludes(`two outputs cannot write to ${twice}: name it once`);
  }
  const count = places.length + Number(hasTable);
  if (count > outputsMax) {
    throw excludes(`there are ${count} outputs, and ${outputsMax} are possible`);
  }
}

/** Whether it is not files that are written to that place, but one stream. */
function isStream(path: string): boolean {
  return path === standardOutput;
}

function checkReplay(values: CollectValues): void {
  const given = values as Readonly<Record<string, Value | undefined>>;
  const shared: readonly OptionSpec[] = engineOptions;
  // Of several, one that only `collect` has is named.
  const own: readonly OptionSpec[] = collectOptions.filter((option) => !shared.includes(option));
  const refused = [...own, ...shared].find(
    ({ isLiveOnly, long }) => isLiveOnly === true && (given[long] ?? false) !== false,
  );
  if (refused !== undefined) {
    const name = optionName(refused);
    throw excludes(`${name} acts on the live kernel and has no effect on a capture: leave it out`);
  }
}

function checkStandardOutput(values: CollectValues): void {
  const users = [
    ["--print", values.print === true],
    ["--json", values.json === true],
    ...(values.write ?? []).map((path) => [`-w ${path}`, isStandardOutput(path)] as const),
    ...(values.jsonl ?? []).map((path) => [`--jsonl ${path}`, isStandardOutput(path)] as const),
    ["alerts (--alerts PATH sends them elsewhere)", hasAlertsThere(values)],
  ] as const;
  const [first, second] = users.filter(([, used]) => used).map(([name]) => name);
  if (first !== undefined && second !== undefined) {
    throw excludes(`${first} and ${second} both write to standard output: use one of them`);
  }
}

function hasAlertsThere({ alerts, policy }: CollectValues): boolean {
  return policy !== undefined && isStandardOutput(alerts ?? standardOutput);
}

function isStandardOutput(path: string | undefined): boolean {
  return path !== undefined && /^(?:-|\/dev\/stdout|\/(?:dev|proc\/self)\/fd\/1)$/.test(path);
}

function excludes(message: string): OperatorError {
  return usageError("OPTIONS_EXCLUDE", message);
}
