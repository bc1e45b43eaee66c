// Scripted events of processes and threads: who is defined when, who is whose parent, when an identity
// goes, and which container and user it has.

import { describe, expect, test } from "bun:test";
import { type Captured, captureAll, ofKind } from "../support/scripts/captured-records.ts";
import {
  cloneFlag,
  type Script,
  scriptOfOne,
  secondNs,
  startTs,
} from "../support/scripts/scripted-capture.ts";

const containerId = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

const run = (script: Script): Captured => captureAll(script.options());

describe("processes", () => {
  test("a child's process is defined before its first use, its parent before it", () => {
    const script = scriptOfOne().clone(100, 200, { exe: "/bin/sh" }).mkdir(200, "/tmp/a");
    const captured = run(script);
    expect(ofKind(captured, "process")).toMatchObject([
      { pid: 100, parent: null, exe: "/bin/prog", createTs: startTs - secondNs },
      { pid: 200, parent: 100 },
    ]);
    expect(ofKind(captured, "processOp", "clone")).toMatchObject([
      { tid: 100, pid: 100, ret: 200, isMainThread: true, isCloneThread: false },
      { tid: 200, pid: 200, ret: 0, isMainThread: true, isCloneThread: false },
    ]);
  });

  test("a thread belongs to its process", () => {
    const flags = cloneFlag.THREAD | cloneFlag.FILES;
    const script = scriptOfOne().clone(100, 101, { pid: 100, flags }).mkdir(101, "/tmp/a");
    const captured = run(script.exit(101).exit(100));
    expect(ofKind(captured, "process")).toHaveLength(1);
    expect(ofKind(captured, "processOp", "clone")).toMatchObject([
      { tid: 100, pid: 100, isMainThread: true, isCloneThread: true },
      { tid: 101, pid: 100, isMainThread: false, isCloneThread: true },
    ]);
    expect(ofKind(captured, "pathOp")).toMatchObject([{ tid: 101, pid: 100 }]);
    expect(ofKind(captured, "processOp", "exit")).toMatchObject([
      { tid: 101, isMainThread: false },
      { tid: 100, isMainThread: true },
    ]);
  });
});

describe("the life of a process", () => {
  test("exec defines the process anew, with its arguments", () => {
    const script = scriptOfOne().mkdir(100, "/tmp/a").exec(100, "/bin/new", ["-a", "", "b c"]);
    const captured = run(script);
    expect(ofKind(captured, "process")).toMatchObject([
      { pid: 100, exe: "/bin/prog", args: [] },
      { pid: 100, exe: "/bin/new", args: ["-a", "", "b c"] },
    ]);
    expect(ofKind(captured, "processOp")).toMatchObject([{ op: "exec", tid: 100, ret: 0 }]);
  });

  test("a process goes two seconds after its exit, and not before", () => {
    const script = scriptOfOne().thread({ tid: 200, exe: "/bin/other" }).mkdir(100, "/tmp/a");
    script.exit(100, 7).wait(secondNs).mkdir(200, "/tmp/b").wait(secondNs).mkdir(200, "/tmp/c");
    const captured = run(script);
    const kinds = captured.records.map(({ kind, pid, second }) => `${kind} ${pid ?? second}`);
    const second = Number(startTs / secondNs);
    expect(kinds).toEqual([
      `tick ${second}`,
      "process 100",
      "pathOp 100",
      "processOp 100",
      `tick ${second + 1}`,
      "process 200",
      "pathOp 200",
      `tick ${second + 2}`,
      "processGone 100",
      "pathOp 200",
    ]);
    expect(ofKind(captured, "processOp", "exit")).toMatchObject([{ ret: 7 }]);
  });

  test("a process goes in time though a thread of another one has its id by then", () => {
    const flags = cloneFlag.THREAD | cloneFlag.FILES;
    const script = scriptOfOne().clone(100, 200).exit(200).clone(100, 200, { pid: 100, flags });
    const captured = run(script.wait(2n * secondNs).mkdir(100, "/tmp/a"));
    expect(ofKind(captured, "processGone")).toMatchObject([{ pid: 200 }]);
  });

  test("a pid that is used again is another process", () => {
    const script = scriptOfOne().clone(100, 200).exit(200).clone(100, 200).mkdir(200, "/tmp/a");
    const captured = run(script);
    const created = ofKind(captured, "process").filter(({ pid }) => pid === 200);
    expect(created).toHaveLength(2);
    expect(created[0]?.createTs).not.toBe(created[1]?.createTs);
    expect(ofKind(captured, "processGone")).toMatchObject([{ pid: 200 }]);
  });
});

describe("their user and container", () => {
  test("setuid tells what was asked, setresuid the effective one", () => {
    const script = scriptOfOne().setuid(100, 33).setresuid(100, [1, 2, 3]).setuid(100, 5, -1);
    const captured = run(script);
    expect(ofKind(captured, "processOp", "setuid")).toMatchObject([
      { uid: 33, ret: 0, tid: 100 },
      { uid: 2, ret: 0 },
      { uid: 5, ret: -1 },
    ]);
    expect(ofKind(captured, "process").map(({ uid }) => uid)).toContain(33);
  });

  test("two threads' calls at the same time do not mix what they asked for", () => {
    const flags = cloneFlag.THREAD | cloneFlag.FILES;
    const script = scriptOfOne().clone(100, 101, { pid: 100, flags });
    script.add(100, "SYSCALL_SETUID_E", 33).add(101, "SYSCALL_SETRESUID_E", 1, 44, 2);
    script.add(100, "SYSCALL_SETUID_X", 0).add(101, "SYSCALL_SETRESUID_X", 0);
    expect(ofKind(run(script), "processOp", "setuid")).toMatchObject([
      { tid: 100, uid: 33 },
      { tid: 101, uid: 44 },
    ]);
  });

  test("a container is known by the cgroup, and defined once", () => {
    const cgroups = `cpu=/\0memory=/docker/${containerId}\0`;
    const script = scriptOfOne().clone(100, 200, { cgroups }).clone(100, 201, { cgroups });
    const captured = run(script.mkdir(200, "/tmp/a").mkdir(201, "/tmp/b"));
    expect(ofKind(captured, "container")).toMatchObject([{ container: "3ad7b26ded6d" }]);
    expect(ofKind(captured, "process").map(({ pid, container }) => [pid, container])).toEqual([
      [100, null],
      [200, "3ad7b26ded6d"],
      [201, "3ad7b26ded6d"],
    ]);
  });

  test("a process that enters a container by exec is defined with it", () => {
    const cgroups = `cpu=/docker/${containerId}`;
    const captured = run(scriptOfOne().mkdir(100, "/a").exec(100, "/bin/x", [], cgroups));
    const containers = ofKind(captured, "process").map(({ container }) => container);
    expect(containers).toEqual([null, "3ad7b26ded6d"]);
  });

  test("events of an unknown thread are counted", () => {
    const { stats } = run(scriptOfOne().exit(999));
    expect(stats.noThread).toBe(1);
  });
});
