// Boots a kernel in qemu, without hardware help since that is not everywhere: an initramfs with what a
// test gives it, a console that is a file, and a second line over which the guest hands out a tar
// archive. On x86-64 both are serial lines, which are in every kernel; disks and shared folders are
// modules in most.

import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type CpioEntry, cpio } from "./cpio.ts";

export interface Guest {
  /** The program and the machine it is to be, up to the kernel. */
  readonly qemu: readonly string[];
  readonly kernel: string;
  /** Words of its command line; those that it does not know are variables of its first process. */
  readonly append: readonly string[];
  readonly files: readonly CpioEntry[];
  /** The line for the archive where no serial one takes any byte, in qemu's words. */
  readonly archive?: (file: string) => readonly string[];
}

export const x86Guest: readonly string[] = [
  "qemu-system-x86_64",
  "-machine",
  "q35",
  // The oldest of level x86-64-v2, which is what the executable needs.
  "-cpu",
  "Nehalem",
  "-smp",
  "2",
  "-m",
  "3072",
];

/** For its command line. On a busy host the kernel's check of its timer fails, which it calls fatal. */
export const x86Words: readonly string[] = ["console=ttyS0", "no_timer_check"];

export const s390xGuest: readonly string[] = [
  "qemu-system-s390x",
  "-machine",
  "s390-ccw-virtio",
  "-cpu",
  "max",
  "-m",
  "4096",
];

/**
 * With a kernel that can do without vector instructions: emulated, they give wrong checksums (seen with
 * qemu 7.2), and what the kernel itself answers to a packet is dropped.
 */
export const s390xScalarGuest: readonly string[] = s390xGuest.map((word) =>
  word === "max" ? "max,vx=off" : word,
);

/** Its other console is for text in EBCDIC. The port is there in kernels that have its driver built in. */
export const s390xArchive = (file: string): readonly string[] => [
  "-chardev",
  `file,id=archive,path=${file}`,
  "-device",
  "virtio-serial-ccw",
  "-device",
  "virtserialport,chardev=archive",
];

export interface GuestRun {
  readonly console: string;
  /** Where the files that it handed out are; empty where it did not come so far. */
  readonly folder: string;
  readonly seconds: number;
  /** Null where it was ended because it took too long. */
  readonly status: number | null;
}

/** Minutes for what takes seconds on a quiet machine: tests may run beside much else. */
const bootLimitMs = 15 * 60_000;

/** @param folder for the files of this run; made. */
export async function boot(guest: Guest, folder: string): Promise<GuestRun> {
  const out = join(folder, "out");
  mkdirSync(out, { recursive: true });
  const initramfs = join(folder, "initramfs.cpio");
  writeParts(initramfs, cpio(guest.files));
  const [consoleFile, archive] = [join(folder, "console"), join(folder, "out.tar")];
  const [qemu = "", ...machine] = guest.qemu;
  const bare = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"];
  const content = [
    "-kernel",
    guest.kernel,
    "-initrd",
    initramfs,
    "-append",
    guest.append.join(" "),
  ];
  const second = guest.archive?.(archive) ?? ["-serial", `file:${archive}`];
  const lines = ["-serial", `file:${consoleFile}`, ...second];
  const started = performance.now();
  const child = Bun.spawn(
    ["nice", qemu, "-accel", "tcg", ...bare, ...machine, ...content, ...lines],
    { stdin: "ignore", stdout: "ignore", stderr: "pipe" },
  );
  const timer = setTimeout(() => child.kill("SIGKILL"), bootLimitMs);
  const stderr = await new Response(child.stderr).text();
  const status = await child.exited;
  clearTimeout(timer);
  if (status !== 0 && child.signalCode === null) throw new Error(`${qemu}: ${stderr}`);
  Bun.spawnSync(["tar", "-xf", archive, "-C", out]);
  return {
    console: readFileSync(consoleFile, "utf8"),
    folder: out,
    seconds: (performance.now() - started) / 1000,
    status: child.signalCode === null ? status : null,
  };
}

function writeParts(path: string, parts: readonly Uint8Array[]): void {
  const file = openSync(path, "w");
  for (const part of parts) {
    for (let at = 0; at < part.length; ) at += writeSync(file, part, at);
  }
  closeSync(file);
}

/** The file of this machine at that path in the guest. */
export function fileFrom(path: string, source: string, mode = 0o644): CpioEntry {
  return { path, content: readFileSync(source), mode };
}

/** What a first process needs: the folders it mounts on, a shell, names of users, and itself. */
export function rootFiles(init: string, busybox: string): readonly CpioEntry[] {
  const folders = ["bin", "dev", "etc", "proc", "sys", "tmp"];
  return [
    ...folders.map((path) => ({ path, mode: 0o755 })),
    fileFrom("bin/busybox", busybox, 0o755),
    fileFrom("init", init, 0o755),
    // The facts of a workload name users as this machine does.
    fileFrom("etc/passwd", "/etc/passwd"),
    fileFrom("etc/group", "/etc/group"),
  ];
}
