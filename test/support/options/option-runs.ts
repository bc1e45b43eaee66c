// What a row of the table of all options is made of: runs of the program on a capture made for it,
// what their output says, and the faults that many options have alike.

import { expect } from "bun:test";
import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Run, sysflow, type Variables } from "../program/sysflow.ts";
import { readSf, type SfRecord, type SfValue } from "../records/read-sf.ts";

export const folder = mkdtempSync(join(tmpdir(), "sysflow-options-"));
/** Written by writeOptionCapture, before the first row. */
export const capture = join(folder, "options.scap");
/** Where no row leaves anything. */
export const missing = join(folder, "missing");

export interface Replayed extends Run {
  /** Of all files, in the order of their names. */
  readonly records: readonly SfRecord[];
  readonly files: number;
  readonly summary: {
    readonly [name: string]: unknown;
    readonly recordsTotal: number;
    readonly leftOut: readonly { readonly cause: string; readonly count: number }[];
  };
}

let runs = 0;

/** Collects the capture into files, and reads them back. */
export function replayed(args: readonly string[], variables: Variables = {}): Replayed {
  runs += 1;
  const output = join(folder, `out-${runs}`);
  const words = ["collect", "-r", capture, "-w", output, "--json", ...args];
  const run = sysflow(words, undefined, variables);
  if (run.status !== 0) {
    throw new Error(`${words.join(" ")} ended with ${run.status}: ${run.stderr}`);
  }
  const names = readdirSync(folder).filter((name) => name.startsWith(`out-${runs}`));
  const records = names.sort().flatMap((name) => readSf(join(folder, name)));
  return { ...run, records, files: names.length, summary: JSON.parse(run.stdout) };
}

export function ofKind({ records }: Replayed, kind: string): readonly SfRecord["rec"][] {
  return records.filter((record) => record.kind === kind).map(({ rec }) => rec);
}

/** Paths of files that have a flow. */
export function flowPaths(run: Replayed): readonly string[] {
  const paths = new Map(ofKind(run, "File").map((rec) => [rec["oid"], String(rec["path"])]));
  return ofKind(run, "FileFlow").map((rec) => paths.get(rec["fileOID"] as SfValue) ?? "?");
}

export function headerField(run: Replayed, name: string): unknown {
  return ofKind(run, "SFHeader")[0]?.[name];
}

/** That this fails with one line, which the pattern is found in. */
export type Bad = readonly [
  args: readonly string[],
  status: number,
  message: RegExp,
  env?: Variables,
];

export interface Row {
  /** Shows the change; null where only test/e2e/every-option.test.ts can. */
  readonly works: (() => void) | null;
  readonly bad: readonly Bad[] | (() => void);
}

export const replay = ["-r", capture, "-w", missing] as const;
export const collectBad = (
  args: readonly string[],
  status: number,
  message: RegExp,
  env = {},
): Bad => [["collect", ...replay, ...args], status, message, env];
export const isSwitch = (command: string, option: string): Bad => [
  [...command.split(" "), `${option}=1`],
  2,
  new RegExp(`${option} is a switch and takes no value \\[OPTION_VALUE\\]`),
];
export const wantsInteger = (command: string, option: string, value = "x"): Bad => [
  [command, option, value],
  2,
  new RegExp(`${option}.* takes (?:a whole number|whole seconds|a power of two) .*"${value}"`),
];
export const refused = (option: string, value: readonly string[]): Row => ({
  works: () => {
    const run = sysflow(["help", "collect"]);
    expect(run.stdout.split("not in this version:")[1]).toContain(`--${option}`);
  },
  bad: [[["collect", `--${option}`, ...value], 2, /; .*|leave it out.*\[OPTION_REFUSED\]/]],
});
export const help = (command: string): Row => ({
  works: () => {
    const run = sysflow([...command.split(" "), "--help", "--nonsense"]);
    expect(run.stdout).toStartWith(`Usage: sysflow ${command} `);
    expect(run.status).toBe(0);
  },
  bad: [isSwitch(command, "--help")],
});
export const badDriver = (command: string): readonly Bad[] => [
  [[command, "--driver", "ebpf"], 2, /-k ebpf-core .* or -k kmod \[OPTION_REFUSED\]/],
  [[command, "-k", "kmdo"], 2, /--driver \(-k\) takes one of .*; did you mean kmod\?/],
];
export const badBuffer = (command: string): readonly Bad[] => [
  [[command, "--buffer-bytes", "10M"], 2, /--buffer-bytes takes a power of two from 16K to 2G/],
];
export const badFilter = (args: readonly string[]): readonly Bad[] => [
  [[...args, "-f", "proc.nmae=a"], 2, /did you mean proc\.name\? \[FILTER_INVALID\]/],
  [[...args, "-f", ""], 2, /--filter \(-f\) is empty/],
];
/** A variable that is 1 for on; any other value is off, which is its fallback and no fault. */
export const onOff = (name: string, isOn: (run: Replayed) => boolean): Row => ({
  works: () => {
    expect(isOn(replayed([], { [name]: "1" }))).toBe(true);
    expect(isOn(replayed([], { [name]: "0" }))).toBe(false);
  },
  bad: () => {
    const run = replayed([], { [name]: "yes" });
    expect(isOn(run)).toBe(false);
    expect(run.stderr).not.toContain("warning");
  },
});
export const warns = (variables: Variables, message: string): Row => {
  const warning = () => {
    const run = replayed([], variables);
    expect(run.stderr).toContain(`sysflow: warning: ${message}`);
    expect(run.summary.recordsTotal).toBe(replayed([]).summary.recordsTotal);
  };
  return { works: warning, bad: warning };
};

export const hasProcessFlows = (run: Replayed) => ofKind(run, "ProcessFlow").length > 0;
export const hasStats = (run: Replayed) => run.stderr.includes("info: stats: at=end ");
export const hasOnlyFiles = (run: Replayed) => !flowPaths(run).includes("/home/folder");

/** One line on standard error, nothing on standard output, and no file. */
export function fails([args, status, message, env = {}]: Bad): void {
  const run = sysflow(args, undefined, env);
  expect(run.stderr).toMatch(message);
  expect(run.stderr).toMatch(/^sysflow: error: /m);
  expect([run.stdout, run.status]).toEqual(["", status]);
  expect(existsSync(missing)).toBe(false);
}
