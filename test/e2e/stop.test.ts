// Ends of a run that are not the input's: signals while it collects and while it replays, a second
// signal, a full disk. The two seconds that a clean end may take are a kill here: a run that needs
// more has no status.

import { afterAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { exitStatus } from "../../src/base/exit-status.ts";
import { goldenPath, plainCapture } from "../support/golden.ts";
import { readSf } from "../support/read-sf.ts";
import {
  everyRecord,
  RunningSysflow,
  sysflow,
  sysflowCommand,
  whyNotLive,
} from "../support/sysflow.ts";
import { asWords } from "../support/workload.ts";

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
      const args = [
        "collect",
        "-k",
        "ebpf-core",
        "-w",
        join(folder, `live-${signal}.sf`),
        "--json",
      ];
      const run = new RunningSysflow([...args, ...everyRecord]);
      await run.says("collecting with modern_ebpf");
      const path = join(folder, `open-${signal}`);
      const script = `exec 3>${path}; echo written >&3; echo ready; exec sleep 60`;
      const writer = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
      await outputOf(writer);
      await Bun.sleep(1000);
      run.kill(signal);
      const { status, stdout, stderr } = await run.end(endMs);
      writer.kill();
      expect([status, stderr]).toEqual([exitStatus.OK, stderr]);
      expect(JSON.parse(stdout).ended).toBe(signal);
      const file = written(`live-${signal}.sf`);
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
    await Bun.sleep(600);
    run.kill("SIGTERM");
    expect((await run.end(endMs)).status).toBe(exitStatus.OK);
    expect(fs.readdirSync(folder).filter((name) => name.startsWith("early"))).toEqual([]);
  });
});

/** Resolves at the first output. */
function outputOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.stdout?.once("data", () => resolve()));
}

/**
 * A capture that takes long to replay: the events of a small one, again and again. Times go back at
 * each turn, which no record's content depends on here.
 */
function longCapture(): string {
  const bytes = plainCapture("files");
  const start = firstEvent(bytes);
  const events = bytes.subarray(start);
  const turns = gzipSync(Buffer.concat(Array.from({ length: 2000 }, () => events)));
  const path = join(folder, "long.scap");
  const parts = Array.from({ length: 200 }, () => turns);
  fs.writeFileSync(path, Buffer.concat([gzipSync(bytes.subarray(0, start)), ...parts]));
  return path;
}

/** Blocks are type, length, content. Events come last; their types are these. */
function firstEvent(bytes: Buffer): number {
  // The first block has a number that tells the byte order.
  const isLittle = bytes.readUInt32LE(8) === 0x1a2b3c4d;
  const word = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  let at = 0;
  while (!eventBlocks.has(word(at))) {
    at += word(at + 4);
  }
  return at;
}

const eventBlocks: ReadonlySet<number> = new Set([0x204, 0x208, 0x216, 0x217, 0x221, 0x222]);

describe("replay", () => {
  const capture = longCapture();

  test.each(signals)(
    "%s ends it, and open flows are in the file",
    async (signal) => {
      const output = join(folder, `replay-${signal}.sf`);
      const run = new RunningSysflow(["collect", "-r", capture, "-w", output, "--json"]);
      while (!(fs.existsSync(output) && fs.statSync(output).size > 0)) {
        await Bun.sleep(20);
      }
      run.kill(signal);
      const { status, stdout, stderr } = await run.end(endMs);
      expect([status, stderr]).toEqual([exitStatus.OK, stderr]);
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
      await Bun.sleep(1500);
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
});

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
