// The program on a disk of one megabyte, live: filled, freed, and filled again. Collecting goes on,
// every file is whole, and each record is in a file or counted.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitStatus } from "../../src/base/exit-status.ts";
import { RunningSysflow, sysflow, whyNotLive } from "../support/program/sysflow.ts";
import { readSf } from "../support/records/read-sf.ts";

setDefaultTimeout(120_000);

const obstacle = process.getuid?.() === 0 ? whyNotLive() : "only root can open an engine";
const disk = fs.mkdtempSync(join(tmpdir(), "sysflow-disk-"));
const tools = fs.mkdtempSync(join(tmpdir(), "sysflow-disk-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true }));

interface Summary {
  readonly ended: string;
  readonly recordsTotal: number;
  readonly files: number;
  readonly losses: readonly { stage: string; cause: string; count: number }[];
  readonly leftOut: readonly { cause: string; count: number }[];
}

/** A program of our own name: the host may be busy with others, whose records are not wanted. */
const program = join(tools, "sysflow-load");
fs.copyFileSync("/bin/true", program);
fs.chmodSync(program, 0o755);

/** Runs it until it is killed: some tens of kilobytes of records a second. */
function load() {
  const env = { PADDING: "x".repeat(1000) };
  return spawn("/bin/sh", ["-c", `while :; do ${program}; sleep 0.01; done`], {
    stdio: "ignore",
    env,
  });
}

function begun(...options: readonly string[]): RunningSysflow {
  const words = ["collect", "-k", "ebpf-core", "-w", join(disk, "out"), "--codec", "null"];
  const own = ["-f", "proc.name = sysflow-load", "-e", "tests", "--json"];
  return new RunningSysflow([...words, ...own, ...options]);
}

/** All records in the files, each of which has its name and is read to its end. */
function recordsOnDisk(): number {
  const names = fs.readdirSync(disk).filter((name) => name.startsWith("out."));
  expect(names.filter((name) => !name.endsWith(".sf"))).toEqual([]);
  return names.reduce((sum, name) => sum + readSf(join(disk, name)).length, 0);
}

function lostTo({ losses }: Summary): number {
  const ofOutput = losses.filter(
    ({ stage, cause }) => stage === "write" && cause.includes("records"),
  );
  return ofOutput.reduce((sum, { count }) => sum + count, 0);
}

function empty(): void {
  for (const name of fs.readdirSync(disk)) {
    fs.rmSync(join(disk, name));
  }
}

describe.skipIf(obstacle !== null)(`a full disk (skipped where: ${obstacle})`, () => {
  spawnSync("/bin/mount", ["-t", "tmpfs", "-o", "size=1m", "none", disk]);
  afterAll(() => {
    spawnSync("/bin/umount", [disk]);
    fs.rmdirSync(disk);
  });

  test("that is freed is written to again, unaided", async () => {
    const ballast = join(disk, "ballast");
    fs.writeFileSync(ballast, Buffer.alloc(800 * 1024));
    const run = begun("-G", "100000");
    await run.says("collecting with");
    const busy = load();
    await run.says("no space left on device (ENOSPC); collecting goes on");
    await Bun.sleep(1500);
    const [name = ""] = fs.readdirSync(disk).filter((each) => each.endsWith(".part"));
    const bytes = fs.readFileSync(join(disk, name));
    fs.rmSync(ballast);
    busy.kill();
    await run.says("the output goes on");
    run.kill("SIGTERM");
    const { status, stdout, stderr } = await run.end(10_000);
    const summary = JSON.parse(stdout) as Summary;
    expect([status, summary.ended, stderr]).toEqual([exitStatus.OK, "SIGTERM", stderr]);
    expect(stderr.match(/ENOSPC/g)?.length).toBe(1);
    expect(recordsOnDisk()).toBe(summary.recordsTotal - lostTo(summary));
    // What was there while it was full is how the file begins.
    const [whole = ""] = fs.readdirSync(disk).filter((each) => each.endsWith(".sf"));
    expect(fs.readFileSync(join(disk, whole)).subarray(0, bytes.length).equals(bytes)).toBe(true);
    empty();
  });

  test("has room for what comes, where older files make it", async () => {
    const run = begun("-G", "1", "--on-disk-full", "drop-oldest");
    await run.says("collecting with");
    const busy = load();
    await Bun.sleep(15_000);
    busy.kill();
    run.kill("SIGTERM");
    const { status, stdout, stderr } = await run.end(10_000);
    const summary = JSON.parse(stdout) as Summary;
    const removed = summary.leftOut.find(({ cause }) => cause === "old files removed")?.count ?? 0;
    expect([status, summary.ended, stderr]).toEqual([exitStatus.OK, "SIGTERM", stderr]);
    expect(removed).toBeGreaterThan(0);
    expect(fs.readdirSync(disk).length).toBe(summary.files - removed);
    expect(recordsOnDisk()).toBeGreaterThan(100);
    empty();
  });

  test("ends a replay, with whole blocks in its file", () => {
    fs.writeFileSync(join(disk, "ballast"), Buffer.alloc(1020 * 1024));
    const capture = join(import.meta.dir, "../golden/files.scap");
    const run = sysflow(["collect", "-r", capture, "-w", join(disk, "out.x.sf")]);
    expect(run.stderr).toMatch(/cannot write .*\(ENOSPC\) \[OUTPUT_WRITE_FAILED\]/);
    expect(run.status).toBe(exitStatus.FAILURE);
    expect(fs.readdirSync(disk)).toEqual(["ballast"]);
    empty();
  });
});
