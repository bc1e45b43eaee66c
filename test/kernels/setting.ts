// What the tests of this folder have in common: kernels, the files of a guest, and a run that says how
// long it took.

import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aptInstall } from "../../build/apt-install.ts";
import type { Place } from "../../build/debian-source.ts";
import { busybox, type GuestKernel, guestKernel } from "../../build/guest-kernels.ts";
import { type ExecutableName, executablePath } from "../../build/shipped.ts";
import type { CpioEntry } from "../support/cpio.ts";
import { boot, fileFrom, type Guest, type GuestRun, rootFiles } from "../support/guest.ts";

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
