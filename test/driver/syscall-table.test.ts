// The table of system calls: which calls are in it, in which modes, and that the lists by which the
// kernel is asked hold nothing that comes to nothing. What the rows promise is in test/e2e/syscalls.

import { describe, expect, test } from "bun:test";
import { loadBinding } from "../../src/capture/binding.ts";
import { syscallSets, syscallsFor, unseen } from "../../src/driver/syscall-sets.ts";
import { modeText, recordText, syscallRows } from "../../src/driver/syscall-table.ts";
import { sysflow } from "../support/program/sysflow.ts";

const actions = loadBinding().syscallActions();
const rows = syscallRows(actions);
const rowOf = (name: string) => rows.find((row) => row.name === name);

const examples: readonly [name: string, records: string, modes: string][] = [
  ["open", "FileFlow: OPEN", "flow, consume"],
  ["read", "FileFlow, NetworkFlow: READ_RECV", "flow"],
  [
    "recvmsg",
    "FileFlow, NetworkFlow: READ_RECV",
    "flow, consume (NetworkFlow), nofiles (NetworkFlow)",
  ],
  ["sendfile", "FileFlow, NetworkFlow: READ_RECV, WRITE_SEND", "flow"],
  ["exit", "ProcessEvent: EXIT", "flow, consume, nofiles"],
  ["mkdir", "FileEvent: MKDIR", "flow, consume"],
  ["mount", "FileEvent: MOUNT (schema 6)", "flow, consume"],
];
test.each(examples)("%s makes %s in %s", (name, records, modes) => {
  const row = rowOf(name);
  expect(row && [recordText(row), modeText(row)]).toEqual([records, modes]);
});

test("a call is there once", () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
});

test("every row has a record in flow mode: the kernel is asked for the call", () => {
  expect(rows.filter(({ records }) => records.flow.length === 0)).toEqual([]);
});

describe("what the kernel is asked for", () => {
  const known = new Map(actions.map(({ name, action }) => [name, action]));
  const modes = ["flow", "consume", "nofiles"] as const;

  test("is delivered", () => {
    const asked = syscallsFor("flow", 6).filter((name) => known.get(name) === "generic");
    expect(asked).toEqual([]);
  });

  test("beside upstream's sets comes to a record", () => {
    const upstream: readonly string[] = syscallSets.flow;
    const ours = syscallsFor("flow", 6).filter((name) => !upstream.includes(name));
    expect(ours.filter((name) => known.has(name) && rowOf(name) === undefined)).toEqual([]);
  });

  test.each(modes)("is upstream's set and more in mode %s, and more with schema 6", (mode) => {
    const five = syscallsFor(mode, 5);
    expect(five).toEqual(expect.arrayContaining([...syscallSets[mode]]));
    expect(new Set(five).size).toBe(five.length);
    const six = syscallsFor(mode, 6);
    expect(six).toEqual(expect.arrayContaining([...five]));
    expect(six.includes("fchownat")).toBe(mode !== "nofiles");
  });
});

test("what is said to be unseen is", () => {
  const isRow = new Set(rows.map(({ name }) => name));
  const words = unseen.flatMap(({ what }) => (what.includes(",") ? [] : what.split(" ")));
  expect(words.filter((word) => isRow.has(word))).toEqual([]);
  expect(words.filter((word) => actions.some(({ name }) => name === word)).length).toBeGreaterThan(
    30,
  );
});

test("--list-syscalls shows it, for a person and as JSON", () => {
  const text = sysflow(["collect", "--list-syscalls"]);
  expect(text.status).toBe(0);
  expect(text.stdout).toContain("execve execveat\n    record   ProcessEvent: EXEC\n");
  expect(text.stdout).toContain("\nio_uring\n");
  const json = sysflow(["collect", "--list-syscalls", "--json"]);
  expect(JSON.parse(json.stdout)).toEqual(JSON.parse(JSON.stringify({ syscalls: rows, unseen })));
});
