// Facts as read from fake trees: present, absent, unreadable, odd.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFacts } from "../../src/driver/host-facts.ts";
import { FakeHost } from "./fake-host.ts";

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
});
afterEach(() => host.remove());

const limits = (soft: string) =>
  "Limit                     Soft Limit           Hard Limit           Units     \n" +
  `Max locked memory         ${soft}              8388608              bytes     \n`;

test("a host with everything", () => {
  host.put({
    "proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
    "proc/sys/kernel/unprivileged_bpf_disabled": "2\n",
    "proc/sys/net/core/bpf_jit_enable": "1\n",
    "proc/self/status": "Name:\tx\nUid:\t1000\t0\t1000\t1000\nCapEff:\t000001ffffffffff\n",
    "proc/self/limits": limits("unlimited"),
    "proc/modules": "nf_tables 1 0 - Live 0x0\nscap 720896 2 - Live 0xffffffffc0a (OE)\n",
    "proc/mounts": "proc /proc proc rw,nosuid,hidepid=invisible,gid=4 0 0\n",
    "proc/1/stat": "1 (init)",
    "sys/module/scap/version": "8.0.0+driver\n",
    "sys/kernel/btf/vmlinux": "BTF!",
    "sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
    "dev/scap0": "",
    "dev/scap1": "",
    "dev/scapegoat": "",
    "dev/null": "",
  });
  expect(readFacts(host.root, "")).toEqual({
    kernelRelease: "6.1.0-18-amd64",
    kernelVersion: [6, 1],
    capabilities: 0x1ffffffffffn,
    uid: 0,
    btfBytes: 4,
    lockdown: "integrity",
    unprivilegedBpfDisabled: 2,
    bpfJit: 1,
    lockedMemoryMax: Number.POSITIVE_INFINITY,
    module: { name: "scap", state: "Live", version: "8.0.0+driver" },
    devices: 2,
    deviceReadable: true,
    procMounted: true,
    hidePid: "invisible",
    hostRoot: "",
    hostProcMounted: true,
    inContainer: false,
    pidNamespace: null,
  });
});

test("a host with nothing: unknown, not an error", () => {
  expect(readFacts(host.root, "")).toEqual({
    kernelRelease: null,
    kernelVersion: null,
    capabilities: null,
    uid: null,
    btfBytes: null,
    lockdown: null,
    unprivilegedBpfDisabled: null,
    bpfJit: null,
    lockedMemoryMax: null,
    module: null,
    devices: 0,
    deviceReadable: false,
    procMounted: false,
    hidePid: null,
    hostRoot: "",
    hostProcMounted: false,
    inContainer: false,
    pidNamespace: null,
  });
});

test("a container with the host's files below /host", () => {
  host.put({ ".dockerenv": "", "host/dev/scap0": "", "host/proc/1/stat": "1" });
  const facts = readFacts(host.root, "/host");
  expect(facts.inContainer).toBe(true);
  expect(facts.hostRoot).toBe("/host");
  expect(facts.hostProcMounted).toBe(true);
  expect(facts.devices).toBe(1);
  expect(readFacts(host.root, "").devices).toBe(0);
});

test.each([
  ["falco 1 0 - Loading 0x0\n", { name: "falco", state: "Loading", version: null }],
  ["falconer 1 0 - Live 0x0\n", null],
  ["x 1 1 scap, Live 0x0\n", null],
  ["scap\n", { name: "scap", state: "", version: null }],
])("the module of %p", (modules, expected) => {
  host.put({ "proc/modules": modules });
  expect(readFacts(host.root, "").module).toEqual(expected);
});

test.each([
  ["proc /proc proc rw,hidepid=2 0 0", "2"],
  ["proc /proc proc rw,hidepid=0 0 0", null],
  ["proc /proc proc rw,hidepid=off 0 0", null],
  ["proc /proc proc rw,relatime 0 0", null],
  ["proc /chroot/proc proc rw,hidepid=2 0 0", null],
])("hidepid of %p", (mounts, expected) => {
  host.put({ "proc/mounts": `tmpfs / tmpfs rw 0 0\n${mounts}\n` });
  expect(readFacts(host.root, "").hidePid).toBe(expected);
});

test.each([
  ["5.8.0-rc1", [5, 8]],
  ["4.18.0-553.el8", [4, 18]],
  ["weird", null],
])("the version of %p", (release, expected) => {
  host.put({ "proc/sys/kernel/osrelease": release });
  expect(readFacts(host.root, "").kernelVersion).toEqual(expected as [number, number] | null);
});

test("a limit in bytes", () => {
  host.put({ "proc/self/limits": limits("65536    ") });
  expect(readFacts(host.root, "").lockedMemoryMax).toBe(65_536);
});

test.each([
  [{ bpf_jit_enable: "0\n", netdev_max_backlog: "1000\n" }, 0],
  [{ bpf_jit_enable: "2\n", netdev_max_backlog: "1000\n" }, 2],
  [{ netdev_max_backlog: "1000\n", somaxconn: "4096\n" }, "absent"],
  // A network namespace of its own has few of the files, with a JIT or without.
  [{ somaxconn: "4096\n" }, null],
  [{}, null],
] as const)("the JIT of a kernel with %j is %p", (files, expected) => {
  for (const [name, text] of Object.entries(files)) {
    host.put({ [`proc/sys/net/core/${name}`]: text });
  }
  expect(readFacts(host.root, "").bpfJit).toBe(expected);
});
