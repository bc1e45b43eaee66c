// Outputs that must not be: the capture that is read, the command that is recorded, what messages go
// to; by whichever name. And what outputs are: in a folder made for them, the same bytes each time.

import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitStatus } from "../../src/base/exit-status.ts";
import { goldenPath } from "../support/captures/golden.ts";
import { sysflow, sysflowCommand } from "../support/program/sysflow.ts";

setDefaultTimeout(60_000);

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-outputs-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;
const original = fs.readFileSync(goldenPath("files.scap"));
const capture = join(folder, "capture.scap");

beforeEach(() => {
  fs.rmSync(capture, { force: true });
  fs.writeFileSync(capture, original);
});

/** Runs it by a shell, for redirections; `$X` is the capture, `$S` the program. */
function shell(script: string): { status: number | null; stderr: string } {
  const words = sysflowCommand.map((word) => `'${word}'`).join(" ");
  const env = { PATH: process.env["PATH"] ?? "", X: capture };
  const { status, stderr } = spawnSync("/bin/sh", ["-c", script.replaceAll("$S", words)], {
    cwd: folder,
    encoding: "utf8",
    env,
  });
  return { status, stderr };
}

function expectUntouched(run: { status: number | null; stderr: string }, message: RegExp): void {
  expect(run.stderr).toMatch(message);
  expect(run.status).not.toBe(exitStatus.OK);
  expect(fs.readFileSync(capture).equals(original)).toBe(true);
}

describe("the capture that is read is not written to", () => {
  const inUse =
    /^sysflow: error: cannot write .*: it is the capture that is read .*\[OUTPUT_IN_USE\]$/m;

  test.each([
    ["its name", "$S collect -r $X -w $X"],
    ["another spelling", "$S collect -r $X -w ./capture.scap"],
    ["through its folder", "$S collect -r capture.scap -w ../$(basename $PWD)/capture.scap"],
    ["a hard link", "ln -f $X hard; $S collect -r $X -w hard"],
    ["the capture by a link", "ln -sf $X soft; $S collect -r soft -w $X"],
    ["a linked folder", "ln -sfn . here; $S collect -r $X -w here/capture.scap"],
    ["a descriptor", "$S collect -r $X -w /dev/fd/5 5>>$X"],
    ["standard output as a file", "$S collect -r $X -w /dev/stdout >>$X"],
    ["the table on standard output", "$S collect -r $X --print >>$X"],
    ["the summary on standard output", "$S collect -r $X -w other.sf --json >>$X"],
  ])("%s", (_, script) => expectUntouched(shell(script), inUse));

  test("a symbolic link to it", () => {
    const run = shell("ln -sf $X link; $S collect -r $X -w link");
    expectUntouched(run, /it is a symbolic link \(ELOOP\)/);
  });

  test.skipIf(!isRoot)("the same folder mounted elsewhere (skipped where we may not mount)", () => {
    const script = "mkdir -p there; mount --bind . there; $S collect -r $X -w there/capture.scap";
    expectUntouched(shell(`unshare -m sh -c '${script.replaceAll("'", "'\\''")}'`), inUse);
  });

  test("names with a time go round it", () => {
    const hit = join(folder, "name.1");
    const run = sysflow(["collect", "-r", capture, "-w", join(folder, "name"), "-G", "1"]);
    const [first = ""] = fs.readdirSync(folder).filter((name) => name.startsWith("name."));
    fs.renameSync(capture, join(folder, first));
    const again = ["collect", "-r", join(folder, first), "-w", join(folder, "name"), "-G", "1"];
    expect([run.status, sysflow(again).status]).toEqual([0, 0]);
    expect(fs.readFileSync(join(folder, first)).equals(original)).toBe(true);
    expect(fs.existsSync(hit)).toBe(false);
  });
});

describe("nor is what else is written to", () => {
  test.each([
    ["standard error", "$S collect -r $X -w both.sf 2>both.sf; cat both.sf >&2; false"],
    ["standard output with the summary", "$S collect -r $X -w both.sf --json >both.sf"],
  ])("%s", (name, script) => {
    expectUntouched(shell(script), new RegExp(`it is ${name.split(" with")[0]}, .*OUTPUT_IN_USE`));
  });

  test.each([
    ["the command to run", "$S record -w $X -- $X", "the command to run"],
    ["the command by a link", "ln -f $X tool; $S record -w $X -- ./tool", "the command to run"],
    [
      "the command in PATH",
      "ln -f $X tool; PATH=$PWD:$PATH; $S record -w $X -- tool",
      "the command",
    ],
    ["what the command reads", "$S record -w $X -- cat <$X", "standard input"],
    ["what the command writes", "$S record -w $X -- ls >>$X", "standard output"],
  ])("record: %s", (_, script, what) => {
    expectUntouched(shell(script), new RegExp(`it is ${what}.*\\[OUTPUT_IN_USE\\]`));
  });
});

describe("the last folder of the path is made", () => {
  test.each([
    ["of a file", "made-1/out.sf", []],
    ["a folder", "made-2/", []],
    ["of a prefix", "made-3/out", ["-G", "10"]],
  ])("%s", (_, path, options) => {
    const run = sysflow(["collect", "-r", capture, "-w", join(folder, path), ...options]);
    expect([run.status, run.stderr]).toEqual([exitStatus.OK, run.stderr]);
    const made = join(folder, path.split("/")[0] ?? "");
    expect(fs.statSync(made).mode & 0o777).toBe(0o700);
    expect(fs.readdirSync(made).length).toBeGreaterThan(0);
  });

  test("but none above it", () => {
    for (const args of [["collect", "-r", capture], ["record"]]) {
      const run = sysflow([...args, "-w", join(folder, "none/deep/out")]);
      expect(run.stderr).toMatch(/make the folders above it first \[OUTPUT_OPEN_FAILED\]/);
      expect(run.status).toBe(exitStatus.FAILURE);
      expect(fs.existsSync(join(folder, "none"))).toBe(false);
    }
  });
});

describe("a replay makes the same bytes", () => {
  /** All that two replays into `name` have made, by name. */
  function twice(name: string, options: readonly string[]): readonly Record<string, Buffer>[] {
    return [1, 2].map(() => {
      const place = join(folder, "again");
      fs.rmSync(place, { recursive: true, force: true });
      fs.mkdirSync(place);
      const run = sysflow([
        "collect",
        "-r",
        capture,
        "-w",
        join(place, name),
        "-e",
        "x",
        ...options,
      ]);
      expect([run.status, run.stderr]).toEqual([exitStatus.OK, run.stderr]);
      const names = fs.readdirSync(place, { recursive: true, encoding: "utf8" });
      const files = names.filter((each) => fs.statSync(join(place, each)).isFile());
      return Object.fromEntries(files.map((each) => [each, fs.readFileSync(join(place, each))]));
    });
  }

  test.each([
    ["in a file", "out.sf", []],
    ["in a folder", "out/", []],
    ["in files of a second each", "out", ["-G", "1"]],
    ["of schema 6, with all records", "out.sf", ["--schema", "6", "--no-file-only"]],
  ])("%s", (_, name, options) => {
    const [first, second] = twice(name, options);
    expect(Object.keys(first ?? {}).length).toBeGreaterThan(0);
    expect(second).toEqual(first as Record<string, Buffer>);
  });

  test("with another marker in each file, and for another capture", () => {
    const marker = (bytes: Buffer) => bytes.subarray(-16).toString("hex");
    const [files = {}] = twice("out", ["-G", "1"]);
    const other = join(folder, "other.sf");
    sysflow(["collect", "-r", goldenPath("mixed.scap"), "-w", other]);
    const markers = [...Object.values(files), fs.readFileSync(other)].map(marker);
    expect(new Set(markers).size).toBe(markers.length);
  });
});
