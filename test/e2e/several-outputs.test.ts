// Several outputs of one run as an operator asks for them: sockets, pipes and lines of JSON beside
// files. Where one is stuck and another fails, the third is byte for byte what it is alone.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitStatus } from "../../src/base/exit-status.ts";
import { sysFlowSchemaJson } from "../../src/sysflow/schema.ts";
import { goldenPath } from "../support/captures/golden.ts";
import { hasTool } from "../support/program/host-tool.ts";
import { RunningSysflow, sysflow, sysflowCommand } from "../support/program/sysflow.ts";
import { asPythonGives, hasPythonAvro } from "../support/records/python-avro.ts";
import { pythonActor, pythonReader } from "../support/records/python-sockets.ts";
import { readSf } from "../support/records/read-sf.ts";

setDefaultTimeout(60_000);

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-several-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const capture = goldenPath("mixed.scap");
const replay = ["collect", "-r", capture, "-e", "tests"];

/** By a shell in the folder, for redirections; `$S` is the program. */
function shell(script: string) {
  const words = sysflowCommand.map((word) => `'${word}'`).join(" ");
  const { status, stderr, stdout } = spawnSync(
    "/bin/bash",
    ["-c", script.replaceAll("$S", words)],
    {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", X: capture },
      maxBuffer: 2 ** 28,
    },
  );
  return { status, stderr, stdout };
}

const alone = join(folder, "alone.sf");
const plain = sysflow([...replay, "-w", alone]);
const records = readSf(alone);

test("the run to compare with", () => {
  expect([plain.status, records.length > 50]).toEqual([exitStatus.OK, true]);
});

describe("standard output", () => {
  test("a container file goes through a pipe", () => {
    const run = shell("set -o pipefail; $S collect -r $X -e tests -w - | cat > piped.sf");
    expect([run.status, run.stdout]).toEqual([exitStatus.OK, ""]);
    const [header, ...rest] = readSf(join(folder, "piped.sf"));
    expect(header?.rec).toEqual({ ...records[0]?.rec, filename: "" });
    expect(rest).toEqual(records.slice(1));
    expect(run.stderr).toContain("sysflow:   lost ");
  });

  test("or behind what is there, where the shell appends", () => {
    const run = shell("echo before > appended; $S collect -r $X -e tests --jsonl - >> appended");
    const lines = fs.readFileSync(join(folder, "appended"), "utf8").trimEnd().split("\n");
    expect([run.status, lines[0], lines.length]).toEqual([0, "before", 1 + records.length]);
  });

  test.skipIf(!hasTool("script"))("but not to a terminal (skipped without script)", () => {
    const run = shell('script -qec "$S collect -r $X -w -" /dev/null');
    expect(run.stdout).toMatch(
      /error: cannot write SysFlow's binary form to a terminal: .* --jsonl - \[OUTPUT_TERMINAL\]/,
    );
    expect(run.status).toBe(exitStatus.FAILURE);
  });

  test.skipIf(!hasTool("jq"))("jq reads each line (skipped without jq)", () => {
    const run = shell("$S collect -r $X -e tests --jsonl - | jq -r .rec");
    expect(run.stdout.trimEnd().split("\n")).toEqual(records.map(({ kind }) => kind));
  });

  test("a reader that closes ends the run in order, and what it lacks is counted", () => {
    const run = shell("set -o pipefail; $S collect -r $X --jsonl - | :");
    expect([run.status, run.stderr]).toEqual([exitStatus.OK, run.stderr]);
    expect(run.stderr).toContain(`write: records not written ${records.length}`);
    expect(run.stderr).not.toContain("error");
  });

  test("nor is the capture overwritten by lines", () => {
    const copy = join(folder, "copy.scap");
    fs.copyFileSync(capture, copy);
    const run = sysflow(["collect", "-r", copy, "--jsonl", copy]);
    expect(run.stderr).toMatch(/it is the capture that is read .*\[OUTPUT_IN_USE\]/);
    expect(fs.readFileSync(copy).equals(fs.readFileSync(capture))).toBe(true);
  });
});

describe("a socket", () => {
  test.skipIf(!hasPythonAvro)(
    "is read by a few lines of Python with the schema that sysflow prints (skipped without avro)",
    async () => {
      const schema = sysflow(["version", "--schema", "5"]).stdout.trimEnd();
      expect(schema).toBe(sysFlowSchemaJson(5));
      const socket = join(folder, "read");
      const reader = await pythonReader(socket, schema, records.length);
      const run = sysflow([...replay, "-u", socket]);
      expect([run.status, run.stderr]).toEqual([exitStatus.OK, run.stderr]);
      const [header, ...rest] = JSON.parse((await reader.ended).split("\n")[1] ?? "") as unknown[];
      expect(header).toMatchObject({ exporter: "tests", version: "i5", filename: "" });
      expect(rest).toEqual(records.slice(1).map(asPythonGives));
      expect(run.stderr).toContain(`sysflow:   records  ${records.length}: `);
    },
  );

  test("without a reader makes a replay wait, which says so once", async () => {
    const socket = join(folder, "later");
    const running = new RunningSysflow([...replay, "-u", socket]);
    await running.says("(ENOENT); the run waits until there is one");
    await Bun.sleep(300);
    const reader = await pythonActor(socket, ["accept"]);
    const run = await running.end();
    expect(Number((await reader.ended).trim().split("\n").at(-1))).toBe(records.length);
    expect([run.status, run.stderr.match(/no reader/g)?.length]).toEqual([exitStatus.OK, 1]);
    expect(run.stderr).toContain("lost     capture:");
  });

  test("of which nobody ever comes is left by SIGTERM", async () => {
    const running = new RunningSysflow([...replay, "-u", join(folder, "never")]);
    await running.says("no reader at the socket");
    running.kill("SIGTERM");
    const run = await running.end();
    expect([run.status, run.stderr]).toEqual([exitStatus.OK, run.stderr]);
    expect(run.stderr).toContain("collect ended (SIGTERM)");
  });
});

test("one that fails is told, the other is byte for byte what it is alone", () => {
  const before = fs.readFileSync(alone);
  const run = sysflow([...replay, "-w", alone, "--jsonl", "/dev/full"]);
  expect(run.stderr).toMatch(
    /error: cannot write to \/dev\/full: no space left on device \(ENOSPC\); the other outputs go on/,
  );
  expect(run.stderr).toContain(`write: records not written, to /dev/full ${records.length}`);
  expect(run.status).toBe(exitStatus.FAILURE);
  expect(fs.readFileSync(alone).equals(before)).toBe(true);
});

test("31 outputs get the same", () => {
  const names = Array.from({ length: 30 }, (_, i) => join(folder, `many-${i}`));
  const options = names.flatMap((name, i) => [i % 2 === 0 ? "--jsonl" : "-w", name]);
  const run = sysflow([...replay, ...options, "-w", "-"]);
  expect([run.status, run.stderr]).toEqual([exitStatus.OK, run.stderr]);
  for (const [i, name] of names.entries()) {
    const lines = () => fs.readFileSync(name, "utf8").trimEnd().split("\n").length;
    expect([name, i % 2 === 0 ? lines() : readSf(name).length]).toEqual([name, records.length]);
  }
});
