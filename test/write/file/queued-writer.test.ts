// The file output with a queue before its disk: what a stall costs, what follows a gap, in which
// order files end and begin, and what becomes of everything at the end.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { queueBytesDefault } from "../../../src/write/byte-queue.ts";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import type { FileWriterOptions } from "../../../src/write/file/file-writer-options.ts";
import { readByAvsc } from "../../support/records/avsc-sf.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";
import {
  sampleContainer,
  sampleCount,
  sampleFileFlow,
  sampleHeader,
  writeSample,
} from "../../support/records/sample-records.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-queued-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const start = 1_700_000_000;
const soonMs = 2000;

function opened(options: Partial<FileWriterOptions> & { path: string }): FileWriter {
  const writer = new FileWriter({
    rotateIntervalSec: 0,
    startSec: start,
    queue: { bytesMax: queueBytesDefault, whenFull: "drop" },
    ...options,
  });
  writer.header(sampleHeader);
  return writer;
}

function kindsIn(fake: FakeFs, name: string): string[] {
  const path = join(folder, "read-back.sf");
  fs.writeFileSync(path, fake.files.get(name) ?? "");
  return readByAvsc(path).map(({ kind }) => kind);
}

function flows(writer: FileWriter, count: number): void {
  for (let i = 0; i < count; i++) {
    writer.fileFlow(sampleFileFlow(i));
  }
}

/** Of one block each, so that every record is written by itself. */
const single = { blockBytesMax: 1 } as const;

test("a real file has the same bytes as without a queue", async () => {
  const seed = { markerSeed: Buffer.from("x"), rotateIntervalSec: 0, startSec: start } as const;
  const path = join(folder, "same.sf");
  const plain = new FileWriter({ ...seed, path });
  plain.header(sampleHeader);
  flows(plain, 5000);
  plain.close();
  const bytes = fs.readFileSync(path);
  const writer = opened({ ...seed, path });
  flows(writer, 5000);
  writer.close();
  expect(await writer.drained(soonMs)).toBe(true);
  expect(fs.readFileSync(path).equals(bytes)).toBe(true);
  expect(plain.stats().queued).toBeNull();
  expect(writer.stats()).toEqual({ ...plain.stats(), queued: 0 });
});

describe("a stalled disk", () => {
  test("holds up nobody; what was queued is there once it goes on", async () => {
    const fake = new FakeFs();
    const writer = opened({ path: "x", fs: fake, ...single });
    fake.isStalled = true;
    flows(writer, 100);
    expect(await writer.drained(20)).toBe(false);
    expect(writer.untoldFailure()).toBeNull();
    fake.isStalled = false;
    fake.release();
    writer.close();
    expect(await writer.drained(soonMs)).toBe(true);
    expect(kindsIn(fake, "x").length).toBe(101);
    expect(writer.stats()).toMatchObject({ recordsTotal: 101, failed: 0, dropped: 0 });
  });

  test("fills the queue; then records are dropped, counted, and not taken before a tick", async () => {
    const fake = new FakeFs();
    const queue = { bytesMax: 8000, whenFull: "drop" } as const;
    const writer = opened({ path: "x", fs: fake, queue, ...single });
    fake.isStalled = true;
    flows(writer, 100);
    const { dropped, queued } = writer.stats();
    expect([dropped > 50, (queued ?? 0) >= 8000]).toEqual([true, true]);
    expect(writer.rotateDue(start + 1)).toBe(false);
    fake.isStalled = false;
    fake.release();
    expect(await writer.drained(soonMs)).toBe(true);
    flows(writer, 1);
    expect(writer.stats()).toMatchObject({ dropped: dropped + 1, queued: 0 });
    expect(writer.rotateDue(start + 2)).toBe(true);
    writer.container(sampleContainer());
    expect(writer.rotateDue(start + 3)).toBe(false);
    writer.close();
    await writer.drained(soonMs);
    const kinds = kindsIn(fake, "x");
    const { recordsTotal } = writer.stats();
    expect(kinds.length).toBe(recordsTotal - dropped - 1);
    expect(kinds.at(-1)).toBe("Container");
  });

  test("is waited for where the queue is to wait: nothing is dropped", async () => {
    const fake = new FakeFs();
    const queue = { bytesMax: 1000, whenFull: "wait" } as const;
    const writer = opened({ path: "x", fs: fake, queue, ...single });
    await writer.drained(soonMs);
    fake.isStalled = true;
    flows(writer, 5);
    expect(writer.hasRoom).toBe(true);
    flows(writer, 95);
    expect(writer.hasRoom).toBe(false);
    fake.isStalled = false;
    fake.release();
    expect(await writer.drained(soonMs)).toBe(true);
    expect(writer.hasRoom).toBe(true);
    writer.close();
    await writer.drained(soonMs);
    expect(kindsIn(fake, "x").length).toBe(101);
  });

  test("that does not go on before the end is given up, and what is lost is counted", async () => {
    const fake = new FakeFs();
    const writer = opened({ path: "x", fs: fake, ...single });
    await writer.drained(soonMs);
    fake.isStalled = true;
    flows(writer, 10);
    writer.close();
    expect(await writer.drained(20)).toBe(false);
    writer.giveUp();
    expect(await writer.drained(20)).toBe(true);
    expect(writer.untoldFailure()?.message).toMatch(/^cannot write x at offset \d+: .* in time$/);
    expect(writer.untoldFailure()).toBeNull();
    expect(writer.stats()).toMatchObject({ recordsTotal: 11, failed: 10 });
    expect(writer.stats().bytesWritten).toBe(fake.files.get("x")?.length ?? 0);
    fake.release();
    expect(fake.calls.filter((call) => call === "close x.part").length).toBe(1);
    expect([...fake.names.keys()]).toEqual(["x"]);
  });
});

describe("the queue's bound, met exactly,", () => {
  /** A writer whose queue holds four blocks of one flow each. */
  async function withFour(bytesMax: number) {
    const fake = new FakeFs();
    const writer = opened({
      path: "x",
      fs: fake,
      queue: { bytesMax, whenFull: "drop" },
      ...single,
    });
    await writer.drained(soonMs);
    // The beginning of the file was more than that.
    writer.rotateDue(start);
    fake.isStalled = true;
    flows(writer, 4);
    return { fake, writer, bytes: writer.stats().queued ?? 0 };
  }

  test("is full, and one byte less is not", async () => {
    const { bytes } = await withFour(queueBytesDefault);
    for (const [bytesMax, more] of [
      [bytes, 0],
      [bytes + 1, 1],
    ] as const) {
      const { writer } = await withFour(bytesMax);
      expect(writer.hasRoom).toBe(more > 0);
      flows(writer, more + 2);
      expect(writer.stats().dropped).toBe(2);
    }
  });

  test("takes records again once half of it is free", async () => {
    const { bytes } = await withFour(queueBytesDefault);
    const { fake, writer } = await withFour(bytes);
    fake.writeBytesMax = bytes / 4;
    flows(writer, 1);
    const turns = [1, 2, 3].map((second) => {
      const isTaken = writer.rotateDue(start + second);
      fake.release();
      return isTaken;
    });
    expect(turns).toEqual([false, false, true]);
    expect(writer.stats()).toMatchObject({ dropped: 1, queued: bytes / 4 });
  });
});

test("a file has its header though the queue is full with what is before it", async () => {
  const fake = new FakeFs();
  const queue = { bytesMax: 1000, whenFull: "drop" } as const;
  const writer = opened({ path: "x", fs: fake, queue });
  flows(writer, 3);
  await writer.drained(soonMs);
  expect(writer.rotateDue(start + 1)).toBe(true);
  flows(writer, 2);
  writer.close();
  await writer.drained(soonMs);
  expect(kindsIn(fake, "x")).toEqual(["SFHeader", "FileFlow", "FileFlow"]);
  expect(writer.stats()).toMatchObject({ recordsTotal: 6, dropped: 3 });
});

describe("an output that takes little at a time", () => {
  test.each([1, 7, 100, 5000])("gets all in order: %d bytes", async (most) => {
    const fake = new FakeFs();
    fake.writeBytesMax = most;
    const writer = opened({ path: "x", fs: fake, blockBytesMax: 200 });
    writeSample(writer);
    writer.close();
    expect(await writer.drained(60_000)).toBe(true);
    expect(kindsIn(fake, "x").length).toBe(sampleCount + 1);
  });

  test("EAGAIN and EINTR are tried again", async () => {
    const fake = new FakeFs();
    const writer = opened({ path: "x", fs: fake });
    fake.faults.push({ call: "write", code: "EAGAIN" }, { call: "write", code: "EINTR" });
    writeSample(writer);
    writer.close();
    expect(await writer.drained(soonMs)).toBe(true);
    expect(kindsIn(fake, "x").length).toBe(sampleCount + 1);
  });
});

describe("a failure", () => {
  test("on a full disk leaves whole blocks, is told once, and counts what is lost", async () => {
    const fake = new FakeFs();
    const writer = opened({ path: "x", fs: fake, ...single });
    await writer.drained(soonMs);
    fake.capacity = (fake.files.get("x")?.length ?? 0) + 400;
    flows(writer, 50);
    await writer.drained(soonMs);
    expect(writer.untoldFailure()?.message).toContain("no space left on device (ENOSPC)");
    expect(writer.untoldFailure()).toBeNull();
    flows(writer, 5);
    writer.close();
    const { recordsTotal, failed, blocks, bytesWritten } = writer.stats();
    const kinds = kindsIn(fake, "x");
    expect(kinds.length).toBe(recordsTotal - failed);
    expect(kinds.length).toBeGreaterThan(1);
    expect([blocks, bytesWritten]).toEqual([kinds.length, fake.files.get("x")?.length ?? 0]);
  });

  test("at close is told too", async () => {
    const fake = new FakeFs();
    const writer = opened({ path: "x", fs: fake });
    fake.faults.push({ call: "close", code: "EDQUOT" });
    writer.close();
    await writer.drained(soonMs);
    expect(writer.untoldFailure()?.message).toContain("disk quota exceeded (EDQUOT)");
  });
});

describe("rotation", () => {
  const folderOptions = { path: "d/", rotateIntervalSec: 1 } as const;

  test("opens the new file once the old one is complete, and its header names it", async () => {
    const fake = new FakeFs();
    const writer = opened({ ...folderOptions, fs: fake, ...single });
    flows(writer, 3);
    expect(writer.rotateDue(start + 1)).toBe(true);
    flows(writer, 2);
    await writer.drained(soonMs);
    writer.close();
    expect(await writer.drained(soonMs)).toBe(true);
    const [oldPath, newPath] = [`d/${start}`, `d/${start + 1}`];
    const order = fake.calls.map((call) => call.split(" ").slice(0, 2).join(" "));
    expect(order.indexOf(`close ${oldPath}.part`)).toBeLessThan(
      order.indexOf(`open ${newPath}.part`),
    );
    expect(order).toContain(`link ${oldPath}`);
    expect(kindsIn(fake, oldPath)).toEqual(["SFHeader", "FileFlow", "FileFlow", "FileFlow"]);
    expect(kindsIn(fake, newPath)).toEqual(["SFHeader", "FileFlow", "FileFlow"]);
    const header = readByAvsc(join(folder, "read-back.sf"))[0];
    expect(header?.rec["filename"]).toBe(newPath);
    const bytes = [oldPath, newPath].map((path) => fake.files.get(path)?.length ?? 0);
    expect(writer.stats()).toMatchObject({
      files: 2,
      recordsTotal: 7,
      failed: 0,
      bytesWritten: bytes.reduce((sum, size) => sum + size),
    });
  });

  test("tries the next name where another has taken it, and the header names that", async () => {
    const fake = new FakeFs();
    const writer = opened({ ...folderOptions, fs: fake });
    await writer.drained(soonMs);
    fake.faults.push({ call: "open", code: "EEXIST" });
    writer.rotateDue(start + 1);
    flows(writer, 1);
    writer.close();
    await writer.drained(soonMs);
    expect(kindsIn(fake, `d/${start + 2}`)).toEqual(["SFHeader", "FileFlow"]);
    expect(readByAvsc(join(folder, "read-back.sf"))[0]?.rec["filename"]).toBe(`d/${start + 2}`);
  });

  test("while the disk stalls waits: two files at most, nothing lost", async () => {
    const fake = new FakeFs();
    const writer = opened({ ...folderOptions, fs: fake });
    fake.isStalled = true;
    const anew = [];
    for (let second = 1; second <= 10; second++) {
      anew.push(writer.rotateDue(start + second));
      flows(writer, 1);
    }
    expect(anew.filter((each) => each).length).toBe(1);
    fake.isStalled = false;
    fake.release();
    await writer.drained(soonMs);
    expect(writer.rotateDue(start + 11)).toBe(true);
    writer.close();
    await writer.drained(soonMs);
    const paths = [...fake.files.keys()];
    expect(paths.map((path) => kindsIn(fake, path).length)).toEqual([1, 11, 1]);
    expect(writer.stats()).toMatchObject({ recordsTotal: 13, failed: 0, dropped: 0, files: 3 });
  });
});

describe("a new file", () => {
  const folderOptions = { path: "d/", rotateIntervalSec: 1 } as const;

  test("that cannot be opened is a failure; the old one is complete", async () => {
    const fake = new FakeFs();
    const writer = opened({ ...folderOptions, fs: fake });
    await writer.drained(soonMs);
    flows(writer, 2);
    fake.faults.push({ call: "open", code: "EROFS" });
    writer.rotateDue(start + 1);
    flows(writer, 3);
    await writer.drained(soonMs);
    expect(writer.untoldFailure()?.code).toBe("OUTPUT_OPEN_FAILED");
    writer.close();
    expect(kindsIn(fake, `d/${start}`).length).toBe(3);
    expect(writer.stats()).toMatchObject({ recordsTotal: 6, failed: 3 });
  });

  test("makes its folder again where that has gone", async () => {
    const path = `${join(folder, "made")}/`;
    const writer = opened({ path, rotateIntervalSec: 1 });
    await writer.drained(soonMs);
    fs.renameSync(path, `${join(folder, "moved")}`);
    writer.rotateDue(start + 1);
    flows(writer, 1);
    writer.close();
    expect(await writer.drained(soonMs)).toBe(true);
    const [name = ""] = fs.readdirSync(path);
    expect(readByAvsc(join(path, name)).length).toBe(2);
    expect(fs.statSync(join(path, name)).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(join(folder, "moved")).length).toBe(1);
  });
});

test("a wish to re-open that a rotation fulfils is told of with the new path", async () => {
  const told: string[] = [];
  const writer = opened({
    path: "d/",
    rotateIntervalSec: 1,
    fs: new FakeFs(),
    onReopened: ({ path }) => told.push(path),
  });
  writer.wantReopen();
  expect(writer.rotateDue(start + 1)).toBe(true);
  expect(told).toEqual([]);
  await writer.drained(soonMs);
  expect(told).toEqual([`d/${start + 1}`]);
  expect(writer.rotateDue(start + 1)).toBe(false);
  writer.close();
});

test("re-opening waits for the file before", async () => {
  const path = join(folder, "reopened.sf");
  const outcomes: string[] = [];
  const writer = opened({ path, onReopened: ({ outcome }) => outcomes.push(outcome) });
  flows(writer, 1);
  const part = `${path}.part`;
  fs.renameSync(part, `${path}.1`);
  writer.wantReopen();
  expect(writer.rotateDue(start + 1)).toBe(true);
  flows(writer, 2);
  fs.renameSync(part, `${path}.2`);
  writer.wantReopen();
  expect(writer.rotateDue(start + 2)).toBe(false);
  await writer.drained(soonMs);
  expect(writer.rotateDue(start + 3)).toBe(true);
  writer.close();
  await writer.drained(soonMs);
  expect(outcomes).toEqual(["new", "new"]);
  expect([`${path}.1`, `${path}.2`, path].map((each) => readByAvsc(each).length)).toEqual([
    2, 3, 1,
  ]);
});
