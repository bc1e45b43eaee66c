// What a stream is opened as: a file of our own, a reader's pipe under a description of our own, or
// standard output, which stays open; and what is said of each that cannot be.

import { afterAll, describe, expect, spyOn, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import { OperatorError } from "../../../src/base/errors.ts";
import { knownFile } from "../../../src/write/known-file.ts";
import { closeStream, openStream } from "../../../src/write/stream/open-stream.ts";
import { descriptorsBelow } from "../../support/program/descriptors.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-open-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const descriptors = () => descriptorsBelow(folder, "/dev/null");
const systemError = (code: string) => Object.assign(new Error(code), { code });

function thrownBy(act: () => unknown): OperatorError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return error as OperatorError;
  }
  throw new Error("nothing was thrown");
}

async function closed(stream: ReturnType<typeof openStream>, before: number): Promise<void> {
  closeStream(stream);
  const end = performance.now() + 30_000;
  while (descriptors() > before && performance.now() < end) await Bun.sleep(1);
  expect(descriptors()).toBe(before);
}

test("a file is ours, empty, and its owner's alone", async () => {
  const path = join(folder, "file");
  const before = descriptors();
  const stream = openStream(path, []);
  const { name, isTerminal, isOwnFile } = stream;
  expect([name, isTerminal, isOwnFile]).toEqual([path, false, true]);
  expect(fs.statSync(path).mode & 0o777).toBe(0o600);
  fs.writeFileSync(path, "what is there");
  const again = openStream(path, []);
  expect(fs.statSync(path).size).toBe(0);
  closeStream(again);
  await closed(stream, before);
});

test("a pipe is opened once more, so that no write waits for its reader", async () => {
  const path = join(folder, "pipe");
  expect(spawnSync("/usr/bin/mkfifo", [path]).status).toBe(0);
  const reader = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const before = descriptors();
  const stream = openStream(path, []);
  expect([stream.isOwnFile, stream.isTerminal, descriptors()]).toEqual([false, false, before + 1]);
  const block = Buffer.alloc(4096);
  const fill = () => {
    for (let i = 0; i < 1000; i++) fs.writeSync(stream.descriptor, block);
  };
  expect(fill).toThrow("EAGAIN");
  await closed(stream, before);
  fs.closeSync(reader);
});

test("without a /proc it is written as it was opened", async () => {
  const before = descriptors();
  const { openSync } = fs;
  const opens = spyOn(fs, "openSync").mockImplementation((path, ...others) => {
    if (String(path).startsWith("/proc/")) throw systemError("ENOENT");
    return openSync(path, ...others);
  });
  const stream = openStream("/dev/null", []);
  opens.mockRestore();
  expect(fs.writeSync(stream.descriptor, "x")).toBe(1);
  await closed(stream, before);
});

test("what it must not be stays as it is, and is closed", () => {
  const path = join(folder, "known");
  fs.writeFileSync(path, "x");
  const known = [knownFile("the capture", path)].filter((each) => each !== null);
  const before = descriptors();
  expect(thrownBy(() => openStream(path, known)).code).toBe("OUTPUT_IN_USE");
  expect([fs.readFileSync(path, "utf8"), descriptors()]).toEqual(["x", before]);
});

describe("standard output", () => {
  const stats = (isFIFO: boolean) => ({ isFIFO: () => isFIFO }) as fs.Stats;

  test.skipIf(isatty(1))("that is a file or a device is itself, and is not closed", async () => {
    const before = descriptors();
    const fstat = spyOn(fs, "fstatSync").mockReturnValue(stats(false));
    const stream = openStream("-", []);
    fstat.mockRestore();
    expect(stream).toEqual({
      ...{ name: "standard output", descriptor: 1, isTerminal: false, isOwnFile: false },
    });
    const closes = spyOn(fs, "close");
    closeStream(stream);
    expect(closes).not.toHaveBeenCalled();
    closes.mockRestore();
    expect(descriptors()).toBe(before);
  });

  test("that is a pipe has a description of its own", async () => {
    const before = descriptors();
    const fstat = spyOn(fs, "fstatSync").mockReturnValue(stats(true));
    const opens = spyOn(fs, "openSync");
    const stream = openStream("-", []);
    fstat.mockRestore();
    const calls = opens.mock.calls.map(([path, flags]) => [path, flags]);
    opens.mockRestore();
    const { O_WRONLY, O_NONBLOCK } = fs.constants;
    expect(calls).toEqual([["/proc/self/fd/1", O_WRONLY | O_NONBLOCK]]);
    expect(stream).toMatchObject({ name: "standard output", isOwnFile: false });
    if (stream.descriptor !== 1) {
      await closed(stream, before);
    }
  });

  test("that is closed is told of", () => {
    const fstat = spyOn(fs, "fstatSync").mockImplementation(() => {
      throw systemError("EBADF");
    });
    const error = thrownBy(() => openStream("-", []));
    fstat.mockRestore();
    expect(error.code).toBe("OUTPUT_OPEN_FAILED");
    expect(error.message).toMatch(
      /^cannot write to standard output: .*; the program was started with it closed$/,
    );
  });
});

test.each([
  ["EACCES", "; write elsewhere or change the rights of the folder"],
  ["EISDIR", "; name a file in it"],
  ["ELOOP", "; links are not followed, give the path it points to"],
  ["ENOENT", "; make its folder first"],
  ["ENOSPC", "; free some space or write elsewhere"],
  ["EROFS", "; write elsewhere"],
  ["EMFILE", ""],
])("%s is told with what helps: %s", (code, remedy) => {
  const opens = spyOn(fs, "openSync").mockImplementation(() => {
    throw systemError(code);
  });
  const error = thrownBy(() => openStream("/x", []));
  opens.mockRestore();
  expect([error.code, (error.cause as { code: string }).code]).toEqual([
    "OUTPUT_OPEN_FAILED",
    code,
  ]);
  const [what, why = "", help = ""] =
    /^(cannot write to \/x: )([^;]*)(.*)$/.exec(error.message)?.slice(1) ?? [];
  expect(what).toBe("cannot write to /x: ");
  expect(why).toContain(code);
  expect(help).toBe(remedy);
});
