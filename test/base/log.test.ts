// Log lines: levels, the rate limit per key, and escaping.

import { describe, expect, test } from "bun:test";
import { escapeControls, Log, type LogOptions, logLevel } from "../../src/base/log.ts";

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
    log.asked("a\nb");
  }
  expect(lines.length).toBe(100);
  expect(lines[99]).toBe("sysflow: info: a\\x0ab\n");
  const few = setUp({ level: logLevel.WARNING });
  few.log.asked("c");
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
