// Standard error for programs (`--log-format json`): every line is an object, whatever names are in it.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plainCapture } from "../support/captures/golden.ts";
import { sysflow } from "../support/program/sysflow.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-log-format-"));
const short = join(folder, "short.scap");
beforeAll(() => fs.writeFileSync(short, plainCapture("files")));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const timeoutMs = 120_000;

interface Line {
  readonly [name: string]: unknown;
  readonly time: string;
  readonly level: string;
  readonly topic: string;
  readonly message: string;
}

/** Every line, each of which must be an object of its own. */
function jsonLines(stderr: string): readonly Line[] {
  expect(stderr).toEndWith("\n");
  const lines = stderr.slice(0, -1).split("\n");
  return lines.map((line) => {
    expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
    const read = JSON.parse(line) as Line;
    expect(read.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.parse(read.time) - Date.now())).toBeLessThan(timeoutMs);
    expect(["error", "warning", "info"]).toContain(read.level);
    expect([typeof read.topic, typeof read.message]).toEqual(["string", "string"]);
    return read;
  });
}

describe("standard error as JSON", () => {
  test("of a run: warnings, statistics, the summary with all its numbers", () => {
    const output = join(folder, 'a"\x1b[31m\u2028\u202e\\\n\x85.sf');
    const words = ["collect", "-r", short, "-w", output, "-d", "--log-format", "json"];
    const run = sysflow(words, undefined, { GLOG_v: "2" });
    const lines = jsonLines(run.stderr);
    expect([run.status, run.stdout]).toEqual([0, ""]);
    expect(lines.map(({ topic }) => topic)).toEqual(["start", "stats", "summary"]);
    expect(lines[0]?.message).toContain("GLOG_v set");
    const summary = lines[2]?.["summary"] as { output: string; recordsTotal: number };
    expect(summary.output).toBe(output);
    expect(summary.recordsTotal).toBeGreaterThan(10);
    expect(fs.existsSync(output)).toBe(true);
  });

  const hostile = '\x1b[31mx\u202e\n"}';
  test.each([
    [["collect", "--log-format", "json", `--${hostile}`], 2, "OPTION_UNKNOWN"],
    [["collect", `--${hostile}`, "-w", "x", "--log-format=json"], 2, "OPTION_UNKNOWN"],
    [
      ["collect", "-w", hostile, "-f", hostile, "-r", short, "--log-format", "JSON"],
      2,
      "FILTER_INVALID",
    ],
    [
      ["collect", "-w", "x", "-r", `/${hostile}`, "--log-format", "json"],
      1,
      "ErrorReadingFileSystem",
    ],
    [["collect", "-w", "x", "--metrics", hostile, "--log-format", "json"], 2, "OPTION_VALUE"],
    [["record", "--log-format", "json", "--", "true"], 2, "OPTION_MISSING"],
  ] as const)("of an error: %j", (words, status, code) => {
    const run = sysflow(words);
    expect(run.status).toBe(status);
    const lines = jsonLines(run.stderr);
    expect(lines).toMatchObject([{ level: "error", code, exitStatus: status }]);
  });

  test.each([
    [["record", "--", "sh", "--log-format", "json"]],
    [["collect", "-w", "x", "--log-format", "xml"]],
    [["collect", "-w", "x", "--log-format"]],
    [["collect", "-w", "--log-format=jsonl"]],
  ])("not where it was not asked for: %j", (words) => {
    const run = sysflow(words);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/^sysflow: error: .*\]\n$/);
  });

  test.each([
    ["an exception", "setTimeout(() => { throw new Error('boom'); }, 1)"],
    ["a rejection", "void Promise.reject(new Error('boom'))"],
  ])("of a defect: %s that nobody catches", (_, code) => {
    const streams = join(import.meta.dir, "../../src/cli/standard-streams.ts");
    const script = `(await import(${JSON.stringify(streams)})).watchStreams("json", false); ${code}; setTimeout(() => {}, 9999)`;
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, "-e", script]);
    expect(exitCode).toBe(1);
    expect(jsonLines(stderr.toString())).toMatchObject([{ code: "DEFECT", message: "boom" }]);
  });

  test("leaves out the library's own log, and says so", () => {
    const words = ["collect", "-r", short, "-w", "/dev/null", "--log-format", "json"];
    const run = sysflow(words, undefined, { DRIVER_LOG: "1" });
    expect(jsonLines(run.stderr)[0]?.message).toContain("DRIVER_LOG=1 has no effect");
  });
});
