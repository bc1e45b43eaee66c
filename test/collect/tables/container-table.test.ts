import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { readBatch } from "../../../src/capture/batch-reader.ts";
import * as native from "../../../src/capture/layout.gen.ts";
import { Collector } from "../../../src/collect/collector.ts";
import { collectLimits } from "../../../src/collect/limits.ts";
import { buildBatch, type TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect, flowOptions } from "../../support/collect/collect.ts";
import { RecordingSink } from "../../support/collect/recording-sink.ts";

const id = "0123456789ab";

const unknown: TestRecord = { kind: "container", container: 1, id };
const known: TestRecord = {
  kind: "container",
  container: 1,
  id,
  known: true,
  privileged: true,
  type: 6,
  name: "web",
  image: "httpd:2",
  imageTag: "2",
  imageId: "deadbeef",
};

function process(handle: number): TestRecord {
  return { kind: "process", process: handle, pid: handle * 10, container: 1 };
}

function clone(handle: number, ts: bigint): TestRecord {
  return { kind: "processOp", ts, process: handle, tid: 1, op: native.NATIVE_CLONE };
}

const placeholder = {
  kind: "Container",
  id,
  name: "incomplete",
  image: "incomplete:incomplete",
  imageid: "",
  type: 0,
  privileged: false,
  podId: null,
};
const full = {
  kind: "Container",
  id,
  name: "web",
  image: "httpd:2:2",
  imageid: "deadbeef",
  type: 6,
  privileged: true,
  podId: null,
};

function written(records: readonly TestRecord[]): unknown[] {
  return collect([{ kind: "tick", ts: at(0) }, ...records]).sink.without("ProcessEvent");
}

test("a known container, once, before its process", () => {
  const records = [known, process(1), process(2), clone(1, at(0, 1)), clone(2, at(0, 2))];
  expect(written(records)).toMatchObject([full, { kind: "Process", containerId: id }, {}]);
});

describe("metadata that comes later", () => {
  const start = [unknown, process(1), clone(1, at(0, 1)), known, process(2)];

  test("amends the record before the container's next entity", () => {
    expect(written([...start, clone(1, at(0, 2)), clone(2, at(0, 3))])).toMatchObject([
      placeholder,
      { kind: "Process" },
      full,
      { kind: "Process" },
    ]);
  });

  test("or at the next tick, and not twice", () => {
    const ticks: TestRecord[] = [
      { kind: "tick", ts: at(1) },
      { kind: "tick", ts: at(2) },
    ];
    expect(written([...start, ...ticks])).toMatchObject([placeholder, { kind: "Process" }, full]);
    expect(written([...start, ...ticks, clone(2, at(2, 3))])).toHaveLength(4);
  });

  test("before its first use it is just known", () => {
    expect(written([unknown, known, process(1), clone(1, at(0, 1))])).toMatchObject([full, {}]);
  });

  test("what metadata give as empty is empty", () => {
    const empty: TestRecord = { kind: "container", container: 1, id, known: true };
    const records = written([empty, process(1), clone(1, at(0, 1))]);
    expect(records).toMatchObject([
      { kind: "Container", name: "", image: ":", imageid: "", privileged: false },
      {},
    ]);
  });

  test("the same facts again change nothing", () => {
    const records = [known, process(1), clone(1, at(0, 1)), known, process(2), clone(2, at(0, 2))];
    expect(written(records)).toMatchObject([full, { kind: "Process" }, { kind: "Process" }]);
  });
});

const types: readonly [libsinsp: number, wire: number][] = [
  [0, 0],
  [7, 7],
  [9, 9],
  [10, 5],
  [11, 5],
  [0xffff, 5],
];
test.each(types)("libsinsp's type %d is %d on the wire", (type, wire) => {
  const records: TestRecord[] = [{ ...known, type } as TestRecord, process(1), clone(1, at(0, 1))];
  expect(written(records)).toMatchObject([{ type: wire }, {}]);
});

test("one container under two handles is one", () => {
  const { sink, collector } = collect([
    { kind: "tick", ts: at(0) },
    known,
    { ...known, container: 2 } as TestRecord,
    process(1),
    { kind: "process", process: 2, pid: 20, container: 2 },
    clone(1, at(0, 1)),
    clone(2, at(0, 2)),
  ]);
  expect(sink.of("Container")).toHaveLength(1);
  expect(collector.stats().containers).toBe(1);
});

test("one that is defined again is not the oldest any more", () => {
  const define = (container: number, id: string) => ({ kind: "container", container, id }) as const;
  const records: readonly TestRecord[] = [
    { kind: "tick", ts: at(0) },
    define(1, "c1"),
    define(2, "c2"),
    process(1),
    clone(1, at(0, 1)),
    define(1, "c1"),
    define(3, "c3"),
    define(4, "c1"),
    { kind: "process", process: 2, pid: 20, container: 4 },
    clone(2, at(0, 2)),
  ];
  const limits = { ...collectLimits, containers: 2 };
  const { sink, collector } = collect(records, {}, new RecordingSink(), limits);
  expect(sink.of("Container").map((record) => record.id)).toEqual(["c1"]);
  expect(collector.stats()).toMatchObject({ containers: 2, containersEvicted: 1 });
});

/** Counts what is written of containers and pods. */
class CountingSink extends RecordingSink {
  told = 0;
  override container(): void {
    this.told += 1;
  }
  override pod(): void {
    this.told += 1;
  }
  override process(): void {
    // Not wanted.
  }
  override processEvent(): void {
    // Not wanted.
  }
}

test("what has changed and was told is not kept for it", () => {
  const sink = new CountingSink();
  const limits = { ...collectLimits, containers: 10, pods: 10 };
  let changed: string[] = [];
  const facts = {
    ...{ name: "", nodeName: "", hostIP: [], internalIP: [], namespace: "", restartCount: 0 },
    ...{ labels: new Map(), selectors: new Map(), services: [] },
  };
  const pods = {
    find: (name: string) => ({ ...facts, id: `pod of ${name}` }),
    takeChanged: () => changed,
    takeEvents: () => [],
  };
  const collector = new Collector(sink, flowOptions, limits, { containers: null, pods });
  const feed = (...records: readonly TestRecord[]) => readBatch(buildBatch(records), collector);
  const objects = () => {
    Bun.gc(true);
    return heapStats().objectTypeCounts["Object"] ?? 0;
  };
  feed({ kind: "tick", ts: at(0) });
  const before = objects();
  const count = 500;
  for (let i = 0; i < count; i++) {
    const [name, ts] = [`c${i}`, at(i, 1)];
    feed(
      { ...unknown, id: name } as TestRecord,
      { kind: "process", process: 1, pid: i + 1, container: 1 },
      clone(1, ts),
      { ...known, id: name } as TestRecord,
    );
    changed = [name];
    feed({ kind: "tick", ts: at(i + 1) });
  }
  // The pod, its container, and both again.
  expect(sink.told).toBe(4 * count);
  expect(objects() - before).toBeLessThan(count);
});
