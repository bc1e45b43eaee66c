// An engine that does not open: one line on standard error, ours, with the reason in it. Falco libs
// and libbpf print lines of their own where nobody stops them; the second half runs the addon alone,
// because the program puts the readiness check's finding in place of the library's words.

import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitStatus } from "../../src/base/exit-status.ts";
import { sysflow, sysflowCommand, whyNotLive } from "../support/program/sysflow.ts";

const root = join(import.meta.dir, "../..");
const setpriv = "setpriv";
const nobody = "65534";
const timeoutMs = 60_000;

/** Why these cannot run; null where they can. Only root can give rights away, and see an engine. */
const obstacle = whyNot();

function whyNot(): string | null {
  if (process.getuid?.() !== 0) return "only root can drop capabilities";
  if (run([], ["true"]).status !== 0) return "there is no setpriv";
  return whyNotLive();
}

/** Runs `command` as nobody with these capabilities only. */
function run(capabilities: readonly string[], command: readonly string[]) {
  const list = ["-all", ...capabilities.map((name) => `+${name}`)].join(",");
  const rights = [`--inh-caps=${list}`, `--ambient-caps=${list}`, `--bounding-set=${list}`];
  const user = [`--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"];
  return spawnSync(setpriv, [...user, ...rights, ...command], {
    cwd: root,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "" },
    timeout: timeoutMs,
  });
}

const cases: readonly (readonly [what: string, capabilities: readonly string[]])[] = [
  ["no capability", []],
  ["the right to make maps but not to load programs", ["bpf"]],
];

const emptyRoot = mkdtempSync(join(tmpdir(), "sysflow-root-"));
mkdirSync(join(emptyRoot, "proc/1"), { recursive: true });
afterAll(() => rmSync(emptyRoot, { recursive: true }));
const belowAnEmptyRoot = `
  const { openCapture } = await import("./src/capture/capture.ts");
  const hostRoot = ${JSON.stringify(emptyRoot)};
  const capture = openCapture({ engine: "modern_ebpf", hostRoot, allSyscalls: true });
  try {
    while (!capture.eof && capture.stats().state !== "running") {
      capture.next(0);
      await capture.ready(100);
    }
    console.log("open");
  } catch (error) {
    console.log(error.code, error.message);
  }
  capture.close();
`;

describe.skipIf(obstacle !== null)(`an engine without rights (skipped where: ${obstacle})`, () => {
  test.each(cases)(
    "%s: the program says one line",
    (_, capabilities) => {
      const command = [...sysflowCommand, "collect", "-k", "ebpf-core", "-w", "/dev/null"];
      const { status, stdout, stderr } = run(capabilities, command);
      expect(stderr).toMatch(
        /^sysflow: error: cannot open the modern eBPF probe: [^\n]+ \[ProbeAccessDenied\]\n$/,
      );
      expect([status, stdout]).toEqual([exitStatus.FAILURE, ""]);
    },
    timeoutMs,
  );

  // The addon's own words: the error it throws on the first call, and nothing beside it.
  const program = `
    const { openCapture } = await import("./src/capture/capture.ts");
    const capture = openCapture({ engine: "modern_ebpf", allSyscalls: true });
    try {
      while (!capture.eof && capture.stats().state !== "running") capture.next(20);
      console.log("open");
    } catch (error) {
      console.log(error.code, error.message);
    }
    capture.close();
  `;
  test.each(cases)(
    "%s: the addon throws the kernel's reason and prints nothing",
    (_, capabilities) => {
      const { stdout, stderr } = run(capabilities, [process.execPath, "-e", program]);
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^ProbeAccessDenied [^\n]*Operation not permitted[^\n]*\n$/);
    },
    timeoutMs,
  );

  test("a host's root without its mounts is an error, after which the program goes on", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", belowAnEmptyRoot], {
      cwd: root,
      encoding: "utf8",
      env: { HOST_ROOT: emptyRoot },
      timeout: timeoutMs,
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^LibsError [^\n]+\n$/);
  }, 60_000);

  test("the program says what it lacks", () => {
    const { status, stderr } = sysflow(["collect", "--print"], timeoutMs, {
      HOST_ROOT: emptyRoot,
    });
    expect(stderr).toBe(
      `sysflow: error: HOST_ROOT is "${emptyRoot}", and there is no ${emptyRoot}/proc/1/mounts; ` +
        "mount the host's file system there, or unset it [HOST_ROOT_INVALID]\n",
    );
    expect(status).toBe(exitStatus.USAGE);
  }, 60_000);

  // Since Linux 5.11 no memory that may be locked is needed, and nobody may raise the limit here.
  test("a low limit of locked memory, and no right to raise it, are no obstacle", () => {
    const rights = ["bpf", "perfmon", "sys_ptrace", "dac_read_search"];
    const command = [...sysflowCommand, "collect", "-k", "ebpf-core", "--duration", "1"];
    const { status, stderr } = run(rights, [
      ...["prlimit", "--memlock=65536:65536"],
      ...[...command, "--print"],
    ]);
    expect(stderr).toContain("sysflow: collect ended (duration)");
    expect(status).toBe(0);
  }, 60_000);
});
