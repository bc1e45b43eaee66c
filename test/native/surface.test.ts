// The addon's whole surface, by name: what is exported is called here, and nothing else is exported.

import { describe, expect, test } from "bun:test";
import { closeSync, openSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { loadBinding } from "../../src/capture/binding.ts";
import { captureCounters } from "../../src/capture/counters.gen.ts";
import { LAYOUT_HASH } from "../../src/capture/layout.gen.ts";
import { scriptOfOne } from "../support/scripts/scripted-capture.ts";

const binding = loadBinding();

const statNames = [...captureCounters.map(({ name }) => name), "state"].sort();

test("exports", () => {
  expect(Object.keys(binding).sort()).toEqual([
    "Capture",
    "RecordListener",
    "RecordSender",
    "catchStraySignals",
    "checkFilter",
    "eventNames",
    "filterFields",
    "layoutHash",
    "layoutText",
    "libraryVersion",
    "lockFile",
    "probeHost",
    "syscallActions",
  ]);
});

test("syscallActions", () => {
  const rows = binding.syscallActions();
  const actions = new Map(rows.map(({ name, action }) => [name, action]));
  expect(actions.size).toBe(rows.length);
  expect(rows.length).toBeGreaterThan(300);
  const examples = { read: "read", openat2: "open", exit: "exit", poll: "none", tee: "generic" };
  for (const [name, action] of Object.entries(examples)) {
    expect([name, actions.get(name)]).toEqual([name, action]);
  }
  expect(rows.filter(({ isState }) => isState).length).toBeGreaterThan(50);
});

test("layoutHash and layoutText", () => {
  expect(binding.layoutHash).toBe(LAYOUT_HASH);
  expect(binding.layoutText()).toStartWith("BatchHeader 0 24\n magic u32 0\n");
});

test("libraryVersion", () => {
  expect(binding.libraryVersion).toMatch(/^\d+\.\d+\.\d+$/);
});

test("lockFile", () => {
  const path = join(tmpdir(), `sysflow-lock-${process.pid}`);
  const [first, second] = [openSync(path, "w"), openSync(path, "r")];
  const answers = [binding.lockFile(first), binding.lockFile(second)];
  closeSync(first);
  answers.push(binding.lockFile(second));
  closeSync(second);
  rmSync(path);
  expect(answers).toEqual([0, constants.errno.EWOULDBLOCK, 0]);
  expect(binding.lockFile(-1)).toBe(constants.errno.EBADF);
  expect(() => Reflect.apply(binding.lockFile, binding, [])).toThrow("lockFile takes a descriptor");
});

test("checkFilter", () => {
  expect(binding.checkFilter("proc.name=a and evt.type=open")).toEqual({
    error: null,
    warnings: [],
    fields: ["proc.name", "evt.type"],
  });
  expect(binding.checkFilter("proc.name=a and x.y=1").error).toEqual({
    reason: "filter_check called with nonexistent field x.y",
    index: 16,
  });
  expect(() => Reflect.apply(binding.checkFilter, binding, [])).toThrow(
    "checkFilter takes a string",
  );
});

test("filterFields", () => {
  const names = binding.filterFields().flatMap(({ fields }) => fields.map(({ name }) => name));
  expect(names).toContain("proc.name");
  expect(Object.keys(binding.filterFields()[0]?.fields[0] ?? {}).sort()).toEqual([
    "argument",
    "description",
    "isDeprecated",
    "isList",
    "name",
    "type",
  ]);
});

test("eventNames", () => {
  const names = binding.eventNames();
  expect(names).toContain("openat2");
  expect([...names].sort()).toEqual([...names]);
});

test("probeHost", () => {
  const facts = binding.probeHost();
  expect(Object.keys(facts).sort()).toEqual([
    "bpfErrno",
    "kmodErrno",
    "memlockBytes",
    "memoryBytes",
    "onlineCpus",
    "pageBytes",
    "programsCompiled",
    "ringBufferErrno",
    "tracingProgramErrno",
  ]);
  expect(facts.onlineCpus).toBeGreaterThan(0);
  expect(facts.pageBytes).toBeGreaterThanOrEqual(4096);
  expect(facts.memoryBytes).toBeGreaterThan(facts.pageBytes);
  expect(facts.programsCompiled && facts.tracingProgramErrno !== 0).toBe(false);
});

test("Capture", () => {
  const names = Object.getOwnPropertyNames(binding.Capture.prototype);
  expect(names.filter((name) => name !== "constructor").sort()).toEqual([
    "batchBytes",
    "close",
    "next",
    "stats",
    "stop",
  ]);
  const capture = new binding.Capture(scriptOfOne().mkdir(100, "/tmp/a").options());
  const buffer = new Uint8Array(capture.batchBytes);
  expect(capture.batchBytes % 8).toBe(0);
  capture.stop();
  expect(Object.keys(capture.stats()).sort()).toEqual(statNames);
  while (capture.next(buffer, 1000) >= 0);
  capture.close();
});

describe("options and arguments of a wrong type are refused by name", () => {
  const options: readonly [options: unknown, message: string][] = [
    [undefined, "Capture takes an options object and a function"],
    [1, "Capture takes an options object and a function"],
    [{}, "option engine must be"],
    [{ engine: "ebpf" }, "option engine must be modern_ebpf, kmod, savefile or test"],
    [{ engine: 3 }, "option engine must be a string"],
    [{ engine: "savefile", path: 1 }, "option path must be a string"],
    [{ engine: "test", batchBytes: "1" }, "option batchBytes must be an integer"],
    [{ engine: "test", syscalls: "open" }, "option syscalls must be an array"],
    [{ engine: "test", libraryLog: 1 }, "option libraryLog must be a boolean"],
    [{ engine: "test", events: [{ type: "X", params: [{}] }] }, "option params must be numbers"],
    [{ engine: "test", events: [{ type: "X", params: [{ bytes: 1 }] }] }, "option bytes must be"],
  ];
  test.each(options)("%p", (value, message) => {
    const Capture = binding.Capture as new (value: unknown) => unknown;
    expect(() => new Capture(value)).toThrow(message);
  });

  test("syscalls and events hold what they should", () => {
    const Capture = binding.Capture as new (value: unknown) => unknown;
    expect(() => new Capture({ engine: "test", syscalls: [1] })).toThrow();
    expect(() => new Capture({ engine: "test", events: [1] })).toThrow();
    expect(() => new Capture({ engine: "test", threads: [null] })).toThrow();
  });

  test("the function to call", () => {
    const Capture = binding.Capture as new (...values: unknown[]) => unknown;
    const wanted = "Capture takes an options object and a function";
    const options = scriptOfOne().options();
    for (const wrong of [null, 1, {}]) expect(() => new Capture(options, wrong)).toThrow(wanted);
    expect(() => new Capture(options, () => undefined, 1)).toThrow(wanted);
  });

  test("next", () => {
    const capture = new binding.Capture(scriptOfOne().options());
    const wanted = "next takes a Uint8Array and a number of milliseconds";
    const buffer = new Uint8Array(capture.batchBytes);
    expect(() => Reflect.apply(capture.next, capture, [])).toThrow(wanted);
    expect(() => Reflect.apply(capture.next, capture, [buffer])).toThrow(wanted);
    expect(() => Reflect.apply(capture.next, capture, [[], 0])).toThrow(wanted);
    expect(() => Reflect.apply(capture.next, capture, [buffer, "0"])).toThrow(wanted);
    expect(() => Reflect.apply(capture.next, {}, [buffer, 0])).toThrow();
    capture.close();
  });
});
