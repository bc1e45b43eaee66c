// What a run says while it goes on: here what the schema has no place for, each kind once.

import { afterEach, expect, test } from "bun:test";
import { Log } from "../../src/base/log.ts";
import type { CaptureStats } from "../../src/capture/binding.ts";
import { RunWatch } from "../../src/cli/run-watch.ts";
import { StopFlag } from "../../src/cli/signals.ts";
import type { Unexpressed } from "../../src/cli/unexpressed.ts";

const watches: RunWatch[] = [];
afterEach(() => {
  for (const watch of watches.splice(0)) {
    watch.stop();
  }
});

function setup(rows: () => readonly Unexpressed[]) {
  const lines: string[] = [];
  const watch = new RunWatch({
    log: new Log({ write: (line) => lines.push(line) }),
    flag: new StopFlag(),
    durationSec: null,
    stats: () => ({}) as CaptureStats,
    details: null,
    unexpressed: rows,
  });
  watches.push(watch);
  return { watch, lines };
}

test("each kind is said at its first loss, and never again", () => {
  const counts = { sockets: 0, files: 0 };
  const { watch, lines } = setup(() => [
    { cause: "sockets", count: counts.sockets, warning: "sockets are left out" },
    { cause: "files", count: counts.files, warning: "files are left out" },
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

test("while the run goes on, without being asked", async () => {
  let count = 0;
  const { lines } = setup(() => [{ cause: "sockets", count, warning: "sockets are left out" }]);
  count = 1;
  while (lines.length === 0) {
    await Bun.sleep(20);
  }
  expect(lines).toEqual(["sysflow: warning: sockets are left out\n"]);
});
