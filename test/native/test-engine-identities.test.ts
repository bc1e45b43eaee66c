// Scripted events: which ids a process has after calls that change them, what an exec that fails
// has tried, and when a process ends that its first thread leaves.

import { describe, expect, test } from "bun:test";
import { type Captured, captureAll, ofKind } from "../support/scripts/captured-records.ts";
import { cloneFlag, type Script, scriptOfOne } from "../support/scripts/scripted-capture.ts";

const run = (script: Script): Captured => captureAll(script.options());

type Params = readonly (number | string | null)[];

/** A call by its two events' parameters. `own`: as the probe tells, after the result. */
type IdCase = readonly [
  what: string,
  call: string,
  enter: Params,
  exit: Params,
  asked: readonly [uid: number, text: string],
  id: number,
];

const keep = 0xffff_ffff;
const userCases: readonly IdCase[] = [
  ["0 is the caller outside", "SETUID", [0], [0, 54321, 1], [54321, "<NA>"], 54321],
  ["also of setreuid", "SETREUID", [], [0, 0, 0, 54321, 1], [54321, "<NA>"], 54321],
  ["also of setresuid", "SETRESUID", [0, 0, 0], [0, 54321, 2], [54321, "<NA>"], 54321],
  ["refused in a namespace: nobody knows", "SETUID", [0], [-22, 54321, 1], [-1, "<NA>"], 54321],
  ["refused in the host's own: known", "SETUID", [0], [-1, 54321, 0], [0, "root"], 54321],
  ["-1 has no name", "SETRESUID", [5, keep, 5], [0, 0, 0], [-1, ""], 0],
  ["nor has it in a namespace", "SETRESUID", [0, keep, 0], [0, 54321, 1], [-1, ""], 54321],
  ["nor of setreuid", "SETREUID", [], [0, 7, keep, 0, 0], [-1, ""], 0],
  ["other probes tell what was asked", "SETUID", [54320], [0], [54320, "<NA>"], 54320],
  ["setreuid's first is the real one", "SETREUID", [], [0, 7, 54320], [54320, "<NA>"], 54320],
];

const groupCases: readonly (readonly [string, string, Params, Params, number])[] = [
  ["setgid", "SETGID", [5], [0, 5], 5],
  ["0 is the caller's outside", "SETGID", [0], [0, 54321], 54321],
  ["setregid", "SETREGID", [], [0, 7, 8, 8], 8],
  ["setresgid", "SETRESGID", [1, 2, 3], [0, 2], 2],
];

describe("ids", () => {
  test.each(userCases)("%s", (_, call, enter, exit, [uid, text], id) => {
    const script = scriptOfOne().add(100, `SYSCALL_${call}_E`, ...enter);
    const captured = run(script.add(100, `SYSCALL_${call}_X`, ...exit).mkdir(100, "/tmp/a"));
    expect(ofKind(captured, "processOp", "setuid")).toMatchObject([{ uid, text }]);
    expect(ofKind(captured, "process").at(-1)?.uid).toBe(id);
  });

  test.each(groupCases)("%s sends the process again", (_, call, enter, exit, id) => {
    const script = scriptOfOne()
      .mkdir(100, "/tmp/a")
      .add(100, `SYSCALL_${call}_E`, ...enter);
    const captured = run(script.add(100, `SYSCALL_${call}_X`, ...exit));
    expect(ofKind(captured, "processOp")).toMatchObject([{ op: "setgid", tid: 100 }]);
    expect(ofKind(captured, "process").map(({ gid }) => gid)).toEqual([0, id]);
  });

  test("of other probes, a new group is told with the next change", () => {
    const script = scriptOfOne().mkdir(100, "/tmp/a").add(100, "SYSCALL_SETREGID_E");
    const captured = run(script.add(100, "SYSCALL_SETREGID_X", 0, 7, 8).setuid(100, 0));
    expect(ofKind(captured, "processOp")).toMatchObject([{ op: "setuid" }]);
    expect(ofKind(captured, "process").map(({ gid }) => gid)).toEqual([0, 8]);
  });

  test("a group that stays sends nothing", () => {
    const script = scriptOfOne().mkdir(100, "/tmp/a").add(100, "SYSCALL_SETGID_E", 0);
    const captured = run(script.add(100, "SYSCALL_SETGID_X", 0, 0));
    expect(ofKind(captured, "processOp")).toEqual([]);
    expect(ofKind(captured, "process")).toHaveLength(1);
  });
});

const execCases: readonly (readonly [string, string, Params, string])[] = [
  ["absolute", "EXECVE_19", ["/a/../b"], "/b"],
  ["relative", "EXECVE_19", ["./a"], "/home/a"],
  ["of a folder", "EXECVEAT", [3, "a", 0], "/tmp/a"],
  ["of a folder without the name", "EXECVEAT", [9, "a", 0], "a"],
  ["of the folder it works in", "EXECVEAT", [-100, "a", 0], "/home/a"],
  ["absolute beside a folder", "EXECVEAT", [3, "/a", 0], "/a"],
  ["of a file", "EXECVEAT", [3, "", 1], "/tmp"],
  ["an empty path, which names nothing", "EXECVE_19", [""], ""],
  ["nor does it of a file, without the flag", "EXECVEAT", [3, "", 0], ""],
  ["one with that name", "EXECVE_19", ["<NA>"], "/home/<NA>"],
  ["one with that name in no known folder", "EXECVEAT", [9, "<NA>", 0], "./<NA>"],
  ["nobody knows which", "EXECVE_19", [null], "<NA>"],
  ["nor in which folder", "EXECVEAT", [9, null, 0], "<NA>"],
];

/** The event of its end, of which only the result counts. */
function failed(script: Script, call: string): Script {
  return script.add(
    100,
    `SYSCALL_${call}_X`,
    ...[-2, "a", null, 100, 100, 1, "/home", 1024, 0, 0, 0, 0, 0, "a", null],
    ...[null, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, "/bin/prog", 100, 0],
  );
}

describe("an exec that fails", () => {
  test.each(execCases)("%s", (_, call, enter, path) => {
    const script = scriptOfOne().open(100, 3, "/tmp");
    script.add(100, `SYSCALL_${call}_E`, ...enter);
    const captured = run(failed(script, call));
    expect(ofKind(captured, "processOp")).toMatchObject([{ op: "exec", ret: -2, text: path }]);
  });

  test("its enter event was lost", () => {
    const captured = run(failed(failed(scriptOfOne(), "EXECVE_19"), "EXECVE_19"));
    expect(ofKind(captured, "processOp")).toMatchObject([
      { op: "exec", ret: -2, text: "<NA>" },
      { op: "exec", ret: -2, text: "<NA>" },
    ]);
  });

  test("one path is told once", () => {
    const script = scriptOfOne().add(100, "SYSCALL_EXECVE_19_E", "/a");
    const captured = run(failed(failed(script, "EXECVE_19"), "EXECVE_19"));
    expect(ofKind(captured, "processOp").map(({ text }) => text)).toEqual(["/a", "<NA>"]);
  });
});

/** What the probe says of the thread's process. */
const [alone, hasOthers, endsWhole, endsWithOthers] = [0, 1, 2, 3];

describe("the end of a process", () => {
  const threads = (): Script => {
    const flags = cloneFlag.THREAD | cloneFlag.FILES;
    const script = scriptOfOne().mkdir(100, "/tmp/a");
    return script.clone(100, 101, { pid: 100, flags }).clone(100, 102, { pid: 100, flags });
  };
  const end = (script: Script, tid: number, status: number, group: number): Script =>
    script.add(tid, "PROCEXIT_1_E", status, 0, 0, 0, 1, group);
  const exits = (script: Script) =>
    ofKind(run(script), "processOp", "exit").map(
      ({ tid, ret, isMainThread }) => `${tid} ${ret} ${isMainThread}`,
    );

  test("its first thread leaves: it ends with the last one, by the first one's status", () => {
    const script = end(end(threads(), 100, 5, hasOthers as number), 101, 6, hasOthers as number);
    expect(exits(end(script, 102, 7, alone as number))).toEqual([
      "101 6 false",
      "102 7 false",
      "100 5 true",
    ]);
  });

  test("or by that of all, where they end together", () => {
    const script = end(
      end(threads(), 100, 5, hasOthers as number),
      101,
      9,
      endsWithOthers as number,
    );
    expect(exits(end(script, 102, 9, endsWhole as number))).toEqual([
      "101 9 false",
      "102 9 false",
      "100 9 true",
    ]);
  });

  test("all end together, the first one first", () => {
    let script = end(threads(), 100, 9, endsWithOthers as number);
    script = end(script, 102, 9, endsWithOthers as number);
    expect(exits(end(script, 101, 9, endsWhole as number))).toEqual([
      "100 9 true",
      "102 9 false",
      "101 9 false",
    ]);
  });

  test("another thread runs a new program and is the first from then on", () => {
    const script = end(end(threads(), 102, 0, hasOthers as number), 100, 0, hasOthers as number);
    expect(exits(end(script.exec(100, "/bin/new"), 100, 3, alone as number))).toEqual([
      "102 0 false",
      "100 3 true",
    ]);
  });

  test("of other probes, which do not tell", () => {
    expect(exits(threads().exit(100).exit(101))).toEqual(["100 0 true", "101 0 false"]);
  });
});
