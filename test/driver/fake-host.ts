// Fake /proc, /sys and /dev trees for the readiness check, and the facts of a good host.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { HostFacts } from "../../src/driver/host-facts.ts";

export class FakeHost {
  readonly root = mkdtempSync(join(tmpdir(), "sysflow-host-"));

  /** Files by path, with their text. */
  put(files: Readonly<Record<string, string>>): this {
    for (const [path, text] of Object.entries(files)) {
      const full = join(this.root, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text);
    }
    return this;
  }

  /** A symbolic link, as those of /proc. */
  link(path: string, target: string): this {
    const full = join(this.root, path);
    mkdirSync(dirname(full), { recursive: true });
    symlinkSync(target, full);
    return this;
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}

/** SYS_PTRACE, SYS_ADMIN, SYS_RESOURCE, PERFMON, BPF. */
export const allRights = (1n << 19n) | (1n << 21n) | (1n << 24n) | (1n << 38n) | (1n << 39n);

/** Root on a recent kernel, no module. */
export const goodFacts: HostFacts = {
  kernelRelease: "6.1.0-18-amd64",
  kernelVersion: [6, 1],
  capabilities: allRights,
  uid: 0,
  btfBytes: 5_500_000,
  lockdown: null,
  unprivilegedBpfDisabled: 2,
  bpfJit: 1,
  lockedMemoryMax: 8_388_608,
  module: null,
  devices: 0,
  deviceReadable: false,
  procMounted: true,
  hidePid: null,
  hostRoot: "",
  hostProcMounted: true,
  inContainer: false,
  pidNamespace: { link: "pid:[4026531836]", isHosts: true },
};
