// Ends of a run that are not the input's: signals while it collects and while it replays, a second
// signal, a full disk. The two seconds that a clean end may take are a kill here: a run that needs
// more has no status.

import { afterAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitStatus } from "../../src/base/exit-status.ts";
import { goldenPath } from "../support/captures/golden.ts";
import { longCapture } from "../support/captures/long-capture.ts";
import {
  everyRecord,
  RunningSysflow,
  saidBesideDrops,
  saysCollecting,
  sysflow,
  sysflowCommand,
  whyNotLive,
} from "../support/program/sysflow.ts";
import { readSf } from "../support/records/read-sf.ts";
import { captureThread, settled } from "../support/truth/observe.ts";
import { asWords } from "../support/truth/workload.ts";

const obstacle = whyNotLive();
const isRoot = process.getuid?.() === 0;
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-stop-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const endMs = 2000;
const signals = ["SIGINT", "SIGTERM"] as const;

/** The only output that a run has written for `name`. */
function written(name: string): string {
  const files = fs.readdirSync(folder).filter((each) => each.startsWith(name));
  expect(files.length).toBe(1);
  return join(folder, files[0] ?? "");
}

describe.skipIf(obstacle !== null)(`live (skipped where it says so: ${obstacle})`, () => {
  test.each(signals)(
    "%s ends collection, and open flows are in the file",
    async (signal) => {
      const output = join(folder, `live-${signal}.sf`);
      const args = ["collect", "-k", "ebpf-core", "-w", output, "--json", "--schema", "6"];
      const run = new RunningSysflow([...args, ...everyRecord]);
      await run.says("collecting with modern_ebpf");
      const path = join(folder, `open-${signal}`);
      const script = `exec 3>${path}; echo written >&3; echo ready; exec sleep 60`;
      const writer = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
      await outputOf(writer);
      await settled(run);
      run.kill(signal);
      const { status, stdout, stderr } = await run.end(endMs);
      writer.kill();
      expect([status, saidBesideDrops(stderr)]).toEqual([exitStatus.OK, saysCollecting(output)]);
      expect(JSON.parse(stdout).ended).toBe(signal);
      const file = written(`live-${signal}.`);
      expect(fs.statSync(file).mode & 0o777).toBe(0o600);
      // The shell writes to a copy of its descriptor, over which it puts its own output again.
      const flows = asWords(readSf(file)).filter(({ words }) => words["path"] === path);
      expect(flows.map(({ words }) => [words["flags"], words["writeBytes"]])).toEqual([
        ["WRITE_SEND CLOSE", 8],
        ["OPEN TRUNCATE", 0],
      ]);
    },
    60_000,
  );

  test("SIGTERM while the engine opens ends it too, without a file", async () => {
    const run = new RunningSysflow(["collect", "-k", "ebpf-core", "-w", join(folder, "early.sf")]);
    while (captureThread(run) === undefined) {
      await Bun.sleep(5);
    }
    run.kill("SIGTERM");
    const { status, stderr } = await run.end(endMs);
    expect(status).toBe(exitStatus.OK);
    expect(stderr).not.toContain("collecting");
    expect(fs.readdirSync(folder).filter((name) => name.startsWith("early"))).toEqual([]);
  });
});

/** Resolves at the first output. */
function outputOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.stdout?.once("data", () => resolve()));
}

describe("replay", () => {
  const capture = longCapture(join(folder, "long.scap"), 400_000);

  test.each(signals)(
    "%s ends it, and open flows are in the file",
    async (signal) => {
      const output = join(folder, `replay-${signal}.sf`);
      const run = new RunningSysflow(["collect", "-r", capture, "-w", output, "--json"]);
      const growing = `${output}.part`;
      while (!(fs.existsSync(growing) && fs.statSync(growing).size > 0)) {
        await Bun.sleep(20);
      }
      run.kill(signal);
      const { status, stdout, stderr } = await run.end(endMs);
      expect([status, stderr]).toEqual([exitStatus.OK, ""]);
      expect(JSON.parse(stdout).ended).toBe(signal);
      expect(JSON.parse(stdout).recordsTotal).toBe(readSf(output).length);
    },
    60_000,
  );

  test.each([
    ["once, it ends in time", 1],
    ["twice, it ends at once", 2],
  ])(
    "with a reader that does not read: SIGTERM %s",
    async (_, times) => {
      const fifo = join(folder, `fifo-${times}`);
      spawnSync("/usr/bin/mkfifo", [fifo]);
      const held = fs.openSync(fifo, "r+");
      const [program = "", ...words] = sysflowCommand;
      const args = [...words, "collect", "-r", capture, "--print", "--print-rate=0"];
      const child = spawn(program, args, { stdio: ["ignore", held, "ignore"] });
      const ended = new Promise<number | string>((resolve) => {
        child.on("exit", (status, signal) => resolve(status ?? signal ?? ""));
      });
      await untilPipeIsFull(child.pid ?? 0);
      child.kill("SIGTERM");
      if (times === 2) {
        await untilHandled(child.pid ?? 0);
        child.kill("SIGTERM");
      }
      const killer = setTimeout(() => child.kill("SIGKILL"), times === 2 ? endMs / 2 : endMs);
      const how = await ended;
      clearTimeout(killer);
      fs.closeSync(held);
      expect(times === 2 ? [143, "SIGTERM"] : [exitStatus.OK]).toContain(how);
    },
    60_000,
  );

  test("an output whose reader does not read keeps SIGTERM from nothing; its loss is counted", async () => {
    const fifo = join(folder, "unread");
    spawnSync("/usr/bin/mkfifo", [fifo]);
    const held = fs.openSync(fifo, "r+");
    const run = new RunningSysflow(["collect", "-r", capture, "-w", fifo, "--json"]);
    await untilPipeIsFull(run.pid);
    run.kill("SIGTERM");
    const { status, stdout, stderr } = await run.end(endMs);
    fs.closeSync(held);
    expect([status, stderr]).toEqual([exitStatus.FAILURE, stderr]);
    expect(stderr).toMatch(/cannot write .*\/unread at offset \d+: .* \[OUTPUT_WRITE_FAILED\]/);
    const { ended, losses } = JSON.parse(stdout);
    expect(ended).toBe("SIGTERM");
    const lost = losses.filter(({ stage }: { stage: string }) => stage === "write");
    expect(lost).toEqual([{ stage: "write", cause: "records not written", count: lost[0]?.count }]);
  }, 60_000);
});

/**
 * It has written for so long that its next write waits. A pipe of 64 KiB may be full with less in it:
 * each write begins a page of its own where it does not fit into the last one.
 */
async function untilPipeIsFull(pid: number): Promise<void> {
  const pipeBytes = 64 * 1024;
  let [before, same, written] = [0, 0, 0];
  // Threads that wake each other write, too, so it may be that it never stands still.
  while (written < pipeBytes && same < 30) {
    await Bun.sleep(10);
    const io = fs.readFileSync(`/proc/${pid}/io`, "utf8");
    written = Number(/^wchar: (\d+)/m.exec(io)?.[1]);
    same = written === before && written >= pipeBytes / 2 ? same + 1 : 0;
    before = written;
  }
}

/** The first signal takes the handlers away; before that a second would be one with it. */
async function untilHandled(pid: number): Promise<void> {
  const terminate = 1n << 14n;
  for (;;) {
    const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
    const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
    if ((caught & terminate) === 0n) {
      return;
    }
    await Bun.sleep(10);
  }
}

describe.skipIf(!isRoot)("a full disk (skipped where we may not mount one)", () => {
  test("is an error that names file and cause", () => {
    const disk = join(folder, "disk");
    fs.mkdirSync(disk);
    const mounted = spawnSync("/bin/mount", ["-t", "tmpfs", "-o", "size=8k", "none", disk]);
    expect(mounted.status).toBe(0);
    try {
      const output = join(disk, "full.sf");
      const args = ["collect", "-r", goldenPath("mixed.scap"), "-w", output];
      const { status, stderr } = sysflow([...args, ...everyRecord]);
      const errors = stderr.split("\n").filter((line) => line.startsWith("sysflow: error:"));
      expect(errors.length).toBe(1);
      expect(errors[0]).toContain(output);
      expect(errors[0]).toContain("no space left on device");
      expect(status).toBe(exitStatus.FAILURE);
    } finally {
      spawnSync("/bin/umount", [disk]);
    }
  });
});
