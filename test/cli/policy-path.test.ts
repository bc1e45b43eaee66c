// `sysflow policy path` on documents: what it prints, its exit status, and what it says of input that
// it cannot take.

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exitStatus } from "../../src/base/exit-status.ts";
import { DEPTH_MAX, PATH_LENGTH_MAX, STEPS_MAX } from "../../src/gjson/budget.ts";
import { sysflowCommand } from "../support/program/sysflow.ts";

const [program = "", ...programWords] = sysflowCommand;
const command = sysflowCommand.map((word) => `'${word}'`).join(" ");

function path(input: string | Uint8Array, ...words: readonly string[]) {
  return policy(input, "path", ...words);
}

function policy(input: string | Uint8Array, ...words: readonly string[]) {
  const run = spawnSync(program, [...programWords, "policy", ...words], {
    input,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** A line of a shell, in which `sysflow` is the program. */
function shell(line: string) {
  const script = line.replaceAll("sysflow", command);
  const run = spawnSync("bash", ["-c", script], { encoding: "utf8", timeout: 60_000 });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

const document = `{"kind": "Pod", "items": [{"name": "web\\u001b[31m\\n2", "n": 1.50}], "none": null, "é": "ü"}`;

describe("the group", () => {
  test.each([
    [["-h"], "Usage: sysflow policy COMMAND "],
    [["path", "-h"], "Usage: sysflow policy path "],
  ])("policy %j is answered on standard output", (words, start) => {
    const run = policy("", ...words);
    expect(run.stdout).toStartWith(start);
    expect([run.status, run.stderr]).toEqual([0, ""]);
  });

  test.each([
    [
      [],
      "policy needs one of its commands: validate, list, explain, test, coverage, fmt, path; see: sysflow help policy [COMMAND_MISSING]",
    ],
    [["pth"], 'sysflow policy has no command "pth"; did you mean path? [COMMAND_UNKNOWN]'],
    [
      ["toString"],
      'sysflow policy has no command "toString"; see: sysflow help policy [COMMAND_UNKNOWN]',
    ],
    [
      ["--json", "path"],
      "sysflow policy has no option --json; see: sysflow help policy [OPTION_UNKNOWN]",
    ],
  ])("policy %j fails with one line", (words, message) => {
    const stderr = `sysflow: error: ${message}\n`;
    expect(policy("", ...words)).toEqual({ status: 2, stdout: "", stderr });
  });

  test("help shows both", () => {
    expect(shell("sysflow help policy").stdout).toBe(policy("", "-h").stdout);
    expect(shell("sysflow help policy path").stdout).toBe(policy("", "path", "-h").stdout);
  });
});

describe("a match is printed with a newline, and the status is 0", () => {
  test.each([
    ["kind", "Pod\n"],
    ["items.0.name", "web\x1b[31m\n2\n"],
    ["items.#.n", "[1.50]\n"],
    ["items.0", '{"name": "web\\u001b[31m\\n2", "n": 1.50}\n'],
    ["none", "\n"],
    ["é", "ü\n"],
    ["@this.kind", "Pod\n"],
  ])("%s", (word, stdout) => {
    expect(path(document, word)).toEqual({ status: 0, stdout, stderr: "" });
  });

  test("a path that begins with a dash follows two", () => {
    expect(path('{"-k":1}', "--", "-k").stdout).toBe("1\n");
  });
});

describe("no match prints nothing, and has a status of its own", () => {
  test.each([
    [document, "missing"],
    [document, ""],
    ["", "a"],
    ["no JSON", "a"],
    ['{"a":', "a"],
  ])("%j with %j", (input, word) => {
    expect(path(input, word)).toEqual({ status: exitStatus.NO_MATCH, stdout: "", stderr: "" });
    expect(exitStatus.NO_MATCH).toBe(4);
  });
});

test.each([
  ["items.0.name", { exists: true, type: "String", value: "web\x1b[31m\n2" }, 0],
  ["items.0.n", { exists: true, type: "Number", value: "1.5" }, 0],
  ["items.#", { exists: true, type: "Number", value: "1" }, 0],
  ["none", { exists: true, type: "Null", value: "" }, 0],
  ["missing", { exists: false, type: "Null", value: "" }, 4],
])("--json of %s is one object in a line", (word, answer, status) => {
  const run = path(document, "--json", word);
  expect(run.stdout).toBe(`${JSON.stringify(answer)}\n`);
  expect([run.status, run.stderr]).toEqual([status, ""]);
});

describe("input", () => {
  test("of more than 8 MiB is refused, with the limit; of 8 MiB it is read", () => {
    const whole = Buffer.alloc(8 * 2 ** 20, " ");
    whole.write("[7");
    whole.write("]", whole.length - 1);
    expect(path(whole, "0").stdout).toBe("7\n");
    expect(path(Buffer.concat([whole, Buffer.from(" ")]), "0")).toEqual({
      status: 1,
      stdout: "",
      stderr:
        "sysflow: error: cannot try a path on the document on standard input: it has more than " +
        "8 MiB, which is the most that is read; give a part of it [INPUT_TOO_LARGE]\n",
    });
  });

  test("that is endless is refused too", () => {
    expect(shell("sysflow policy path a < /dev/zero").status).toBe(1);
  });

  test("that cannot be read is told", () => {
    const message = "cannot read the document on standard input: it is a directory (EISDIR)";
    const run = shell("sysflow policy path a < /");
    expect(run.stderr).toBe(`sysflow: error: ${message} [INPUT_READ_FAILED]\n`);
    expect(run.status).toBe(1);
  });

  test("that comes bit by bit is waited for", () => {
    const run = shell(
      "(printf '{\"a\"'; sleep 0.2; printf ':[1,'; sleep 0.2; printf '2]}') | sysflow policy path a.1",
    );
    expect([run.stdout, run.stderr]).toEqual(["2\n", ""]);
  });

  test.skipIf(!existsSync("/usr/bin/python3"))(
    "from a pipe that does not block is waited for",
    () => {
      const script = `
import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(r, False)
child = subprocess.Popen(sys.argv[1:], stdin=r)
time.sleep(0.3)
os.write(w, b'{"a":5}')
os.close(w)
sys.exit(child.wait())`;
      const words = [...sysflowCommand, "policy", "path", "a"];
      const run = spawnSync("/usr/bin/python3", ["-c", script, ...words], { encoding: "utf8" });
      expect([run.stdout, run.stderr, run.status]).toEqual(["5\n", "", 0]);
    },
  );

  test("that is no UTF-8 is read as far as it is", () => {
    expect(path(Buffer.from([0x5b, 0x22, 0xff, 0x61, 0x22, 0x5d]), "0").stdout).toBe("\ufffda\n");
  });
});

test("a path that meets a bound says which, and is no match", () => {
  const run = path('["\\\\"]', Array(40).fill("@tostr").join("|"));
  expect(run).toEqual({
    status: 4,
    stdout: "",
    stderr:
      "sysflow: error: cannot follow the path to its end: it takes more than 33554432 steps; " +
      "to a policy this is no match [PATH_LIMIT]\n",
  });
  expect(path("[]", `${"[".repeat(4000)}0${"]".repeat(4000)}`).stderr).toContain(
    "it goes down more than 500 levels",
  );
  expect(path("[]", "a".repeat(16_385)).stderr).toContain("it has more than 16384 characters");
});

test("README has the bounds, and an example that is true", () => {
  const readme = readFileSync(join(import.meta.dir, "../../README.md"), "utf8");
  const [section = ""] = readme.split("**JSON paths.**").slice(1);
  const said = (bound: number) => expect(section).toContain(bound.toLocaleString("en"));
  [DEPTH_MAX, PATH_LENGTH_MAX, STEPS_MAX].forEach(said);
  expect(section).toContain(`${exitStatus.NO_MATCH} for none`);
  const word = /sysflow policy path '([^']+)'/.exec(section)?.[1] ?? "";
  const list = '{"items":[{"kind":"Job","name":"a"},{"kind":"Pod","name":"b"}]}';
  expect(path(list, word).stdout).toBe("b\n");
});

test.skipIf(!existsSync("/usr/bin/python3"))("on a terminal, what steers it is escaped", () => {
  // Python's pty gives the program a terminal for its standard output alone.
  const script = `
import os, pty, subprocess, sys
master, terminal = pty.openpty()
subprocess.run(sys.argv[1:], input=b'{"a":"\\\\u001b[31mred\\\\n\\\\ttwo"}', stdout=terminal)
os.close(terminal)
sys.stdout.buffer.write(os.read(master, 4096))`;
  const words = [...sysflowCommand, "policy", "path", "a"];
  const run = spawnSync("/usr/bin/python3", ["-c", script, ...words], { encoding: "utf8" });
  expect(run.stdout.replaceAll("\r\n", "\n")).toBe("\\x1b[31mred\n\ttwo\n");
});
