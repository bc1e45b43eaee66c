// Judges the facts about the host: for each engine, what it needs, what was found, and one thing to
// do where that is not enough. `fail` means that the engine cannot work, `warn` that it works with
// less.

import { constants } from "node:os";
import type { HostFacts } from "./host-facts.ts";

export type Status = "ok" | "warn" | "fail";

export interface Finding {
  readonly name: string;
  readonly status: Status;
  readonly found: string;
  /** What to do; null where nothing is. */
  readonly remedy: string | null;
}

export interface EngineReport {
  readonly engine: "modern_ebpf" | "kmod";
  /** As the operator names it: `-k ebpf-core`. */
  readonly option: string;
  readonly title: string;
  /** True where nothing failed. */
  readonly usable: boolean;
  readonly findings: readonly Finding[];
}

export interface HostReport {
  /** True where at least one engine is usable. */
  readonly ready: boolean;
  readonly engines: readonly EngineReport[];
  readonly host: readonly Finding[];
}

/**
 * What only a trial can tell: the errno of each, 0 where it worked. Null where there was no trial.
 * `capture/binding.ts` fits it.
 */
export interface TrialFacts {
  readonly ringBufferErrno: number;
  readonly tracingProgramErrno: number;
  readonly programsCompiled: boolean;
}

/** Bits of include/uapi/linux/capability.h. */
const capability = { SYS_PTRACE: 19, SYS_ADMIN: 21, SYS_RESOURCE: 24, PERFMON: 38, BPF: 39 };

/** Linux 5.8 brought the BPF ring buffer, CAP_BPF and CAP_PERFMON. */
const modernKernel = [5, 8] as const;
/** Since 5.11 the memory of maps is charged to the cgroup and the locked-memory limit is moot. */
const memcgKernel = [5, 11] as const;
/** What the rings and maps of the smallest setting need locked on older kernels. */
const lockedMemoryNeed = 128 * 1024 * 1024;

export function judge(facts: HostFacts, trial: TrialFacts | null): HostReport {
  const engines = [
    engine("modern_ebpf", "ebpf-core", "modern eBPF probe", [
      kernel(facts),
      btf(facts),
      trialFinding("BPF ring buffer", trial?.ringBufferErrno ?? null, facts),
      trialFinding("tracing programs", trial?.tracingProgramErrno ?? null, facts),
      jit(facts, trial),
      bpfCapabilities(facts),
      bpfLockdown(facts),
      unprivilegedBpf(facts),
      lockedMemory(facts),
    ]),
    engine("kmod", "kmod", "kernel module", [
      moduleLoaded(facts),
      moduleDevice(facts),
      moduleLockdown(facts),
    ]),
  ];
  const host = [proc(facts), pidNamespace(facts), processView(facts), hostFiles(facts)];
  const isUsable = engines.some((report) => report.usable);
  return { ready: isUsable && host.every(({ status }) => status !== "fail"), engines, host };
}

function engine(
  name: EngineReport["engine"],
  option: string,
  title: string,
  findings: readonly Finding[],
): EngineReport {
  const usable = findings.every((finding) => finding.status !== "fail");
  return { engine: name, option, title, usable, findings };
}

function kernel(facts: HostFacts): Finding {
  const found = facts.kernelRelease ?? "release unknown";
  if (facts.kernelVersion === null) {
    return finding("kernel", "warn", found, "mount /proc");
  }
  return atLeast(facts, modernKernel)
    ? finding("kernel", "ok", found)
    : finding("kernel", "fail", found, "use Linux 5.8 or newer, or -k kmod");
}

function btf(facts: HostFacts): Finding {
  const path = "/sys/kernel/btf/vmlinux";
  if (facts.btfBytes !== null && facts.btfBytes > 0) {
    return finding("BTF", "ok", `${path}, ${(facts.btfBytes / 1e6).toFixed(1)} MB`);
  }
  const remedy = "mount /sys; else use a kernel built with CONFIG_DEBUG_INFO_BTF=y, or -k kmod";
  return finding("BTF", "fail", `no ${path}`, remedy);
}

function trialFinding(name: string, errno: number | null, facts: HostFacts): Finding {
  if (errno === 0) {
    return finding(name, "ok", "the kernel takes one in a trial");
  }
  if (errno !== null && hasBpfRights(facts)) {
    const remedy = "allow bpf(2) in the container's seccomp profile, or use Linux 5.8 or newer";
    return finding(name, "fail", `refused in a trial: ${errnoText(errno)}`, remedy);
  }
  return errno === null
    ? finding(name, "warn", "not tried: no capture library", "build it with: npm run build:native")
    : finding(name, "warn", "not tried: that needs the rights below", "run the check as root");
}

/**
 * What is not compiled runs in the kernel's interpreter, whose stack the probe overflows: s390x
 * panics. So the probe is not loaded there, on any machine.
 */
function jit(facts: HostFacts, trial: TrialFacts | null): Finding {
  const name = "BPF JIT";
  const isTried = trial !== null && trial.tracingProgramErrno === 0;
  if (isTried && trial.programsCompiled) {
    return finding(name, "ok", "the kernel compiles programs");
  }
  const interpreted = "programs would be interpreted, and the probe would overflow the stack";
  if (facts.bpfJit === 0) {
    const remedy = "sysctl net.core.bpf_jit_enable=1";
    return finding(name, "fail", `switched off: ${interpreted}`, remedy);
  }
  if (isTried || facts.bpfJit === "absent") {
    const remedy = "use a kernel built with CONFIG_BPF_JIT=y and the JIT on, or -k kmod";
    return finding(name, "fail", `none in this kernel: ${interpreted}`, remedy);
  }
  return facts.bpfJit === null
    ? finding(name, "warn", "unknown: no program was tried", "run the check as root")
    : finding(name, "ok", `on (net.core.bpf_jit_enable is ${facts.bpfJit})`);
}

function errnoText(errno: number): string {
  const known = Object.entries(constants.errno).find(([, number]) => number === errno);
  return known?.[0] ?? `error ${errno}`;
}

function bpfCapabilities(facts: HostFacts): Finding {
  const name = "capabilities";
  if (facts.capabilities === null) {
    return finding(name, "warn", "unknown: /proc/self/status cannot be read", "mount /proc");
  }
  if (!hasBpfRights(facts)) {
    const need = atLeast(facts, modernKernel) ? "CAP_BPF and CAP_PERFMON" : "CAP_SYS_ADMIN";
    return finding(name, "fail", `${need} missing (user ${facts.uid ?? "?"})`, grant(need, facts));
  }
  // CAP_SYS_RESOURCE only raises the locked-memory limit, which has a finding of its own.
  return hasCapability(facts, capability.SYS_PTRACE)
    ? finding(name, "ok", rightsText(facts))
    : finding(
        name,
        "warn",
        "CAP_SYS_PTRACE missing: files and folders of processes started before are unknown",
        grant("CAP_SYS_PTRACE", facts),
      );
}

function bpfLockdown(facts: HostFacts): Finding {
  if (facts.lockdown === "confidentiality") {
    const remedy = "boot with lockdown=integrity; no engine can read the kernel in this mode";
    return finding("lockdown", "fail", "confidentiality: eBPF may not read the kernel", remedy);
  }
  return finding("lockdown", "ok", facts.lockdown ?? "none (the kernel has no lockdown)");
}

function unprivilegedBpf(facts: HostFacts): Finding {
  const name = "unprivileged eBPF";
  switch (facts.unprivilegedBpfDisabled) {
    case null:
      return finding(name, "ok", "unknown; it does not matter with the rights above");
    case 0: {
      const remedy = "advice: sysctl kernel.unprivileged_bpf_disabled=2";
      return finding(name, "ok", "allowed to all users; it is not needed", remedy);
    }
    default:
      return finding(name, "ok", "disabled, as it should be");
  }
}

function lockedMemory(facts: HostFacts): Finding {
  const name = "locked memory";
  const limit = facts.lockedMemoryMax;
  const found = limit === null ? "limit unknown" : `limit ${bytesText(limit)}`;
  if (atLeast(facts, memcgKernel)) {
    return finding(name, "ok", `${found}; not used since Linux 5.11`);
  }
  const raisable = hasCapability(facts, capability.SYS_RESOURCE);
  if (raisable || (limit !== null && limit >= lockedMemoryNeed)) {
    return finding(name, "ok", raisable ? `${found}; it can be raised` : found);
  }
  return finding(name, "fail", found, "ulimit -l unlimited, or grant CAP_SYS_RESOURCE");
}

function moduleLoaded(facts: HostFacts): Finding {
  const { module } = facts;
  if (module === null) {
    const remedy = "load Falco's driver (modprobe scap), or use -k ebpf-core";
    return finding("module", "fail", "no scap or falco in /proc/modules", remedy);
  }
  const found = `${module.name} ${module.version ?? "(version unknown)"}, ${module.state}`;
  return module.state === "Live"
    ? finding("module", "ok", found)
    : finding("module", "warn", found, "wait until it is Live, or load it again");
}

function moduleDevice(facts: HostFacts): Finding {
  const path = `${facts.hostRoot}/dev/scap0`;
  if (facts.devices === 0) {
    const remedy =
      facts.module?.name === "falco"
        ? "the module loaded names its devices falco*: load one built as scap"
        : "load the module; in a container mount the host's /dev and set HOST_ROOT";
    return finding("device", "fail", `no ${path}`, remedy);
  }
  return facts.deviceReadable
    ? finding("device", "ok", `${path} and ${facts.devices - 1} more`)
    : finding("device", "fail", `${path}: permission denied`, "run as root");
}

function moduleLockdown(facts: HostFacts): Finding {
  const { lockdown } = facts;
  if (lockdown === null || lockdown === "none") {
    return finding("lockdown", "ok", lockdown ?? "none (the kernel has no lockdown)");
  }
  const remedy = "sign the module with a key that the kernel trusts";
  return finding("lockdown", "warn", `${lockdown}: only signed modules are loaded`, remedy);
}

function proc(facts: HostFacts): Finding {
  return facts.procMounted
    ? finding("/proc", "ok", "mounted")
    : finding("/proc", "fail", "not mounted", "mount -t proc proc /proc");
}

/** Also the remedy where `collect` refuses. */
export const pidNamespaceRemedy =
  "start it with --pid=host (hostPID: true in a pod), or mount the host's / at /host and set " +
  "HOST_ROOT=/host";

function pidNamespace(facts: HostFacts): Finding {
  const name = "pid namespace";
  const own = facts.pidNamespace;
  if (own === null) {
    return finding(name, "ok", "unknown: the kernel does not tell");
  }
  return own.isHosts
    ? finding(name, "ok", "the host's")
    : finding(
        name,
        "fail",
        `${own.link}, not the host's: events would be put on the wrong processes`,
        pidNamespaceRemedy,
      );
}

function processView(facts: HostFacts): Finding {
  const { hidePid } = facts;
  if (hidePid === null) {
    return finding("hidepid", "ok", "not set: all processes are seen");
  }
  return hasCapability(facts, capability.SYS_PTRACE)
    ? finding("hidepid", "ok", `${hidePid}, which CAP_SYS_PTRACE overrides`)
    : finding("hidepid", "warn", `${hidePid}: other users' processes are hidden`, "run as root");
}

function hostFiles(facts: HostFacts): Finding {
  const { hostRoot } = facts;
  if (hostRoot === "") {
    return facts.inContainer
      ? finding(
          "host root",
          "warn",
          "this is a container and HOST_ROOT is not set: users are named by its own files",
          "mount the host's / read-only at /host and set HOST_ROOT=/host",
        )
      : finding("host root", "ok", "this is the host");
  }
  return facts.hostProcMounted
    ? finding("host root", "ok", hostRoot)
    : finding("host root", "warn", `no ${hostRoot}/proc`, `mount the host's /proc there`);
}

function finding(name: string, status: Status, found: string, remedy?: string): Finding {
  return { name, status, found, remedy: remedy ?? null };
}

function atLeast(facts: HostFacts, wanted: readonly [number, number]): boolean {
  const [major, minor] = facts.kernelVersion ?? [0, 0];
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}

function hasCapability(facts: HostFacts, bit: number): boolean {
  return (((facts.capabilities ?? 0n) >> BigInt(bit)) & 1n) === 1n;
}

function hasBpfRights(facts: HostFacts): boolean {
  const pair = hasCapability(facts, capability.BPF) && hasCapability(facts, capability.PERFMON);
  return hasCapability(facts, capability.SYS_ADMIN) || (pair && atLeast(facts, modernKernel));
}

function rightsText(facts: HostFacts): string {
  const names = ["SYS_ADMIN", "BPF", "PERFMON", "SYS_RESOURCE", "SYS_PTRACE"] as const;
  const held = names.filter((name) => hasCapability(facts, capability[name]));
  return held.map((name) => `CAP_${name}`).join(" ");
}

function grant(names: string, facts: HostFacts): string {
  if (facts.uid === 0) {
    const list = names.replaceAll("CAP_", "").replaceAll(" and ", ", ");
    return `root has been denied it: give the container or the service ${list}`;
  }
  const list = names.toLowerCase().replaceAll(" and ", ",");
  return `run as root, or: setcap ${list}+ep $(command -v sysflow)`;
}

function bytesText(bytes: number): string {
  return Number.isFinite(bytes) ? `${Math.round(bytes / 1024)} KiB` : "unlimited";
}
