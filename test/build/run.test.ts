// What a failing program leaves for the person to read, and how test sums are taken.

import { expect, test } from "bun:test";
import { run } from "../../build/base/run.ts";
import { readReport } from "../../build/test.ts";

test("gives standard output back, and keeps standard error apart", async () => {
  expect(await run(["sh", "-c", "echo out; echo err >&2"])).toBe("out\n");
});

test.each([
  ["a status", ["sh", "-c", "echo why >&2; exit 3"], /^sh ended with 3\nwhy\n/],
  ["a signal", ["sh", "-c", "kill -9 $$"], /^sh ended with SIGKILL\n/],
])("names program, %s and the end of its output", async (_name, command, message) => {
  await expect(run(command)).rejects.toThrow(message);
});

test("shows only the end of much output", async () => {
  const error = await run(["sh", "-c", "seq 1000; exit 1"]).catch((thrown: Error) => thrown);
  expect((error as Error).message).toContain("\n1000\n");
  expect((error as Error).message).not.toContain("\n900\n");
});

test.each([
  [
    '<testsuites name="bun test" tests="5" assertions="9" failures="1" skipped="2" time="0.1">',
    { passed: 2, failed: 1, skipped: 2 },
  ],
  ['<testsuites tests="3" failures="0" errors="1">', { passed: 2, failed: 1, skipped: 0 }],
  ["<html>", null],
])("reads the sums of %s", (xml, sums) => {
  expect(readReport(`<?xml version="1.0"?>\n${xml}\n`)).toEqual(sums);
});
