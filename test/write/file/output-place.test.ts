// What a path leads to: pipes and devices, folders, and folders that others may write into.

import { afterAll, describe, expect, spyOn, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { folderRisk, hasReader, isFolder } from "../../../src/write/file/output-place.ts";
import { sampleHeader } from "../../support/records/sample-records.ts";

const base = fs.mkdtempSync(join(tmpdir(), "sysflow-place-"));
afterAll(() => fs.rmSync(base, { recursive: true }));

test.each([
  ["/dev/null", true, false],
  ["/tmp", false, true],
  ["absent/", false, true],
  ["absent", false, false],
  [import.meta.path, false, false],
  [`${import.meta.path}/below-a-file`, false, false],
])("%s: a reader: %p, a folder: %p", (path, reader, folder) => {
  expect([hasReader(path), isFolder(path)]).toEqual([reader, folder]);
});

test("a device keeps its name, whatever the interval and the suffix", async () => {
  const writer = new FileWriter({
    path: "/dev/null",
    rotateIntervalSec: 1,
    rotateBytes: 1,
    suffix: ".sf",
    startSec: 1000,
    queue: { bytesMax: 1 << 20, whenFull: "drop", onDiskFull: "discard" },
  });
  writer.header(sampleHeader);
  expect(writer.path).toBe("/dev/null");
  expect(writer.rotateDue(2000)).toBe(false);
  writer.close();
  expect(await writer.drained(2000)).toBe(true);
  expect(writer.stats()).toMatchObject({ files: 1, failed: 0 });
});

describe("a folder that every user may write into is told of", () => {
  test.each([
    [0o755, false],
    [0o770, false],
    [0o777, true],
    [0o1777, false],
  ])("%o: %p", (mode, isRisk) => {
    const folder = join(base, mode.toString(8));
    fs.mkdirSync(folder);
    fs.chmodSync(folder, mode);
    expect(folderRisk(folder) !== null).toBe(isRisk);
  });

  test.skipIf(process.getuid?.() !== 0)("also where it is sticky, but another user's", () => {
    const folder = join(base, "theirs");
    fs.mkdirSync(folder);
    fs.chmodSync(folder, 0o1777);
    fs.chownSync(folder, 65534, 65534);
    expect(folderRisk(folder)).toBe(
      `every user may write into ${folder}: they can remove or replace what is written there; ` +
        "use a folder that only its owner may write into",
    );
  });

  test("but not where it is sticky and root's, whoever we are", () => {
    const folder = join(base, "ours");
    fs.mkdirSync(folder);
    fs.chmodSync(folder, 0o1777);
    const ours = fs.statSync(folder).uid;
    const user = spyOn(process, "geteuid").mockReturnValue(ours + 1);
    expect(folderRisk(folder) === null).toBe(ours === 0);
    user.mockReturnValue(ours);
    expect(folderRisk(folder)).toBeNull();
    user.mockRestore();
  });

  test("one that is not there is not", () => {
    expect(folderRisk(join(base, "absent"))).toBeNull();
  });
});
