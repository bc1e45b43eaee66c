// Command lines and environments as long as the probe sends them, through the test engine: nothing
// of a text is lost that the events hold, and what they do not hold is counted.

import { describe, expect, test } from "bun:test";
import { captureAll, ofKind } from "../support/scripts/captured-records.ts";
import { cloneFlag, type Script, scriptOfOne } from "../support/scripts/scripted-capture.ts";

/** native/patches/0010: of a command line and an environment; of a command line at a fork. */
const execBytes = 48 * 1024;
const forkBytes = 4096;

const path = "/bin/prog";

/** One-letter arguments that fill the command line to `bytes`, argv[0] and each NUL counted. */
function argsOf(bytes: number): readonly string[] {
  const rest = bytes - path.length - 1;
  const head = rest % 2 === 0 ? [] : ["aa"];
  return [...head, ...Array<string>(Math.floor((rest - head.length) / 2)).fill("b")];
}

const run = (script: Script) => captureAll(script.options());

const factsOf = (script: Script, pid: number) =>
  ofKind(run(script), "process").findLast((record) => record.pid === pid);

describe("an exec", () => {
  test.each([
    ["short", 200, 100, 0],
    ["all there is room for", execBytes - 8, 0, 0],
    ["a command line that was cut", execBytes - 8, 8, 1],
    ["both cut", execBytes / 2, execBytes / 2, 2],
    ["an environment that was cut", 200, execBytes - 200, 1],
    ["a command line of the kernel module's length", forkBytes, 8, 1],
    ["an environment of that length", 200, forkBytes, 1],
  ])("%s", (_, argBytes, envBytes, cut) => {
    const args = argsOf(argBytes);
    const env = Array<string>(envBytes / 4).fill("A=1");
    const captured = run(scriptOfOne().exec(100, path, args, "cpu=/", env).mkdir(100, "/tmp/a"));
    expect(ofKind(captured, "process").at(-1)).toMatchObject({ args, env });
    expect(captured.stats).toMatchObject({ textsCutCapture: cut, textsCutGone: 0, malformed: 0 });
  });
});

describe("a fork, whose events hold less of the arguments,", () => {
  const args = argsOf(10_000);
  const cut = argsOf(forkBytes);
  const env = ["A=1"];
  const script = () => scriptOfOne().exec(100, path, args, "cpu=/", env);

  test("has its parent's", () => {
    const forked = script().clone(100, 200, { exe: path, args: cut }).mkdir(200, "/tmp/a");
    expect(factsOf(forked, 200)).toMatchObject({ args, env });
  });

  test("has them where another thread than the leader forked", () => {
    const thread = { exe: path, args: cut, pid: 100, flags: cloneFlag.THREAD };
    const forked = script()
      .clone(100, 101, thread)
      .clone(101, 200, { exe: path, args: cut })
      .mkdir(200, "/tmp/a");
    expect(factsOf(forked, 200)).toMatchObject({ args, env });
  });

  test.each([
    ["shorter than what is cut", cut.slice(0, -1)],
    ["other than the parent's", [...cut.slice(0, -1), "c"]],
    ["with another beginning", ["x", ...cut.slice(1)]],
  ])("keeps what is %s", (_, own) => {
    const forked = script().clone(100, 200, { exe: path, args: own }).mkdir(200, "/tmp/a");
    expect(factsOf(forked, 200)).toMatchObject({ args: own, env });
  });
});
