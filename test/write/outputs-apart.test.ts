// Outputs in real trouble beside one that is well: a reader that does not read for half of the run, a
// full disk, and one that begins a new file each second. Each that works gets, byte for byte, what it
// would get alone, and nobody waits for another.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventLoopTurn } from "../../src/base/event-loop.ts";
import { readBatch } from "../../src/capture/batch-reader.ts";
import { Collector } from "../../src/collect/collector.ts";
import { type Branch, FanOut } from "../../src/write/fan-out.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import type { FileWriterOptions } from "../../src/write/file/file-writer-options.ts";
import { hostAtStart, hostAtWork } from "../support/collect/busy-host.ts";
import { flowOptions, startSec } from "../support/collect/collect.ts";
import { checkSf } from "../support/records/check-sf.ts";
import { readSf } from "../support/records/read-sf.ts";

setDefaultTimeout(60_000);

const isRoot = process.getuid?.() === 0;
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-apart-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const seconds = 40;
const parts = 5;
const ops = 60;
const queueBytes = 64 * 1024;

const well = join(folder, "well.sf");
const rotating = join(folder, "rotating/");
const fifo = join(folder, "fifo");
const disk = join(folder, "disk");
const fifoCopy = join(folder, "read-from-fifo.sf");

function writerTo(path: string, options: Partial<FileWriterOptions> = {}): FileWriter {
  return new FileWriter({
    path,
    rotateIntervalSec: 0,
    startSec,
    markerSeed: Buffer.from(path),
    queue: { bytesMax: 64 * 1024 * 1024, whenFull: "drop" },
    // Blocks by their size alone: that of each second depends on how fast this machine is.
    flushMs: 1_000_000,
    ...options,
  });
}

/**
 * The whole run.
 * @param paced are given the time to write a second before the next one begins, as in the world
 * @param atHalf what happens in the middle of it
 */
async function run(
  branches: readonly Branch[],
  paced: readonly FileWriter[] = [],
  atHalf = () => undefined as unknown,
) {
  const outputs = new FanOut(branches);
  const collector = new Collector(outputs, flowOptions);
  readBatch(hostAtStart(), collector);
  for (let second = 0; second < seconds; second++) {
    if (second === seconds / 2) {
      await atHalf();
    }
    for (let part = 0; part < parts; part++) {
      readBatch(hostAtWork(second, part, parts, ops), collector);
      outputs.check();
      await eventLoopTurn();
    }
    await Promise.all(paced.map((writer) => writer.drained(10_000)));
  }
  collector.finish(0, 0x7000_0000);
  for (const { output } of branches) {
    if (output instanceof FileWriter) {
      output.close();
      expect(await output.drained(10_000)).toBe(true);
    }
  }
  outputs.check();
}

function filesIn(path: string): Record<string, Buffer> {
  const names = fs.readdirSync(path).sort();
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(join(path, name))]));
}

describe.skipIf(!isRoot)("beside outputs in trouble (skipped where we may not mount)", () => {
  let alone: Buffer;
  let rotatedAlone: Record<string, Buffer>;
  let read: Promise<unknown> = Promise.resolve();
  const failures: string[] = [];
  const writers: Record<string, FileWriter> = {};

  beforeAll(async () => {
    await run([{ output: writerTo(well), onFailure: "end" }]);
    alone = fs.readFileSync(well);
    const output = writerTo(rotating, { rotateIntervalSec: 1 });
    await run([{ output, onFailure: "end" }], [output]);
    rotatedAlone = filesIn(rotating);
    fs.rmSync(rotating, { recursive: true });

    fs.mkdirSync(disk);
    spawnSync("/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "none", disk]);
    spawnSync("/usr/bin/mkfifo", [fifo]);
    const held = fs.openSync(fifo, "r+");
    const queue = { bytesMax: queueBytes, whenFull: "drop" } as const;
    writers["stalled"] = writerTo(fifo, { queue });
    writers["failing"] = writerTo(join(disk, "full.sf"));
    writers["rotating"] = writerTo(rotating, { rotateIntervalSec: 1 });
    writers["well"] = writerTo(well);
    const branches = Object.entries(writers).map(
      ([name, output]): Branch => ({
        output,
        onFailure: "goOn",
        onFailed: ({ message }) => failures.push(`${name}: ${message}`),
      }),
    );
    const copy = fs.openSync(fifoCopy, "w");
    await run(branches, [writers["rotating"]], () => {
      const reader = spawn("/bin/cat", [fifo], { stdio: ["ignore", copy, "inherit"] });
      read = new Promise((resolve) => reader.once("exit", resolve));
    });
    // The reader's copy is whole once no writer is left.
    fs.closeSync(held);
    await read;
  });

  afterAll(() => {
    spawnSync("/bin/umount", [disk]);
  });

  test("the one that is well gets what it gets alone, byte for byte", () => {
    expect(fs.readFileSync(well).equals(alone)).toBe(true);
    expect(readSf(well).length).toBe(writers["well"]?.stats().recordsTotal ?? 0);
    expect(checkSf(well)).toEqual([]);
  });

  test("so does the one that begins anew each second", () => {
    const files = filesIn(rotating);
    expect(Object.keys(files)).toEqual(Object.keys(rotatedAlone));
    expect(Object.keys(files).length).toBe(seconds);
    for (const [name, bytes] of Object.entries(files)) {
      expect([name, bytes.equals(rotatedAlone[name] ?? Buffer.alloc(0))]).toEqual([name, true]);
      expect(checkSf(join(rotating, name))).toEqual([]);
    }
  });

  test("the stalled one loses whole records, counted, and what follows can be read", () => {
    const { dropped, failed, recordsTotal } = (writers["stalled"] as FileWriter).stats();
    const records = readSf(fifoCopy);
    expect(dropped).toBeGreaterThan(100);
    expect([failed, records.length]).toEqual([0, recordsTotal - dropped]);
    // What is given anew is there twice; nothing refers to what is not there.
    const rules = checkSf(fifoCopy).map(({ rule }) => rule);
    expect([...new Set(rules)]).toEqual(["entity-repeated"]);
    const paths = records.filter(({ kind }) => kind === "File").map(({ rec }) => rec["path"]);
    expect(paths).toContain(`/new/${seconds - 1}`);
  });

  test("the failing one is told once, with what it lost, and has whole blocks", () => {
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^failing: cannot write .*no space left on device \(ENOSPC\)$/);
    const { failed, recordsTotal } = (writers["failing"] as FileWriter).stats();
    expect(readSf(join(disk, "full.sf")).length).toBe(recordsTotal - failed);
    expect(failed).toBeGreaterThan(100);
  });
});
