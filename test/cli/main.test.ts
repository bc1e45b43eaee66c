// The program as a process: exit statuses, which stream says what, and that nothing is left behind.
// What needs the capture library, a capture or a live engine is skipped where that is absent.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sysflowCommand } from "../support/program/sysflow.ts";

const [program = "", ...programWords] = sysflowCommand;
const capture = join(import.meta.dir, "../../../shared/reference/captures/setuid-setuid.scap");
const hasLibrary = existsSync(join(import.meta.dir, "../../dist/capture.node"));
const canReplay = hasLibrary && existsSync(capture);
const canCapture = hasLibrary && sysflow("check").status === 0;
const liveTimeoutMs = 60_000;

/** For a shell. */
const quotedCommand = sysflowCommand.map((word) => `'${word}'`).join(" ");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sysflow-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function sysflow(...words: string[]) {
  // Inert, and one of those that the loader keeps from the runtime: see the recorded command.
  const env = { ...process.env, HOSTALIASES: "kept" };
  const options = { encoding: "utf8", timeout: 60_000, env } as const;
  return spawnSync(program, [...programWords, ...words], options);
}

describe("without the capture library", () => {
  test.each([
    [["help"], "Usage: sysflow COMMAND"],
    [["--help"], "Usage: sysflow COMMAND"],
    [["-h"], "Usage: sysflow COMMAND"],
    [["help", "collect"], "Usage: sysflow collect "],
    [["collect", "-h"], "Usage: sysflow collect "],
    [["record", "--help"], "Usage: sysflow record "],
    [["check", "-h"], "Usage: sysflow check "],
    [["completion", "-h"], "Usage: sysflow completion "],
    [["version"], "sysflow 0."],
    [["--version"], "sysflow 0."],
    [["collect", "-v"], "sysflow 0."],
    [["completion", "bash"], "# bash completion for sysflow"],
  ])("%j is answered on standard output", (words, start) => {
    const run = sysflow(...words);
    expect(run.stdout).toStartWith(start);
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
  });

  test("version --json is JSON", () => {
    const versions = JSON.parse(sysflow("version", "--json").stdout);
    expect(versions.schemaVersions).toEqual([5, 6]);
    expect(versions.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test.each([
    [[], 2, "no command given; see: sysflow help [COMMAND_MISSING]"],
    [["colect"], 2, 'there is no command "colect"; did you mean collect? [COMMAND_UNKNOWN]'],
    [["toString"], 2, 'there is no command "toString"; see: sysflow help [COMMAND_UNKNOWN]'],
    [
      ["-r", "x"],
      2,
      "the option -r comes after a command, as in: sysflow collect -r … [COMMAND_MISSING]",
    ],
    [
      ["collect", "--raed", "x"],
      2,
      "sysflow collect has no option --raed; did you mean --read? [OPTION_UNKNOWN]",
    ],
    [["completion"], 2, "completion needs the shell: bash, zsh or fish [ARGUMENT_MISSING]"],
    [
      ["collect", "-r", "a", "-k", "kmod", "-w", "b"],
      1,
      "-r reads a capture and -k chooses an engine for live events: use one of them " +
        "[OPTIONS_EXCLUDE]",
    ],
    [
      ["collect", "--\x1b[31m"],
      2,
      "sysflow collect has no option --\\x1b[31m; see: sysflow help collect [OPTION_UNKNOWN]",
    ],
  ])("%j fails with one line", (words, status, message) => {
    const run = sysflow(...words);
    expect(run.stderr).toBe(`sysflow: error: ${message}\n`);
    expect(run.stdout).toBe("");
    expect(run.status).toBe(status);
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk under standard output is said", () => {
    const run = spawnSync("sh", ["-c", `${quotedCommand} help > /dev/full`]);
    expect(run.stderr.toString()).toBe(
      "sysflow: error: cannot write to standard output: no space left on device (ENOSPC) " +
        "[OUTPUT_WRITE_FAILED]\n",
    );
    expect(run.status).toBe(1);
  });

  test("a reader that has gone is nobody's fault", () => {
    const script = `${quotedCommand} help collect | true; echo \${PIPESTATUS[0]}`;
    const run = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.stdout).toBe("0\n");
  });
});

describe.skipIf(!hasLibrary)("with the capture library (dist/capture.node)", () => {
  test.each([
    [
      "a missing file",
      () => join(folder, "none.scap"),
      1,
      "no such file",
      "ErrorReadingFileSystem",
    ],
    ["a folder", () => folder, 1, "it is a directory", "ErrorReadingFileSystem"],
    ["an empty file", () => written("empty.scap", ""), 3, "the file is empty", "EventParsingError"],
    [
      "another file",
      () => written("x.scap", "hello, this is text"),
      3,
      "byte 0",
      "EventParsingError",
    ],
  ])("%s is refused, and no output is made", (_, path, status, cause, code) => {
    const output = join(folder, "none.sf");
    const run = sysflow("collect", "-r", path(), "-w", output);
    expect(run.stderr.toLowerCase()).toContain(cause);
    expect(run.stderr).toStartWith("sysflow: error: cannot read capture ");
    expect(run.stderr).toEndWith(`[${code}]\n`);
    expect(run.status).toBe(status);
    expect(existsSync(output)).toBe(false);
  });

  test("a bad filter is refused before anything is opened", () => {
    const run = sysflow(
      "collect",
      "-r",
      join(folder, "none"),
      "--print",
      "-f",
      "a.b=1 and foo.bar=1",
    );
    expect(run.stderr).toBe(
      'sysflow: error: cannot use the filter: there is no field "a.b"; see: sysflow collect ' +
        "--list-fields [FILTER_INVALID]\n  a.b=1 and foo.bar=1\n  ^\n",
    );
    expect(run.status).toBe(2);
  });

  test("check as JSON names both engines, and its status tells whether one is usable", () => {
    const run = sysflow("check", "--json");
    const report = JSON.parse(run.stdout);
    const engines: readonly { engine: string }[] = report.engines;
    expect(engines.map(({ engine }) => engine)).toEqual(["modern_ebpf", "kmod"]);
    expect(run.status).toBe(report.ready ? 0 : 1);
  });
});

function written(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe.skipIf(!canReplay)("a replay (needs ../shared/reference and dist/capture.node)", () => {
  test("writes one file of the name given and sums up", () => {
    const output = join(folder, "a.sf");
    const run = sysflow("collect", "-r", capture, "-w", output, "-e", "tests", "--json");
    expect(run.status).toBe(0);
    const summary = JSON.parse(run.stdout);
    expect(summary).toMatchObject({
      command: "collect",
      engine: "savefile",
      input: capture,
      output,
      ended: "end of input",
      events: 1971,
      files: 1,
    });
    const bytes = readFileSync(output);
    expect(bytes.length).toBe(summary.bytesOut);
    expect(bytes.subarray(0, 4).toString("latin1")).toBe("Obj\x01");
  });

  test("prints each record off a terminal, and the summary elsewhere", () => {
    const run = sysflow("collect", "-r", capture, "--print", "--no-file-only");
    expect(run.stdout).toContain(" SETUID      terylt ");
    expect(run.stdout).toContain("-1 EPERM");
    expect(run.stdout.split("\n")[0]).toStartWith("TIME (UTC)");
    expect(run.stderr).toStartWith("sysflow: collect ended (end of input) after ");
    expect(run.status).toBe(0);
  });

  test("keeps what came before the damage", () => {
    const whole = readFileSync(capture);
    const cut = written("cut.scap", whole.subarray(0, whole.length - 1000));
    const output = join(folder, "cut.sf");
    const run = sysflow("collect", "-r", cut, "-w", output);
    expect(run.stderr).toMatch(
      /error: cannot read on in \S+cut\.scap at byte \d+: .*; 1,9\d\d events before it were kept \[/,
    );
    expect(run.status).toBe(3);
    expect(readFileSync(output).length).toBeGreaterThan(6300);
  });

  test("into a full disk fails with the cause, and counts what is lost", () => {
    const run = sysflow("collect", "-r", capture, "-w", "/dev/full");
    expect(run.stderr).toContain("no space left on device (ENOSPC) [OUTPUT_WRITE_FAILED]");
    expect(run.status).toBe(1);
  });

  test("with -G gets the time of its first event as suffix", () => {
    const prefix = join(folder, "rotated");
    expect(sysflow("collect", "-r", capture, "-w", prefix, "-G", "3600").status).toBe(0);
    const names = readdirSync(folder).filter((name) => name.startsWith("rotated"));
    expect(names).toHaveLength(1);
    expect(names[0]).toMatch(/^rotated\.\d{10}\.sf$/);
  });
});

describe.skipIf(!canCapture)("live (needs an engine: sysflow check)", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends it cleanly",
    async (signal) => {
      const prefix = join(folder, signal);
      const run = await interrupted(["collect", "-w", prefix], signal);
      expect(run.stderr).toContain(`sysflow: collect ended (${signal}) after `);
      expect(run.status).toBe(0);
      const [name = ""] = readdirSync(folder).filter((file) => file.startsWith(`${signal}.`));
      expect(name).toMatch(/\.\d{10}\.sf$/);
      expect(readFileSync(join(folder, name)).length).toBeGreaterThan(6200);
    },
    liveTimeoutMs,
  );

  test(
    "a recorded command passes on its status, and the capture holds what it did",
    () => {
      const recorded = join(folder, "r.scap");
      const marker = join(folder, "a-file-of-the-command");
      const script = `echo hello > '${marker}'; test "$HOSTALIASES" = kept && exit 7`;
      const run = sysflow("record", "-w", recorded, "--", "sh", "-c", script);
      expect(run.status).toBe(7);
      expect(run.stderr).toContain("record ended (end of the command)");
      const shown = sysflow("collect", "-r", recorded, "--print", "--file-read-mode", "0");
      expect(shown.stdout).toContain(marker);
    },
    liveTimeoutMs,
  );

  test(
    "a command that cannot be run has a shell's status",
    () => {
      const words = ["record", "-w", join(folder, "n.scap"), "--", "/nonexistent/command"];
      const run = sysflow(...words);
      expect(run.stderr).toEndWith(
        "sysflow: error: cannot run the command /nonexistent/command: no such file or directory " +
          "(ENOENT) [COMMAND_NOT_RUN]\n",
      );
      expect(run.status).toBe(127);
    },
    liveTimeoutMs,
  );
});

/** Runs until it says that it is collecting, then sends the signal. */
function interrupted(words: readonly string[], signal: NodeJS.Signals) {
  return new Promise<{ readonly status: number | null; readonly stderr: string }>((resolve) => {
    const child = spawn(program, [...programWords, ...words], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      stderr += text;
      if (text.includes("Ctrl-C ends")) {
        child.kill(signal);
      }
    });
    child.on("close", (status) => resolve({ status, stderr }));
  });
}
