// The timers of a run, with the runtime's own clock turned by hand.

import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { Log } from "../../src/base/log.ts";
import type { CaptureStats } from "../../src/capture/binding.ts";
import { StopFlag } from "../../src/run/stop-flag.ts";
import type { Unexpressed } from "../../src/run/unexpressed.ts";
import { RunWatch } from "../../src/run/watch.ts";

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test("the line of statistics comes every 30 seconds, drops are said every 10, the end once", () => {
  const lines: string[] = [];
  const flag = new StopFlag();
  let said = 0;
  let kernelDrops = 0;
  const watch = new RunWatch({
    log: new Log({ write: (line) => lines.push(line), clockMs: () => 0 }),
    flag,
    durationSec: 65,
    stats: () =>
      ({
        kernelDrops,
        kernelDropsBuffer: kernelDrops,
        kernelDropsScratchMap: 0,
        kernelDropsPageFault: 0,
        kernelDropsBug: 0,
        preemptions: 0,
      }) as CaptureStats,
    unexpressed: null,
    sayStats: () => {
      said += 1;
    },
  });
  jest.advanceTimersByTime(29_999);
  expect(said).toBe(0);
  expect(lines).toEqual([]);
  kernelDrops = 7;
  jest.advanceTimersByTime(1);
  expect(said).toBe(1);
  expect(lines).toEqual([
    "sysflow: warning: the kernel dropped 7 events in the last 10 s (since the start: ring buffer " +
      "full 7)\n",
  ]);
  jest.advanceTimersByTime(34_999);
  expect([said, flag.requested]).toEqual([2, false]);
  jest.advanceTimersByTime(1);
  expect([flag.requested, flag.reason]).toEqual([true, "duration"]);
  watch.stop();
  jest.advanceTimersByTime(100_000);
  expect([said, lines.length]).toEqual([2, 1]);
});

function setup(rows: () => readonly Unexpressed[]) {
  const lines: string[] = [];
  const watch = new RunWatch({
    log: new Log({ write: (line) => lines.push(line) }),
    flag: new StopFlag(),
    durationSec: null,
    stats: () => ({}) as CaptureStats,
    sayStats: null,
    unexpressed: rows,
  });
  return { watch, lines };
}

test("each kind is said at its first loss, and never again", () => {
  const counts = { sockets: 0, files: 0 };
  const { watch, lines } = setup(() => [
    {
      cause: "sockets",
      counter: "ipv6Skipped",
      count: counts.sockets,
      warning: "sockets are left out",
    },
    { cause: "files", counter: "ipv6Skipped", count: counts.files, warning: "files are left out" },
  ]);
  watch.sayUnexpressed();
  expect(lines).toEqual([]);
  counts.files = 1;
  watch.sayUnexpressed();
  watch.sayUnexpressed();
  expect(lines).toEqual(["sysflow: warning: files are left out\n"]);
  counts.sockets = 7;
  counts.files = 9;
  watch.sayUnexpressed();
  expect(lines.slice(1)).toEqual(["sysflow: warning: sockets are left out\n"]);
});

test("while the run goes on, without being asked", () => {
  let count = 0;
  const { watch, lines } = setup(() => [
    { cause: "sockets", counter: "ipv6Skipped", count, warning: "sockets are left out" },
  ]);
  jest.advanceTimersByTime(5_000);
  expect(lines).toEqual([]);
  count = 1;
  jest.advanceTimersByTime(1_000);
  expect(lines).toEqual(["sysflow: warning: sockets are left out\n"]);
  watch.stop();
});
