// Records to files, pipes and devices in one stream: what arrives, what a reader that does not read or
// a full disk costs, and that every record is written or counted.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OperatorError } from "../../../src/base/errors.ts";
import type { RecordReceiver } from "../../../src/sysflow/record-sink.ts";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { knownFile } from "../../../src/write/known-file.ts";
import { ContainerStream } from "../../../src/write/stream/container-stream.ts";
import { JsonWriter } from "../../../src/write/stream/json-writer.ts";
import { openStream } from "../../../src/write/stream/open-stream.ts";
import { StreamQueue, type StreamQueueOptions } from "../../../src/write/stream/stream-queue.ts";
import { readSf } from "../../support/records/read-sf.ts";
import {
  sampleCount,
  sampleFileFlow,
  sampleHeader,
  sampleParent,
  writeSample,
} from "../../support/records/sample-records.ts";

setDefaultTimeout(60_000);

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-streams-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const bytesMax = 256 * 1024;

function queueTo(path: string, options: Partial<StreamQueueOptions> = {}): StreamQueue {
  return new StreamQueue(openStream(path, []), { bytesMax, whenFull: "drop", ...options });
}

function lines(path: string): Record<string, unknown>[] {
  const text = fs.readFileSync(path, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const kindsOfSample = [
  ...["SFHeader", "Container", "Process", "Process", "ProcessEvent", "File", "File"],
  ...["FileEvent", "FileFlow", "NetworkFlow", "ProcessFlow", "ProcessEvent"],
];

function fifo(name: string): string {
  const path = join(folder, name);
  expect(spawnSync("/usr/bin/mkfifo", [path]).status).toBe(0);
  return path;
}

describe("a file of lines", () => {
  test("has each record, is its owner's alone and begins anew", async () => {
    const path = join(folder, "lines.jsonl");
    fs.writeFileSync(path, "what was there before\n".repeat(1000));
    fs.chmodSync(path, 0o600);
    const writer = new JsonWriter({ queue: queueTo(path), schema: 5, filename: path });
    writer.header(sampleHeader);
    writeSample(writer);
    writer.close();
    expect(await writer.drained(30_000)).toBe(true);
    const records = lines(path);
    expect(records.map(({ rec }) => rec)).toEqual(kindsOfSample);
    expect(records[0]?.["filename"]).toBe(path);
    const { records: counts, recordsTotal, bytesWritten } = writer.stats();
    expect([counts.Process, recordsTotal]).toEqual([2, sampleCount + 1]);
    expect(bytesWritten).toBe(fs.statSync(path).size);
    const fresh = join(folder, "fresh.jsonl");
    queueTo(fresh).end();
    expect(fs.statSync(fresh).mode & 0o777).toBe(0o600);
  });

  test("grows while it is written, and holds lines of any length", async () => {
    const path = join(folder, "long.jsonl");
    const queue = queueTo(path, { bytesMax: 2 ** 24 });
    const writer = new JsonWriter({ queue, schema: 5, filename: path });
    writer.header(sampleHeader);
    const end = performance.now() + 30_000;
    while (fs.statSync(path).size === 0 && performance.now() < end) await Bun.sleep(5);
    expect(lines(path).length).toBe(1);
    writer.process({ ...sampleParent(), exeArgs: "é".repeat(300_000) });
    for (let i = 0; i < 1000; i++) writer.fileFlow(sampleFileFlow(i));
    writer.close();
    await writer.drained(30_000);
    const records = lines(path);
    expect(records.length).toBe(1002);
    expect(records[1]?.["exeArgs"]).toBe("é".repeat(300_000));
  });
});

describe("a container file through a pipe", () => {
  async function throughCat(write: (path: string) => Promise<void>, name: string): Promise<string> {
    const path = fifo(name);
    const copy = join(folder, `${name}.sf`);
    const cat = spawn("/bin/cat", [path], { stdio: ["ignore", fs.openSync(copy, "w"), "inherit"] });
    const ended = new Promise((resolve) => cat.once("exit", resolve));
    await write(path);
    await ended;
    return copy;
  }

  test("has what a file has but for its name, and the same bytes each time", async () => {
    const markerSeed = Buffer.from("seed");
    const writeAll = (to: RecordReceiver) => {
      writeSample(to);
      for (let i = 0; i < 20_000; i++) to.fileFlow(sampleFileFlow(i));
    };
    const writeTo = (name: string) =>
      throughCat(async (path) => {
        const writer = new ContainerStream({
          ...{ queue: queueTo(path, { bytesMax: 2 ** 26 }), schema: 5, markerSeed, flushMs: null },
        });
        writer.header(sampleHeader);
        writeAll(writer);
        writer.close();
        expect(await writer.drained(30_000)).toBe(true);
        expect(writer.stats()).toMatchObject({ dropped: 0, failed: 0, recordsTotal: 20_012 });
      }, name);
    const copy = await writeTo("pipe");
    const path = join(folder, "file.sf");
    const options = { path, rotateIntervalSec: 0, startSec: 0, markerSeed };
    const file = new FileWriter(options);
    file.header(sampleHeader);
    writeAll(file);
    file.close();
    const [first, ...rest] = readSf(copy);
    const [fileFirst, ...fileRest] = readSf(path);
    expect(first?.rec).toEqual({ ...fileFirst?.rec, filename: "" });
    expect(rest).toEqual(fileRest);
    const again = await writeTo("again");
    expect(fs.readFileSync(again).equals(fs.readFileSync(copy))).toBe(true);
  });

  test("has a block after its time, so that a reader sees what is there", async () => {
    const path = fifo("slow-pipe");
    const reader = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const writer = new ContainerStream({ queue: queueTo(path), schema: 5, flushMs: 50 });
    writer.header(sampleHeader);
    writeSample(writer);
    const copy = join(folder, "slow.sf");
    const end = performance.now() + 30_000;
    let records = 0;
    const bytes = Buffer.alloc(65_536);
    while (records === 0 && performance.now() < end) {
      await Bun.sleep(20);
      try {
        fs.appendFileSync(copy, bytes.subarray(0, fs.readSync(reader, bytes)));
        records = readSf(copy).length;
      } catch {
        // Nothing yet, or not a whole block.
      }
    }
    expect(records).toBe(sampleCount + 1);
    fs.closeSync(reader);
    writer.process(sampleParent());
    writer.close();
    expect(await writer.drained(30_000)).toBe(true);
    expect([writer.isReaderGone, writer.untoldFailure()]).toEqual([true, null]);
    expect(writer.stats()).toMatchObject({ failed: 1, recordsTotal: sampleCount + 2 });
  });
});

describe("a reader that does not read", () => {
  test("costs whole lines, counted, until there is room", async () => {
    const path = fifo("unread");
    const reader = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const queue = queueTo(path);
    const writer = new JsonWriter({ queue, schema: 5, filename: "" });
    writer.header(sampleHeader);
    for (let i = 0; i < 5000; i++) writer.fileFlow(sampleFileFlow(i));
    const { dropped, queued } = writer.stats();
    expect(queued).toBeGreaterThan(10_000);
    expect([dropped > 1000, writer.hasRoom, writer.rotateDue()]).toEqual([true, false, false]);
    const copy = fs.openSync(join(folder, "unread.jsonl"), "w");
    const cat = spawn("/bin/cat", [path], { stdio: ["ignore", copy, "inherit"] });
    const ended = new Promise((resolve) => cat.once("exit", resolve));
    expect(await writer.drained(30_000)).toBe(true);
    expect(writer.stats().queued).toBe(0);
    expect([writer.rotateDue(), writer.rotateDue()]).toEqual([true, false]);
    writer.process(sampleParent());
    writer.close();
    fs.closeSync(reader);
    await ended;
    expect(lines(join(folder, "unread.jsonl")).length).toBe(5002 - dropped);
  });

  test("is waited for where the run can wait, or given up", async () => {
    const path = fifo("waited");
    const reader = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const queue = queueTo(path, { whenFull: "wait" });
    const writer = new JsonWriter({ queue, schema: 5, filename: "" });
    writer.header(sampleHeader);
    for (let i = 0; i < 5000; i++) writer.fileFlow(sampleFileFlow(i));
    expect([writer.stats().dropped, writer.hasRoom]).toEqual([0, false]);
    writer.close();
    expect(await writer.drained(50)).toBe(false);
    writer.giveUp();
    expect(await writer.drained(50)).toBe(true);
    const { failed, recordsTotal } = writer.stats();
    expect(failed).toBeGreaterThan(4000);
    expect(failed).toBeLessThanOrEqual(recordsTotal);
    expect(writer.untoldFailure()?.message).toEndWith(
      "what was left at the end did not get there in time",
    );
    fs.closeSync(reader);
  });
});

describe("a write that fails", () => {
  test.each([
    ["lines", (queue: StreamQueue) => new JsonWriter({ queue, schema: 5, filename: "" })],
    ["a container", (queue: StreamQueue) => new ContainerStream({ queue, schema: 5, flushMs: 10 })],
  ] as const)("ends the stream of %s: told once, the rest counted", async (_, make) => {
    const writer = make(queueTo("/dev/full"));
    writer.header(sampleHeader);
    writeSample(writer);
    const end = performance.now() + 30_000;
    let failure: OperatorError | null = null;
    while (failure === null && performance.now() < end) {
      await Bun.sleep(5);
      failure = writer.untoldFailure();
    }
    expect(failure?.message).toBe("cannot write to /dev/full: no space left on device (ENOSPC)");
    expect(writer.untoldFailure()).toBeNull();
    writeSample(writer);
    writer.close();
    expect(writer.hasRoom).toBe(true);
    const all = 2 * sampleCount + 1;
    expect(writer.stats()).toMatchObject({ failed: all, recordsTotal: all, dropped: 0 });
  });
});

describe("a place that cannot be written is an operator's error", () => {
  const path = join(folder, "known");
  fs.writeFileSync(path, "x");
  fs.symlinkSync(path, join(folder, "link"));

  test.each([
    [join(folder, "link"), "it is a symbolic link (ELOOP); links are not followed, give"],
    [folder, "it is a directory (EISDIR); name a file in it"],
    [join(folder, "no/such"), "no such file or directory (ENOENT); make its folder first"],
  ])("%s", (place, why) => {
    expect(() => openStream(place, [])).toThrow(`cannot write to ${place}: ${why}`);
  });

  test("a file that is something else already, which stays as it is", () => {
    const known = [knownFile("the capture that is read (x)", path)].filter((each) => each !== null);
    expect(() => openStream(path, known)).toThrow(`cannot write ${path}: it is the capture`);
    expect(fs.readFileSync(path, "utf8")).toBe("x");
  });
});
