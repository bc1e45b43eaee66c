// A disk that is full or fails, at each call: the run goes on, nothing torn stays, what was given is
// in the files or counted, and writing resumes by itself.

import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import type { FileWriterOptions } from "../../../src/write/file/file-writer-options.ts";
import { readByAvsc } from "../../support/records/avsc-sf.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";
import { sampleFileFlow, sampleHeader } from "../../support/records/sample-records.ts";

const start = 1_700_000_000;
const soonMs = 5000;

function opened(fake: FakeFs, options: Partial<FileWriterOptions> = {}): FileWriter {
  const writer = new FileWriter({
    path: "d/",
    rotateIntervalSec: 100_000,
    startSec: start,
    suffix: ".sf",
    fs: fake,
    // Nobody else has a lock here.
    lock: () => 0,
    queue: { bytesMax: 20_000, whenFull: "drop", onDiskFull: "discard" },
    blockBytesMax: 1,
    ...options,
  });
  writer.header(sampleHeader);
  return writer;
}

function flows(writer: FileWriter, count: number): void {
  for (let i = 0; i < count; i++) {
    writer.fileFlow(sampleFileFlow(i));
  }
}

/** Records in all files, each of which has its own name and is read by a reader that is not ours. */
function readBack(fake: FakeFs): number {
  const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-trouble-"));
  const path = join(folder, "x.sf");
  let records = 0;
  for (const [name, { bytes }] of fake.names) {
    expect(name).toMatch(/^d\/\d+\.sf$/);
    fs.writeFileSync(path, bytes);
    records += readByAvsc(path).length;
  }
  fs.rmSync(folder, { recursive: true });
  return records;
}

function expectAllCounted(writer: FileWriter, fake: FakeFs): void {
  const { discarded, dropped, failed, recordsTotal } = writer.stats();
  const lost = dropped + failed + discarded.diskFull + discarded.diskFailed;
  expect(readBack(fake)).toBe(recordsTotal - lost);
}

async function closed(writer: FileWriter): Promise<void> {
  writer.close();
  expect(await writer.drained(soonMs)).toBe(true);
}

describe("a full disk", () => {
  test("is waited for: what fits into the queue is there once there is room, and no more is torn", async () => {
    const fake = new FakeFs();
    const notices: string[] = [];
    const writer = opened(fake, { onNotice: (message) => notices.push(message) });
    await writer.drained(soonMs);
    const path = `d/${start}.sf`;
    fake.capacity = (fake.files.get(path)?.length ?? 0) + 50;
    flows(writer, 20);
    expect(await writer.drained(50)).toBe(false);
    expect(fake.files.get(path)?.length).toBe(fake.capacity - 50);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /^cannot write d\/\d+\.sf at offset \d+: no space left on device \(ENOSPC\); collecting goes on/,
    );
    expect(writer.untoldFailure()).toBeNull();
    fake.capacity = Number.POSITIVE_INFINITY;
    await closed(writer);
    expect(notices).toHaveLength(2);
    expect(notices[1]).toMatch(/^the output goes on, after \d+ s/);
    expect(writer.stats()).toMatchObject({ recordsTotal: 21, failed: 0, dropped: 0 });
    expectAllCounted(writer, fake);
  });

  test("costs what the queue cannot hold, counted by its cause; then entities are wanted anew", async () => {
    const fake = new FakeFs();
    const writer = opened(fake);
    await writer.drained(soonMs);
    fake.capacity = 0;
    flows(writer, 5);
    await writer.drained(20);
    flows(writer, 1000);
    expect(writer.stats().discarded.diskFull).toBeGreaterThan(500);
    expect(writer.rotateDue(start + 1)).toBe(false);
    fake.capacity = Number.POSITIVE_INFINITY;
    expect(await writer.drained(soonMs)).toBe(true);
    expect(writer.rotateDue(start + 2)).toBe(true);
    flows(writer, 3);
    await closed(writer);
    expect(writer.stats()).toMatchObject({ failed: 0, dropped: 0 });
    expectAllCounted(writer, fake);
  });

  test("ends the run where that was asked for", async () => {
    const fake = new FakeFs();
    const queue = { bytesMax: 20_000, whenFull: "drop", onDiskFull: "stop" } as const;
    const writer = opened(fake, { queue });
    await writer.drained(soonMs);
    flows(writer, 3);
    await writer.drained(soonMs);
    fake.capacity = 0;
    flows(writer, 3);
    await writer.drained(soonMs);
    expect(writer.untoldFailure()?.code).toBe("OUTPUT_WRITE_FAILED");
    writer.close();
    expectAllCounted(writer, fake);
  });
});

describe("a disk that fails", () => {
  test.each(["EIO", "EFBIG", "EROFS"])(
    "%s: the file ends whole, and a new one is begun",
    async (code) => {
      const fake = new FakeFs();
      const writer = opened(fake);
      await writer.drained(soonMs);
      flows(writer, 10);
      await writer.drained(soonMs);
      fake.faults.push({ call: "write", code });
      flows(writer, 10);
      await writer.drained(soonMs);
      flows(writer, 10);
      expect(writer.stats().discarded.diskFailed).toBe(20);
      let tries = 0;
      while (!writer.rotateDue(start + 5)) {
        expect(++tries).toBeLessThan(200);
        await Bun.sleep(20);
      }
      flows(writer, 10);
      await closed(writer);
      expect(fake.names.size).toBe(2);
      expect(writer.stats()).toMatchObject({ failed: 0, dropped: 0, files: 2 });
      expectAllCounted(writer, fake);
    },
  );

  test("so that nothing can be taken back leaves a part file, which says that it is none", async () => {
    const fake = new FakeFs();
    const writer = opened(fake);
    await writer.drained(soonMs);
    flows(writer, 10);
    await writer.drained(soonMs);
    fake.capacity = (fake.files.get(`d/${start}.sf`)?.length ?? 0) + 50;
    fake.faults.push({ call: "truncate", code: "EIO" });
    flows(writer, 1);
    await writer.drained(soonMs);
    writer.close();
    await writer.drained(soonMs);
    expect([...fake.names.keys()]).toEqual([`d/${start}.sf.part`]);
    expect(writer.stats().discarded.diskFull).toBe(1);
  });
});

describe("no fault of any call is more than counted", () => {
  const calls = ["open", "write", "truncate", "sync", "link", "unlink", "close"];
  const codes = ["ENOSPC", "EDQUOT", "EIO"];
  const cases = calls.flatMap((call) => codes.map((code) => [call, code] as const));

  test.each(cases)("%s: %s", async (call, code) => {
    const fake = new FakeFs();
    fake.writeBytesMax = 100;
    const writer = opened(fake, { rotateIntervalSec: 1 });
    await writer.drained(soonMs);
    for (let second = 1; second <= 4; second++) {
      flows(writer, 5);
      await writer.drained(soonMs);
      if (second === 2) {
        fake.faults.push({ call, code });
      }
      writer.rotateDue(start + second);
    }
    flows(writer, 5);
    await closed(writer);
    expect(writer.untoldFailure()).toBeNull();
    const parts = [...fake.names.keys()].filter((name) => name.endsWith(".part"));
    // What could not be completed is left to be recovered; nothing else is lost by that.
    expect(parts.length).toBeLessThanOrEqual(["sync", "link", "unlink"].includes(call) ? 1 : 0);
    for (const part of parts) {
      const file = fake.names.get(part);
      fake.names.delete(part);
      const name = part.slice(0, -".part".length);
      if (file !== undefined && !fake.names.has(name)) {
        fake.names.set(name, file);
      }
    }
    expectAllCounted(writer, fake);
  });
});

test("a live output has a block on the disk every second, though none is full", async () => {
  const fake = new FakeFs();
  const writer = opened(fake, { blockBytesMax: 80_000, flushMs: 20 });
  flows(writer, 3);
  await Bun.sleep(100);
  expect(writer.stats().blocks).toBe(1);
  flows(writer, 3);
  await Bun.sleep(100);
  expect(writer.stats().blocks).toBe(2);
  await closed(writer);
  expect(readBack(fake)).toBe(7);
});

test("a file that has its full size is followed by another at the next tick", async () => {
  const fake = new FakeFs();
  const writer = opened(fake, { rotateBytes: 9000 });
  for (let tick = 0; tick < 10; tick++) {
    flows(writer, 20);
    await writer.drained(soonMs);
    writer.rotateDue(start);
    await writer.drained(soonMs);
  }
  await closed(writer);
  const names = [...fake.names.keys()];
  expect(names.length).toBeGreaterThan(3);
  // In one second: unique, and in the order of writing.
  expect(names).toEqual(names.map((_, i) => `d/${start + i}.sf`));
  expectAllCounted(writer, fake);
});
