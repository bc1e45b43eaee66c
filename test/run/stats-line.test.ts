// The line of --stats: what it says on which occasion, and that its counts begin anew at each.

import { expect, test } from "bun:test";
import type { CaptureStats } from "../../src/capture/binding.ts";
import type { CollectorStats } from "../../src/collect/collector.ts";
import { StatsLine } from "../../src/run/stats-line.ts";

test("counts since the line before, and table sizes as they are", () => {
  let records = 5;
  let kernelDrops = 2;
  const tables = { threads: 7, descriptors: 8, processesEvicted: 1 };
  const line = new StatsLine({
    capture: () =>
      ({ ...{ events: 9, kernelDrops, behindNs: 3.4e6, filtered: 1 }, ...tables }) as CaptureStats,
    collector: () => ({ processes: 4, files: 6 }) as CollectorStats,
    lookups: () => ({ sockets: 2, named: 3, unknown: [{ cause: "not found", count: 4 }] }),
    recordsTotal: () => records,
  });
  expect(line.next("time")).toBe(
    "stats: at=time records=5 drops=2 recordsTotal=5 dropsTotal=2 events=9 filtered=1 behindMs=3 " +
      "threads=7 descriptors=8 processesEvicted=1 processes=4 files=6 runtimeSockets=2 containersNamed=3 " +
      "containersUnknown=4",
  );
  records = 12;
  kernelDrops = 3;
  expect(line.next("rotation")).toStartWith(
    "stats: at=rotation records=7 drops=1 recordsTotal=12 dropsTotal=3 events=9 ",
  );
  expect(line.next("end")).toStartWith("stats: at=end records=0 drops=0 recordsTotal=12 ");
});
