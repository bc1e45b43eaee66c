// Records from a Unix socket, as a program reads them: of several writers, to the end that it wants.

import { afterAll, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSender } from "../../src/capture/sockets.ts";
import { isSysFlowError, openSysFlow, SysFlowDriver, type SysFlowItem } from "../../src/index.ts";
import { SocketWriter } from "../../src/write/socket/socket-writer.ts";
import { sampleCount, sampleHeader, writeSample } from "../support/records/sample-records.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-unix-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** With its header. */
const count = sampleCount + 1;

/** Sends the sample under that name, once somebody listens. */
async function send(path: string, exporter: string): Promise<void> {
  const sender = openSender(path);
  while (sender.connection === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const writer = new SocketWriter({ sender, queueBytesMax: 2 ** 26, whenFull: "drop" });
  writer.header({ ...sampleHeader, version: 5, exporter });
  writeSample(writer);
  writer.close();
  expect(await writer.drained(10_000)).toBe(true);
}

test("gives what each writer sends, with its own header and entities", async () => {
  const path = join(folder, "two");
  const controller = new AbortController();
  const sent = [send(path, "one"), send(path, "two")];
  const items: SysFlowItem[] = [];
  const reader = openSysFlow(`unix:${path}`, { signal: controller.signal });
  const reading = (async () => {
    for await (const item of reader) {
      items.push(item);
      if (items.length === 2 * count) {
        controller.abort(new Error("enough"));
      }
    }
  })();
  await expect(reading).rejects.toThrow("enough");
  await Promise.all(sent);
  for (const exporter of ["one", "two"]) {
    const own = items.filter(({ header }) => header.exporter === exporter);
    expect(own).toHaveLength(count);
    expect(
      own.some(({ file1, process, record }) => record.kind === "FileFlow" && file1 && process),
    ).toBe(true);
  }
  expect(reader.counts).toMatchObject({ files: 2, faults: 0, records: 2 * count });
  expect(fs.existsSync(path)).toBe(false);
});

test("a driver sends what another program reads", async () => {
  const path = join(folder, "driver");
  const controller = new AbortController();
  const reader = openSysFlow(`unix:${path}`, { signal: controller.signal });
  const kinds: string[] = [];
  const reading = (async () => {
    for await (const { record } of reader) {
      kinds.push(record.kind);
    }
  })().catch(() => undefined);
  const capturePath = join(import.meta.dir, "../golden/mixed.scap");
  const summary = await new SysFlowDriver({ capturePath, socketPath: path }).run();
  while (kinds.length < 135) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  controller.abort(new Error("enough"));
  await reading;
  expect(summary?.outputs).toMatchObject([{ place: path, recordsTotal: 135 }]);
  expect(kinds[0]).toBe("SFHeader");
});

test("a loop that is left takes the socket away", async () => {
  const path = join(folder, "left");
  const sent = send(path, "one");
  for await (const _ of openSysFlow(`unix:${path}`)) {
    break;
  }
  await sent;
  expect(fs.existsSync(path)).toBe(false);
});

test("a place where no socket can be is said", async () => {
  const read = async () => await Array.fromAsync(openSysFlow("unix:/etc/passwd/socket"));
  const error = await read().then(null, (thrown: unknown) => thrown);
  expect(isSysFlowError(error, "INPUT_OPEN_FAILED")).toBe(true);
});
