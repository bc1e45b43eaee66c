// A disk that is full while older files of the same output lie on it: they make room, the oldest
// first and no more than it takes. The old files are real, the disk that is full is played.

import { afterAll, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";
import { sampleFileFlow, sampleHeader } from "../../support/records/sample-records.ts";

const base = fs.mkdtempSync(join(tmpdir(), "sysflow-room-"));
afterAll(() => fs.rmSync(base, { recursive: true }));

const start = 1_700_000_000;
const soonMs = 5000;

/** Full as long as a file is there. */
class FullWhile extends FakeFs {
  blocker = "";

  override writeSync(fd: number, bytes: Uint8Array, offset: number, length: number): number {
    this.capacity = fs.existsSync(this.blocker) ? 0 : Number.POSITIVE_INFINITY;
    return super.writeSync(fd, bytes, offset, length);
  }
}

/** An output beside three files of earlier runs, the oldest of which is named by `start - 3`. */
async function opened(onDiskFull: "discard" | "drop-oldest", blocker: (folder: string) => string) {
  const folder = fs.mkdtempSync(join(base, "each-"));
  for (const ago of [3, 2, 1]) {
    fs.writeFileSync(join(folder, `out.${start - ago}.sf`), "an earlier one");
  }
  const fake = new FullWhile();
  const notices: string[] = [];
  const writer = new FileWriter({
    path: join(folder, "out"),
    rotateIntervalSec: 1000,
    startSec: start,
    suffix: ".sf",
    fs: fake,
    lock: () => 0,
    queue: { bytesMax: 20_000, whenFull: "drop", onDiskFull },
    blockBytesMax: 1,
    onNotice: (message) => notices.push(message),
  });
  writer.header(sampleHeader);
  await writer.drained(soonMs);
  // Until then it has not looked at what is there.
  await Bun.sleep(50);
  fake.blocker = blocker(folder);
  writer.fileFlow(sampleFileFlow(1));
  return { folder, fake, notices, writer };
}

const left = (folder: string) => fs.readdirSync(folder).sort();

test("the oldest go until there is room, and writing goes on at once", async () => {
  const { folder, notices, writer } = await opened("drop-oldest", (at) =>
    join(at, `out.${start - 2}.sf`),
  );
  // Sooner than a full disk is looked at again.
  expect(await writer.drained(800)).toBe(true);
  expect(left(folder)).toEqual([`out.${start - 1}.sf`]);
  expect(writer.stats()).toMatchObject({ removed: 2, failed: 0, dropped: 0, recordsTotal: 2 });
  expect(notices).toHaveLength(2);
  expect(notices[0]).toContain("no space left on device (ENOSPC); collecting goes on");
  expect(notices[1]).toStartWith("the output goes on");
  writer.close();
  expect(await writer.drained(soonMs)).toBe(true);
});

test("where none is left the disk is waited for, and nothing of others is removed", async () => {
  const { folder, writer } = await opened("drop-oldest", (at) => {
    fs.writeFileSync(join(at, "others"), "x");
    return join(at, "others");
  });
  expect(await writer.drained(200)).toBe(false);
  expect(left(folder)).toEqual(["others"]);
  expect(writer.stats().removed).toBe(3);
  fs.rmSync(join(folder, "others"));
  expect(await writer.drained(soonMs)).toBe(true);
  expect(writer.stats()).toMatchObject({ failed: 0, dropped: 0 });
  writer.close();
  await writer.drained(soonMs);
});

test("unless that was asked for they stay", async () => {
  const { folder, writer } = await opened("discard", (at) => join(at, `out.${start - 3}.sf`));
  expect(await writer.drained(100)).toBe(false);
  expect(left(folder).length).toBe(3);
  expect(writer.stats().removed).toBe(0);
  writer.giveUp();
  expect(writer.untoldFailure()?.code).toBe("OUTPUT_WRITE_FAILED");
  expect(writer.stats().failed).toBe(1);
});
