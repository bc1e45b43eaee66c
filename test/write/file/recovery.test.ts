// What becomes of part files that dead writers have left: cut at each byte, damaged, empty, not ours,
// still being written; by the call and at the next start of an output.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { partsAt, recoverPart } from "../../../src/write/file/recovery.ts";
import { readFileByAvsc } from "../../support/records/avsc-sf.ts";
import { sampleFileFlow, sampleHeader, writeSample } from "../../support/records/sample-records.ts";

const base = fs.mkdtempSync(join(tmpdir(), "sysflow-recovery-"));
afterAll(() => fs.rmSync(base, { recursive: true }));

const start = 1_700_000_000;
/** Nobody else has a lock. */
const free = () => 0;
const taken = () => 11;
let files = 0;

/** A file of several blocks. */
function whole(): Buffer {
  const path = join(base, "whole.sf");
  const writer = new FileWriter({
    path,
    rotateIntervalSec: 0,
    startSec: start,
    blockBytesMax: 300,
  });
  writer.header(sampleHeader);
  writeSample(writer);
  for (let i = 0; i < 40; i++) {
    writer.fileFlow(sampleFileFlow(i));
  }
  writer.close();
  return fs.readFileSync(path);
}

const bytes = whole();

/** Where its header ends, then each block: behind a sync marker. */
function markersEnd(): readonly number[] {
  const marker = bytes.subarray(-16);
  const ends: number[] = [];
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 16)) {
    ends.push(at + 16);
  }
  return ends;
}

const [headEnd = 0, ...ends] = markersEnd();

function left(bytes: Uint8Array, name = `left-${files++}.sf`): string {
  const part = join(base, `${name}.part`);
  fs.writeFileSync(part, bytes);
  return part;
}

const final = (part: string) => part.slice(0, -".part".length);

test("cut at any byte, it is kept to its last whole block", async () => {
  const marks = new Set<number>([...ends, headEnd].flatMap((end) => [end - 1, end, end + 1]));
  for (let at = 0; at <= bytes.length; at += 97) marks.add(at);
  for (const length of [...marks].filter((at) => at >= 0 && at <= bytes.length)) {
    const part = left(bytes.subarray(0, length));
    const good = Math.max(0, ...ends.filter((end) => end <= length));
    const found = await recoverPart(part, free);
    expect(fs.existsSync(part)).toBe(false);
    if (good === 0) {
      expect(found).toMatchObject({ outcome: "empty", path: null, bytesCut: length });
      expect(fs.existsSync(final(part))).toBe(false);
    } else {
      expect(found).toMatchObject({ outcome: "whole", bytes: good, bytesCut: length - good });
      expect(fs.readFileSync(final(part)).equals(bytes.subarray(0, good))).toBe(true);
      expect(readFileByAvsc(final(part)).records.length).toBe(found.records);
      fs.rmSync(final(part));
    }
  }
});

test("what a loss of power leaves behind the last whole block is cut off: zeros, or another's", async () => {
  const end = ends.at(-2) ?? 0;
  for (const tail of [Buffer.alloc(5000), Buffer.from("Obj\x01 of something else entirely")]) {
    const part = left(Buffer.concat([bytes.subarray(0, end), tail]));
    const found = await recoverPart(part, free);
    expect(found).toMatchObject({ outcome: "whole", bytes: end, bytesCut: tail.length });
  }
});

describe("it is left alone", () => {
  test("while its writer lives, and where nobody can tell", async () => {
    for (const lock of [taken, () => 95, undefined]) {
      const part = left(bytes.subarray(0, -3));
      expect(await recoverPart(part, lock)).toMatchObject({ outcome: "alive" });
      expect(fs.statSync(part).size).toBe(bytes.length - 3);
      expect(fs.existsSync(final(part))).toBe(false);
    }
  });

  test.each([
    ["a text", Buffer.from("a download that another program has begun")],
    ["zeros", Buffer.alloc(100)],
  ])("where it is %s", async (_, content) => {
    const part = left(content);
    const found = await recoverPart(part, free);
    expect(found).toMatchObject({ outcome: "refused" });
    expect(found.why).toMatch(/^it is no SysFlow file: /);
    expect(fs.readFileSync(part).equals(content)).toBe(true);
  });

  test("where it is a link, a folder, or has another name", async () => {
    const target = left(bytes, "target");
    const link = join(base, "link.sf.part");
    fs.symlinkSync(target, link);
    fs.mkdirSync(join(base, "folder.sf.part"));
    const whys = [link, join(base, "folder.sf.part"), join(base, "whole.sf")].map(async (path) => {
      const { outcome, why } = await recoverPart(path, free);
      return [outcome, why];
    });
    expect(await Promise.all(whys)).toEqual([
      ["refused", "it is a symbolic link (ELOOP)"],
      ["refused", "it is a directory (EISDIR)"],
      ["refused", "its name does not end in .part"],
    ]);
    expect(fs.readFileSync(target).equals(bytes)).toBe(true);
  });

  test.skipIf(process.getuid?.() !== 0)("where it is another user's", async () => {
    const part = left(bytes.subarray(0, -3));
    fs.chownSync(part, 65534, 65534);
    expect(await recoverPart(part, free)).toMatchObject({ why: "it belongs to another user" });
    expect(fs.statSync(part).size).toBe(bytes.length - 3);
  });
});

describe("its name", () => {
  test("is that of the next second where it was taken", async () => {
    const part = left(bytes, `out.${start}.sf`);
    fs.writeFileSync(final(part), "mine");
    const { path } = await recoverPart(part, free);
    expect(path).toBe(join(base, `out.${start + 1}.sf`));
    expect(fs.readFileSync(final(part), "utf8")).toBe("mine");
  });

  test("that has no time replaces nothing", async () => {
    const part = left(bytes, "named.sf");
    fs.writeFileSync(final(part), "mine");
    expect(await recoverPart(part, free)).toMatchObject({ why: "it exists already (EEXIST)" });
    expect(fs.readFileSync(final(part), "utf8")).toBe("mine");
    expect(fs.readFileSync(part).equals(bytes)).toBe(true);
  });

  test("that it has got already is the only one from now on", async () => {
    const part = left(bytes, "twice.sf");
    fs.linkSync(part, final(part));
    expect(await recoverPart(part, free)).toMatchObject({ outcome: "whole", path: final(part) });
    expect(fs.existsSync(part)).toBe(false);
  });
});

test("the part files of a place are its own, or those in the folder", () => {
  const folder = join(base, "places");
  fs.mkdirSync(folder);
  for (const name of ["b.part", "a.part", "c.sf"]) {
    fs.writeFileSync(join(folder, name), "12345");
  }
  const parts = [join(folder, "a.part"), join(folder, "b.part")];
  expect(partsAt([folder])).toEqual({ parts, bytes: 10 });
  expect(partsAt([join(folder, "c.sf")]).parts).toEqual([join(folder, "c.sf")]);
  expect(() => partsAt([join(folder, "none")])).toThrow("no such file or directory (ENOENT)");
});

test("the next start recovers those of its own names, says so, and writes beside", async () => {
  const folder = join(base, "next");
  fs.mkdirSync(folder);
  const cut = bytes.length - 3;
  const here = (name: string) => join(folder, name);
  fs.writeFileSync(here(`out.${start - 9}.sf.part`), bytes.subarray(0, cut));
  fs.writeFileSync(here(`out.${start - 5}.sf.part`), "");
  fs.writeFileSync(here(`out.${start - 3}.sf.part`), "not ours");
  fs.writeFileSync(here(`other.${start}.sf.part`), bytes.subarray(0, cut));
  const notices: string[] = [];
  const writer = new FileWriter({
    path: here("out"),
    rotateIntervalSec: 100,
    startSec: start - 20,
    suffix: ".sf",
    lock: free,
    queue: { bytesMax: 1 << 20, whenFull: "drop", onDiskFull: "discard" },
    onNotice: (message) => notices.push(message),
  });
  writer.header(sampleHeader);
  while (notices.length < 3) {
    await Bun.sleep(5);
  }
  writer.close();
  await writer.drained(2000);
  expect(notices.map((text) => text.replaceAll(`${folder}/`, "").replace(/\d+ b/, "N b"))).toEqual([
    `out.${start - 9}.sf.part was left by a writer that died: now out.${start - 9}.sf, ` +
      `${readFileByAvsc(here(`out.${start - 9}.sf`)).records.length} records kept, ` +
      "N bytes cut off behind the last whole block",
    `out.${start - 5}.sf.part was left by a writer that died: removed, ` +
      "no whole block was in its N bytes",
    `cannot recover out.${start - 3}.sf.part: it is no SysFlow file: it begins otherwise; ` +
      "it stays as it is",
  ]);
  expect(writer.stats()).toMatchObject({ recovered: 1 });
  // Names go on behind those that are there, though the clock was set back.
  expect(fs.readdirSync(folder).sort()).toEqual([
    `other.${start}.sf.part`,
    `out.${start - 9}.sf`,
    `out.${start - 3}.sf.part`,
    `out.${start - 2}.sf`,
  ]);
});
