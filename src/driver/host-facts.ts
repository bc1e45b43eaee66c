// What the kernel says about itself in /proc, /sys and /dev. Tests read it under another root. A
// fact that cannot be read is null. Null means unknown and never absent; host-findings.ts decides
// what follows from an unknown fact.

import { accessSync, constants, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { release } from "node:os";

export interface HostFacts {
  /** `6.18.44-…`, or null where it is unknown. */
  readonly kernelRelease: string | null;
  /** Major and minor, or null where the release has no such form. */
  readonly kernelVersion: readonly [number, number] | null;
  /** Effective capabilities as a bit set. */
  readonly capabilities: bigint | null;
  /** Effective user of this process. */
  readonly uid: number | null;
  /** Size of /sys/kernel/btf/vmlinux; null where it is not there. */
  readonly btfBytes: number | null;
  /** `none`, `integrity`, `confidentiality`; null where the kernel has no lockdown. */
  readonly lockdown: string | null;
  /** kernel.unprivileged_bpf_disabled: 0 anyone may load programs, 1 and 2 only with rights. */
  readonly unprivilegedBpfDisabled: number | null;
  /**
   * net.core.bpf_jit_enable: 0 off, 1 and 2 on. `absent` where the kernel has no JIT; null where it
   * is unknown, as in a network namespace other than the host's.
   */
  readonly bpfJit: number | "absent" | null;
  /** Soft limit of locked memory in bytes; Infinity for unlimited. */
  readonly lockedMemoryMax: number | null;
  /** The line of Falco's module in /proc/modules. */
  readonly module: ModuleFacts | null;
  /** How many of `/dev/scap0`, `/dev/scap1` … there are: one a CPU. */
  readonly devices: number;
  readonly deviceReadable: boolean;
  readonly procMounted: boolean;
  /** `hidepid` of the /proc mount; null where it is not set. */
  readonly hidePid: string | null;
  /** HOST_ROOT as given, "" where it is not set, and whether its /proc is there. */
  readonly hostRoot: string;
  readonly hostProcMounted: boolean;
  readonly inContainer: boolean;
  readonly pidNamespace: PidNamespace | null;
}

/** Whose processes the /proc shows that is read; null where the system does not tell. */
export interface PidNamespace {
  /** `pid:[4026531836]`. */
  readonly link: string;
  /** Whether it is the first one, whose numbers events carry. */
  readonly isHosts: boolean;
}

/** The first pid namespace has this number on every kernel (PROC_PID_INIT_INO). */
const firstPidNamespace = 0xeffffffc;

export interface ModuleFacts {
  readonly name: string;
  /** `Live`, `Loading`, `Unloading`. */
  readonly state: string;
  readonly version: string | null;
}

/** The module's name: `scap` as the libraries build it, `falco` as Falco's packages do. */
const moduleNames = ["scap", "falco"];

/** @param root "" on the real host; a fake tree in tests. */
export function readFacts(root: string, hostRoot: string): HostFacts {
  const status = readText(`${root}/proc/self/status`) ?? "";
  // Without /proc the system call tells it; a fake tree has files only.
  const known = root === "" ? release() : null;
  const kernelRelease = readText(`${root}/proc/sys/kernel/osrelease`)?.trim() ?? known;
  const device = `${root}${hostRoot}/dev`;
  return {
    kernelRelease,
    kernelVersion: versionOf(kernelRelease),
    capabilities: maskOf(status),
    uid: numberOf(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]),
    btfBytes: sizeOf(`${root}/sys/kernel/btf/vmlinux`),
    lockdown: /\[(\w+)\]/.exec(readText(`${root}/sys/kernel/security/lockdown`) ?? "")?.[1] ?? null,
    unprivilegedBpfDisabled: numberOf(
      readText(`${root}/proc/sys/kernel/unprivileged_bpf_disabled`)?.trim(),
    ),
    bpfJit: bpfJitOf(`${root}/proc/sys/net/core`),
    lockedMemoryMax: lockedMemoryOf(readText(`${root}/proc/self/limits`)),
    module: moduleOf(root),
    devices: namesIn(device).filter((name) => /^scap\d+$/.test(name)).length,
    deviceReadable: isReadable(`${device}/scap0`),
    procMounted: status !== "",
    hidePid: hidePidOf(readText(`${root}/proc/mounts`)),
    hostRoot,
    hostProcMounted: readText(`${root}${hostRoot}/proc/1/stat`) !== null,
    inContainer: ["/.dockerenv", "/run/.containerenv"].some(
      (path) => sizeOf(`${root}${path}`) !== null,
    ),
    pidNamespace: pidNamespaceOf(root, hostRoot),
  };
}

/**
 * By process 1 of the /proc that is read: a namespace's own /proc begins with another process 1.
 * Where we may not look at that, by ourselves, provided that it is the usual /proc.
 */
export function pidNamespaceOf(root: string, hostRoot: string): PidNamespace | null {
  const proc = `${root}${hostRoot}/proc`;
  const link =
    orNull(() => readlinkSync(`${proc}/1/ns/pid`)) ??
    (hostRoot === "" ? orNull(() => readlinkSync(`${proc}/self/ns/pid`)) : null);
  const number = /^pid:\[(\d+)\]$/.exec(link ?? "")?.[1];
  return link === null || number === undefined
    ? null
    : { link, isHosts: Number(number) === firstPidNamespace };
}

function versionOf(release: string | null): readonly [number, number] | null {
  const match = /^(\d+)\.(\d+)/.exec(release ?? "");
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

function maskOf(status: string): bigint | null {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return mask === undefined ? null : BigInt(`0x${mask}`);
}

function lockedMemoryOf(limits: string | null): number | null {
  const soft = /^Max locked memory\s+(\S+)/m.exec(limits ?? "")?.[1];
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : numberOf(soft);
}

/** Of the folder's files only the first namespace has these two. */
function bpfJitOf(folder: string): HostFacts["bpfJit"] {
  const value = numberOf(readText(`${folder}/bpf_jit_enable`)?.trim());
  return value ?? (sizeOf(`${folder}/netdev_max_backlog`) === null ? null : "absent");
}

function moduleOf(root: string): ModuleFacts | null {
  const lines = readText(`${root}/proc/modules`)?.split("\n") ?? [];
  for (const line of lines) {
    const [name, , , , state] = line.split(" ");
    if (name !== undefined && moduleNames.includes(name)) {
      const version = readText(`${root}/sys/module/${name}/version`)?.trim() ?? null;
      return { name, state: state ?? "", version };
    }
  }
  return null;
}

function hidePidOf(mounts: string | null): string | null {
  const line = mounts?.split("\n").find((row) => row.split(" ")[1] === "/proc") ?? "";
  const value = /(?:^|,)hidepid=([^,\s]+)/.exec(line.split(" ")[3] ?? "")?.[1];
  return value === undefined || value === "0" || value === "off" ? null : value;
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

function readText(path: string): string | null {
  return orNull(() => readFileSync(path, "utf8"));
}

function sizeOf(path: string): number | null {
  return orNull(() => statSync(path).size);
}

function namesIn(path: string): readonly string[] {
  return orNull(() => readdirSync(path)) ?? [];
}

function isReadable(path: string): boolean {
  const readable = orNull(() => {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  });
  return readable === true;
}

/** Null where the system does not let us see: that is an answer here, not a fault. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
