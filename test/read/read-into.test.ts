// Reading a pipe that another process has made non-blocking: it is waited for, and seldom asked.

import { afterAll, expect, spyOn, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readInto } from "../../src/read/read-into.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-read-into-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

test("an idle pipe without blocking is asked again, some times in a tenth of a second", async () => {
  const path = join(folder, "pipe");
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  const reading = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const writing = fs.openSync(path, fs.constants.O_WRONLY);
  const asked = spyOn(fs, "read");
  const into = Buffer.alloc(10);
  const read = readInto(reading, into);
  await Bun.sleep(100);
  fs.writeSync(writing, "abc");
  expect(await read).toBe(3);
  expect(into.toString("latin1", 0, 3)).toBe("abc");
  expect(asked.mock.calls.length).toBeGreaterThan(1);
  expect(asked.mock.calls.length).toBeLessThan(40);
  asked.mockRestore();
  fs.closeSync(writing);
  expect(await readInto(reading, into)).toBe(0);
  fs.closeSync(reading);
});

test("any other error is the caller's", async () => {
  const descriptor = fs.openSync(folder, "r");
  await expect(readInto(descriptor, Buffer.alloc(1))).rejects.toMatchObject({ code: "EISDIR" });
  fs.closeSync(descriptor);
});
