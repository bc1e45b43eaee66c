// The file output where it begins and ends: what it tells before, at and after a rotation, a failure and
// a close, what a wish to re-open leads to, and when a file has its full size.

import { describe, expect, spyOn, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import type { FileWriterOptions } from "../../../src/write/file/file-writer-options.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";
import { sampleFileFlow, sampleHeader } from "../../support/records/sample-records.ts";

const start = 1_700_000_000;
const soonMs = 5000;
const queue = { bytesMax: 1 << 20, whenFull: "drop" } as const;
/** Of one block each. */
const single = { blockBytesMax: 1 } as const;

function opened(options: Partial<FileWriterOptions> = {}, fake = new FakeFs()) {
  const all = { path: "x", rotateIntervalSec: 0, startSec: start, fs: fake, lock: () => 0 };
  const writer = new FileWriter({ ...all, ...options });
  writer.header(sampleHeader);
  return { fake, writer };
}

function flows(writer: FileWriter, count: number): void {
  for (let i = 0; i < count; i++) writer.fileFlow(sampleFileFlow(i));
}

const none = { diskFull: 0, diskFailed: 0, overBound: 0 };

describe("what is counted", () => {
  test("is what is in the files so far, also before the end", () => {
    const { fake, writer } = opened({ path: "d/", rotateIntervalSec: 1, ...single });
    for (let second = 1; second <= 3; second++) {
      flows(writer, 2);
      writer.flush();
      const { blocks, bytesWritten, bytesRaw, discarded } = writer.stats();
      const bytes = fake.files.keys().map((path) => fake.files.get(path)?.length ?? 0);
      expect(bytesWritten).toBe(bytes.reduce((sum, each) => sum + each));
      expect([blocks, bytesRaw > 0, discarded]).toEqual([3 * second, true, none]);
      writer.rotateDue(start + second);
    }
    writer.close();
    expect([writer.path, writer.stats().blocks]).toEqual(["", 10]);
  });

  test("is nothing where no file could be opened", () => {
    const fake = new FakeFs();
    const { writer } = opened({ startSec: null }, fake);
    writer.flush();
    fake.faults.push({ call: "open", code: "EROFS" });
    expect(() => writer.rotateDue(start)).toThrow("EROFS");
    flows(writer, 20_000);
    expect(writer.stats()).toMatchObject({
      ...{ failed: 20_000, bytesRaw: 0, bytesWritten: 0, blocks: 0, files: 0, removed: 0 },
    });
  });
});

describe("without a queue", () => {
  test("there is always room, and nothing to wait for", async () => {
    const { writer } = opened();
    expect([writer.hasRoom, await writer.drained(0), writer.stats().queued]).toEqual([
      ...[true, true, null],
    ]);
    writer.giveUp();
    writer.close();
    expect(writer.failure).toBeNull();
  });

  test("a file that fails is closed, once", () => {
    const { fake, writer } = opened(single);
    flows(writer, 2);
    fake.capacity = 0;
    expect(() => flows(writer, 1)).toThrow("ENOSPC");
    writer.close();
    writer.close();
    expect(fake.calls.filter((call) => call === "close x.part")).toHaveLength(1);
  });
});

test("what never had a header and no event makes no file", () => {
  const fake = new FakeFs();
  new FileWriter({ path: "x", rotateIntervalSec: 0, startSec: null, fs: fake }).close();
  expect(fake.calls).toEqual([]);
});

test("only with a queue a pipe is opened so that it is not waited for", () => {
  for (const more of [{ queue }, {}]) {
    const fake = new FakeFs();
    fake.isRegular = false;
    fake.openSync("x", fs.constants.O_CREAT, 0);
    opened({ path: "x", ...more }, fake);
    const again = fake.calls.filter((call) => call.startsWith("open /proc/self/fd/"));
    expect(again.length).toBe("queue" in more ? 1 : 0);
  }
});

test("its timer ends with it, and with a failure", async () => {
  const cleared = spyOn(globalThis, "clearInterval");
  const { writer } = opened({ queue });
  expect(cleared).not.toHaveBeenCalled();
  writer.close();
  expect(cleared).toHaveBeenCalledTimes(1);
  const { fake, writer: failing } = opened({ queue, ...single });
  await failing.drained(soonMs);
  fake.faults.push({ call: "write", code: "EIO" });
  flows(failing, 1);
  await failing.drained(soonMs);
  expect(failing.failure?.message).toContain("(EIO)");
  expect(cleared).toHaveBeenCalledTimes(2);
  cleared.mockRestore();
});

test.each([
  ["with a queue", { queue }, 6],
  ["without one, where nothing is looked at,", {}, 0],
])("names go on behind those that are there, %s", async (_, more, ahead) => {
  const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-names-"));
  fs.writeFileSync(join(folder, `${start + 5}`), "an earlier one");
  const options = { path: `${folder}/`, rotateIntervalSec: 0, startSec: start, lock: () => 0 };
  const writer = new FileWriter({ ...options, ...more });
  writer.header(sampleHeader);
  expect(writer.path).toBe(join(folder, `${start + ahead}`));
  writer.close();
  expect(await writer.drained(soonMs)).toBe(true);
  fs.rmSync(folder, { recursive: true });
});

describe("a new file", () => {
  test.each([
    ["at once", {}],
    ["behind a queue", { queue }],
  ])(
    "is told of before the old one ends, %s, and nobody of a wish there was not",
    async (_, more) => {
      const seen: string[] = [];
      const { writer } = opened({
        ...{ path: "d/", rotateIntervalSec: 10, ...more },
        beforeRotation: () => seen.push("before"),
        onReopened: ({ outcome, path }) => seen.push(`${outcome} ${path}`),
      });
      await writer.drained(soonMs);
      expect(writer.rotateDue(start + 10)).toBe(true);
      await writer.drained(soonMs);
      expect(seen).toEqual(["before"]);
      writer.wantReopen();
      expect(writer.rotateDue(start + 11)).toBe(true);
      writer.wantReopen();
      await writer.drained(soonMs);
      expect(writer.rotateDue(start + 20)).toBe(true);
      await writer.drained(soonMs);
      expect(seen).toEqual([
        ...["before", "before", `new d/${start + 11}`],
        ...["before", `new d/${start + 20}`],
      ]);
      expect(writer.path).toBe(`d/${start + 20}`);
    },
  );

  test("is wished for though nobody is told", () => {
    const { writer } = opened({ path: "d/", rotateIntervalSec: 10 });
    writer.wantReopen();
    expect(writer.rotateDue(start + 1)).toBe(true);
  });
});

describe("a file that was cut by another", () => {
  const cut = (fake: FakeFs) => {
    const file = fake.names.get("x.part") as { bytes: Buffer };
    file.bytes = Buffer.alloc(0);
  };

  test.each([0, 3])(
    "has %d blocks in vain; the next has a header, and what was not written",
    (before) => {
      const outcomes: string[] = [];
      const { fake, writer } = opened({ onReopened: ({ outcome }) => outcomes.push(outcome) });
      for (let i = 0; i < before; i++) {
        flows(writer, 1);
        writer.flush();
      }
      flows(writer, 2);
      const { recordsTotal } = writer.stats();
      // Where nothing is written yet it is the beginning of the file that is cut.
      if (before === 0) (fake.names.get("x.part") as { bytes: Buffer }).bytes = Buffer.alloc(0);
      else cut(fake);
      writer.wantReopen();
      expect(writer.rotateDue(start + 1)).toBe(true);
      writer.close();
      expect(outcomes).toEqual(["new"]);
      expect(writer.stats().recordsTotal).toBe(recordsTotal + (before === 0 ? 0 : 1));
      expect([...fake.names.keys()]).toEqual(["x"]);
    },
  );

  test("goes on where no other can be opened, with what was held back", () => {
    const outcomes: string[] = [];
    const { fake, writer } = opened({ onReopened: ({ outcome }) => outcomes.push(outcome) });
    flows(writer, 1);
    writer.flush();
    flows(writer, 2);
    cut(fake);
    fake.faults.push({ call: "open", code: "EROFS" });
    writer.wantReopen();
    expect(writer.rotateDue(start + 1)).toBe(false);
    writer.flush();
    expect([outcomes, writer.stats().blocks]).toEqual([["kept"], 2]);
  });
});

describe("a file has its full size", () => {
  /** Whether one of so many bytes or a little more is followed by another. */
  const isFull = (bytes: number, options: Partial<FileWriterOptions>) => {
    const { writer } = opened({ path: "d/", codec: "null", ...single, ...options });
    while (writer.stats().bytesWritten < bytes) flows(writer, 1);
    expect(writer.stats().bytesWritten).toBeLessThan(bytes + 500);
    const due = writer.rotateDue(start);
    writer.giveUp();
    writer.close();
    return due;
  };
  const keep = (bytes: number) => ({ keep: { files: null, ageSec: null, bytes } });

  test("where it was asked for, or at a quarter of what is kept, whichever is less", () => {
    expect([isFull(9000, {}), isFull(9000, { rotateBytes: 10_000 })]).toEqual([false, false]);
    expect(isFull(10_000, { rotateBytes: 10_000 })).toBe(true);
    expect([isFull(9000, keep(40_000)), isFull(10_000, keep(40_000))]).toEqual([false, true]);
    expect(isFull(10_000, { ...keep(80_000), rotateBytes: 10_000 })).toBe(true);
    expect(isFull(10_000, { ...keep(40_000), rotateBytes: 20_000 })).toBe(true);
  });
});
