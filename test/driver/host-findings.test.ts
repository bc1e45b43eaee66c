// Findings for every way in which a host can fall short: status, what was found, what to do.

import { describe, expect, test } from "bun:test";
import { constants } from "node:os";
import type { HostFacts } from "../../src/driver/host-facts.ts";
import { judge, type TrialFacts } from "../../src/driver/host-findings.ts";
import { reportText } from "../../src/driver/host-text.ts";
import { allRights, goodFacts } from "./fake-host.ts";

const trialOk: TrialFacts = {
  ringBufferErrno: 0,
  tracingProgramErrno: 0,
  programsCompiled: true,
};
const bpfRights = (1n << 38n) | (1n << 39n);
const module = { name: "scap", state: "Live", version: "8.0.0" };
const { EPERM, EINVAL } = constants.errno;

test("a good host: the probe is usable, the module is not loaded", () => {
  const report = judge(goodFacts, trialOk);
  expect(report.ready).toBe(true);
  expect(report.engines.map(({ engine, usable }) => [engine, usable])).toEqual([
    ["modern_ebpf", true],
    ["kmod", false],
  ]);
  const [modern] = report.engines;
  expect(modern?.findings.every((finding) => finding.status === "ok")).toBe(true);
  expect(report.host.every((finding) => finding.status === "ok")).toBe(true);
});

test("with the module loaded both are", () => {
  const report = judge({ ...goodFacts, module, devices: 4, deviceReadable: true }, trialOk);
  expect(report.engines.map(({ usable }) => usable)).toEqual([true, true]);
});

type Row = readonly [string, Partial<HostFacts>, string, string, string, string | null];

const rows: readonly Row[] = [
  [
    "an old kernel",
    { kernelRelease: "4.18.0", kernelVersion: [4, 18] },
    "kernel",
    "fail",
    "4.18.0",
    "use Linux 5.8 or newer, or -k kmod",
  ],
  ["5.7", { kernelRelease: "5.7.1", kernelVersion: [5, 7] }, "kernel", "fail", "5.7.1", null],
  ["5.8", { kernelRelease: "5.8.0", kernelVersion: [5, 8] }, "kernel", "ok", "5.8.0", null],
  [
    "no BTF",
    { btfBytes: null },
    "BTF",
    "fail",
    "no /sys/kernel/btf/vmlinux",
    "mount /sys; else use a kernel built with CONFIG_DEBUG_INFO_BTF=y, or -k kmod",
  ],
  [
    "a user without rights",
    { capabilities: 0n, uid: 1000 },
    "capabilities",
    "fail",
    "CAP_BPF and CAP_PERFMON missing (user 1000)",
    "run as root, or: setcap cap_bpf,cap_perfmon+ep $(command -v sysflow)",
  ],
  [
    "root without rights, in a container",
    { capabilities: 0n },
    "capabilities",
    "fail",
    "CAP_BPF and CAP_PERFMON missing (user 0)",
    "root has been denied it: give the container or the service BPF, PERFMON",
  ],
  [
    "the least rights",
    { capabilities: bpfRights | (1n << 19n), uid: 1000 },
    "capabilities",
    "ok",
    "CAP_BPF CAP_PERFMON CAP_SYS_PTRACE",
    null,
  ],
  [
    "rights but for SYS_PTRACE",
    { capabilities: bpfRights, uid: 1000 },
    "capabilities",
    "warn",
    "CAP_SYS_PTRACE missing: files and folders of processes started before are unknown",
    "run as root, or: setcap cap_sys_ptrace+ep $(command -v sysflow)",
  ],
  ["lockdown=integrity", { lockdown: "integrity" }, "lockdown", "ok", "integrity", null],
  [
    "lockdown=confidentiality",
    { lockdown: "confidentiality" },
    "lockdown",
    "fail",
    "confidentiality: eBPF may not read the kernel",
    "boot with lockdown=integrity; no engine can read the kernel in this mode",
  ],
  [
    "eBPF for all",
    { unprivilegedBpfDisabled: 0 },
    "unprivileged eBPF",
    "ok",
    "allowed to all users; it is not needed",
    "advice: sysctl kernel.unprivileged_bpf_disabled=2",
  ],
  [
    "a small limit on an older kernel",
    { kernelVersion: [5, 10], capabilities: bpfRights, lockedMemoryMax: 65_536 },
    "locked memory",
    "fail",
    "limit 64 KiB",
    "ulimit -l unlimited, or grant CAP_SYS_RESOURCE",
  ],
  [
    "the same where it can be raised",
    { kernelVersion: [5, 10], lockedMemoryMax: 65_536 },
    "locked memory",
    "ok",
    "limit 64 KiB; it can be raised",
    null,
  ],
  [
    "no limit on an older kernel",
    {
      kernelVersion: [5, 10],
      capabilities: bpfRights,
      lockedMemoryMax: Number.POSITIVE_INFINITY,
    },
    "locked memory",
    "ok",
    "limit unlimited",
    null,
  ],
  [
    "a small limit on a new kernel",
    { capabilities: bpfRights, lockedMemoryMax: 65_536 },
    "locked memory",
    "ok",
    "limit 64 KiB; not used since Linux 5.11",
    null,
  ],
];

describe("the modern eBPF probe with", () => {
  test.each(rows)("%s", (_, change, name, status, found, remedy) => {
    const [modern] = judge({ ...goodFacts, ...change }, trialOk).engines;
    const finding = modern?.findings.find((row) => row.name === name);
    expect(finding?.status as string).toBe(status);
    expect(finding?.found).toBe(found);
    if (remedy !== null) {
      expect(finding?.remedy).toBe(remedy);
    }
    expect(modern?.usable).toBe(status !== "fail");
  });

  test("rights of CAP_SYS_ADMIN only, on a kernel before CAP_BPF", () => {
    const facts = { ...goodFacts, kernelVersion: [5, 4], capabilities: bpfRights } as const;
    const [modern] = judge(facts, null).engines;
    const finding = modern?.findings.find((row) => row.name === "capabilities");
    expect(finding?.found).toBe("CAP_SYS_ADMIN missing (user 0)");
  });

  test.each([
    [trialOk, allRights, "ok", "the kernel takes one in a trial"],
    [{ ...trialOk, ringBufferErrno: EINVAL }, allRights, "fail", "refused in a trial: EINVAL"],
    [{ ...trialOk, ringBufferErrno: EPERM }, allRights, "fail", "refused in a trial: EPERM"],
    [{ ...trialOk, ringBufferErrno: EPERM }, 0n, "warn", "not tried: that needs the rights below"],
    [null, allRights, "warn", "not tried: no capture library"],
  ])("the trial %p", (trial, capabilities, status, found) => {
    const [modern] = judge({ ...goodFacts, capabilities }, trial).engines;
    const finding = modern?.findings.find((row) => row.name === "BPF ring buffer");
    expect(finding?.status as string).toBe(status);
    expect(finding?.found).toBe(found);
  });

  const interpreted = { ...trialOk, programsCompiled: false };
  const refused = { ...interpreted, tracingProgramErrno: EPERM };
  test.each([
    // What the kernel does counts, and not what a namespace shows of its settings.
    [trialOk, null, "ok", "the kernel compiles programs"],
    [trialOk, "absent", "ok", "the kernel compiles programs"],
    [interpreted, "absent", "fail", "none in this kernel: programs would be interpreted"],
    [interpreted, null, "fail", "none in this kernel: programs would be interpreted"],
    [interpreted, 1, "fail", "none in this kernel: programs would be interpreted"],
    [interpreted, 0, "fail", "switched off: programs would be interpreted"],
    [refused, 0, "fail", "switched off: programs would be interpreted"],
    [refused, "absent", "fail", "none in this kernel: programs would be interpreted"],
    [refused, 1, "ok", "on (net.core.bpf_jit_enable is 1)"],
    [refused, null, "warn", "unknown: no program was tried"],
    [null, "absent", "fail", "none in this kernel: programs would be interpreted"],
    [null, null, "warn", "unknown: no program was tried"],
  ] as const)("the JIT in the trial %j, and %p of the setting", (trial, bpfJit, status, found) => {
    const [modern] = judge({ ...goodFacts, bpfJit }, trial).engines;
    const finding = modern?.findings.find((row) => row.name === "BPF JIT");
    expect(finding?.status as string).toBe(status);
    expect(finding?.found).toStartWith(found);
    expect(finding?.remedy === null).toBe(status === "ok");
    expect(status !== "fail" || modern?.usable === false).toBe(true);
  });

  test("a refused tracing program it is not usable", () => {
    const report = judge(goodFacts, { ...trialOk, tracingProgramErrno: EPERM });
    expect(report.engines[0]?.usable).toBe(false);
    expect(report.ready).toBe(false);
  });
});

describe("the kernel module", () => {
  const loaded = { module, devices: 2, deviceReadable: true };
  test.each([
    [{ ...loaded }, "module", "ok", "scap 8.0.0, Live"],
    [{ module: null }, "module", "fail", "no scap or falco in /proc/modules"],
    [
      { ...loaded, module: { ...module, state: "Loading" } },
      "module",
      "warn",
      "scap 8.0.0, Loading",
    ],
    [
      { ...loaded, module: { ...module, version: null } },
      "module",
      "ok",
      "scap (version unknown), Live",
    ],
    [{ ...loaded }, "device", "ok", "/dev/scap0 and 1 more"],
    [{ ...loaded, devices: 0 }, "device", "fail", "no /dev/scap0"],
    [{ ...loaded, deviceReadable: false }, "device", "fail", "/dev/scap0: permission denied"],
    [{ devices: 0, hostRoot: "/host" }, "device", "fail", "no /host/dev/scap0"],
    [{ lockdown: "integrity" }, "lockdown", "warn", "integrity: only signed modules are loaded"],
  ])("%j: %s is %s", (change, name, status, found) => {
    const kmod = judge({ ...goodFacts, ...change }, trialOk).engines[1];
    const finding = kmod?.findings.find((row) => row.name === name);
    expect(finding?.status as string).toBe(status);
    expect(finding?.found).toBe(found);
    expect(status === "ok" || finding?.remedy !== null).toBe(true);
  });
});

describe("the host", () => {
  test.each([
    [{ procMounted: false }, "/proc", "fail", "not mounted"],
    [{ hidePid: "2" }, "hidepid", "ok", "2, which CAP_SYS_PTRACE overrides"],
    [{ hidePid: "2", capabilities: 0n }, "hidepid", "warn", "2: other users' processes are hidden"],
    [
      { inContainer: true },
      "host root",
      "warn",
      "this is a container and HOST_ROOT is not set: users are named by its own files",
    ],
    [{ inContainer: true, hostRoot: "/host" }, "host root", "ok", "/host"],
    [{ hostRoot: "/host", hostProcMounted: false }, "host root", "warn", "no /host/proc"],
  ])("%p: %s is %s", (change, name, status, found) => {
    const report = judge({ ...goodFacts, ...change }, trialOk);
    const finding = report.host.find((row) => row.name === name);
    expect(finding?.status as string).toBe(status);
    expect(finding?.found).toBe(found);
  });
});

describe("the text", () => {
  test("names each finding, its remedy below it, and the verdict", () => {
    const text = reportText("sysflow 1.2.3", judge({ ...goodFacts, btfBytes: null }, trialOk));
    expect(text).toStartWith("sysflow 1.2.3\n\nmodern eBPF probe (-k ebpf-core): not usable\n");
    expect(text).toContain("  ok    kernel            6.1.0-18-amd64\n");
    expect(text).toContain(
      `  fail  BTF               no /sys/kernel/btf/vmlinux\n${" ".repeat(26)}→ mount /sys; else`,
    );
    expect(text).toEndWith(
      "\nnot ready: no engine can be used for live events; captures can be read (collect -r)\n",
    );
  });

  test("names the engine that collect would take", () => {
    expect(reportText("", judge(goodFacts, trialOk))).toEndWith(
      "ready: sysflow collect takes the modern eBPF probe (-k ebpf-core)\n",
    );
    const kmodOnly = { ...goodFacts, btfBytes: null, module, devices: 1, deviceReadable: true };
    expect(reportText("", judge(kmodOnly, trialOk))).toEndWith(
      "ready: sysflow collect takes the kernel module (-k kmod)\n",
    );
  });

  test("is not ready where the host itself fails", () => {
    const report = judge({ ...goodFacts, procMounted: false }, trialOk);
    expect(report.ready).toBe(false);
    expect(reportText("", report)).toEndWith(
      "\nnot ready: the host lacks what live events need; captures can be read (collect -r)\n",
    );
  });

  test("escapes what the kernel's files hold", () => {
    const text = reportText("", judge({ ...goodFacts, kernelRelease: "6.1\x1b[2J" }, trialOk));
    expect(text).not.toContain("\x1b");
  });
});
