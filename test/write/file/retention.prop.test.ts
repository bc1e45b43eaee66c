// Bounds on the files of one output, on a real disk: whatever comes, the sum is never above its bound,
// not for a moment, the oldest goes first, and nothing of others is touched.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import type { FileWriterOptions } from "../../../src/write/file/file-writer-options.ts";
import { stampOf } from "../../../src/write/file/rotation.ts";
import { readByAvsc } from "../../support/records/avsc-sf.ts";
import { sampleFileFlow, sampleHeader } from "../../support/records/sample-records.ts";

const base = fs.mkdtempSync(join(tmpdir(), "sysflow-keep-"));
afterAll(() => fs.rmSync(base, { recursive: true }));

const start = 1_700_000_000;
const form = { folder: "", prefix: "out.", suffix: ".sf" };
let folders = 0;

function newFolder(): string {
  const folder = join(base, `${folders++}`);
  fs.mkdirSync(folder);
  return folder;
}

function opened(folder: string, options: Partial<FileWriterOptions> = {}): FileWriter {
  const writer = new FileWriter({
    path: join(folder, "out"),
    rotateIntervalSec: 1,
    startSec: start,
    suffix: ".sf",
    // Nobody lives whose part files are there.
    lock: () => 0,
    queue: { bytesMax: 1 << 20, whenFull: "drop", onDiskFull: "discard" },
    codec: "null",
    ...options,
  });
  writer.header(sampleHeader);
  return writer;
}

const namesOf = (folder: string) =>
  fs
    .readdirSync(folder)
    .filter((name) => stampOf(form, name.replace(/\.part$/, "")) !== null)
    .sort();
/** A file that has both its names for a moment is one. */
const sizesOf = (folder: string) => {
  const files = namesOf(folder).map((name) =>
    fs.lstatSync(join(folder, name), { throwIfNoEntry: false }),
  );
  return [...new Map(files.map((stats) => [stats?.ino, stats?.size ?? 0])).values()];
};
const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);

/** What must be there to the end: of others by name, by form or by kind. */
function othersIn(folder: string): () => void {
  const target = join(base, `target-${folders}`);
  fs.writeFileSync(target, "precious");
  const others = ["out", "out.sf", "out.1", "out.1x.sf", "out.-1.sf", "xout.1.sf", "notes.txt"];
  for (const name of others) {
    fs.writeFileSync(join(folder, name), name);
  }
  fs.symlinkSync(target, join(folder, "out.5.sf"));
  fs.mkdirSync(join(folder, "out.6.sf"));
  return () => {
    expect(others.map((name) => fs.readFileSync(join(folder, name), "utf8"))).toEqual(others);
    expect(fs.readFileSync(target, "utf8")).toBe("precious");
    expect(fs.lstatSync(join(folder, "out.5.sf")).isSymbolicLink()).toBe(true);
    expect(fs.statSync(join(folder, "out.6.sf")).isDirectory()).toBe(true);
  };
}

test("the sum of bytes is never above its bound, over runs, and nothing of others is touched", async () => {
  const turn = fc.record({ records: fc.nat(60), seconds: fc.nat(2) });
  const runs = fc.array(fc.array(turn, { minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 40_000, max: 90_000 }), async (all, bytes) => {
      const folder = newFolder();
      const untouched = othersIn(folder);
      let second = start;
      let highest = 0;
      const look = () => {
        highest = Math.max(highest, sum(sizesOf(folder)));
      };
      for (const turns of all) {
        const keep = { files: null, ageSec: null, bytes };
        const writer = opened(folder, { startSec: second, keep, blockBytesMax: 2000 });
        for (const { records, seconds } of turns) {
          for (let i = 0; i < records; i++) {
            writer.fileFlow(sampleFileFlow(i));
          }
          second += seconds;
          writer.rotateDue(second);
          await Bun.sleep(0);
          look();
          await writer.drained(2000);
          look();
        }
        writer.close();
        expect(await writer.drained(2000)).toBe(true);
        look();
        const { discarded, recordsTotal } = writer.stats();
        expect(discarded.diskFull + discarded.diskFailed).toBe(0);
        expect(recordsTotal).toBeGreaterThan(discarded.overBound);
        second += 5;
      }
      expect(highest).toBeLessThanOrEqual(bytes - sum(dirBytes(folder)));
      for (const name of namesOf(folder).filter((each) => !/\.[56]\./.test(each))) {
        expect(readByAvsc(join(folder, name))[0]?.kind).toBe("SFHeader");
      }
      untouched();
    }),
    { numRuns: 15 },
  );
}, 120_000);

/** Links and folders with such names count in `sizesOf`, though they are not ours. */
function dirBytes(folder: string): number[] {
  return ["out.5.sf", "out.6.sf"].map((name) => -fs.lstatSync(join(folder, name)).size);
}

describe("a bound", () => {
  test("on the number of files counts the one being written, and those of an earlier run", async () => {
    const folder = newFolder();
    const untouched = othersIn(folder);
    for (let i = 1; i <= 10; i++) {
      fs.writeFileSync(join(folder, `out.${start - i}.sf`), "an earlier one");
    }
    const writer = opened(folder, { keep: { files: 4, ageSec: null, bytes: null } });
    for (let second = 1; second <= 8; second++) {
      writer.fileFlow(sampleFileFlow(second));
      await writer.drained(2000);
      writer.rotateDue(start + second);
      await writer.drained(2000);
      await Bun.sleep(20);
      const names = namesOf(folder).filter((name) => !/\.[56]\./.test(name));
      expect(names.length).toBeLessThanOrEqual(4);
    }
    writer.close();
    await writer.drained(2000);
    const left = namesOf(folder).filter((name) => !/\.[56]\./.test(name));
    expect(left).toEqual([5, 6, 7, 8].map((second) => `out.${start + second}.sf`));
    expect(writer.stats().removed).toBe(15);
    untouched();
  });

  test("on their age goes by the last change", async () => {
    const folder = newFolder();
    for (const [name, hours] of [
      ["a", 3],
      ["b", 1],
    ] as const) {
      const path = join(folder, `out.${start - hours}.sf`);
      fs.writeFileSync(path, name);
      const changed = Date.now() / 1000 - hours * 3600;
      fs.utimesSync(path, changed, changed);
    }
    const writer = opened(folder, {
      keep: { files: null, ageSec: 7200, bytes: null },
      flushMs: 20,
    });
    await Bun.sleep(100);
    writer.close();
    await writer.drained(2000);
    expect(namesOf(folder)).toEqual([`out.${start - 1}.sf`, `out.${start}.sf`]);
  });
});

describe("what cannot be kept within a bound", () => {
  test("is discarded, where it comes at once, and counted; then it goes on", async () => {
    const folder = newFolder();
    const keep = { files: null, ageSec: null, bytes: 12_000 };
    const writer = opened(folder, { keep, blockBytesMax: 2000 });
    for (let i = 0; i < 500; i++) {
      writer.fileFlow(sampleFileFlow(i));
    }
    await writer.drained(2000);
    expect(sum(sizesOf(folder))).toBeLessThanOrEqual(12_000);
    let tries = 0;
    while (!writer.rotateDue(start + 1)) {
      expect(++tries).toBeLessThan(200);
      await Bun.sleep(20);
    }
    writer.fileFlow(sampleFileFlow(1));
    writer.close();
    await writer.drained(2000);
    const { discarded, recordsTotal, failed, dropped } = writer.stats();
    expect(discarded.overBound).toBeGreaterThan(100);
    expect([failed, dropped]).toEqual([0, 0]);
    expect(recordsTotal).toBeGreaterThan(discarded.overBound);
    expect(sum(sizesOf(folder))).toBeLessThanOrEqual(12_000);
  });

  test("since a file cannot be removed is told of", async () => {
    const folder = newFolder();
    const notices: string[] = [];
    for (let i = 1; i <= 3; i++) {
      fs.writeFileSync(join(folder, `out.${start - i}.sf`), "x");
    }
    const real = fs.promises.unlink;
    const writer = opened(folder, {
      keep: { files: 2, ageSec: null, bytes: null },
      onNotice: (message) => notices.push(message),
    });
    fs.promises.unlink = () => Promise.reject(Object.assign(new Error("x"), { code: "EPERM" }));
    try {
      await Bun.sleep(50);
    } finally {
      fs.promises.unlink = real;
    }
    writer.close();
    await writer.drained(2000);
    expect(notices[0]).toMatch(/^cannot remove the old file .*\(EPERM\); it stays$/);
    expect(writer.stats().removed).toBe(0);
  });
});
