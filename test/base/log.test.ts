// Log lines: levels, the rate limit per key, and escaping.

import { describe, expect, test } from "bun:test";
import { OperatorError } from "../../src/base/errors.ts";
import {
  defectLine,
  errorLines,
  escapeControls,
  Log,
  type LogOptions,
  logLevel,
  plainLine,
} from "../../src/base/log.ts";

function setUp(options: LogOptions = {}) {
  const lines: string[] = [];
  const time = { ms: 0 };
  const log = new Log({
    burst: 2,
    windowMs: 1000,
    write: (line) => lines.push(line),
    clockMs: () => time.ms,
    ...options,
  });
  return { lines, time, log };
}

test("a line names the program and the level", () => {
  const { log, lines } = setUp({ level: logLevel.DEBUG });
  log.error("a", "one");
  log.warning("b", "two");
  log.info("c", "three");
  log.debug("d", "four");
  expect(lines).toEqual([
    "sysflow: error: one\n",
    "sysflow: warning: two\n",
    "sysflow: info: three\n",
    "sysflow: debug: four\n",
  ]);
});

test("lines above the level are not written", () => {
  const { log, lines } = setUp();
  log.debug("a", "hidden");
  expect(lines).toEqual([]);
  const all = setUp({ level: logLevel.DEBUG });
  all.log.debug("a", "shown");
  expect(all.lines.length).toBe(1);
});

test("after a burst the lines of a key are counted, and the next window tells the count", () => {
  const { log, lines, time } = setUp();
  for (let i = 0; i < 5; i++) {
    log.warning("k", `line ${i}`);
  }
  log.warning("other", "not held back");
  expect(lines.length).toBe(3);
  time.ms = 1000;
  log.warning("k", "line 5");
  expect(lines.slice(3)).toEqual([
    'sysflow: warning: 3 more lines like "k" held back\n',
    "sysflow: warning: line 5\n",
  ]);
});

test("flush tells what was held back, once", () => {
  const { log, lines } = setUp();
  for (let i = 0; i < 3; i++) {
    log.warning("k", "x");
  }
  log.flush();
  log.flush();
  expect(lines.length).toBe(3);
});

test("however many keys there are, the lines are bounded", () => {
  const { log, lines } = setUp({ burst: 1 });
  for (let i = 0; i < 10_000; i++) {
    log.warning(`key ${i}`, "x");
  }
  expect(lines.length).toBe(257);
});

test("what was asked for is never held back, but can be a matter of level", () => {
  const { log, lines } = setUp({ burst: 1 });
  for (let i = 0; i < 100; i++) {
    log.asked("stats", "a\nb");
  }
  expect(lines.length).toBe(100);
  expect(lines[99]).toBe("sysflow: info: a\\x0ab\n");
  const few = setUp({ level: logLevel.WARNING });
  few.log.asked("stats", "c");
  expect(few.lines).toEqual([]);
});

describe("escapeControls", () => {
  test.each([
    ["plain text and UTF-8", "häß 😀", "häß 😀"],
    ["an ANSI sequence", "\x1b[31mred", "\\x1b[31mred"],
    ["a forged line", "a\nsysflow: error: b", "a\\x0asysflow: error: b"],
    ["NUL, DEL and C1", "\0\x7f\x9b", "\\x00\\x7f\\x9b"],
    ["line separators", "a\u2028b\u2029", "a\\u2028b\\u2029"],
    ["text turned round", "\u202egpj.exe", "\\u202egpj.exe"],
  ])("%s", (_, text, expected) => {
    expect(escapeControls(text)).toBe(expected);
  });
});

describe("as JSON", () => {
  const hostile = 'a"b\\c\n\x00\x1b[31m\x7f\x85\u200e\u2028\u202e\ud800 é\u{1f600}';
  const message = hostile.replace("\ud800", "\ufffd");
  const parsed = (line: string) => {
    expect(line).toMatch(/^[^\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]*\n$/u);
    return JSON.parse(Buffer.from(line).toString());
  };

  test("a line is one object, from which the text can be had back", () => {
    const { log, lines } = setUp({ format: "json" });
    log.warning("drops", hostile);
    log.asked("stats", "x");
    const [first, second] = lines.map(parsed);
    expect(Object.keys(first)).toEqual(["time", "level", "topic", "message"]);
    expect({ ...first, message: first.message.toWellFormed() }).toMatchObject({
      level: "warning",
      topic: "drops",
      message,
    });
    expect(first.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(second).toMatchObject({ level: "info", topic: "stats", message: "x" });
  });

  test("what was held back is told with its topic", () => {
    const { log, lines } = setUp({ format: "json" });
    for (let i = 0; i < 5; i++) log.error("a", "x");
    log.flush();
    expect(parsed(lines.at(-1) ?? "")).toMatchObject({
      level: "warning",
      topic: "a",
      message: '3 more lines like "a" held back',
    });
  });

  test("an error has its code and status, and the lines below it", () => {
    const error = new OperatorError("CODE", hostile, { exitStatus: 2, detail: ["a\n", "^"] });
    const { message: told, ...rest } = parsed(errorLines("json", error));
    expect(told.toWellFormed()).toBe(message);
    expect(rest).toMatchObject({
      level: "error",
      topic: "error",
      code: "CODE",
      exitStatus: 2,
      detail: ["a\n", "^"],
    });
    expect(parsed(errorLines("json", new OperatorError("C", "m")))).not.toHaveProperty("detail");
    expect(parsed(errorLines("json", error, 127))).toMatchObject({ exitStatus: 127 });
    expect(errorLines("text", error)).toStartWith('sysflow: error: a"b\\c\\x0a\\x00\\x1b[31m');
    expect(errorLines("text", error)).toEndWith(" [CODE]\n  a\\x0a\n  ^\n");
  });

  test("a defect shows its stack", () => {
    expect(parsed(defectLine(new Error("x")))).toMatchObject({
      level: "error",
      code: "DEFECT",
      message: "x",
      stack: expect.stringContaining("log.test.ts"),
    });
    expect(parsed(defectLine("thrown"))).toMatchObject({ code: "DEFECT", message: "thrown" });
  });

  test("fields of a line stand beside its message, and as text are left out", () => {
    expect(parsed(plainLine("json", "t", "m", { n: 1 }))).toMatchObject({
      level: "info",
      topic: "t",
      message: "m",
      n: 1,
    });
    expect(plainLine("text", "t", "m\n", { n: 1 })).toBe("sysflow: m\\x0a\n");
  });
});
