// The file sink as a whole: what it writes is read back and checked; rotation, statistics, contract
// and every failure.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../../src/base/errors.ts";
import { OP_EXEC } from "../../../src/sysflow/op-flags.gen.ts";
import { sysFlowSchemaJson } from "../../../src/sysflow/schema.ts";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import type { FileWriterOptions } from "../../../src/write/file/file-writer-options.ts";
import { readByAvsc, readFileByAvsc } from "../../support/records/avsc-sf.ts";
import { checkSf } from "../../support/records/check-sf.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";
import {
  sampleCount,
  sampleFileFlow,
  sampleHeader,
  sampleProcessEvent,
  writeSample,
} from "../../support/records/sample-records.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-writer-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const start = 1_700_000_000;

test("the sample is written and passes the checker", () => {
  const path = join(folder, "sample.sf");
  const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: start });
  writer.header(sampleHeader);
  writeSample(writer);
  writer.close();
  const records = readByAvsc(path);
  expect(records.map((record) => record.kind)).toEqual([
    "SFHeader",
    "Container",
    "Process",
    "Process",
    "ProcessEvent",
    "File",
    "File",
    "FileEvent",
    "FileFlow",
    "NetworkFlow",
    "ProcessFlow",
    "ProcessEvent",
  ]);
  expect(records[0]?.rec).toEqual({ version: 5n, exporter: "tests", ip: "", filename: path });
  expect(checkSf(path)).toEqual([]);
});

test("in schema 6 a file has that schema, and its header must name it", () => {
  const path = join(folder, "six.sf");
  const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: start, schema: 6 });
  expect(() => writer.header(sampleHeader)).toThrow("the header names the schema of its file");
  writer.header({ ...sampleHeader, version: 6 });
  writeSample(writer);
  writer.close();
  const { records, schemaJson } = readFileByAvsc(path);
  expect(schemaJson).toBe(sysFlowSchemaJson(6));
  expect(records[0]?.rec["version"]).toBe(6n);
  expect(records.find(({ kind }) => kind === "FileEvent")?.rec["args"]).toEqual([]);
  expect(records.find(({ kind }) => kind === "NetworkFlow")?.rec).toMatchObject({
    sip6: null,
    dip6: null,
  });
  expect(checkSf(path)).toEqual([]);
});

test("the caller may change a record as soon as the method is back", () => {
  const path = join(folder, "changed.sf");
  const writer = opened({ path });
  const flow = sampleFileFlow(120);
  writer.fileFlow(flow);
  flow.numRRecvBytes = 1;
  writer.fileFlow(flow);
  writer.close();
  expect(readByAvsc(path).map((record) => record.rec["numRRecvBytes"])).toEqual([
    undefined,
    8192n,
    1n,
  ]);
});

test("statistics count records by kind, bytes and blocks", () => {
  const path = join(folder, "stats.sf");
  const writer = opened({ path, blockBytesMax: 500 });
  writeSample(writer);
  writer.close();
  const stats = writer.stats();
  const file = readFileByAvsc(path);
  expect(stats.records).toEqual({
    SFHeader: 1,
    Container: 1,
    Process: 2,
    File: 2,
    ProcessEvent: 2,
    NetworkFlow: 1,
    FileFlow: 1,
    FileEvent: 1,
    NetworkEvent: 0,
    ProcessFlow: 1,
    Pod: 0,
    K8sEvent: 0,
  });
  expect([stats.recordsTotal, stats.failed, stats.files]).toEqual([sampleCount + 1, 0, 1]);
  expect(stats.bytesWritten).toBe(fs.statSync(path).size);
  expect(stats.blocks).toBe(file.blocks.length);
  expect(stats.bytesRaw).toBe(file.blocks.reduce((sum, block) => sum + block.rawBytes, 0));
  expect(stats.blocks).toBeGreaterThan(1);
});

test("flush shows a reader all records so far", () => {
  const path = join(folder, "flush.sf");
  const writer = opened({ path });
  writer.fileFlow(sampleFileFlow(1));
  expect(readByAvsc(`${path}.part`).length).toBe(0);
  writer.flush();
  expect(readByAvsc(`${path}.part`).length).toBe(2);
  expect(fs.existsSync(path)).toBe(false);
  writer.close();
  expect(fs.existsSync(`${path}.part`)).toBe(false);
  expect(readByAvsc(path).length).toBe(2);
});

test("a record of half a megabyte is written whole", () => {
  const path = join(folder, "large.sf");
  const writer = opened({ path });
  const args = Array.from({ length: 5000 }, (_, i) => `argument ${i} ${"é".repeat(45)}`);
  writer.processEvent({ ...sampleProcessEvent(OP_EXEC, 1), args });
  writer.fileFlow(sampleFileFlow(2));
  writer.close();
  const records = readByAvsc(path);
  expect(records[1]?.rec["args"]).toEqual(args);
  expect(records[2]?.kind).toBe("FileFlow");
});

describe("rotation", () => {
  test("each file has one header with its own path, and no record is lost between", () => {
    const writer = opened({ path: `${join(folder, "rotating")}`, rotateIntervalSec: 10 });
    const paths = [writer.path];
    for (let sec = start; sec < start + 35; sec++) {
      if (writer.rotateDue(sec)) {
        paths.push(writer.path);
      }
      writer.fileFlow(sampleFileFlow(sec - start));
    }
    writer.close();
    expect(paths.map((path) => path.slice(-11))).toEqual(
      [0, 10, 20, 30].map((sec) => `.${start + sec}`),
    );
    expect(paths.map((path) => readByAvsc(path).length)).toEqual([11, 11, 11, 6]);
    expect(paths.map((path) => readByAvsc(path)[0]?.rec["filename"])).toEqual(paths);
    expect(writer.stats()).toMatchObject({ files: 4, recordsTotal: 39, failed: 0 });
    const sizes = paths.map((path) => fs.statSync(path).size);
    expect(writer.stats().bytesWritten).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });

  test("the old file is complete before the new name appears", () => {
    const fake = new FakeFs();
    const writer = opened({ path: "d/", rotateIntervalSec: 1, fs: fake });
    writer.rotateDue(start + 1);
    const order = fake.calls.map((call) => call.split(" ").slice(0, 2).join(" "));
    const [oldPath, newPath] = [`d/${start}`, `d/${start + 1}`];
    expect(order.slice(1, 6)).toEqual([
      `sync ${oldPath}.part`,
      `link ${oldPath}`,
      `close ${oldPath}.part`,
      "sync d",
      "close d",
    ]);
    expect(order[6]).toBe(`open ${newPath}.part`);
  });

  test("a stamped name that another writer has taken is left alone", () => {
    const path = `${join(folder, "taken")}/`;
    fs.mkdirSync(path);
    fs.writeFileSync(`${path}${start}`, "mine");
    const writer = opened({ path });
    expect(writer.path).toBe(`${path}${start + 1}`);
    writer.close();
    expect(fs.readFileSync(`${path}${start}`, "utf8")).toBe("mine");
  });

  test("with event time the first tick names the file", () => {
    const prefix = join(folder, "event-time");
    const writer = new FileWriter({ path: prefix, rotateIntervalSec: 10, startSec: null });
    writer.header(sampleHeader);
    expect(writer.path).toBe("");
    expect(writer.rotateDue(1000)).toBe(false);
    writer.fileFlow(sampleFileFlow(1));
    expect(writer.rotateDue(1010)).toBe(true);
    writer.close();
    expect(readByAvsc(`${prefix}.1000`).length).toBe(2);
    expect(readByAvsc(`${prefix}.1010`).length).toBe(1);
  });

  test("with event time and no event there is still a file with its header", () => {
    const path = join(folder, "no-event.sf");
    const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: null });
    writer.header(sampleHeader);
    writer.close();
    expect(readByAvsc(path).map((record) => record.kind)).toEqual(["SFHeader"]);
  });
});

describe("failures", () => {
  test("on a full disk the file ends with its last whole block and every loss is counted", () => {
    const fake = new FakeFs();
    const writer = opened({ path: "x", fs: fake, blockBytesMax: 500 });
    for (let i = 0; i < 20; i++) {
      writer.fileFlow(sampleFileFlow(i));
    }
    fake.capacity = (fake.files.get("x")?.length ?? 0) + 10;
    const error = thrownBy(() => {
      for (let i = 20; i < 100; i++) {
        writer.fileFlow(sampleFileFlow(i));
      }
    });
    expect(error.message).toContain("no space left on device (ENOSPC)");
    expect(writer.failure).toBe(error);
    writeSample(writer);
    expect(writer.rotateDue(start + 1000)).toBe(false);
    writer.flush();
    writer.close();
    const stats = writer.stats();
    const written = readBack(fake, "x");
    expect(stats.recordsTotal - stats.failed).toBe(written);
    expect(stats.failed).toBeGreaterThan(sampleCount);
    expect(written).toBeGreaterThan(10);
  });

  test("a failure at close counts what was pending", () => {
    const fake = new FakeFs();
    const writer = opened({ path: "x", fs: fake });
    writeSample(writer);
    fake.capacity = 0;
    expect(thrownBy(() => writer.close()).code).toBe("OUTPUT_WRITE_FAILED");
    expect(writer.stats()).toMatchObject({ failed: sampleCount + 1, blocks: 0 });
    writer.close();
  });

  test("where the next file cannot be opened the old one is complete", () => {
    const fake = new FakeFs();
    const writer = opened({ path: "d/", rotateIntervalSec: 1, fs: fake });
    writeSample(writer);
    fake.faults.push({ call: "open", code: "EROFS" });
    expect(thrownBy(() => writer.rotateDue(start + 1)).message).toContain("EROFS");
    writeSample(writer);
    writer.close();
    expect(readBack(fake, `d/${start}`)).toBe(sampleCount + 1);
    expect(writer.stats()).toMatchObject({ recordsTotal: 23, failed: sampleCount });
  });

  test("an output that cannot be opened is reported at once", () => {
    const path = join(folder, "absent/deep/x.sf");
    const open = () => new FileWriter({ path, rotateIntervalSec: 0, startSec: start });
    expect(thrownBy(open).code).toBe("OUTPUT_OPEN_FAILED");
  });
});

describe("contract", () => {
  test("a record before the header, after close, or before the file is a bug", () => {
    const path = join(folder, "contract.sf");
    const other = join(folder, "early.sf");
    const early = new FileWriter({ path: other, rotateIntervalSec: 0, startSec: start });
    expect(() => early.fileFlow(sampleFileFlow(1))).toThrow("assertion");
    const closed = opened({ path });
    closed.close();
    closed.close();
    expect(() => closed.fileFlow(sampleFileFlow(1))).toThrow("assertion");
    const unnamed = new FileWriter({ path, rotateIntervalSec: 0, startSec: null });
    unnamed.header(sampleHeader);
    expect(() => unnamed.fileFlow(sampleFileFlow(1))).toThrow("assertion");
  });

  test("a second header is a bug", () => {
    const writer = opened({ path: join(folder, "headers.sf") });
    expect(() => writer.header(sampleHeader)).toThrow("assertion");
    writer.close();
  });

  test("closing without a header leaves no file: no reader could make anything of it", () => {
    const path = join(folder, "bare.sf");
    new FileWriter({ path, rotateIntervalSec: 0, startSec: start }).close();
    expect([path, `${path}.part`].filter((each) => fs.existsSync(each))).toEqual([]);
  });
});

function opened(options: Partial<FileWriterOptions> & { path: string }): FileWriter {
  const writer = new FileWriter({ rotateIntervalSec: 0, startSec: start, ...options });
  writer.header(sampleHeader);
  return writer;
}

function readBack(fake: FakeFs, name: string): number {
  const path = join(folder, "read-back.sf");
  fs.writeFileSync(path, fake.files.get(name) ?? "");
  return readByAvsc(path).length;
}

function thrownBy(act: () => unknown): OperatorError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return error as OperatorError;
  }
  throw new Error("nothing was thrown");
}

describe("re-opening", () => {
  /** A writer into `name`, and what became of its wishes. */
  function reopening(name: string, rotateIntervalSec = 0) {
    const outcomes: string[] = [];
    const path = join(folder, name);
    const onReopened = ({ outcome }: { outcome: string }) => outcomes.push(outcome);
    // Nobody else has a lock here.
    const writer = opened({ path, rotateIntervalSec, onReopened, lock: () => 0 });
    writer.fileFlow(sampleFileFlow(1));
    return { path, part: `${path}.part`, writer, outcomes };
  }

  test("waits for the next tick, and is done once", () => {
    const { path, writer, outcomes } = reopening("waits", 1000);
    writer.wantReopen();
    expect([writer.rotateDue(start + 1), writer.rotateDue(start + 2)]).toEqual([true, false]);
    writer.close();
    expect(outcomes).toEqual(["new"]);
    expect([start, start + 1].map((sec) => readByAvsc(`${path}.${sec}`).length)).toEqual([2, 1]);
  });

  test("a rotation that is due is one already", () => {
    const { writer, outcomes } = reopening("due", 10);
    writer.wantReopen();
    expect([writer.rotateDue(start + 10), writer.rotateDue(start + 11)]).toEqual([true, false]);
    expect(outcomes).toEqual(["new"]);
    writer.close();
  });

  test("a file that is where it was goes on, with what was pending", () => {
    const { part, path, writer, outcomes } = reopening("stays.sf");
    writer.wantReopen();
    expect(writer.rotateDue(start + 1)).toBe(false);
    expect(readByAvsc(part).length).toBe(2);
    writer.fileFlow(sampleFileFlow(2));
    writer.close();
    expect(outcomes).toEqual(["same"]);
    expect(readByAvsc(path).length).toBe(3);
  });

  test.each([
    ["moved away", (path: string) => fs.renameSync(path, `${path}.1`), 2],
    [
      "moved, and made anew",
      (path: string) => {
        fs.renameSync(path, `${path}.1`);
        fs.writeFileSync(path, "");
      },
      2,
    ],
    [
      "copied and cut",
      (path: string) => {
        fs.copyFileSync(path, `${path}.1`);
        fs.truncateSync(path, 0);
      },
      0,
    ],
    ["removed", (path: string) => fs.rmSync(path), null],
  ])("a file that was %s is opened by its name again", (name, rotate, before) => {
    const { part, path, writer, outcomes } = reopening(`${name.replaceAll(/\W/g, "-")}.sf`);
    rotate(part);
    writer.wantReopen();
    expect(writer.rotateDue(start + 1)).toBe(true);
    writer.fileFlow(sampleFileFlow(2));
    writer.close();
    expect(outcomes).toEqual(["new"]);
    expect(readByAvsc(path).length).toBe(before === 0 ? 3 : 2);
    if (before !== null) {
      expect(readByAvsc(`${part}.1`).length).toBe(before);
    }
  });

  test("where the new one cannot be opened the old one goes on", () => {
    const { part, path, writer, outcomes } = reopening("kept.sf");
    fs.renameSync(part, `${part}.1`);
    fs.mkdirSync(path);
    writer.wantReopen();
    expect(writer.rotateDue(start + 1)).toBe(false);
    writer.fileFlow(sampleFileFlow(2));
    writer.close();
    expect(outcomes).toEqual(["kept"]);
    expect(readByAvsc(`${part}.1`).length).toBe(3);
  });
});
