// What the tests of this folder have in common: kernels, the files of a guest, a run that says how long
// it took, and what must be so after it.

import { expect } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aptInstall } from "../../build/base/apt-install.ts";
import { busybox, type GuestKernel, guestKernel } from "../../build/guests/guest-kernels.ts";
import type { Place } from "../../build/packages/debian-source.ts";
import { type ExecutableName, executablePath } from "../../build/ship/shipped.ts";
import type { CpioEntry } from "../support/kernels/cpio.ts";
import { boot, fileFrom, type Guest, type GuestRun, rootFiles } from "../support/kernels/guest.ts";
import { checkSf } from "../support/records/check-sf.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";
import { type Fact, missingFacts, parseFacts } from "../support/truth/workload.ts";

/** For the files of all runs. One process runs all test files, so none of them may remove it. */
export const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-kernels-"));
process.once("exit", () => fs.rmSync(folder, { recursive: true, force: true }));

export const step = { title: "kernels", note: (_: string) => {} };

/** Longer than a guest may run, with what is built for it before. */
export const timeoutMs = 30 * 60_000;

/** A kernel, or why there is none. */
export interface Found {
  readonly place: Place;
  readonly kernel: GuestKernel | null;
  readonly why: string;
}

/** @param name of Debian's package that depends on the newest kernel. */
export async function findKernel(place: Place, name: string): Promise<Found> {
  try {
    const kernel = await guestKernel(place, name, step);
    return { place, kernel, why: `the mirror has no ${name} in ${place.suite}` };
  } catch (error) {
    // A release that has left the mirror has no lists there either; some lag behind their lists.
    const said = (error as Error).message.split("\n").find((line) => line.startsWith("E:"));
    if (said === undefined) throw error;
    return { place, kernel: null, why: `the mirror has no kernel of ${place.suite}: ${said}` };
  }
}

export async function installQemu(name: string): Promise<void> {
  await aptInstall([name], step);
}

/** The first process, its shell, and the executable as `/sysflow`. */
export async function guestFiles(
  place: Place,
  name: ExecutableName,
): Promise<readonly CpioEntry[]> {
  const shell = await busybox(place, step);
  const root = rootFiles(join(import.meta.dir, "init.sh"), shell);
  return [...root, fileFrom("sysflow", executablePath(name), 0o755)];
}

/** @param name of the run, in what is printed. */
export async function runGuest(name: string, guest: Guest): Promise<GuestRun> {
  const result = await boot(guest, join(folder, name.replaceAll(" ", "-")));
  const said = result.console.match(/^guest: .*/gm)?.join("\n  ") ?? "nothing said";
  process.stdout.write(`  ${name}: ${result.seconds.toFixed(0)} s\n  ${said}\n`);
  return result;
}

interface Summary {
  readonly ended: string;
  readonly losses: readonly { readonly stage: string; readonly cause: string }[];
}

/** What must be so under each kernel and engine. @returns the records. */
export function expectGood(
  result: GuestRun,
  engine: string,
  permitted: readonly string[] = [],
): readonly SfRecord[] {
  const file = (name: string) => fs.readFileSync(join(result.folder, name), "utf8");
  expect(result.status).toBe(0);
  expect(result.console).toContain("s: done");
  expect(file("check.status"), file("check.stderr")).toBe("0\n");
  const report = JSON.parse(file("check.json")) as {
    engines: { engine: string; usable: boolean }[];
  };
  expect(report.engines).toContainEqual(expect.objectContaining({ engine, usable: true }));
  expect(file("collect.status"), file("collect.stderr")).toBe("0\n");
  const summary = JSON.parse(file("summary.json")) as Summary;
  expect(summary.ended).toBe("SIGTERM");
  const dropped = summary.losses.filter(({ stage }) => stage === "kernel");
  expect(dropped.filter(({ cause }) => !permitted.includes(cause))).toEqual([]);
  const path = join(result.folder, "live.sf");
  const records = readSf(path);
  // The end of a process's first thread may be told before that of its others.
  const isRight = ({ rule, index }: { rule: string; index: number }) => {
    const { rec } = records[index] as SfRecord;
    return rule === "after-exit" && rec["tid"] !== (rec["procOID"] as { hpid: bigint }).hpid;
  };
  expect(checkSf(path).filter((violation) => !isRight(violation))).toEqual([]);
  return records;
}

export function factsOf(result: GuestRun, name: string): readonly Fact[] {
  const file = (ending: string) => fs.readFileSync(join(result.folder, name + ending), "utf8");
  expect(file(".stderr")).toBe("");
  return parseFacts(file(".jsonl"));
}

/** All that the guest's programs say they did is in the records. @param isTold of the system calls. */
export function expectAllFacts(
  result: GuestRun,
  records: readonly SfRecord[],
  isTold?: (fact: Fact) => boolean,
): void {
  const workload = factsOf(result, "workload");
  expect(workload.length).toBeGreaterThan(90);
  expect(missingFacts(workload, records)).toEqual([]);
  expect(missingFacts(factsOf(result, "ipv6"), records)).toEqual([]);
  const calls = factsOf(result, "syscalls");
  expect(calls.length).toBeGreaterThan(120);
  expect(missingFacts(calls, records, isTold)).toEqual([]);
}
